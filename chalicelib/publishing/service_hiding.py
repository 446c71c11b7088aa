"""Warnings in the form of a service that hides where it is: what was typed that reads like a street."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.directory.hsds.hiding import says_where
from chalicelib.publishing.forms import Problems, Typed

# Fields of the form with words in them, and columns of its rows.
_WORDS = ("name", "organization", "what", "organization_about", "hours_note", "eligibility", "interpretation",
          "cost", "apply", "documents", "towns")  # fmt: skip


def wrong_where(typed: Typed, streets: Sequence[str]) -> Problems:
    """Return what may say where a hidden service is, by field; `streets` are those that it had.

    What only reads like a street can be sent with a tick. A street that it had is refused in any case.
    """
    found: Problems = {}
    texts = {name: typed.raw(name) for name in _WORDS}
    texts |= {f"note-{number}": text for number, text in enumerate(typed.chosen("note"), 1)}
    for name, text in texts.items():
        there = says_where(text, streets)
        if there and there in streets:
            found[name] = f"“{there}” is where it is. Nobody may learn that: take it out."
        elif there and not typed.raw("no_street"):
            found[name] = (
                f"“{there[:60]}” reads like a street. Take it out; or if it is none, tick below that no"
                " sentence says where it is."
            )
    return found
