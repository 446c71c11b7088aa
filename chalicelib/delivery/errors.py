"""Errors of delivery, named for what their catcher does next."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.shared.errors import PorchlightError


class HandOverRefused(PorchlightError):
    """A hand-over cannot be proposed like this: show the case again, with what was typed and each reason.

    `problems` maps a field of the form, or "", to a sentence for the desk.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


class NoticeUnreadable(PorchlightError):
    """A notice of the mail service that we cannot read: set it aside, so that a person looks at it."""


class NoticeEarly(PorchlightError):
    """A notice about a mail that is not recorded yet: ask for it again a little later."""


class SealBroken(PorchlightError):
    """A sealed report cannot be opened: its key is gone, or it is not the record it claims to be."""


class FrameInvalid(PorchlightError):
    """The text around a report cannot be sent: use the one that shipped, and tell the operator."""
