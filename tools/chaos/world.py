"""The world around a chaos run: agencies' mail servers, SES before them, and the queue of notices.

What the world knows is the truth that the reckoning at the end compares the site's own records with.
"""

from __future__ import annotations

import base64
import heapq
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from typing import Any

from chalicelib.directory.recipients import Recipient
from tools.chaos.marks import Copy, copies_in
from tools.chaos.officers import Officers

Json = dict[str, Any]

SENDER = "reports@porchlight.example"
OPERATOR = "operator@porchlight.example"


def agency(name: str, fallback: bool) -> Recipient:
    """Return an agency whose name says how its mail server behaves."""
    return Recipient(
        id=name,
        name=f"The {name} agency",
        serves="us",
        email=f"desk@{name}.example",
        fallback=f"second@{name}.example" if fallback else "",
        language="en",
        nature="services",
        enforces_immigration=False,
        what="An invented agency.",
        what_not="It is not real.",
    )


AGENCIES = (
    agency("steady", False),  # takes everything, and sometimes answers by itself
    agency("flaky", True),  # bounces some mails, some of them after it had taken them
    agency("slow", True),  # keeps some waiting, a few of them for good
    agency("grumpy", True),  # calls some unwanted
    agency("closed", False),  # bounces some, and has no other address
)


AGENCY_IDS = tuple(one.id for one in AGENCIES)


@dataclass(slots=True)
class Taken:
    """One address of one mail that SES took: what became of it, and whether SES said that it took it.

    `to` is the envelope's address, which alone decides who can read it; `recipient` is what the mail's tag
    says. `in_chaos` is whether anything could fail when it was taken.
    """

    number: int
    message_id: str
    to: str
    recipient: str
    about: str
    turn: int
    caller: str
    at: datetime
    answered: bool
    reached: bool
    in_chaos: bool
    copies: list[Copy] = field(repr=False)


