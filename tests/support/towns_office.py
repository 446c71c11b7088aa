"""A desk by place over fakes, with jobs, shares by role, and the screens that publish: who presses what."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from chalicelib.desk.grants import GrantsOfPeople
from chalicelib.desk.people import EDITOR, PUBLISHER, Person
from chalicelib.desk.route_rights import RouteRights
from chalicelib.desk.web.screens import Screen
from chalicelib.directory.document_ids import fingerprint
from chalicelib.directory.zips import Zips
from chalicelib.pages.page_headers import page_headers
from chalicelib.publishing.ask_jobs import AskJobs
from chalicelib.publishing.built_places import BuiltPlace
from chalicelib.publishing.check_documents import BuiltSite, Checked
from chalicelib.publishing.documents import CheckReport, Problem
from chalicelib.publishing.end_jobs import EndJobs
from chalicelib.publishing.jobs import Job
from chalicelib.publishing.move_chunks import MoveChunks
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.publish_shares import Shares
from chalicelib.publishing.run_jobs import RunJobs
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.spread_builds import SpreadBuilds
from chalicelib.publishing.web.jobs import JobScreens
from chalicelib.publishing.web.publish import PublishScreens
from chalicelib.wiring.desk_abouts import DeskAbouts
from tests.publishing.test_change_screens import Browser
from tests.support.desk_by_place import Desk
from tests.support.fake_jobs import FakeJobInputs, FakeJobs, TickingClock, WaitingQueue
from tests.support.fake_package import PAGE

SITES = Person("site@desk.example", PUBLISHER)
SITES_EDITOR = Person("words@desk.example", EDITOR)


def at(place: str, role: str = PUBLISHER) -> Person:
    """Return somebody with a role at a place, and none of the site."""
    return Person(f"{role}-{place}@desk.example", "", at=((role, place),))


class TownsOffice:
    """The desk of a town, a state and a nation. `problems` and `missing` are what the next checks find."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.clock = TickingClock(self.desk.clock.now())
        self.problems: Sequence[Problem] = ()
        self.missing: Mapping[str, tuple[str, ...]] = {}
        self.zips: Zips | None = None
        self.store, self.queue = FakeJobs(), WaitingQueue()
        self.lines: list[tuple[str, str, dict[str, str]]] = []
        self.publish = self._publish(lambda number: None)
        end = EndJobs(self.store, self._note, self, self.clock)
        self.ask = AskJobs(self.store, self.queue, self.publish, end, self, self.clock)
        self.run = RunJobs(
            self.store,
            lambda _, numbered, spread: self._publish(numbered),
            self._note,
            self,
            self.clock,
            SpreadBuilds(self.store, FakeJobInputs(), self.desk.shipped.package),
            MoveChunks(self.store, self.queue, end, self, self.clock),
        )
        cases: Any = SimpleNamespace()
        self.rights = RouteRights(GrantsOfPeople(), DeskAbouts(self.desk.edit, cases))
        self.shares = Shares(self.publish, self.desk.edit, self.rights.reach, lambda: self.zips)
        show: Any = Browser()
        see = SeeChanges(self.desk.store, self.desk.shipped, self.desk.shelf)
        self.screens = PublishScreens(show, self.publish, see, self.ask, self.clock, self.shares)
        self.jobs = JobScreens(show, self.ask, self.clock, self.screens.refused, self.shares)

    def draft_of_site(self, text: str = "<p>new page</p>") -> None:
        self.desk.edit.save_draft(PAGE, text, self.desk.edit.open(PAGE).revision, SITES_EDITOR.email)

    def live(self) -> dict[str, int]:
        """Return the versions that readers get."""
        live = self.desk.shelf.live()
        release = self.desk.store.release(live.number) if live else None
        return dict(release.versions) if release else {}

    def seen(self, who: Person) -> str:
        """Return the fingerprint of what somebody's screen shows."""
        return self.publish.target(None, self.shares(who).scope).going.fingerprint()

    def bring(self) -> None:
        """Let a worker do every job that waits."""
        while self.queue.ids:
            self.run(self.queue.ids.pop(0), lambda: timedelta(minutes=5))

    def look(self, who: Person) -> Screen:
        """Look at what would be published, and wait for the checks."""
        screen = self.screens.publish(replace(Browser().get("/admin/publish"), person=who))
        if screen.status_code == 303:
            self.bring()
            screen = self.screens.publish(replace(Browser().get("/admin/publish"), person=who))
        return screen

    def press(self, who: Person, **fields: str) -> Screen:
        """Press the button, with what somebody's own screen would send, or `fields`."""
        typed = {"seen": self.seen(who), "why": "New hours", "yes": "yes", **fields}
        request = replace(Browser().post(**typed), person=who)
        request.deed.number = "deed"
        return self.screens.publish_now(request)

    def listed(self, who: Person) -> Screen:
        """Look at what was published."""
        return self.screens.releases(replace(Browser().get("/admin/releases"), person=who))

    def look_back(self, who: Person, release: int, place: str = "") -> Screen:
        """Look at what a roll back would change, of one place or of all, and wait for the checks."""
        query = {"release": str(release), **({"place": place} if place else {})}
        request = replace(Browser().get("/admin/releases/look", **query), person=who)
        screen = self.screens.before_rolling_back(request)
        if screen.status_code == 303:
            self.bring()
            screen = self.screens.before_rolling_back(request)
        return screen

    def press_back(self, who: Person, release: int, place: str = "", **fields: str) -> Screen:
        """Press the button of that screen, with what it would send, or `fields`."""
        seen = self.publish.target(release, place=place).going.fingerprint()
        typed = {"release": str(release), "place": place, "seen": seen, "why": "As it was", "yes": "yes"}
        request = replace(Browser().post(**{**typed, **fields}), person=who)
        request.deed.number = "deed"
        return self.screens.roll_back(request)

    def at_job(self, who: Person, job: Job) -> Screen:
        return self.jobs.job(replace(Browser().get("/admin/job", j=job.id), person=who))

    def let_go_on(self, who: Person, job: Job) -> Screen:
        return self.jobs.go_on(replace(Browser().post(j=job.id), person=who))

    def stop(self, who: Person, job: Job) -> Screen:
        return self.jobs.stop(replace(Browser().post(j=job.id), person=who))

    def raise_alarm(self, kind: str, detail: Any) -> bool:
        raise AssertionError((kind, detail))

    def _note(self, who: str, role: str, did: str, /, **more: str) -> None:
        self.lines.append((who, did, more))

    def _publish(self, numbered: Callable[[int], None]) -> Publish:
        desk, check = self.desk, self._check
        return Publish(desk.store, desk.shipped, desk.shelf, check, desk.clock, numbered)  # type: ignore[arg-type]

    def _check(
        self,
        texts: Mapping[str, str],
        before: Any = None,
        *,
        known: Any = None,
        raw: Any = None,
        to_publish: bool = False,
    ) -> Checked:
        report = CheckReport(tuple(self.problems), self.missing, pages=2)
        index = {"locales": ["en"], "places": {"us": "a"}, "shared": "b", "default_place": "us"}
        index["headers"] = page_headers("x")
        places = {
            slug: BuiltPlace(slug, digest, fingerprint(json.dumps(dict(texts))), "one", "x", 1, 1)
            for slug, digest in (("us", "a"), ("", "b"))
        }
        return Checked(report, None if report.stops else BuiltSite(index, {}, places))
