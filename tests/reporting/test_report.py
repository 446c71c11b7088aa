"""Form validation: the form becomes a report once, or everything that needs mending is named at once."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.reporting.errors import InvalidReport
from chalicelib.reporting.report import (
    DANGER_ANSWERS,
    KINDS,
    LINE_LIMIT,
    STORY_LIMIT,
    Report,
    SentForm,
    plain_lines,
    read_report,
)

OFFERED = ("dot", "dhs")
WHOLE = {
    "a": ["What I saw"],
    "b": ["work"],
    "c": ["Main St"],
    "d": ["Tuesday"],
    "e": ["no"],
    "r": ["dot", "dhs"],
}
words = st.text(st.characters(exclude_categories=["Cs"]))


def read(**changed: list[str] | str | None) -> SentForm:
    """Read the whole form with some fields changed, or left out as None."""
    fields = {
        **WHOLE,
        **{name: [value] if isinstance(value, str) else value for name, value in changed.items()},
    }
    return read_report(
        {name: value for name, value in fields.items() if value is not None}, "us", "en", OFFERED, ["dhs"]
    )


def problems(**changed: list[str] | str | None) -> dict[str, str]:
    """Return what would need mending."""
    with pytest.raises(InvalidReport) as invalid:
        read(**changed)
    return invalid.value.problems


def test_a_whole_form_becomes_a_report() -> None:
    assert read() == SentForm(Report("us", "en", "What I saw", "work", "Main St", "Tuesday", "no"), OFFERED)


def test_only_the_story_and_a_recipient_are_needed() -> None:
    assert read(b=None, c=None, d=None, e=None, r="dot") == SentForm(
        Report("us", "en", "What I saw"), ("dot",)
    )


def test_every_problem_is_named_at_once() -> None:
    assert problems(
        a="x" * (STORY_LIMIT + 1),
        b="robbery",
        c="x" * (LINE_LIMIT + 1),
        d="x" * (LINE_LIMIT + 1),
        e="maybe",
        r=None,
    ) == {
        "a": "story_too_long",
        "b": "unknown_choice",
        "c": "where_too_long",
        "d": "when_too_long",
        "e": "unknown_choice",
        "r": "no_recipient",
    }


def test_an_invalid_report_says_which_fields_and_never_what_was_in_them() -> None:
    with pytest.raises(InvalidReport) as invalid:
        read(a="odd phrase" * STORY_LIMIT, b="odd phrase", r="odd phrase")
    assert str(invalid.value) == "a: story_too_long, b: unknown_choice, r: unknown_choice"


@pytest.mark.parametrize("story", [None, "", " ", "\r\n\t \u00a0\u3000"])
def test_a_story_of_nothing_is_missing(story: str | None) -> None:
    assert problems(a=story) == {"a": "story_missing"}


@pytest.mark.parametrize("character", ["a", "\U0001f600", "ñ", "\r\n", "\r"])
def test_the_limit_counts_characters_and_a_line_break_as_one(character: str) -> None:
    inner = character * (STORY_LIMIT - 2)
    assert len(read(a=f"<{inner}>").report.story) == STORY_LIMIT
    assert problems(a=f"<{inner}{character}>") == {"a": "story_too_long"}


@given(words)
def test_a_story_is_kept_to_the_letter_except_that_line_breaks_are_newlines(text: str) -> None:
    story = read(a=f"x{text}").report.story
    assert story == f"x{text}".replace("\r\n", "\n").replace("\r", "\n")
    assert plain_lines(story) == story


@given(words, words, words, words, words, st.sampled_from(("", *DANGER_ANSWERS)))
def test_a_report_comes_back_from_bytes_as_it_was(
    story: str, where: str, when: str, kind: str, vehicle: str, danger: str
) -> None:
    said = {"vehicle": vehicle, "danger_if_police_come": danger}
    report = Report("us", "es", story, kind, where, when, "yes", **said)
    assert Report.from_bytes(report.to_bytes()) == report


def test_what_was_left_open_is_sealed_as_before_there_was_the_question() -> None:
    sealed = json.loads(Report("us", "es", "Vi algo").to_bytes())
    assert not {"vehicle", "danger_if_police_come"} & sealed.keys()
    asked = json.loads(Report("us", "es", "Vi algo", vehicle="7ABC123").to_bytes())
    assert asked["vehicle"] == "7ABC123"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'"a"',
        b'{"v": 2}',
        b'{"v": 3,"place":"us","locale":"en","story":"s"}',
        b'{"v": 2,"place":"us","locale":"en","story":"s","choice":[]}',
        b'{"v": 2,"place":"us","locale":"en","story":"s","choice":{"offices":{}, "consent":false}}',
        b'{"v": 2,"place":"us","locale":"en","story":"s","choice":{"offices":[["dhs"]], "consent":false}}',
        b'{"v": 2,"place":"us","locale":"en","story":"s","choice":{"offices":[], "consent":1}}',
        b'{"v":1,"place":"us","locale":"en","story":"s","more":1}',
        b'{"v":1}',
    ],
)
def test_bytes_of_anything_else_are_no_report(content: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        Report.from_bytes(content)


@pytest.mark.parametrize(("before", "now"), [("yes", "self"), ("no", "no"), ("", "")])
def test_what_was_sealed_before_there_were_three_answers_still_opens(before: str, now: str) -> None:
    old = {
        "v": 1,
        "place": "us",
        "locale": "es",
        "story": "Vi algo",
        "kind": "work",
        "where": "",
        "when": "d",
    }
    report = Report.from_bytes(json.dumps({**old, "about_writer": before}).encode())
    assert report == Report("us", "es", "Vi algo", "work", "", "d", now)
    assert report.choice is None


PICTURE = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 2).decode()


@pytest.mark.parametrize(
    "story",
    [
        "see data:image/png;base64,iVBO",
        f"see {PICTURE}",
        "see\n" + "\n".join(PICTURE[start : start + 76] for start in range(0, len(PICTURE), 76)),
        "see\r\n" + "\r\n".join(PICTURE[start : start + 64] for start in range(0, len(PICTURE), 64)),
    ],
)
def test_a_picture_pasted_as_text_is_not_taken(story: str) -> None:
    assert problems(a=story) == {"a": "story_has_file"}


@pytest.mark.parametrize(
    "story",
    [
        "They said /9j/ and nothing more",
        "data: image; base64, none of it together",
        "UEsDB is how a ZIP file begins, " + "and I only write about it. " * 20,
        "x" * STORY_LIMIT,
    ],
)
def test_words_about_pictures_are_taken(story: str) -> None:
    assert read(a=story).report.story == story


def test_each_kind_is_a_choice_and_the_first_of_several_counts() -> None:
    for kind in KINDS:
        assert read(b=[kind, "robbery"]).report.kind == kind


def test_only_the_kind_that_says_so_may_concern_a_child() -> None:
    assert [kind for kind in KINDS if read(b=kind).report.may_concern_a_child()] == ["child"]


def test_recipients_come_in_the_order_they_were_offered_and_each_once() -> None:
    assert read(r=["dhs", "dot", "dhs"]).recipients == OFFERED


def test_a_recipient_that_was_not_offered_is_an_unknown_choice() -> None:
    assert problems(r=["dot", "fbi"]) == {"r": "unknown_choice"}


@pytest.mark.parametrize("ticked", [["dhs"], ["dot", "dhs"]])
@pytest.mark.parametrize("answer", ["self", "close", "yes"])
def test_a_report_about_its_writer_or_someone_close_leaves_immigration_enforcers_out_unless_asked(
    ticked: list[str], answer: str
) -> None:
    left = [recipient for recipient in ticked if recipient != "dhs"]
    if left:
        assert read(e=answer, r=ticked).recipients == tuple(left)
    else:
        assert problems(e=answer, r=ticked) == {"r": "all_left_out"}
    assert read(e=answer, x="1", r=ticked).recipients == tuple(ticked)
    for other in ("no", "", None):
        assert read(e=other, r=ticked).recipients == tuple(ticked)


def test_the_answer_of_a_form_that_was_open_before_there_were_three_is_taken_for_what_it_meant() -> None:
    assert read(e="yes").report.about_writer == "self"
    assert read(e="no").report.about_writer == "no"
    assert read(e=None).report.about_writer == ""


def test_the_digest_changes_with_anything_that_was_sent_and_with_nothing_else() -> None:
    forms = [
        read(),
        read(a="What I saw."),
        read(b="sex"),
        read(c="Main St."),
        read(d="Wednesday"),
        read(e=None),
        read(r="dot"),
        read(x="1"),
        read(e="close"),
        read(e="self", r="dot"),
        read_report(WHOLE, "los-banos-ca", "en", OFFERED, []),
        read_report(WHOLE, "us", "es", OFFERED, []),
    ]
    assert len({form.digest() for form in forms}) == len(forms)
    assert read(r=["dhs", "dot"], z="anything").digest() == read().digest()


def test_words_do_not_show_in_what_a_log_would_print() -> None:
    form = read(a="odd phrase", b="work", c="odd phrase", d="odd phrase", e="no")
    assert "odd phrase" not in repr(form)
    assert "odd" not in repr(replace(form.report, vehicle="odd", danger_if_police_come="odd"))
    assert "work" not in repr(form)


def test_a_message_says_which_mails_it_answers_and_a_report_says_nothing_of_it() -> None:
    plain = Report("us", "en", "And one thing more")
    message = replace(plain, answers={"police": ("<3@town.example>", "<1@ours.example>")})
    assert Report.from_bytes(message.to_bytes()).answers == message.answers
    assert b"answers" not in plain.to_bytes()
    assert "town.example" not in repr(message)
