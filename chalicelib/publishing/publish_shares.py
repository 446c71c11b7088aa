"""Share of the drafts that somebody publishes (access control): those of their places, or of the whole site.

It is reckoned from the roles of who asks, at each request; no form says it. Where a place's own entry is new,
goes, or moves, what it lies in has a say as well: else a town could leave its county, or join another. So has
whoever publishes where a service comes onto the page of a county: else a town could put its number on all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from chalicelib.desk.grants import SITE, sees_all
from chalicelib.desk.people import PUBLISHER, Person
from chalicelib.directory.document_ids import PLACES, SERVICES, base_of, place_of
from chalicelib.directory.errors import ContentInvalid, DocumentInvalid
from chalicelib.directory.zips import Zips
from chalicelib.publishing import edit_whole
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.going_live import documents_in
from chalicelib.publishing.jobs import Job
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.service_reach import BY_REACH, stays_at_home
from chalicelib.shared.errors import EntryMissing

Covers = Callable[[str], bool]  # says of a place whether somebody's roles reach it; of SITE, everything
# Says of a release and a place, "" being all of it, whether somebody may roll back. Raises EntryMissing.
TakesBack = Callable[[int, str], bool]


@dataclass(frozen=True, slots=True)
class Share:
    """What somebody looks at before a publish: the documents in `scope`, None for the whole site.

    `publishes` says whether they may press the button, too. `others` are drafts that they see and that
    somebody else publishes. `sees` and `decides` say of a place whether they look after it, and publish it;
    `takes_back` whether they may roll it back to a release.
    """

    scope: tuple[str, ...] | None
    publishes: bool
    sees: Covers
    decides: Covers
    takes_back: TakesBack
    others: Sequence[str] = ()

    @property
    def sees_site(self) -> bool:
        """Say whether they see what is of the whole site, and so of every place."""
        return self.sees(SITE)

    def may_go_on(self, job: Job) -> bool:
        """Say whether an interrupted job may go on in their name."""
        if self.decides(SITE):
            return True
        if job.scope is None:
            return False
        if job.place:
            with suppress(EntryMissing):
                return self.takes_back(job.release or 0, job.place)
            return False
        return all(self.decides(place_of(name)) and name not in self.others for name in job.scope)


ShareOf = Callable[[Person], Share]


def whole_site(person: Person) -> Share:
    """Return the share of somebody whose role is of the whole site."""
    publishes = person.may(PUBLISHER)
    return Share(None, publishes, sees_all(person), lambda place: publishes, lambda *_: publishes)


def is_seen(job: Job, sees: Covers, who: str) -> bool:
    """Say whether somebody may know of a job: all that it is about is of places that they look after.

    Who began one for their places is led to its end, although it may have taken one of them out.
    """
    if sees(SITE) or (job.scope is not None and job.who == who):
        return True
    names = documents_in(job.seen) if job.scope is None else job.scope
    return bool(names) and all(place_of(name) and sees(place_of(name)) for name in names)


class Shares:
    """Reckons shares. `reach` says of a person which places they look after, and which they publish.

    `zips` gives the counties that have pages; None where there are none.
    """

    def __init__(
        self,
        publish: Publish,
        edit: EditText,
        reach: Callable[[Person], tuple[Covers, Covers]],
        zips: Callable[[], Zips | None],
    ) -> None:
        self._publish = publish
        self._edit = edit
        self._reach = reach
        self._zips = zips

    def __call__(self, person: Person) -> Share:
        """Return the share of a person, as their roles and the drafts are now."""
        sees, decides = self._reach(person)
        publishes = person.may(PUBLISHER)

        def takes_back(number: int, place: str) -> bool:
            return self._takes_back(number, place, decides)

        if decides(SITE) or (sees(SITE) and not publishes):
            return Share(None, publishes, sees, decides, takes_back)
        drafts = self._publish.status().drafts
        seen = [name for name in drafts if sees(place_of(name))]
        mine = [name for name in drafts if self._is_theirs(name, decides)] if publishes else seen
        others = [name for name in seen if name not in mine]
        return Share(tuple(mine), publishes, sees, decides, takes_back, others)

    def _takes_back(self, number: int, place: str, decides: Covers) -> bool:
        if decides(SITE):
            return True
        if not place or not decides(place):
            return False
        entry = f"{PLACES}/{place}"
        older = self._publish.target(number, place=place).going.texts
        entry = f"{PLACES}/{place}"
        if entry in older and not _stays_in_their_hands(
            self._edit.open(entry).live.text, older[entry], decides
        ):
            return False
        offered = f"{SERVICES}/{place}"
        return all(
            self._stays_at_home(name, self._edit.open(name).live.text, older[name], decides)
            for name in (entry, offered)
            if name in older
        )

    def _is_theirs(self, document: str, decides: Covers) -> bool:
        place = place_of(document)
        if not place or not decides(place):
            return False
        if base_of(document) not in BY_REACH:
            return True
        try:
            opened = self._edit.open(document)
        except EntryMissing:
            return False
        before, after = opened.live.text, opened.text
        if base_of(document) == PLACES and not _stays_in_their_hands(before, after, decides):
            return False
        return self._stays_at_home(document, before, after, decides)

    def _stays_at_home(self, document: str, before: str, after: str, decides: Covers) -> bool:
        """Say whether a text comes onto pages of no county of others; without a reading, yes."""
        zips = self._zips()
        try:
            wholes = edit_whole.both(self._edit)
            return zips is None or stays_at_home(zips, document, (before, after), wholes, decides)
        except (ContentInvalid, DocumentInvalid):
            return True


def _stays_in_their_hands(before: str, after: str, decides: Covers) -> bool:
    """Say whether somebody publishes all that a place comes to lie in, or lies in no more."""
    return all(decides(outer) for outer in _outer(before) ^ _outer(after))


def _outer(text: str) -> set[str]:
    """Return what the places of a text lie in; none where it cannot be read."""
    outer: set[str] = set()
    with suppress(DocumentInvalid, KeyError, TypeError, AttributeError):
        outer = {str(entry.get("parent") or SITE) for entry in read(PLACES, text)["places"]}
    return outer
