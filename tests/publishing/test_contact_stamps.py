"""A stamp stands for what was checked, and the mark for what was read: neither outlives it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chalicelib.publishing import contact_stamps
from chalicelib.shared.days import latest_today, read_day

LINE: dict[str, Any] = {
    "id": "line",
    "name": "Line",
    "serves": "us",
    "audience": "anyone",
    "channels": [
        {"kind": "call", "show": "209-722-4357", "value": "+12097224357"},
        {"kind": "email", "show": "desk@line.example", "value": "desk@line.example"},
    ],
    "hours": "Day and night",
    "languages": "English",
    "what": "They listen, and help you plan.",
    "what_not": "It is not the police.",
    "mark": "CONFIRMED",
    "sources": ["https://one.example/a", "https://two.example/b"],
    "read_on": "2026-11-20",
    "checked_on": "2026-11-20",
    "checked_by": "shelter desk",
}
TODAY = date(2026, 11, 28)
OTHER_NUMBER = [{**LINE["channels"][0], "show": "209-722-9999", "value": "+12097229999"}, LINE["channels"][1]]
OTHER_MAIL = [LINE["channels"][0], {"kind": "email", "show": "x@line.example", "value": "x@line.example"}]
OTHER_KIND = [{**LINE["channels"][0], "kind": "tty"}, LINE["channels"][1]]
ONE_WAY_LESS = LINE["channels"][:1]
ONE_WAY_MORE = [*LINE["channels"], {"kind": "text", "show": "233733", "value": "233733", "body": "HELP"}]


def text(*entries: dict[str, Any]) -> str:
    return json.dumps({"contacts": list(entries)})


@pytest.mark.parametrize("channels", [OTHER_NUMBER, OTHER_MAIL, OTHER_KIND, ONE_WAY_LESS, ONE_WAY_MORE])
def test_another_way_to_reach_it_ends_the_check_and_lowers_the_mark(channels: object) -> None:
    after = contact_stamps.without_what_fell(LINE, {**LINE, "channels": channels})
    assert (after["checked_on"], after["checked_by"], after["mark"]) == (None, None, "SINGLE")


@pytest.mark.parametrize(
    "change",
    [
        {"hours": "Mondays"},
        {"languages": "English, Spanish"},
        {"serves": "town"},
        {"audience": "children"},
        {"what": "They listen."},
        {"what_not": "It is the police."},
    ],
)
def test_another_word_of_what_was_checked_ends_the_check_and_leaves_the_mark(change: dict[str, str]) -> None:
    after = contact_stamps.without_what_fell(LINE, {**LINE, **change})
    assert (after["checked_on"], after["mark"]) == (None, "CONFIRMED")


@pytest.mark.parametrize(
    "change",
    [
        {"what": "They listen and help you plan."},
        {"hours": " day and night."},
        {"channels": LINE["channels"][::-1]},
        {"channels": [{**LINE["channels"][0], "show": "(209) 722-4357"}, LINE["channels"][1]]},
        {"sources": ["https://one.example/a", "https://three.example/"]},
    ],
)
def test_a_comma_another_order_or_another_source_ends_no_check(change: dict[str, Any]) -> None:
    assert contact_stamps.without_what_fell(LINE, {**LINE, **change}) == {**LINE, **change}


def test_a_name_that_changes_takes_both_along() -> None:
    after = contact_stamps.without_what_fell(LINE, {**LINE, "name": "Another Line"})
    assert (after["checked_by"], after["mark"]) == (None, "SINGLE")


def test_a_stamp_that_stayed_while_the_number_changed_is_named() -> None:
    now = {**LINE, "channels": OTHER_NUMBER}
    found = contact_stamps.check(text(now), [text(LINE)])
    assert [name for name, _ in found] == ["line", "line"]
    assert "last checked on 2026-11-20 by shelter desk" in found[0][1]
    assert "the ways to reach it changed" in found[0][1]
    assert "CONFIRMED" in found[1][1]


def test_what_was_checked_anew_passes_even_on_the_same_day_by_the_same_desk() -> None:
    before = contact_stamps.stamped({**LINE, "mark": "SINGLE"}, "shelter desk", TODAY)
    now = contact_stamps.stamped({**before, "channels": OTHER_NUMBER}, "shelter desk", TODAY)
    assert contact_stamps.check(text(now), [text(before)]) == []
    # and the same text with one more change by hand does not
    assert contact_stamps.check(text({**now, "channels": OTHER_MAIL}), [text(before)])


def test_a_stamp_from_the_text_counts_when_its_day_or_desk_is_another_and_not_earlier() -> None:
    now = {**LINE, "mark": "SINGLE", "channels": OTHER_NUMBER}
    before = [text(LINE)]
    assert not contact_stamps.check(text({**now, "checked_on": "2026-11-28"}), before)
    assert not contact_stamps.check(text({**now, "checked_by": "city clerk"}), before)
    assert contact_stamps.check(text({**now, "checked_on": "2026-11-19"}), before)
    assert not contact_stamps.check(text({**now, "checked_on": None, "checked_by": None}), before)


def test_an_older_version_brings_its_own_stamp_back() -> None:
    newer = {**LINE, "channels": OTHER_NUMBER, "checked_on": "2026-11-27", "mark": "SINGLE"}
    assert contact_stamps.check(text(LINE), [text(newer), text(newer), text(LINE)]) == []
    assert contact_stamps.check(text(LINE), [text(newer)])


def test_a_contact_under_another_id_does_not_take_the_stamp_along() -> None:
    moved = {**LINE, "id": "line-2", "channels": OTHER_NUMBER, "mark": "SINGLE"}
    assert contact_stamps.check(text(moved), [text(LINE)])
    assert contact_stamps.check(text(LINE, moved), [text(LINE)]) == []  # two of one desk on one day


def test_confirmed_needs_two_publishers_who_were_read_anew() -> None:
    now = {**LINE, "channels": OTHER_NUMBER, "checked_on": None, "checked_by": None}
    assert contact_stamps.check(text(now), [text(LINE)])
    assert not contact_stamps.check(text(contact_stamps.read_anew(now, TODAY)), [text(LINE)])
    one_house = {**now, "sources": ["https://www.one.example/a", "https://one.example/b"]}
    assert contact_stamps.check(text(contact_stamps.read_anew(one_house, TODAY)), [text(LINE)])
    others = {**now, "sources": ["https://three.example/", "https://four.example/"], "read_on": "2026-11-28"}
    assert not contact_stamps.check(text(others), [text(LINE)])


@pytest.mark.parametrize("day", ["9999-12-31", "2026-11-30", "2027-01-01"])
@pytest.mark.parametrize("key", ["checked_on", "read_on"])
def test_a_day_to_come_is_named(key: str, day: str) -> None:
    latest = latest_today(datetime(2026, 11, 28, 9, 0, tzinfo=UTC))
    ((name, sentence),) = contact_stamps.days_to_come(text({**LINE, key: day}), latest)
    assert name == "line"
    assert day in sentence


def test_where_it_is_tomorrow_already_that_day_may_be_written() -> None:
    assert latest_today(datetime(2026, 11, 28, 9, 59, tzinfo=UTC)) == date(2026, 11, 28)
    assert latest_today(datetime(2026, 11, 28, 10, 0, tzinfo=UTC)) == date(2026, 11, 29)


@pytest.mark.parametrize(
    "value",
    [20261128, "20261128", "2026-W48-6", "2026-11-31", "1999-01-01", "0001-01-01", True, ["2026-11-28"], ""],
)
def test_a_day_is_a_text_like_any_other_day_and_none_of_long_ago(value: object) -> None:
    with pytest.raises(ValueError, match=r"day|month|site"):
        read_day(value)
