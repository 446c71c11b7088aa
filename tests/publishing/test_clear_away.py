"""Which releases are deleted, and that whoever could want one still finds it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from chalicelib.publishing.documents import UNKNOWN, Release
from chalicelib.publishing.going_live import KEPT, KEPT_FOR, unwanted
from chalicelib.shared.errors import StoreUnavailable
from tests.publishing.test_publish import (
    ANA,
    BEN,
    CODE,
    NOW,
    PAGE,
    Desk,
    Killed,
)

YEAR = timedelta(days=365)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def chain(count: int, age: timedelta = YEAR) -> list[Release]:
    """So many releases, one after the other, newest first."""
    made = [Release(one, {}, ANA, NOW - age, "why", since=one - 1) for one in range(1, count + 1)]
    return made[::-1]


def publish(desk: Desk, count: int) -> None:
    start = len(desk.store.releases(1000))
    for number in range(start + 1, start + count + 1):
        desk.save(PAGE, f"page {number}")
        desk.publish(ANA, "another page")


def offered(desk: Desk) -> list[int]:
    """Return the releases that the desk offers to roll back to."""
    return [one.release.number for one in desk.publish.releases() if one.reached and not one.live]


# The rule


def test_the_last_twenty_stay_however_old_and_so_does_what_is_young() -> None:
    assert unwanted(range(1, 31), 30, chain(30), NOW) == list(range(1, 31 - KEPT))
    assert unwanted(range(1, 31), 30, chain(30, KEPT_FOR), NOW) == []
    assert unwanted(range(1, 31), 30, chain(30, KEPT_FOR + timedelta(seconds=1)), NOW) == list(range(1, 11))
    assert unwanted(range(1, 21), 20, chain(20), NOW) == []


def test_only_those_that_readers_got_count_as_the_last_twenty() -> None:
    """Thirty that were stopped on their way push nobody's release out."""
    stopped = [Release(one, {}, ANA, NOW - YEAR, "why", since=25) for one in range(26, 56)]
    live = Release(56, {}, ANA, NOW, "why", since=25)
    releases = [live, *stopped[::-1], *chain(25)]
    gone = unwanted(range(1, 57), 56, releases, NOW)
    assert gone == [*range(1, 7), *range(26, 56)]
    assert len(set(range(1, 57)) - set(gone)) == KEPT


def test_what_is_live_stays_though_it_is_old_and_many_came_after_it() -> None:
    """As after somebody put an older current.json back by hand."""
    assert unwanted(range(1, 101), 3, chain(100), NOW) == []
    assert unwanted(range(1, 101), 40, chain(100), NOW) == list(range(1, 21))


def test_a_release_of_which_nothing_is_known_stays() -> None:
    assert unwanted(range(1, 101), 100, [], NOW) == []
    assert unwanted(range(1, 101), 100, chain(100)[:30], NOW) == list(range(71, 81))


def test_where_long_ago_nobody_wrote_down_what_came_before_all_older_ones_count() -> None:
    old = [Release(one, {}, ANA, NOW - YEAR, "why", since=UNKNOWN) for one in range(40, 0, -1)]
    assert unwanted(range(1, 41), 40, old, NOW) == list(range(1, 21))


@pytest.mark.parametrize("off", [timedelta(days=-1), timedelta(days=400)])
def test_a_clock_that_is_wrong_takes_nothing_that_is_among_the_last_twenty_or_on_its_way(
    off: timedelta,
) -> None:
    releases = chain(31, timedelta(days=1))
    gone = unwanted(range(1, 32), 30, releases, NOW + off)
    assert gone == ([] if off < timedelta(0) else list(range(1, 11)))


# At the desk


def test_after_the_old_ones_went_the_twentieth_can_still_be_rolled_back_to(desk: Desk) -> None:
    publish(desk, 30)
    desk.clock.time += YEAR
    desk.publish.clear_away()
    assert desk.shelf.numbers() == list(range(11, 31))
    assert offered(desk) == list(range(29, 10, -1))
    desk.publish.roll_back(11, ANA, "it was better")
    assert desk.readers_see() == "page 11|old code"
    desk.publish.clear_away()
    assert offered(desk) == list(range(30, 11, -1))


def test_whoever_had_the_page_open_before_a_release_went_can_still_roll_back(desk: Desk) -> None:
    publish(desk, 22)
    plan = desk.publish.plan_back(1)
    desk.clock.time += YEAR
    desk.publish.clear_away()
    assert 1 not in offered(desk)
    desk.publish.roll_back(1, ANA, "as it was", seen=plan.fingerprint)
    assert desk.readers_see() == "page 1|old code"


def test_some_go_at_a_time_and_a_stop_on_the_way_is_made_good(desk: Desk) -> None:
    publish(desk, 45)
    desk.clock.time += YEAR
    desk.publish.clear_away()
    assert desk.shelf.numbers() == list(range(11, 46))
    steps: list[str] = []

    def dies(what: str) -> None:
        steps.append(what)
        if len(steps) == 2:
            raise Killed

    desk.shelf.before = dies
    with pytest.raises(Killed):
        desk.publish.clear_away()
    assert 11 in desk.shelf.numbers(), "it lies there half"
    assert 11 not in offered(desk)
    desk.shelf.before = lambda _: None
    for _ in range(3):
        desk.publish.clear_away()
    assert desk.shelf.numbers() == list(range(26, 46))
    assert desk.readers_see() == "page 45|old code"


def test_nothing_is_deleted_while_something_cannot_be_read(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish(desk, 30)
    desk.clock.time += YEAR
    before = dict(desk.shelf.files)

    def away(*_: object) -> Sequence[int]:
        raise StoreUnavailable("away")

    for part, name in ((desk.shelf, "live"), (desk.shelf, "numbers"), (desk.store, "releases")):
        with monkeypatch.context() as patch:
            patch.setattr(part, name, away)
            desk.publish.clear_away()
        assert desk.shelf.files == before, name
    with monkeypatch.context() as patch:
        patch.setattr(desk.shelf, "numbers", away)
        assert offered(desk) == list(range(29, 10, -1)), "the list goes by the rule alone"


def test_the_list_offers_nothing_whose_files_are_gone(desk: Desk) -> None:
    publish(desk, 5)
    for name in [name for name in desk.shelf.files if name.startswith("releases/2/")]:
        del desk.shelf.files[name]
    assert offered(desk) == [4, 3, 1]


def test_one_who_publishes_while_another_clears_away_loses_nothing(desk: Desk) -> None:
    """Between any two deletions a third person rolls back, and a slow one is taken along."""
    publish(desk, 24)
    desk.clock.time += YEAR
    desk.save(CODE, "slow code", BEN)
    seen: list[str] = []

    def before(what: str) -> None:
        if what == "move":  # the slow one is about to switch
            desk.shelf.before = meanwhile
            desk.publish.clear_away()

    def meanwhile(what: str) -> None:
        if what.startswith("delete") and not seen:
            seen.append(what)
            desk.publish.roll_back(2, ANA, "quicker")

    desk.shelf.before = before
    desk.publish(BEN, "slower", accept=True)
    desk.shelf.before = lambda _: None
    assert seen
    assert desk.readers_see() == "page 2|slow code"
    desk.publish.clear_away()
    assert desk.readers_see() == "page 2|slow code"
    live = desk.shelf.live()
    assert live is not None
    assert live.number == 27
    assert 25 in desk.shelf.numbers(), "the slow one's files are young"
