"""Warnings in the form of a service that hides where it is: what was typed that reads like a street."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chalicelib.directory.hsds.hiding import (
    CannotHide,
    is_hiding,
    says_any,
    says_where,
    sounds_hidden,
    streets_of,
    without_where,
)
from chalicelib.directory.hsds.where_words import keys_of, leads_to_a_map
from chalicelib.directory.services import Service
from chalicelib.publishing.forms import FormInvalid, Problems, Typed

# Fields of the form with words in them, and columns of its rows.
_WORDS = ("name", "organization", "what", "organization_about", "hours_note", "eligibility", "interpretation",
          "cost", "apply", "documents", "towns", "role")  # fmt: skip
# Of these only a street that it had is looked for, and a map: any link may have a number in it.
_LINKS = ("website", "organization_website", "email", "sources")


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
    for name in _LINKS:
        if any(says_where(typed.raw(name), [one]) == one for one in streets) or leads_to_a_map(
            typed.raw(name)
        ):
            found[name] = "This says where it is, or leads to a map. Nobody may learn that: take it out."
    return found


def hidden(made: Service, streets: Sequence[str], ticked: bool) -> Service:
    """Return a service that hides where it is, with nothing about it that its form does not show.

    What an import brought besides, and translations, may say it: a translation is not read by who types.
    `ticked` says that somebody read all sentences. Raises FormInvalid.
    """
    where = [*streets, *streets_of(made)]
    try:
        cleaned = without_where(made, where, looks=not ticked)[0]
    except CannotHide as error:
        field = _FIELDS.get(error.field, "" if error.field not in _WORDS else error.field)
        raise FormInvalid({field: f"{error.says[:1].upper()}{error.says[1:]}."}) from error
    strictly = replace(made, name="A", organization=replace(made.organization, name="A"), what="A")
    extra = without_where(strictly, where)[0].extra if made.extra else {}
    return replace(made, extra=extra, in_other=cleaned.in_other)


def wrong_kind(typed: Typed, old: Service | None) -> Problems:
    """Return what is wrong with the address of a service that sounds like a place to hide in.

    Who had an address and sounded so before was looked at then.
    """
    if not typed.text("street") or typed.raw("known_place") or (old and old.address and is_hiding(old)):
        return {}
    if not sounds_hidden(*(typed.text(name) for name in ("name", "what", "apply", "eligibility"))):
        return {}
    return {
        "confidential": "This reads like a place that people hide in. Tick this and empty its address; or if"
        " anybody may know where it is, tick that below."
    }


_FIELDS = {"description": "what"}


def check_neighbours(services: Iterable[Service], own: str, streets: Sequence[str]) -> None:
    """Refuse to hide a service while another one of its place says the same street: it would tell.

    Raises FormInvalid.
    """
    keys = keys_of(streets, shared=True)
    for one in services:
        if one.id != own and not one.hides_where and says_any(one, keys):
            says = f"“{one.name}” says the same street. Hide that first, or take the street out of it."
            raise FormInvalid({"confidential": says})
