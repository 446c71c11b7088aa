"""The agencies' mail as paragraphs: what is saved is a frame, and what is wrong stands at its paragraph."""

from __future__ import annotations

import pytest

from chalicelib.delivery import mail_frames
from chalicelib.delivery.mail_frames import MARKER
from chalicelib.directory.document_ids import SITE
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.edit_mail_texts import AFTER, BEFORE, EditMailTexts
from chalicelib.publishing.forms import FormConflict, FormInvalid, Typed
from chalicelib.shared.errors import EntryMissing
from tests.support.editors_desk import ANA, BEN, EditorsDesk
from tests.support.fake_package import REPORT_MAIL

LABELS = ("Case number:", "Where:")


class Writing(EditorsDesk):
    """The mail's text in its form."""

    def __init__(self) -> None:
        super().__init__()
        self.mails = EditMailTexts(self.edit, lambda: LABELS)

    def write(self, before: list[str], after: list[str], revision: int = 0, who: str = ANA) -> str:
        self.mails.save("report", Typed({BEFORE: before, AFTER: after}), revision, who)
        return self.edit.open(REPORT_MAIL).text

    def refused(self, before: list[str], after: list[str]) -> dict[str, str]:
        with pytest.raises(FormInvalid) as refusal:
            self.write(before, after)
        assert self.store.drafts() == []
        return refusal.value.problems


@pytest.fixture
def writing() -> Writing:
    return Writing()


def test_a_mail_is_shown_as_its_paragraphs_around_the_report(writing: Writing) -> None:
    opened = writing.mails.open("report")
    assert opened.typed.chosen(BEFORE) == ["Please read this."]
    assert opened.typed.chosen(AFTER) == ["Thank you."]
    assert (opened.revision, opened.has_draft, opened.unused) == (0, False, False)
    with pytest.raises(EntryMissing):
        writing.mails.open("letter")


def test_paragraphs_are_saved_as_a_frame_that_may_be_sent(writing: Writing) -> None:
    text = writing.write(["Read this.", "", "And this."], ["Not proof:\r\n\r\n- A sign.\r\n- Another.", " "])
    assert text == f"Read this.\n\nAnd this.\n\n{MARKER}\n\nNot proof:\n\n- A sign.\n- Another.\n"
    assert mail_frames.faults(text, LABELS, []) == []
    typed = writing.mails.open("report").typed
    assert typed.chosen(AFTER) == ["Not proof:", "- A sign.\n- Another."]


def test_a_mail_may_have_nothing_around_the_report(writing: Writing) -> None:
    assert writing.write([], []).strip() == MARKER
    assert writing.mails.open("report").typed.chosen(BEFORE) == []


def test_a_form_that_was_only_sent_makes_no_draft(writing: Writing) -> None:
    writing.write(["Please read this."], ["Thank you.", ""])
    assert writing.store.drafts() == []


@pytest.mark.parametrize(
    "text", ["One.\n\n\n[[report]]\n\nTwo.\n\n\nThree.\n", "[[report]]\n", "One.\n[[report]]"]
)
def test_what_is_saved_reads_as_what_was_shown(writing: Writing, text: str) -> None:
    writing.publish({REPORT_MAIL: text})
    before = mail_frames.read_frame(text)
    opened = writing.mails.open("report").typed
    saved = writing.write([*opened.chosen(BEFORE), "New."], opened.chosen(AFTER))
    after = mail_frames.read_frame(saved)
    assert after.before.removesuffix("New.").strip() == before.before.strip()
    assert after.after.split() == before.after.split()


@pytest.mark.parametrize(
    ("before", "after", "field", "said"),
    [
        (["One.", "Write to {{ story }}."], [], "before-2", "cannot stand here"),
        (["One."], ["Two.", "[[report]]"], "after-2", "where the report comes is fixed"),
        (["One."], ["Two.", "Look at evil.example now."], "after-2", "evil.example"),
        (["-----"], [], "before-1", "A row of equal signs"),
        (["One."], ["Three.\n\nPL-1A2B-3C4D"], "after-1", "looks like a case number"),
        (["Where: in town"], [], "before-1", "says what the block says by itself"),
        (["x\n" * 12], [], "before-1", "At most 10 lines may stand before the report"),
        (["One.", "", "y" * 501], [], "before-3", "501 letters"),
        (["One."], ["Прочтите"], "after-1", "passes for another"),
        (["One."], ["z" * 2001], "after-1", "2,001 letters"),
    ],
)
def test_what_could_hide_the_report_is_refused_at_its_paragraph(
    writing: Writing, before: list[str], after: list[str], field: str, said: str
) -> None:
    problems = writing.refused(before, after)
    assert field in problems
    assert said in problems[field]
    assert MARKER not in " ".join(problems.values()) or "[[" in " ".join([*before, *after])


def test_all_paragraphs_that_are_wrong_are_named_at_once(writing: Writing) -> None:
    problems = writing.refused(["=====", "Where: here"], ["PL-1A2B-3C4D"])
    assert list(problems) == ["before-1", "before-2", "after-1"]


def test_a_host_that_a_contact_has_may_be_named(writing: Writing) -> None:
    assert "line.example" in writing.draft(SITE)["hosts"]
    assert "Look at line.example." in writing.write(["One."], ["Look at line.example."])


def test_of_two_who_write_one_mail_the_second_is_shown_the_first_s(writing: Writing) -> None:
    writing.write(["Ben's."], [], who=BEN)
    with pytest.raises(FormConflict) as conflict:
        writing.write(["Ana's."], [])
    assert conflict.value.theirs.chosen(BEFORE) == ["Ben's."]
    writing.meanwhile.append(lambda: writing.write(["Cam's."], [], 1, "cam@desk.example"))
    with pytest.raises(FormConflict) as conflict:
        writing.write(["Ana's."], [], 1)
    assert conflict.value.theirs.chosen(BEFORE) == ["Cam's."]


@pytest.mark.parametrize("old", ["{% if a %}x{% endif %}", "no report in this", f"{MARKER}\n{MARKER}\n"])
def test_a_text_that_no_form_can_hold_begins_anew_from_the_package_s(writing: Writing, old: str) -> None:
    writing.publish({REPORT_MAIL: old})
    opened = writing.mails.open("report")
    assert opened.unused
    assert opened.typed.chosen(BEFORE) == ["Please read this."]
    assert MARKER in writing.write(opened.typed.chosen(BEFORE), opened.typed.chosen(AFTER))
    assert writing.store.drafts()[0].document == REPORT_MAIL


def test_a_private_key_is_not_kept(writing: Writing) -> None:
    with pytest.raises(DocumentInvalid, match="private key"):
        writing.write(["-----BEGIN PGP PRIVATE KEY BLOCK-----"], [])
    assert writing.store.drafts() == []
