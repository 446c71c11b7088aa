"""Errors of taking a report, named for what their catcher does next."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.shared.errors import PorchlightError


class InvalidReport(PorchlightError):
    """The form needs mending: show it again with every problem and what was typed.

    `problems` maps a field of the form to a problem key such as "story_missing".
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{name}: {key}" for name, key in sorted(problems.items())))
        self.problems = dict(problems)


class FormExpired(PorchlightError):
    """The form's token is too old or not ours: show the form again with a fresh one, text kept.

    `problems` holds whatever else needs mending, so that the person is told everything at once.
    """

    def __init__(self, why: str, problems: Mapping[str, str] | None = None) -> None:
        super().__init__(why)
        self.problems = dict(problems or {})


class ReceiptTaken(PorchlightError):
    """A report with this id is stored already: the same form was sent again."""


class NobodyOffered(PorchlightError):
    """No agency can get a report from this place now: say so, with phone numbers, before anybody writes."""
