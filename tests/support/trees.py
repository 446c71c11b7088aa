"""Ways to look at a rendered page, and every page of a site."""

from __future__ import annotations

import html5lib

from chalicelib.reporting.render.contexts import RecipientChoice

CHOICES = (
    RecipientChoice("desk", "A desk & more", "An office that trains.", "It is not the police.", False),
    RecipientChoice("border", "A department", "An office that teaches.", "It is not a tip line.", True),
)


def parse(html):
    """Return the page as a tree, after a strict reading: any mistake in the markup fails the test."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(html)


def text_of(element):
    """Return the words of an element, spaces made even."""
    return " ".join("".join(element.itertext()).split())


def with_class(tree, name):
    """Return the elements that have this class."""
    return [element for element in tree.iter() if name in element.get("class", "").split()]


def by_id(tree, wanted):
    """Return the one element with this id."""
    (found,) = (element for element in tree.iter() if element.get("id") == wanted)
    return found


def every_page(site):
    """Return (name, html) of each kind of page in each language."""
    from datetime import UTC, datetime

    from chalicelib.pages.page_headers import ERROR_STATUSES
    from chalicelib.reporting.cases import STATES
    from chalicelib.reporting.render import samples
    from chalicelib.reporting.render.contexts import RecipientState

    problems = {
        "a": "story_too_long",
        "b": "unknown_choice",
        "c": "where_too_long",
        "d": "when_too_long",
        "e": "unknown_choice",
        "r": "no_recipient",
        "t": "form_expired",
    }
    typed = {
        "a": "\nWords & <b>\n",
        "b": "work",
        "c": '"here"',
        "d": "<now>",
        "e": "yes",
        "x": "1",
        "r": ["desk"],
    }
    at = datetime(2026, 11, 25, 14, tzinfo=UTC)
    for locale in site.locales:
        for place in site.places:
            yield f"{locale} {place}", site.page(locale, place)
        yield f"{locale} about", site.about(locale)
        form = {"token": "token", "recipients": CHOICES}
        place = site.default_place
        yield f"{locale} note", site.form(locale, place, values={}, problems={}, **form)
        yield f"{locale} note again", site.form(locale, place, values=typed, problems=problems, **form)
        away = {"values": typed, "problems": {}, "notice": "storage_away"}
        yield f"{locale} note away", site.form(locale, place, **away, **form)
        names = [choice.name for choice in CHOICES]
        for child in (False, True):
            yield (
                f"{locale} receipt {child}",
                site.receipt(
                    locale, place, code="12345678901234567890", recipients=names, mentions_child=child
                ),
            )
        yield f"{locale} code", site.code(locale)
        yield f"{locale} code again", site.code(locale, "code_unknown")
        yield (
            f"{locale} answer",
            site.delivery_status(locale, [RecipientState("A desk", state, at) for state in STATES]),
        )
        yield f"{locale} answer replies", samples.with_replies(site, locale)
        yield f"{locale} answer closed", samples.with_replies(site, locale, {}, closed="too_many")
        yield f"{locale} answer sent", site.sent(locale, names)
        yield f"{locale} more", site.more(locale)
        for status in ERROR_STATUSES:
            yield f"{locale} error {status}", site.error(locale, status)
