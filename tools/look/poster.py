"""`make poster PUBLIC_URL=https://…`: a sheet to hang up for each place and language, as HTML and as PDF.

The sheet carries the numbers and a square that a phone's camera reads, which leads to the place's page. The
square is drawn here, as lines and not as dots, so it is sharp at any size. Nothing of this is served.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import segno
from markupsafe import Markup

from chalicelib.directory.adapters.shipped_content import TEMPLATES, shipped_content
from chalicelib.directory.contacts import nearest_first
from chalicelib.directory.content import Content
from chalicelib.pages.render.catalogs import Catalogs, Sentences
from chalicelib.pages.render.templates import environment, tight_css
from chalicelib.shared.locales import DEFAULT, direction
from tools.build.catalogs import compile_catalogs
from tools.look.chromium import BrowserMissing, launch_options

ROOT = Path(__file__).resolve().parents[2]
PARTS = ROOT / "tools" / "look" / "posters"
OUT = ROOT / "build" / "posters"
PAPERS = ("A4", "Letter")


class CannotPrint(Exception):
    """Why there will be no poster, in one sentence."""


class Posters:
    """Renders the sheet of any place in any language."""

    def __init__(self, content: Content, catalogs: Catalogs, public_url: str) -> None:
        """`public_url` is where the site is, without a path. Raises CannotPrint when it is no such thing."""
        self._content = content
        self._catalogs = catalogs
        self._public_url = checked_url(public_url)
        self._template = environment(PARTS).get_template("poster.html")
        self._style = tight_css((PARTS / "poster.css").read_text(encoding="utf-8"))
        self._dates = environment(TEMPLATES / "public").get_template("parts.html")

    def each(self) -> Iterator[tuple[str, str, str]]:
        """Give (locale, place, HTML) of every sheet."""
        for locale in self._content.site.locales:
            for place in self._content.places:
                yield locale.tag, place.slug, self.render(locale.tag, place.slug)

    def render(self, locale: str, place: str) -> str:
        """Return the sheet of a place in a language."""
        content, sentences = self._content, self._catalogs.sentences(locale)
        hotline = content.contacts[content.site.hotline]
        people = [
            contact
            for contact in nearest_first(content.contacts, content.places.chain(place))
            if contact.can_be_called() and contact.id != hotline.id
        ]
        address = f"{self._public_url}/{locale}/{place}/"
        names = sentences.helpers() | {
            "lang": locale,
            "direction": direction(locale),
            "style": self._style,
            "style_hash": _hash(self._style),
            "hotline": hotline,
            "people": people,
            "foreign": locale != DEFAULT,
            "square": square(address),
            "address": address.removeprefix("https://"),
            "checked": self._checked([hotline, *people], sentences),
            "drafted": next(one.drafted for one in content.site.locales if one.tag == locale),
        }
        return self._template.render(names)

    def _checked(self, contacts: list[Any], sentences: Sentences) -> str:
        checks = [contact.checked_on for contact in contacts]
        day = self._dates.make_module(sentences.helpers()).day  # type: ignore[attr-defined]
        if all(checks):
            said = "A person has checked each of these numbers. The oldest check was on %(date)s."
            return sentences.gettext(said, date=day(min(checks)))
        said = (
            "We read these numbers on public pages. The oldest was read on %(date)s. "
            "Some have not been checked by a call yet."
            if any(checks)
            else "We read these numbers on public pages on %(date)s. No person has called to check them yet."
        )
        return sentences.gettext(said, date=day(min(contact.read_on for contact in contacts)))


def square(address: str) -> Markup:
    """Return the square for an address as an SVG of lines, with the white edge that cameras need."""
    drawn = io.BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(drawn, kind="svg", xmldecl=False, omitsize=True, border=4, svgclass=None, lineclass=None)
    svg = drawn.getvalue().decode("ascii").strip()
    return Markup(svg.replace("<svg ", '<svg aria-hidden="true" ', 1))  # noqa: S704 (drawn here)


def checked_url(public_url: str) -> str:
    """Return the address without a slash at its end. Raises CannotPrint."""
    try:
        parts = urlsplit(public_url)
        bad = (
            parts.scheme != "https"
            or not parts.hostname
            or bool(parts.query or parts.fragment or parts.username)
        )
    except ValueError:
        bad = True
    if bad:
        raise CannotPrint(
            "Say where people reach the site: make poster PUBLIC_URL=https://… (it stands on the poster, "
            "so its name should say nothing about what the site is for)."
        )
    return public_url.rstrip("/")


def build(public_url: str, out: Path, only: Mapping[str, str]) -> int:
    """Write every sheet, or those of one LOCALE and one PLACE; return how many. Raises CannotPrint."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as compiled:
        compile_catalogs(target=Path(compiled))
        posters = Posters(shipped_content(), Catalogs(Path(compiled)), public_url)
        wanted = [
            (locale, place, html)
            for locale, place, html in posters.each()
            if only.get("LOCALE") in (None, "", locale) and only.get("PLACE") in (None, "", place)
        ]
    if not wanted:
        raise CannotPrint("There is no such LOCALE or PLACE.")
    with sync_playwright() as playwright, playwright.chromium.launch(**launch_options()) as browser:
        page = browser.new_page()
        for locale, place, html in wanted:
            folder = out / locale
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{place}.html").write_text(html, encoding="utf-8")
            page.set_content(html)
            for paper in PAPERS:
                page.pdf(path=folder / f"{place}-{paper.lower()}.pdf", format=paper)
    return len(wanted)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def main() -> int:
    """Build what the environment asks for."""
    try:
        count = build(os.environ.get("PUBLIC_URL", ""), OUT, os.environ)
    except (CannotPrint, BrowserMissing) as reason:
        print(f"porchlight: {reason}", file=sys.stderr)
        return 1
    print(f"{count} posters, each for A4 and Letter, are in {OUT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
