"""Mails to the people of places: what goes on at theirs, what to do, and where at the desk.

They name no person, no case and no word of a report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from itertools import groupby

from chalicelib.delivery.place_notes import MONTHLY, TOLD, PlaceNote

_LONGEST_NAME = 100


class PlaceMails:
    """Writes them. `name` gives a place's name by its slug; `site` is the site's address, or ""."""

    def __init__(self, sender: str, site: str, name: Callable[[str], str]) -> None:
        self._sender = sender
        self._desk = f"{site.rstrip('/')}/admin/" if site else ""
        self._name = name

    def __call__(self, to: str, notes: Sequence[PlaceNote]) -> bytes:
        """Write one mail about all notes, in the order of their places."""
        parts = [
            f"{self._place(place)}\n\n" + "\n".join(map(self._told, of_place))
            for place, of_place in groupby(notes, lambda note: note.place)
        ]
        text = (
            "This needs a look at places that you look after at the desk.\n\n"
            + "\n".join(parts)
            + "\nWhoever runs the site is told as well. The same about a place is mailed at most once"
            " an hour. You get this mail because you have a role at the place, or at one around it.\n"
        )
        message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
        message["From"] = f"Porchlight <{self._sender}>"
        message["To"] = to
        message["Subject"] = "Porchlight: something needs a look at the desk"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
        message.set_content(text)
        return message.as_bytes()

    def _place(self, place: str) -> str:
        return " ".join(self._name(place).split())[:_LONGEST_NAME]

    def _told(self, note: PlaceNote) -> str:
        told = TOLD[note.kind]
        many = f" There are {note.number}." if note.kind in MONTHLY and note.number > 1 else ""
        where = f"\n  {self._desk}{told.screen}" if self._desk else ""
        return f"- {told.what}{many} {told.do}{where}\n"
