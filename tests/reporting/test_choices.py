"""Consent: what a writer chose is sealed with the words, and says who may ever get them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.directory.recipients import NATURES, Recipient
from chalicelib.reporting.choices import (
    SHOWN_MOST,
    Choice,
    Office,
    also_shown,
    marks_of,
    read_choice,
    shown_on,
)
from chalicelib.reporting.padding import SIZES, pad
from chalicelib.reporting.report import LINE_LIMIT, STORY_LIMIT, YES, Report
from tests.support.fakes import recipient

POLICE = recipient("police", nature="police", fallback="chief@agency.example")
SHERIFF = recipient("sheriff", nature="police")
CLINIC = recipient("clinic", nature="services")
BORDER = recipient("border", nature="police", enforces_immigration=True)
NEW_POLICE = recipient("new-police", nature="police", email="new@agency.example")
NEW_BORDER = recipient("new-border", nature="police", email="nb@agency.example", enforces_immigration=True)
OFFERED = (POLICE, SHERIFF, CLINIC, BORDER)


def choice(*ticked: str, consent: bool = False, **fields: list[str]) -> Choice:
    sent = {"r": list(ticked), **({"x": ["1"]} if consent else {}), **fields}
    return read_choice(sent, OFFERED, OFFERED)


def allowed(chosen: Choice, to: Recipient, spared: bool = False, which: str = "first") -> bool:
    return chosen.allows(to, to.address(which), spared)


@pytest.mark.parametrize("which", ["first", "fallback"])
def test_an_office_that_was_ticked_gets_it_at_both_its_addresses(which: str) -> None:
    assert allowed(choice("police"), POLICE, which=which)


@pytest.mark.parametrize("consent", [False, True])
@pytest.mark.parametrize("spared", [False, True])
@pytest.mark.parametrize("office", [SHERIFF, CLINIC, BORDER])
def test_an_office_that_stood_there_unticked_never_gets_it(
    office: Recipient, spared: bool, consent: bool
) -> None:
    chosen = choice("police", consent=consent)
    changes = [
        {},
        {"nature": "police", "enforces_immigration": False},
        {"nature": "desk"},
        {"email": "quite@another.example"},
        {"name": "Quite another"},
    ]
    for change in changes:
        assert not allowed(chosen, replace(office, **change), spared)


def test_its_inbox_does_not_get_it_under_another_name_either() -> None:
    chosen = choice("police")
    for renamed in (
        replace(NEW_POLICE, email=SHERIFF.email),
        replace(NEW_POLICE, email=SHERIFF.email.upper()),
        replace(NEW_POLICE, fallback=BORDER.email),
    ):
        assert not allowed(chosen, renamed)
    diverted = replace(POLICE, fallback=BORDER.email)
    assert allowed(chosen, diverted)
    assert not allowed(chosen, diverted, which="fallback")


def test_an_inbox_that_two_offices_share_still_gets_it_for_the_one_that_was_ticked() -> None:
    both = (POLICE, replace(SHERIFF, email=POLICE.email))
    chosen = read_choice({"r": ["police"]}, both, both)
    assert allowed(chosen, POLICE)
    assert not allowed(chosen, both[1])


@pytest.mark.parametrize("nature", NATURES)
def test_another_office_must_be_of_the_nature_of_one_that_was_ticked(nature: str) -> None:
    assert allowed(choice("police"), replace(NEW_POLICE, nature=nature)) == (nature == "police")
    assert allowed(choice("clinic"), replace(NEW_POLICE, nature=nature)) == (nature == "services")
    assert not allowed(choice(), replace(NEW_POLICE, nature=nature))


def test_a_later_change_of_a_nature_lets_no_other_office_in() -> None:
    chosen = choice("clinic")
    assert allowed(chosen, replace(CLINIC, nature="police"))  # what was ticked stays what it was
    assert not allowed(chosen, NEW_POLICE)


@pytest.mark.parametrize("spared", [False, True])
def test_another_office_that_enforces_immigration_law_needs_the_box_for_that(spared: bool) -> None:
    assert not allowed(choice("police", "border"), NEW_BORDER, spared)
    assert allowed(choice("police", "border", consent=True), NEW_BORDER, spared)
    assert not allowed(choice("clinic", consent=True), NEW_BORDER, spared)


def test_immigration_enforcement_that_was_ticked_gets_it_as_the_form_said() -> None:
    assert allowed(choice("police", "border"), BORDER, spared=False)
    assert not allowed(choice("police", "border"), BORDER, spared=True)
    assert allowed(choice("police", "border", consent=True), BORDER, spared=True)
    # Nor does it when somebody says later that it enforces nothing.
    assert not allowed(choice("police", "border"), replace(BORDER, enforces_immigration=False), spared=True)


@pytest.mark.parametrize("spared", [False, True])
def test_an_office_that_enforces_immigration_law_only_since_then_needs_the_box_for_that(spared: bool) -> None:
    now = replace(POLICE, enforces_immigration=True)
    assert not allowed(choice("police"), now, spared)
    assert allowed(choice("police", consent=True), now, spared)


def test_what_was_left_out_by_the_answer_lends_its_nature_to_nobody() -> None:
    chosen = choice("clinic", "border")
    assert allowed(chosen, NEW_POLICE, spared=False)
    assert not allowed(chosen, NEW_POLICE, spared=True)


def test_an_id_that_was_given_to_another_office_is_another_office() -> None:
    reused = replace(NEW_POLICE, id="clinic")
    assert not allowed(choice("clinic"), reused)
    assert allowed(choice("clinic", "police"), reused)
    moved = replace(CLINIC, email="we-moved@agency.example")
    assert allowed(choice("clinic"), moved)


def test_an_office_that_the_form_showed_and_that_is_not_offered_any_more_was_refused() -> None:
    fields = {"r": ["police"], "o": ["police gone closed"]}
    gone = recipient("gone", nature="police")
    chosen = read_choice(fields, [POLICE], [POLICE, gone])
    assert not allowed(chosen, gone)
    assert not allowed(chosen, replace(NEW_POLICE, email=gone.email))
    assert not allowed(chosen, recipient("closed", nature="police"))
    assert allowed(chosen, SHERIFF)


def test_what_a_form_says_it_showed_is_read_as_ids_and_nothing_else() -> None:
    fields = {"o": ["police  ../x Ä <b> -a " + "x" * 200 + " clinic police"]}
    assert shown_on(fields) == ("police", "clinic")
    assert len(shown_on({"o": [" ".join(f"o{number}" for number in range(1000))]})) == SHOWN_MOST
    assert also_shown(fields, [BORDER, POLICE]) == "border police clinic"
    assert also_shown({}, [BORDER]) == "border"


def test_a_choice_comes_back_from_the_seal_as_it_was() -> None:
    chosen = choice("police", "border", consent=True, o=["elsewhere"])
    report = Report.from_bytes(Report("us", "en", "words", about_writer="close", choice=chosen).to_bytes())
    assert report.choice == chosen
    assert report.spares
    assert chosen.offices[0] == Office("police", "police", False, True, marks_of(POLICE))


def test_nothing_of_a_choice_shows_in_what_a_log_would_print() -> None:
    assert "police" not in repr(choice("police"))
    assert "True" not in repr(choice("police", consent=True))


@pytest.mark.parametrize("character", ["\x01", "\U0001f600", '"'])
def test_the_longest_report_to_sixty_offices_fits_in_the_largest_size(character: str) -> None:
    offices = [
        recipient(
            f"an-office-with-a-rather-long-name-{number:02d}",
            nature="awareness",
            fallback=f"two{number}@agency.example",
        )
        for number in range(SHOWN_MOST)
    ]
    fields = {"r": [office.id for office in offices]}
    longest = Report(
        "a-place-with-a-rather-long-name", "zh-Hant", character * STORY_LIMIT, "child",
        character * LINE_LIMIT, character * LINE_LIMIT, "close", read_choice(fields, offices, offices),
        character * LINE_LIMIT, YES,
    )  # fmt: skip
    assert len(pad(longest.to_bytes())) <= SIZES[-1]
