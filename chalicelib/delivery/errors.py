"""Errors of delivery, named for what their catcher does next."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.shared.errors import PorchlightError


class HandOverRefused(PorchlightError):
    """An invalid proposal of a hand-over: show the case again, with what was typed and each reason.

    `problems` maps a field of the form, or "", to a sentence for the desk.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


class WishRefused(PorchlightError):
    """A command of the desk that does not fit its case any more: note the reason, which the desk shows."""


class NoticeUnreadable(PorchlightError):
    """An unreadable notice of the mail service: to the dead letters, so that a person looks at it."""


class NoticeEarly(PorchlightError):
    """A notice too early, about a mail that is not recorded yet: retry it a little later."""


class SealBroken(PorchlightError):
    """A sealed report that cannot be decrypted: its key is gone, or it is not the record it claims to be."""


class FrameInvalid(PorchlightError):
    """An invalid mail frame, the text around a report: use the one that shipped, and tell the operator."""