class World:
    """SES, the agencies' servers and the queue, on one seed."""

    def __init__(self, seed: int, now: Callable[[], datetime]) -> None:
        self.chance = random.Random(f"world {seed}")  # noqa: S311
        self.seed = seed
        self.chaos = True
        self.officers = Officers(seed)
        self.lost_of: set[str] = set()  # the mails of which a notice never comes
        self._slots: dict[str, list[int]] = {}
        self.mails: list[Taken] = []
        self.alarms: list[tuple[str, str]] = []  # (kind, text)
        self.suspended_until = 0.0
        self._now = now
        self._coming: list[tuple[float, int, str]] = []
        self._hidden: dict[str, tuple[float, str]] = {}
        self._ready: dict[str, str] = {}
        self._numbers = 0

    # SES

    def take(self, call: Json, caller: str, answered: bool) -> str:
        """Take a mail and let happen what happens to it; return its id."""
        number = len(self.mails)
        tags = {tag["Name"]: tag["Value"] for tag in call["EmailTags"]}
        message = message_from_bytes(base64.b64decode(call["Content"]["Raw"]["Data"]))
        envelope = [to for some in call["Destination"].values() for to in some]
        message_id = f"0101-{number:08d}-000000"
        if tags["about"].startswith("alarm-"):
            text = str(message.get_payload())
            self.alarms.append((tags["about"].removeprefix("alarm-"), text))
        copies = copies_in(message, self.seed, AGENCY_IDS)
        for to in envelope:
            reached = self._let_happen(message_id, to, tags)
            if reached and tags["recipient"] in AGENCY_IDS:
                self.officers.read(message, to, tags["recipient"], message_id, self._now())
            self.mails.append(
                Taken(
                    number=number,
                    message_id=message_id,
                    to=to,
                    recipient=tags["recipient"],
                    about=tags["about"],
                    turn=int(tags["turn"]),
                    caller=caller,
                    at=self._now(),
                    answered=answered,
                    reached=reached,
                    in_chaos=self.chaos,
                    copies=copies,
                )
            )
        return message_id

    def refuses(self, call: Json) -> bool:
        """Say whether SES will never send this message."""
        return call["Destination"]["ToAddresses"] != [OPERATOR] and self.chance.random() < 0.004

    def _let_happen(self, message_id: str, to: str, tags: Json) -> bool:
        """Send the notices of what becomes of a mail; return whether somebody has it in the end."""
        name, _, domain = to.partition("@")
        agency = domain.removesuffix(".example") if name == "desk" else ""
        luck = self._luck(agency)
        bounce: Json = {"bounceType": "Permanent", "bounceSubType": "General"}
        told = {"agency": agency, "to": to, "tags": tags, "message_id": message_id}
        if (agency == "flaky" and luck < 0.08) or (agency == "closed" and luck < 0.06):
            self._notice("Bounce", told, bounce)
            return False
        if agency == "flaky" and luck < 0.11:
            self._notice("Delivery", told)
            self._notice("Bounce", told, bounce, later=2.0)
            return False
        if agency == "slow" and luck < 0.12:
            self._notice("DeliveryDelay", told, {"delayType": "General"})
            if luck < 0.03:
                return False  # and never a word more
            self._notice("Delivery", told, later=1.5)
            return True
        away: Json = {"bounceType": "Transient", "bounceSubType": "General"}
        if agency == "steady" and luck < 0.1:  # the note may be told of before the delivery
            self._notice("Bounce", told, away, later=0.0 if luck < 0.05 else 1.0)
            self._notice("Delivery", told, later=1.0 if luck < 0.05 else 0.0)
            return True
        self._notice("Delivery", told)
        if agency == "grumpy" and luck < 0.05:
            self._notice("Complaint", told, {"complaintFeedbackType": "abuse"}, later=1.0)
            return False
        return True

    def _luck(self, agency: str) -> float:
        """Return a number in [0, 1): of sixteen in a row for an agency, one in each sixteenth.

        So that each kind of misfortune comes in a short run too.
        """
        slots = self._slots.setdefault(agency, [])
        if not slots:
            slots.extend(self.chance.sample(range(16), 16))
        return (slots.pop() + self.chance.random()) / 16

    # Notices: doubled, shuffled, late, and in two shapes

    def _notice(self, kind: str, told: Json, more: Json | None = None, later: float = 0.0) -> None:
        lists = {
            "Delivery": ("delivery", "recipients"),
            "DeliveryDelay": ("deliveryDelay", "delayedRecipients"),
            "Bounce": ("bounce", "bouncedRecipients"),
            "Complaint": ("complaint", "complainedRecipients"),
        }
        member, listed = lists[kind]
        if self.chaos and self.chance.random() < 0.01:
            self.lost_of.add(str(told["message_id"]))
            return
        # What an identity tells carries no tags: the site must know the mail by its id.
        tagged = self.chance.random() < 0.9
        addresses: list[Any] = [told["to"]] if kind == "Delivery" else [{"emailAddress": told["to"]}]
        mail: Json = {
            "timestamp": f"{self._now():%Y-%m-%dT%H:%M:%S.000Z}",
            "messageId": told["message_id"],
            "destination": [told["to"]],
        }
        if tagged:
            mail["tags"] = {name: [value] for name, value in told["tags"].items()}
        event = {
            "eventType" if tagged else "notificationType": kind,
            member: {**(more or {}), listed: addresses},
            "mail": mail,
        }
        body = json.dumps(event)
        if self.chance.random() < 0.5:
            body = json.dumps({"Type": "Notification", "Message": body})
        for _ in range(2 if self.chance.random() < 0.2 else 1):
            wait = later + self.chance.choice(
                (0.0, 0.0, self.chance.uniform(0, 0.5), self.chance.uniform(0, 4))
            )
            self._numbers += 1
            heapq.heappush(self._coming, (time.monotonic() + wait, self._numbers, body))

    def hurry(self) -> None:
        """Let every notice that is still under way arrive now."""
        self._coming = [(0.0, number, body) for _, number, body in self._coming]
        heapq.heapify(self._coming)

    # The queue

    def receive(self, most: int, hide: float) -> list[Json]:
        """Hand out messages; they come again after `hide` seconds unless they are deleted."""
        now = time.monotonic()
        while self._coming and self._coming[0][0] <= now:
            _, number, body = heapq.heappop(self._coming)
            self._ready[str(number)] = body
        for name, (until, body) in list(self._hidden.items()):
            if until <= now:
                self._ready[name] = body
                del self._hidden[name]
        names = list(self._ready)
        self.chance.shuffle(names)
        handed = []
        for name in names[:most]:
            body = self._ready.pop(name)
            self._hidden[name] = (now + hide, body)
            handed.append({"messageId": name, "body": body})
        return handed

    def delete(self, names: list[str]) -> None:
        """Forget messages that were dealt with."""
        for name in names:
            self._hidden.pop(name, None)
            self._ready.pop(name, None)

    def notices_left(self) -> int:
        """Return how many notices are under way or in the queue."""
        return len(self._coming) + len(self._hidden) + len(self._ready)
