"""What a mail is about: a type in the code, one text outside."""

from __future__ import annotations

import pytest

from chalicelib.reporting.ports import SentMail
from chalicelib.shared.mail import ALARM, BATCH, DESK, REPORT, About


@pytest.mark.parametrize(
    ("about", "text"),
    [
        (About.of(REPORT, "0f-1e"), "report-0f-1e"),
        (About.of(BATCH, "00ff"), "batch-00ff"),
        (About.of(ALARM, "not_taken"), "alarm-not_taken"),
        (About.of(DESK), "desk"),
    ],
)
def test_it_goes_out_and_comes_back_as_the_text_of_the_releases_before(about: About, text: str) -> None:
    assert about == text
    assert (About(text).kind, About(text).name) == (about.kind, about.name)


def test_what_was_stored_has_its_kind_and_which() -> None:
    mail = SentMail("report-0f-1e", "police", 1)  # type: ignore[arg-type] # as a store reads it
    assert (mail.about.kind, mail.about.name) == (REPORT, "0f-1e")


@pytest.mark.parametrize("odd", ["", "-", "reports", "report", "Report-1"])
def test_a_text_that_is_none_of_ours_names_no_report(odd: str) -> None:
    about = About(odd)
    assert about.kind != REPORT or about.name == ""
