"""Officers who press Reply, the mail service that stores what they send, and the queue that tells of it.

What they wrote is the truth that the reckoning of replies compares the conversations with.
"""

from __future__ import annotations

import base64
import hashlib
import heapq
import json
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from tools.local.ses_inbound import Verdicts, as_ses_stores

Json = dict[str, Any]

REPLY_DOMAIN = "porchlight.example"
REPLIES = 0.2  # of the copies that reached somebody
_HIDDEN_FOR = 1.5  # seconds in which a message is somebody's, until it comes again


@dataclass(slots=True)
class Replied:
    """One reply: its mark, the cases it was sent about, and which agency wrote it."""

    mark: str
    cases: list[str]
    agency: str
    text: str = field(repr=False)


class Officers:
    """Inboxes of agencies with somebody in them, on one seed."""

    def __init__(self, seed: int) -> None:
        self.replied: list[Replied] = []
        self.objects: dict[str, tuple[list[str], str]] = {}  # key -> envelope recipients, raw in base64
        self.chaos = True
        self._seed = seed
        self._chance = random.Random(f"officers {seed}")  # noqa: S311
        self._coming: list[tuple[float, int, str]] = []
        self._ready: dict[str, str] = {}
        self._hidden: dict[str, tuple[float, str]] = {}
        self._numbers = 0

    def read(self, message: Message, to: str, agency: str, message_id: str, now: Any) -> None:
        """Let somebody read a mail that reached an agency, and reply to it now and then."""
        addresses = dict(_addresses(message))
        asked = [case for case in addresses if self._chance.random() < REPLIES]
        if len(asked) > 1 and self._chance.random() < 0.3:  # "reply to all"
            self._reply(message, to, agency, message_id, {case: addresses[case] for case in asked}, now)
            return
        for case in asked:
            self._reply(message, to, agency, message_id, {case: addresses[case]}, now)

    def _reply(
        self, message: Message, to: str, agency: str, answered: str, addresses: dict[str, str], now: Any
    ) -> None:
        number = len(self.replied)
        digest = hashlib.sha256(f"reply {self._seed} {number}".encode()).hexdigest()[:16]
        mark = f"reply-{number:06d}-{digest}"
        text = f"We have it, and {mark} looks into it."
        mail = EmailMessage(policy=SMTP)
        mail["From"] = f"Somebody at {agency} <{to}>"
        mail["To"] = ", ".join(addresses.values())
        mail["Subject"] = f"Re: {message['Subject']}"
        mail["Message-ID"] = f"<{mark}@{to.partition('@')[2]}>"
        mail["Date"] = format_datetime(now)
        mail["In-Reply-To"] = f"<{answered}@us-west-2.amazonses.com>"
        quoted = "\n".join(f"> {line}" for line in _text_of(message).splitlines())
        mail.set_content(f"{text}\n\nOn Friday the desk wrote:\n{quoted}\n", cte="quoted-printable")
        self.replied.append(Replied(mark, list(addresses), agency, text))
        raw = mail.as_bytes()
        for address in addresses.values():
            for _ in range(2 if self._chance.random() < 0.1 else 1):  # their server sends it once more
                self._store(as_ses_stores(raw, to, address, Verdicts(), mark, now), [address])

    def _store(self, raw: bytes, recipients: list[str]) -> None:
        """Do what the mail service does: an object, and word of it, maybe twice, late, in any order."""
        self._numbers += 1
        key = f"inbound/{self._numbers:06d}"
        self.objects[key] = (recipients, base64.b64encode(raw).decode())
        for _ in range(2 if self._chance.random() < 0.2 else 1):
            wait = self._chance.choice((0.0, self._chance.uniform(0, 0.5), self._chance.uniform(0, 3)))
            self._numbers += 1
            heapq.heappush(self._coming, (time.monotonic() + wait, self._numbers, key))

    # The bucket

    def object(self, key: str) -> Json:
        """Return an object, or what says that it is gone; now and then the bucket is away."""
        if self.chaos and self._chance.random() < 0.02:
            return {"away": True}
        recipients, raw = self.objects.get(key, ([], ""))
        return {"recipients": recipients, "raw": raw} if raw else {}

    def delete_object(self, key: str) -> Json:
        """Delete an object; now and then the bucket is away, before it did so or after."""
        luck = self._chance.random() if self.chaos else 1.0
        if luck >= 0.01:
            self.objects.pop(key, None)
        return {"away": luck < 0.02}

    # The queue

    def receive(self, most: int = 5) -> list[Json]:
        """Hand out messages; they come again after a while unless they are deleted."""
        now = time.monotonic()
        while self._coming and (self._coming[0][0] <= now or not self.chaos):
            _, number, key = heapq.heappop(self._coming)
            self._ready[str(number)] = key
        for name, (until, key) in list(self._hidden.items()):
            if until <= now:
                self._ready[name] = key
                del self._hidden[name]
        names = list(self._ready)
        self._chance.shuffle(names)
        handed = []
        for name in names[:most]:
            self._hidden[name] = (now + _HIDDEN_FOR, self._ready[name])
            handed.append({"messageId": name, "key": self._ready.pop(name)})
        return handed

    def delete(self, names: list[str]) -> None:
        """Forget messages that were dealt with."""
        for name in names:
            self._hidden.pop(name, None)
            self._ready.pop(name, None)

    def left(self) -> int:
        """Return how many messages are under way or in the queue."""
        return len(self._coming) + len(self._hidden) + len(self._ready)

    def everything(self) -> Json:
        """Return all that was written, and the objects that are still there."""
        return {"replied": [asdict(one) for one in self.replied], "objects": list(self.objects)}


def _addresses(message: Message) -> Iterator[tuple[str, str]]:
    """Return the case number and the reply address of each report in a mail, from its data."""
    for part in message.walk():
        if part.get_content_type() == "application/json":
            yield from _pairs(json.loads(part.get_payload(decode=True) or b"null"))  # type: ignore[arg-type]


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if value.get("case_number") and value.get("reply_to"):
            yield value["case_number"], value["reply_to"]
        for one in value.values():
            yield from _pairs(one)
    elif isinstance(value, list):
        for one in value:
            yield from _pairs(one)


def _text_of(message: Message) -> str:
    texts = [
        part.get_payload(decode=True) for part in message.walk() if part.get_content_type() == "text/plain"
    ]
    return next((text.decode("utf-8", "replace") for text in texts if isinstance(text, bytes)), "")
