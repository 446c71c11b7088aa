"""Translations of a service: a form a language, its sentences beside the English that they are of."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.directory.hsds.hiding import says_where
from chalicelib.directory.service_entries import IN_OTHER, LONGEST_SENTENCES
from chalicelib.directory.services import Service
from chalicelib.publishing.forms import WORDS, Field, Form, Group, Problems, Typed
from chalicelib.publishing.service_words import SERVICE_LABELS
from chalicelib.shared.locales import DEFAULT, ENDONYMS

LANGUAGES = tuple(tag for tag in ENDONYMS if tag != DEFAULT)
_NAMES = ("name",)  # mostly the same in all languages: not counted as left to do


def sentences_of(service: Service) -> list[str]:
    """Return the fields of a service that have words to translate, its name last."""
    said = [name for name in IN_OTHER if getattr(service, name)]
    return sorted(said, key=lambda name: name in _NAMES)


def left_of(service: Service, language: str) -> int:
    """Return how many sentences of a service nobody has translated into a language."""
    there = service.in_other.get(language, {})
    return sum(name not in there and name not in _NAMES for name in sentences_of(service))


def form_of(service: Service, language: str) -> Form:
    """Return the form of a service's translations into a language."""
    fields = []
    for name in sentences_of(service):
        only = ": only if they have one in this language." if name in _NAMES else ""
        hint = f"{getattr(service, name)}{only}"
        label = SERVICE_LABELS[name]
        fields.append(Field(name, label, WORDS, hint, most=LONGEST_SENTENCES, language=language))
    return Form((Group("", tuple(fields)),))


def as_typed(service: Service, language: str) -> Typed:
    """Return the translations as their form sends them when nothing was typed."""
    return Typed({name: [text] for name, text in service.in_other.get(language, {}).items()})


def problems_of(form: Form, typed: Typed, service: Service) -> Problems:
    """Return everything that is wrong with what was typed, by field."""
    found = form.problems(typed)
    for one in form if service.hides_where else ():
        if there := says_where(typed.text(one.name)):
            told = f"“{there[:60]}” reads like a street. Nobody may learn where this is: take it out."
            found.setdefault(one.name, told)
    return found


def translated(service: Service, language: str, typed: Typed) -> Service:
    """Return a service with what was typed as its translations into a language; what is empty has none."""
    texts = {name: typed.text(name) for name in sentences_of(service) if typed.text(name)}
    others = {tag: there for tag, there in service.in_other.items() if tag != language}
    return replace(service, in_other={**others, language: texts} if texts else others)
