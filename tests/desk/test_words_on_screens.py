"""Every word on every screen of the desk, for an editor and a publisher: a town clerk knows it."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support.desk_site import EDITOR_ONE, PUBLISHER_ONE, DeskSite, Person
from tests.support.desk_words import Seen, code_words
from tests.support.full_desk import MET, MISTAKES, fill

pytestmark = pytest.mark.takes(110)

RAW = {"/admin/text", "/admin/text/lines"}
FILES = (
    *("/admin/log/file", "/admin/figures/file", "/admin/preview/page"),
    *("/admin/services/file", "/admin/services/due/file"),
)


def shape_of(path: str) -> tuple[str, ...]:
    """Return what screens have in common that are made alike: of each, a few are looked at."""
    parts = urlsplit(path)
    asked = dict(parse_qsl(parts.query))
    return (parts.path, *sorted(asked), asked.get("d", "").partition("/")[0], asked.get("part", ""))


def walk(person: Person, most: int) -> dict[str, Seen]:
    """Follow every link of the desk from its first page, and return the screens by their address."""
    waiting, shapes, seen = ["/admin/", *MET], [], {}
    while waiting:
        path = waiting.pop(0).partition("#")[0]
        if path in seen or urlsplit(path).path in FILES or shapes.count(shape_of(path)) == most:
            continue
        shapes.append(shape_of(path))
        page = person.get(path)
        if page.status == 303:
            waiting.append(page.location)
            continue
        seen[path] = Seen(page.text)
        waiting += seen[path].links
    return seen


def told(screens: dict[str, Seen]) -> list[str]:
    """Return each word that no clerk would use, once, with the first screen that has it."""
    found: dict[str, str] = {}
    for path, screen in screens.items():
        for text in screen.words:
            for kind, word in code_words(text):
                found.setdefault(f"{kind}: {word}", path)
    return sorted(f"{word}  @ {path}" for word, path in found.items())


def test_no_screen_says_a_word_of_programmers_and_none_leads_an_editor_to_raw_text(desk: DeskSite) -> None:
    fill(desk)
    for email, most in ((EDITOR_ONE, 1), (PUBLISHER_ONE, 1)):
        person = desk.signed_in(email).at_access()
        screens = walk(person, most)
        for path, fields in MISTAKES:
            page = person.submit(person.get(path), path.partition("?")[0], **fields)
            assert page.status == 422, (path, page.status)
            screens[f"{path}, with a mistake"] = Seen(page.text)
        assert len(screens) > 50
        assert not told(screens), "\n".join(told(screens))
        assert not [path for path in screens if urlsplit(path).path in RAW]


def test_what_no_clerk_says_is_known_by_its_kind_and_addresses_are_left_alone() -> None:
    assert not code_words(
        "The page is at /en/los-banos-ca/, write to ana@desk.example or https://a.example/x_y"
    )
    for kind, text in WORDS.items():
        assert kind in [found for found, _ in code_words(text)], text


WORDS = {
    "JSON": "what_not must be JSON",
    "gettext": "this msgid is not known",
    "slug": "a slug has only letters",
    "id": "Recipient : id must be a text",
    "UTC": "November 28, 2026, 10:04 UTC",
    "catalog": "catalog/es, line 379",
    "template": "the template is not used",
    "placeholder": "a placeholder is lost",
    "byte": "7,939 bytes to send",
    "markup": "Call %(number)s",
    "rendering": "170 pages were rendered",
    "digest of a text": "stands for 47b5d0764d82d48e",
    "day as machines write it": "checked on 2026-11-28",
    "name of a document": "public/page.html",
    "name of a place or an office in code": "Place: dos-palos-ca",
    "name of a field in code": "agreed_on must be a date",
    "number of a release": "release 0",
}
