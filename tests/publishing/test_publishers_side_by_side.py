"""Publishers of different places never wait for each other, and nobody's work is lost."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from moto import mock_aws

from chalicelib.publishing import jobs
from chalicelib.publishing.ask_jobs import PublishWish
from chalicelib.publishing.errors import ChangedSince, NothingToPublish, PublishUnderWay
from chalicelib.publishing.refusals import told_of
from chalicelib.shared.aws.sdk import client
from tests.publishing.test_publish import PAGE
from tests.support.places_office import PlacesOffice
from tests.support.towns_desk import ALDER, ANA, BEN, BIRCH, COUNTY, EVE, EVERY, OTHER, TownsDesk

pytestmark = pytest.mark.takes(10)

Begun = Callable[[], object]


@pytest.fixture
def desk() -> TownsDesk:
    return live_desk()


def live_desk() -> TownsDesk:
    """Return a desk on which everything was published once."""
    desk = TownsDesk()
    desk.template("first page")
    desk.bring()
    return desk


def points(begin: Callable[[TownsDesk], Begun]) -> int:
    """Return between how many writes of this publish others may come."""
    desk, writes = live_desk(), list[str]()
    do = begin(desk)
    desk.watch(writes.append)
    do()
    return len(writes)


def meanwhile(desk: TownsDesk, at: int, do: Begun) -> None:
    """Have something done before the write of this number."""
    left = [at]

    def write(what: str) -> None:
        left[0] -= 1
        if left[0] == -1:
            desk.watch(lambda what: None)
            do()
            desk.watch(write)

    desk.watch(write)


def publishing(desk: TownsDesk, contact: str, words: str, who: str) -> Begun:
    """Draft what a contact says, and return its publish, by a publisher of its place."""
    documents = desk.says(contact, words, who)
    publisher = desk.publisher()
    return lambda: publisher(who, "why", accept=True, scope=documents)


def led_back_to(desk: TownsDesk) -> list[str]:
    """Return who published the live release, the one before it, and so on to the first."""
    found, number = [], desk.live().number
    while number:
        release = desk.store.release(number)
        assert release is not None
        found.append(release.who)
        number = release.since
    return found


def as_built_anew(desk: TownsDesk) -> bool:
    """Say whether pages are live that another publish of the whole site would not change."""
    with pytest.raises(NothingToPublish):
        desk.publish.again(EVE, "once more", accept=True)
    return True


@pytest.mark.parametrize("other", [OTHER, BIRCH, COUNTY])
def test_two_publish_two_places_at_once_and_both_are_live_whoever_is_where(other: str) -> None:
    last = points(lambda desk: publishing(desk, f"of-{ALDER}", "Alder, new", ANA))
    assert last > 6
    for at in range(last):
        desk = live_desk()
        first = publishing(desk, f"of-{ALDER}", "Alder, new", ANA)
        second = publishing(desk, f"of-{other}", "Another, new", BEN)
        meanwhile(desk, at, second)
        first()
        assert (desk.said(f"of-{ALDER}"), desk.said(f"of-{other}")) == ("Alder, new", "Another, new"), at
        if other == COUNTY:
            assert desk.said(f"of-{other}", ALDER) == "Another, new", at
        assert sorted(led_back_to(desk)) == [ANA, ANA, BEN], at
        assert not desk.store.drafts(), at
        assert desk.shelf.standing_by == desk.live().number
        assert as_built_anew(desk), at


def test_who_publishes_the_same_document_second_is_told_in_words(desk: TownsDesk) -> None:
    first = publishing(desk, f"of-{ALDER}", "Alder, of Ana", ANA)
    [draft] = desk.store.drafts()
    second = publishing(desk, f"of-{ALDER}", "Alder, of Ben", BEN)

    def by_ben() -> None:
        second()
        desk.edit.save_draft(draft.document, draft.text, 0, ANA)

    desk.says(f"of-{ALDER}", "Alder, of Ana", ANA)
    meanwhile(desk, 4, by_ben)
    with pytest.raises(ChangedSince) as told:
        first()
    sentence, _ = told_of(told.value)
    assert sentence == (
        "Nothing was published. Changed since you looked: Contacts of Alder, another text of it is live now."
    )
    assert desk.said(f"of-{ALDER}") == "Alder, of Ana"


def test_a_publisher_of_the_whole_site_is_told_by_whom(desk: TownsDesk) -> None:
    second = publishing(desk, f"of-{ALDER}", "Alder, new", BEN)
    meanwhile(desk, 4, second)
    with pytest.raises(ChangedSince) as told:
        desk.publisher()(ANA, "why", accept=True)
    assert f"published by {BEN}" in told_of(told.value)[0]
    assert led_back_to(desk) == [BEN, ANA]


def test_a_number_fixed_during_a_national_publish_is_live_before_it_ends_and_after_it() -> None:
    def national(desk: TownsDesk) -> Begun:
        desk.template("second page")
        return lambda: desk.publisher()(ANA, "why", accept=True)

    last = points(national)
    assert last > len(EVERY) * 2
    for at in range(last):
        desk = live_desk()
        begun = national(desk)
        seen: list[str] = []

        def fix(desk: TownsDesk = desk, seen: list[str] = seen) -> None:
            publishing(desk, f"of-{ALDER}", "The right number", BEN)()
            seen.append(desk.said(f"of-{ALDER}"))

        meanwhile(desk, at, fix)
        begun()
        assert seen == ["The right number"], "live while the other publish was under way"
        assert desk.said(f"of-{ALDER}") == "The right number", at
        assert {desk.page(slug)["template"] for slug in EVERY} == {"second page"}, at
        assert sorted(led_back_to(desk)) == [ANA, ANA, BEN], at
        assert as_built_anew(desk), at


def test_a_third_one_publishes_everything_while_two_publish_two_places(desk: TownsDesk) -> None:
    one = publishing(desk, f"of-{ALDER}", "Alder, new", BEN)
    other = publishing(desk, f"of-{OTHER}", "Other, new", EVE)
    desk.template("second page")
    documents = [PAGE]
    left = [6, 14]

    def write(what: str) -> None:
        left[:] = [each - 1 for each in left]
        if 0 in left:
            do = one if left[0] == 0 else other
            desk.watch(lambda what: None)
            do()
            desk.watch(write)

    desk.watch(write)
    desk.publisher()(ANA, "why", accept=True, scope=documents)
    assert (desk.said(f"of-{ALDER}"), desk.said(f"of-{OTHER}")) == ("Alder, new", "Other, new")
    assert {desk.page(slug)["template"] for slug in EVERY} == {"second page"}
    assert sorted(led_back_to(desk)) == [ANA, ANA, BEN, EVE]
    assert as_built_anew(desk)


@pytest.mark.parametrize(("others", "ends"), [(19, True), (20, False)])
def test_who_is_overtaken_twenty_times_gives_up_with_a_sentence(
    desk: TownsDesk, others: int, ends: bool
) -> None:
    mine = publishing(desk, f"of-{ALDER}", "Alder, new", ANA)
    count = [0]

    def write(what: str) -> None:
        if what == "move" and count[0] < others:
            count[0] += 1
            desk.watch(lambda what: None)
            publishing(desk, f"of-{OTHER}", f"Other, {count[0]}", BEN)()
            desk.watch(write)

    desk.watch(write)
    if ends:
        mine()
        assert desk.said(f"of-{ALDER}") == "Alder, new"
    else:
        with pytest.raises(PublishUnderWay) as told:
            mine()
        sentence = "Nothing was published: others publish all the time: try again in a minute."
        assert told_of(told.value) == (sentence, "")
        assert desk.said(f"of-{ALDER}") == "Help."
        mine()
    assert (desk.said(f"of-{ALDER}"), desk.said(f"of-{OTHER}")) == ("Alder, new", f"Other, {others}")


def test_a_place_is_published_by_its_job_while_a_national_one_is_made_in_chunks() -> None:
    with mock_aws():
        client.cache_clear()
        office = PlacesOffice()
        office.save("new page")
        national = office.press()
        office.bring_next()
        assert office.job(national).state == jobs.BUILDING
        of_national, office.queue.ids = office.queue.ids, []
        fixed = json.loads(office.edit.open("contacts").text)
        fixed["contacts"][0] |= {"what": "Better help.", "checked_on": None, "checked_by": None}
        office.edit.save_draft("contacts", json.dumps(fixed), 0, BEN)
        seen = office.publish.target(None, ("contacts",)).going.fingerprint()
        wish = PublishWish(jobs.PUBLISH, BEN, "publisher", "a fix", True, seen, "d2", scope=("contacts",))
        fix = office.work_off(office.ask.publish(wish))
        assert (fix.state, fix.number, fix.told) == (jobs.DONE, 1, "")
        office.queue.ids += of_national
        assert office.work_off(national).state == jobs.DONE
        live = office.shelf.live()
        assert live is not None
        release = office.documents.release(live.number)
        assert release is not None
        assert release.versions == {"contacts": 1, PAGE: 1}
        texts = json.loads(office.files()[f"releases/{live.number}/documents.json"])
        assert "Better help." in texts["contacts"]
    client.cache_clear()
