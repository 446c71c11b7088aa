"""Onboarding of a desk: the five steps before a town can rely on its page, each done or open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.directory.recipients import Recipient


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One step: what to do, why, the screen where it is done, and whether it is."""

    title: str
    why: str
    href: str
    done: bool


def first_steps(
    *, second_factor: bool, unchecked: bool, recipients: Sequence[Recipient], published: bool
) -> tuple[FirstStep, ...]:
    """Return the five steps, in the order in which they are best done, or none when all are done.

    Each is read off the site itself: nobody ticks a box, and a step opens again when what it brought is gone.
    `second_factor` is of the one who looks; `unchecked` says whether a contact waits for a person's check.
    """
    agreed = bool(recipients) and all(one.agreed_on for one in recipients)
    second = bool(recipients) and all(one.fallback for one in recipients)
    steps = (
        FirstStep(
            "Set up your authenticator",
            "With it, a stolen password alone lets nobody in.",
            "/admin/access/authenticator",
            second_factor,
        ),
        FirstStep(
            "Call each number on the page",
            "A wrong number costs a reader the one call they dared. Note each as checked.",
            "/admin/contacts",
            not unchecked,
        ),
        FirstStep(
            "Ask each office if it wants reports",
            "Write down the day on which it agreed. Only those offices are offered to people who write.",
            "/admin/recipients",
            agreed,
        ),
        FirstStep(
            "Give each office a second address",
            "Reports go there when the first inbox does not take them.",
            "/admin/recipients",
            second,
        ),
        FirstStep(
            "Publish for the first time",
            "From then on readers get what this desk holds, and every publish can be undone.",
            "/admin/publish",
            published,
        ),
    )
    return () if all(step.done for step in steps) else steps
