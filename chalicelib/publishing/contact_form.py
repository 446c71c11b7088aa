"""Schema of the form of a contact: its fields, what is wrong with each, and the entry that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from chalicelib.directory.contacts import (
    AUDIENCES,
    CONFIRMED,
    DIALLED,
    LINKED,
    MARKS,
    SINGLE,
    UNVERIFIED,
    WRITTEN,
)
from chalicelib.directory.places import Places
from chalicelib.publishing import contact_stamps, page_hosts
from chalicelib.publishing.forms import CHOICE, ROWS, TICK, WORDS, Field, Form, Group, Problems, Typed
from chalicelib.shared.email_addresses import is_address
from chalicelib.shared.locales import DEFAULT, ENDONYMS

KINDS = (*DIALLED, *LINKED, *WRITTEN)
# A short number is called with three digits (911, 211) and texted with up to six.
_DIGITS = {"call": (3, 10), "tty": (3, 10), "text": (3, 4, 5, 6, 10)}
_KIND_WORDS = {
    "call": "phone call", "text": "text message", "tty": "TTY, for deaf callers", "chat": "chat on the web",
    "form": "form on the web", "page": "web page", "email": "e-mail",
}  # fmt: skip
_AUDIENCE_WORDS = {"partners": "people hurt by a partner", "victims": "victims of a crime"}
MARK_WORDS = {
    CONFIRMED: "two sources of different publishers say so",
    SINGLE: "one source says so",
    UNVERIFIED: "only the newspaper article names it",
}
_TEXTS = ("name", "serves", "audience", "hours", "languages", "what", "what_not", "mark")

WAYS = Field(
    "ways",
    "Ways to reach it",
    ROWS,
    "Write a number as people read it, like 209-555-0142: what the phone dials is made from it. Empty a line"
    " to take it away. Never the street address of a shelter.",
    columns=(
        Field("kind", "Way", CHOICE, options=[(kind, _KIND_WORDS[kind]) for kind in KINDS]),
        Field("show", "Number or address", most=500),
        Field("body", "Word to text", most=40),
    ),
)


# Who notes a contact as checked says as what; it is shown on the site.
CHECKED_FORM = Form(
    (Group("", (Field("role", "As", needed="Say in which role you checked it, like “shelter desk”."),)),)
)


def form_of(places: Places, is_new: bool, language: str = DEFAULT) -> Form:
    """Return the form. A new contact is not asked how sure we are: its sources say that."""
    sure = Field(
        "mark",
        "How sure we are",
        CHOICE,
        "With another name or way to reach it, two sources become one, unless you read it anew in two.",
        options=[(mark, MARK_WORDS[mark]) for mark in MARKS],
    )
    sources = (
        Field(
            "sources",
            "Where you read it, one address a line",
            WORDS,
            needed="Say where you read it, or who told you.",
            most=4_000,
        ),
        *([] if is_new else [sure]),
        Field("two", "I read it today in two of these, of different publishers, as it stands here", TICK),
    )
    checked = (
        Field("checked", "I called or looked today, and all of this is right", TICK),
        Field(
            "role",
            "In which role",
            hint="Like “shelter desk”. Not your name: it is shown on the site.",
            with_tick=True,
        ),
    )
    stamp = "“Last checked” stands for all of the above. Change something without this tick, and it goes."
    return Form(
        (
            Group("Who they are", _who(places, language)),
            Group("How to reach them", (WAYS,)),
            Group("What they do", _WHAT),
            Group("Where we know it from", sources),
            Group("Checked", checked, "" if is_new else stamp),
        )
    )


def _who(places: Places, language: str) -> tuple[Field, ...]:
    words = {place.slug: _with_around(places, place.slug) for place in places}
    languages = {**ENDONYMS, language: ENDONYMS.get(language, language)}
    return (
        Field("name", "Name, as the office writes it", needed="Write the name of the office."),
        Field("name_lang", "Language of the name", CHOICE, options=list(languages.items())),
        Field("serves", "Place it serves", CHOICE, needed="Choose the place it serves.",
              options=[("", "choose a place"), *words.items()]),
        Field("audience", "For whom", CHOICE,
              options=[(one, _AUDIENCE_WORDS.get(one, one)) for one in AUDIENCES]),
        Field("police", "It is the police or the sheriff of that place", TICK,
              "Pages show it apart from those who help, and the form names it as somebody to call."),
    )  # fmt: skip


def _with_around(places: Places, slug: str) -> str:
    around = [place.name for place in places.chain(slug)][:2]
    return around[0] if places[slug].kind != "city" else ", ".join(around)


_WHAT = (
    Field("hours", "Hours", most=300),
    Field("languages", "Languages they speak", most=300),
    Field(
        "what",
        "What they do",
        WORDS,
        "Short and plain. A changed sentence needs its translations changed too.",
        "Say in a sentence what they do.",
        most=1_000,
    ),
    Field("what_not", "What they do not do", WORDS, most=1_000),
)


def as_typed(entry: Mapping[str, Any], is_police: bool = False) -> Typed:
    """Return a contact as its form sends it when nothing was typed."""
    channels = entry.get("channels") or ()
    return Typed(
        {
            **{name: [str(entry.get(name) or "")] for name in _TEXTS},
            "audience": [str(entry.get("audience") or "anyone")],
            "name_lang": [str(entry.get("name_lang") or DEFAULT)],
            "sources": ["\n".join(str(source) for source in entry.get("sources") or ())],
            "kind": [str(one.get("kind")) for one in channels],
            "show": [
                str(one.get("value") if one.get("kind") in LINKED else one.get("show")) for one in channels
            ],
            "body": [str(one.get("body") or "") for one in channels],
            "police": ["yes"] if is_police else [],
        }
    )


def problems_of(form: Form, typed: Typed) -> Problems:
    """Return everything that is wrong with what was typed, by field."""
    found = form.problems(typed)
    rows = [(number, row) for number, row in enumerate(typed.rows(WAYS), 1) if row["show"].strip()]
    if not rows:
        found.setdefault("show-1", "Write at least one way to reach it.")
    for number, row in rows:
        wrong = _wrong_way(row["kind"], row["show"])
        if wrong:
            found.setdefault(f"show-{number}", wrong)
    for number, row in enumerate(typed.rows(WAYS), 1):
        wrong = _wrong_word(row)
        if wrong:
            found.setdefault(f"body-{number}", wrong)
    if typed.raw("two") and contact_stamps.publishers({"sources": typed.lines("sources")}) < 2:
        found.setdefault("sources", "Two sources of different publishers: name both, one address a line.")
    if typed.raw("checked") and not typed.text("role"):
        found.setdefault("role", "Say in which role you checked it, like “shelter desk”.")
    return found


def entry_of(entry: Mapping[str, Any], typed: Typed, today: date) -> dict[str, Any]:
    """Return a contact with what was typed in it; `entry` is as it was, only an id when it is new."""
    filled: dict[str, Any] = {
        **entry,
        **{name: typed.text(name) for name in _TEXTS if name != "mark" or typed.text("mark")},
        "sources": typed.lines("sources"),
        "channels": [_channel(row) for row in typed.rows(WAYS) if row["show"].strip()],
    }
    language = typed.text("name_lang") or DEFAULT
    if "name_lang" in entry or language != DEFAULT:
        filled["name_lang"] = language
    is_new = "name" not in entry
    if is_new:
        filled |= {"mark": SINGLE, "read_on": today.isoformat(), "checked_on": None, "checked_by": None}
    wanted = CONFIRMED if is_new else filled["mark"]
    filled = contact_stamps.without_what_fell(entry, filled)
    if typed.raw("two"):
        filled = {**contact_stamps.read_anew(filled, today), "mark": wanted}
    if typed.raw("checked"):
        role = typed.text("role")
        filled = {**contact_stamps.stamped(filled, role, today), "read_on": today.isoformat()}
    return filled


def value_of(kind: str, typed: str) -> str:
    """Return what the machine dials or opens for what a person reads: one of them is typed, not both."""
    shown = typed.strip()
    if kind in LINKED:
        return page_hosts.web_address(shown)
    if kind not in DIALLED:
        return shown
    digits = "".join(character for character in shown if character.isascii() and character.isdigit())
    if len(digits) == 11 and digits.startswith("1"):
        return f"+{digits}"
    return f"+1{digits}" if len(digits) == 10 else digits


def _channel(row: Mapping[str, str]) -> dict[str, str]:
    kind, shown, body = row["kind"], row["show"].strip(), row["body"].strip()
    channel = {"kind": kind, "show": "" if kind in LINKED else shown, "value": value_of(kind, shown)}
    return {**channel, "body": body} if body else channel


def _wrong_way(kind: str, typed: str) -> str:
    if kind in LINKED:
        return page_hosts.why_no_link(page_hosts.web_address(typed))
    if kind in WRITTEN:
        return (
            "" if is_address(typed.strip()) else "This is no e-mail address. Write it like help@example.org."
        )
    if kind not in DIALLED:
        return ""  # the choice itself is what is wrong
    if any(letter.isalpha() for letter in typed):
        return "This number has letters in it. Write the digits alone, like 209-555-0142."
    digits = value_of(kind, typed).removeprefix("+1")
    if len(digits) in _DIGITS[kind]:
        return ""
    short = "a text number may have 3 to 6" if kind == "text" else "a short one has 3, like 911"
    return f"This number has {len(digits)} digits. It needs 10, like 209-555-0142; {short}."


def _wrong_word(row: Mapping[str, str]) -> str:
    body = row["body"].strip()
    if not body:
        return ""
    if row["kind"] != "text" or not row["show"].strip():
        return "Only a text message has a word to text. Empty this."
    return "" if body.isascii() and body.isalnum() else "This is one plain word, without spaces or signs."
