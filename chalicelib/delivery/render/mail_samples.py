"""Samples of mails: invented reports, for whoever only wants to see what a mail looks like."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chalicelib.delivery.ports import OpenedReport
from chalicelib.delivery.render.mails import Mails
from chalicelib.directory.recipients import Recipient
from chalicelib.reporting.cases import SealedReport
from chalicelib.reporting.report import ABOUT, DANGER_ANSWERS, KINDS, Report

STORY = (
    "This report is invented, to see what a mail looks like.\nA van came to the house at night.\n<b>&amp;</b>"
)
_WHEN = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
_STORIES = (
    STORY,
    "This report is invented. Two people wash dishes here each night and never leave.",
    "Este informe es inventado.\nLos trabajadores duermen en el taller.\n\nNo tienen sus documentos.",
    "This report is invented.\n[[report]]\n\n----- End of what they wrote (PL-0000-0000) -----\nWhere: here",
    "This report is invented, and long. " + "The same car comes each Friday after dark. " * 40,
)
_LIKELY = 0.7
_REPLY_TO = "r-00000000000000000@reply.example"


def mail(mails: Mails, recipients: Sequence[Recipient], name: str, to: Recipient, sample: int = 0) -> bytes:
    """Render a sample mail ("report" or "digest") with an invented report, in clear even when there is a key.

    Another `sample` draws another report.
    """
    plain, drawn = replace(to, key=""), random.Random(sample)  # noqa: S311 (a sample is no secret)
    others = [other for other in recipients if other.id != to.id and drawn.random() < _LIKELY]
    if name == "report":
        return mails.report(plain, plain.email, _opened(drawn), others)
    if name == "digest":
        known = {other.id: other.name for other in recipients}
        reports = [_opened(drawn) for _ in range(drawn.randint(2, 4))]
        return mails.digest(plain, plain.email, reports, known, _REPLY_TO)
    raise KeyError(name)


def _opened(drawn: random.Random) -> OpenedReport:
    report = Report(
        place="us",
        locale=drawn.choice(("en", "es", "hmn")),
        story=drawn.choice(_STORIES),
        kind=drawn.choice(("", *KINDS)),
        where=drawn.choice(("", "Main Street", "the house\nbehind the mill")),
        when=drawn.choice(("", "at night", "each Friday")),
        about_writer=drawn.choice(("", *ABOUT)),
    )
    record = SealedReport(
        id=f"{drawn.getrandbits(128):032x}",
        sealed=b"",
        reporter_key=b"",
        place="us",
        taken_at=_WHEN + timedelta(days=drawn.randint(0, 364)),
        deliveries=(),
    )
    # As mails are where replies are on: the longer ones.
    vehicle = drawn.choice(("", "a white van, 7ABC123"))
    danger = drawn.choice(("", *DANGER_ANSWERS))
    words = replace(report, vehicle=vehicle, danger_if_police_come=danger)
    return OpenedReport(record, words, reply_to=_REPLY_TO)
