"""The small pages that API Gateway answers with by itself, when no function of ours is asked or none answers.

API Gateway reads its templates as Velocity, where "$" and "#" mean something: these pages have neither.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

HOTLINE = "nhth"

# The policy stands in the page, since a header's value in a gateway response may hold no single quote.
_PAGE = (
    '<!doctype html><html lang="en" dir="ltr"><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:">'
    '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,"><title>Information</title>'
    "<main><h1>{problem}</h1>{again}"
    '<p>In danger now? Call <a href="tel:911"><bdi dir="ltr">911</bdi></a>.</p>'
    '<p>Someone to talk to, day and night: <a href="tel:{dial}"><bdi dir="ltr">{show}</bdi></a>.</p>'
    '<p><a href="/en/">Information</a></p></main>'
    '<section lang="es"><h1>{problem_es}</h1>{again_es}'
    '<p>¿Hay peligro ahora? Llame al <a href="tel:911"><bdi dir="ltr">911</bdi></a>.</p>'
    "<p>Alguien con quien hablar, de día y de noche: "
    '<a href="tel:{dial}"><bdi dir="ltr">{show}</bdi></a>.</p>'
    '<p><a href="/es/">Información</a></p></section></html>'
)

_MISSING = ("There is no such page.", "Esta página no existe.")
_REFUSED = ("This could not be read, and nothing was kept.", "No se pudo leer, y no se guardó nada.")
_LARGE = ("This was too long, and nothing was kept.", "Era demasiado largo, y no se guardó nada.")
_BUSY = ("Too many people are here now.", "Hay demasiadas personas ahora.")
_AWAY = ("This does not work right now.", "Esto no funciona ahora.")

# A browser that reloads such a page sends its form again; one that goes back has an empty form.
_AGAIN = (
    "Please wait a minute, then reload this page. If you sent a form, your words are sent again with it. "
    "They count only once.",
    "Espere un minuto y vuelva a cargar esta página, por favor. Si envió un formulario, así se envían otra "
    "vez sus palabras. Cuentan una sola vez.",
)
_FOR_GOOD = (_MISSING, _LARGE)

# API Gateway's name for what happened -> (the status we answer with, or its own; what to say)
ANSWERS: Mapping[str, tuple[int | None, tuple[str, str]]] = {
    "DEFAULT_4XX": (None, _REFUSED),
    "DEFAULT_5XX": (None, _AWAY),
    "INTEGRATION_FAILURE": (503, _AWAY),
    "INTEGRATION_TIMEOUT": (503, _AWAY),
    "MISSING_AUTHENTICATION_TOKEN": (404, _MISSING),
    "REQUEST_TOO_LARGE": (413, _LARGE),
    "RESOURCE_NOT_FOUND": (404, _MISSING),
    "THROTTLED": (429, _BUSY),
}


@dataclass(frozen=True, slots=True)
class Hotline:
    """The number every page shows: as it is dialled, and as it is read."""

    dial: str
    show: str


def hotline(contacts: Path) -> Hotline:
    """Return the national hotline as contacts.json has it, so that the number stands in one place."""
    for contact in json.loads(contacts.read_text(encoding="utf-8"))["contacts"]:
        for channel in contact["channels"] if contact["id"] == HOTLINE else ():
            if channel["kind"] == "call":
                return Hotline(channel["value"], channel["show"])
    raise ValueError(f"{contacts} has no number to call for {HOTLINE}")


def page(problem: tuple[str, str], number: Hotline) -> str:
    """Return the page that says what is wrong, in English and Spanish, with whom to call."""
    again = [f"<p>{escape(sentence)}</p>" if problem not in _FOR_GOOD else "" for sentence in _AGAIN]
    html = _PAGE.format(
        again=again[0],
        again_es=again[1],
        problem=escape(problem[0]),
        problem_es=escape(problem[1]),
        dial=escape(number.dial),
        show=escape(number.show),
    )
    if "$" in html or "#" in html:
        raise ValueError("API Gateway would read this page as a program")
    return html
