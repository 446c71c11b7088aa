"""The stand-ins' process: DynamoDB, SES and the queue over HTTP, behind a proxy that makes them fail.

    python -m tools.chaos.server SEED CLOCK_FILE RATE

Its first line of output is its address. It ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from tools.chaos.clock import SharedClock
from tools.chaos.dynamodb import MemoryDynamo, Refused
from tools.chaos.expressions import Item
from tools.chaos.http import Answer, Request, serve
from tools.chaos.world import OPERATOR, World

SES_HANGS = 1.6  # longer than the workers wait
DYNAMO_HANGS = 1.6
# Of how many new reports one is refused twice, which is as often as the form's own client tries: somebody
# must press "send" again, in a run of any length.
STUBBORN = 12
_WAITING = {"queued", "held", "fallen_back"}


class FaultProxy:
    """Stands before a service: throttles, errs, drops connections, and loses answers of what was done.

    Each method takes what the service would do, and does it or not. `rate` makes faults more frequent.
    """

    def __init__(self, seed: int, rate: float) -> None:
        self._rate = rate
        self._chance = random.Random(f"faults {seed}")  # noqa: S311
        self.on = True
        self.outage_until = 0.0
        self.throttled_until = 0.0
        self.done: Counter[str] = Counter()
        self._new_reports: dict[str, int] = {}  # how often each may still be refused

    def dynamodb(self, do: Callable[[], Answer], new_report: str = "") -> Answer:
        """Pass a call to DynamoDB on, or not. `new_report` is the key of a report that is written first."""
        if not self.on:
            return do()
        if new_report and self._is_stubborn(new_report):
            if self._chance.random() < 0.5:
                return self._fault("dynamodb away", Answer(drop=True))
            return self._fault("dynamodb throttled", _error(400, "ProvisionedThroughputExceededException"))
        luck = self._chance.random() / self._rate
        if time.monotonic() < self.outage_until:
            return self._fault("dynamodb away", Answer(drop=True))
        if luck < 0.008:
            return self._fault("dynamodb throttled", _error(400, "ProvisionedThroughputExceededException"))
        if luck < 0.011:
            return self._fault("dynamodb error", _error(500, "InternalServerError"))
        if luck < 0.014:
            do()
            return self._fault("dynamodb error after it was done", _error(500, "InternalServerError"))
        if luck < 0.018:
            return self._fault("dynamodb dropped", Answer(drop=True))
        if luck < 0.022:
            do()
            return self._fault("dynamodb dropped after it was done", Answer(drop=True))
        if luck < 0.0225:
            do()
            return self._fault("dynamodb silent after it was done", Answer(hang=DYNAMO_HANGS, drop=True))
        return do()

    def _is_stubborn(self, key: str) -> bool:
        left = self._new_reports.setdefault(key, 0 if len(self._new_reports) % STUBBORN else 2)
        self._new_reports[key] = max(0, left - 1)
        return left > 0

    def ses(self, take: Callable[[bool], Answer], refused: bool, suspended: bool) -> Answer:
        """Pass a mail to SES on, or not. `take(answered)` takes it."""
        if suspended:
            return self._fault("ses suspended", _error(400, "AccountSuspendedException"))
        if not self.on:
            return take(True)
        luck = self._chance.random() / self._rate
        if time.monotonic() < self.throttled_until or luck < 0.02:
            return self._fault("ses throttled", _error(429, "TooManyRequestsException"))
        if refused:
            return self._fault("ses refused", _error(400, "MessageRejected"))
        if luck < 0.03:
            return self._fault("ses error", _error(500, "InternalServiceError"))
        if luck < 0.04:
            take(False)
            return self._fault("ses error after it took", _error(500, "InternalServiceError"))
        if luck < 0.05:
            return self._fault("ses dropped", Answer(drop=True))
        if luck < 0.06:
            take(False)
            return self._fault("ses dropped after it took", Answer(drop=True))
        if luck < 0.07:
            take(False)
            return self._fault("ses silent after it took", Answer(hang=SES_HANGS, drop=True))
        return take(True)

    def _fault(self, name: str, answer: Answer) -> Answer:
        self.done[name] += 1
        return answer


def _error(status: int, code: str) -> Answer:
    return Answer(status, {"__type": code, "message": code}, error=code)


class StandIns:
    """Everything that the site talks to."""

    def __init__(self, seed: int, clock: SharedClock, rate: float) -> None:
        lag = random.Random(f"lag {seed}")  # noqa: S311
        self.clock = clock
        self.world = World(seed, clock.now)
        self.faults = FaultProxy(seed, rate)
        # Which report's record each process wrote, and how many mails SES had taken by then.
        self.recorded: dict[tuple[str, str], int] = {}
        self.calls = 0  # that the site made to DynamoDB
        # Of each report: how many mails of its own are still to be sent, and who waits for it in a digest.
        self.waiting: dict[str, tuple[int, frozenset[str]]] = {}
        self.deleted: list[tuple[Item, str]] = []
        self.dynamo = MemoryDynamo(lambda: lag.choice((0.0, 0.0, 0.05, 0.3)), self._on_put, self._on_delete)

    def _on_put(self, caller: str, item: Item) -> None:
        kind, _, name = item["pk"]["S"].partition("#")
        if kind == "report":
            self.recorded[caller, name] = len(self.world.mails)
            left = [one["M"] for one in item["deliveries"]["L"] if one["M"]["state"]["S"] in _WAITING]
            held = frozenset(one["recipient"]["S"] for one in left if one["digest"]["BOOL"])
            self.waiting[name] = (sum(not one["digest"]["BOOL"] for one in left), held)

    def _on_delete(self, item: Item) -> None:
        kind, _, name = item["pk"]["S"].partition("#")
        if kind == "report":
            self.waiting.pop(name, None)
            known = {key: value for key, value in item.items() if key not in ("sealed", "reporter_key")}
            self.deleted.append((known, self.clock.now().isoformat()))

    def handle(self, request: Request) -> Answer:
        """Answer one request."""
        target = request.headers.get("x-amz-target", "")
        if target.startswith("DynamoDB"):
            return self._dynamodb(target.partition(".")[2], request)
        if request.path == "/v2/email/outbound-emails":
            return self._ses(request)
        return Answer(body=self._other(request.path, request.json()))

    def _dynamodb(self, operation: str, request: Request) -> Answer:
        asked = request.json()

        def do() -> Answer:
            try:
                return Answer(body=self.dynamo.call(operation, asked, request.caller))
            except Refused as refused:
                body = {
                    "__type": f"com.amazonaws.dynamodb.v20120810#{refused.code}",
                    "message": refused.message,
                }
                return Answer(400, body)

        if not request.caller:
            return do()
        self.calls += 1
        key = asked.get("Item", {}).get("pk", {}).get("S", "")
        is_new = operation == "PutItem" and "attribute_not_exists" in asked.get("ConditionExpression", "")
        return self.faults.dynamodb(do, key if is_new and key.startswith("report#") else "")

    def _ses(self, request: Request) -> Answer:
        call = request.json()

        def take(answered: bool) -> Answer:
            return Answer(body={"MessageId": self.world.take(call, request.caller, answered)})

        suspended = time.monotonic() < self.world.suspended_until
        return self.faults.ses(take, self.world.refuses(call), suspended)

    def _other(self, path: str, asked: dict[str, Any]) -> Any:
        world, faults = self.world, self.faults
        match path:
            case "/queue/receive":
                return world.receive(10, 1.5)
            case "/queue/delete":
                world.delete(asked["messages"])
            case "/inbound/receive":
                return world.officers.receive()
            case "/inbound/delete":
                world.officers.delete(asked["messages"])
            case "/inbound/read":
                return world.officers.object(asked["key"])
            case "/inbound/drop":
                return world.officers.delete_object(asked["key"])
            case "/control/suspend":
                world.suspended_until = time.monotonic() + asked["seconds"]
            case "/control/outage":
                faults.outage_until = time.monotonic() + asked["seconds"]
            case "/control/throttle":
                faults.throttled_until = time.monotonic() + asked["seconds"]
            case "/control/calm":
                faults.on = world.chaos = world.officers.chaos = False
                world.suspended_until = 0.0
                world.hurry()
            case "/control/calls":
                return {"calls": self.calls, "mails": self._mails()}
            case "/control/figures":
                return {
                    "mails": self._mails(),
                    "waiting": self._mails_to_come(),
                    "deleted": len(self.deleted),
                    "due": self._due(),
                    "notices": world.notices_left(),
                    "replies": world.officers.left(),
                    "faults": sum(faults.done.values()),
                    "suspended": time.monotonic() < world.suspended_until,
                }
            case "/control/alarms":
                return world.alarms
            case "/control/everything":
                return self._everything()
        return {}

    def _mails(self) -> int:
        return sum(mail.to != OPERATOR for mail in self.world.mails)

    def _mails_to_come(self) -> int:
        """Return how many mails will leave: a digest is one, however many reports wait for it."""
        alone = sum(number for number, _ in self.waiting.values())
        return alone + len(frozenset().union(*(held for _, held in self.waiting.values())))

    def _due(self) -> int:
        now = Decimal(int(self.clock.now().timestamp() * 1000))
        return sum(table.count_due(now) for table in self.dynamo.tables.values())

    def _everything(self) -> Any:
        """Return all that the reckoning needs."""
        mails = [
            asdict(mail) | {"at": mail.at.isoformat(), "notice_lost": mail.message_id in self.world.lost_of}
            for mail in self.world.mails
        ]
        recorded = [[*who, number] for who, number in self.recorded.items()]
        return {
            "mails": mails,
            "alarms": self.world.alarms,
            "recorded": recorded,
            "deleted": self.deleted,
            "notices_lost": len(self.world.lost_of),
            "faults": dict(self.faults.done),
            "written": self.world.officers.everything(),
        }


async def _main(seed: int, clock: SharedClock, rate: float) -> None:
    stand_ins = StandIns(seed, clock, rate)
    server = await serve(stand_ins.handle)
    host, port = server.sockets[0].getsockname()[:2]
    print(f"http://{host}:{port}", flush=True)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def watch() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=watch, daemon=True).start()
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), SharedClock(Path(sys.argv[2])), float(sys.argv[3])))
