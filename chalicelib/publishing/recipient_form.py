"""Schema of the form of a recipient: its fields, what is wrong with each, and the entry that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from chalicelib.directory.armor import tidy
from chalicelib.directory.document_ids import place_words
from chalicelib.directory.places import Places
from chalicelib.directory.recipients import NATURES, is_sender
from chalicelib.publishing.documents import LONGEST_WHY
from chalicelib.publishing.forms import CHOICE, DAY, TICK, WORDS, Field, Form, Group, Problems, Typed
from chalicelib.shared.days import read_day
from chalicelib.shared.email_addresses import is_address, is_everybodys
from chalicelib.shared.locales import DEFAULT, ENDONYMS

NATURE_WORDS = {
    "awareness": "the mailbox of a campaign that teaches",
    "police": "police or sheriff",
    "services": "people who help: shelter, advice, health",
    "desk": "a desk that passes reports on",
}
_TEXTS = ("name", "serves", "email", "fallback", "language", "nature", "what", "what_not", "agreed_on")
_TICKS = ("enforces_immigration", "answers")
MOST_SENDERS = 40

WHY = Field(
    "why",
    "Why, in one sentence for the one who has to agree",
    needed="Say why: one short sentence for the one who has to agree.",
    most=LONGEST_WHY,
)


def form_of(places: Places, also: Iterable[str] = ()) -> Form:
    """Return the form; `also` are slugs of places that are not among these."""
    return Form(
        (
            Group("The office", _office(places, also)),
            Group("Where its mail goes", _MAIL),
            Group("What it writes back", _REPLIES),
            Group("What the form says of it", _SAID),
            Group("For the other publisher", (WHY,)),
        )
    )


def _office(places: Places, also: Iterable[str]) -> tuple[Field, ...]:
    more = [(slug, place_words(slug)) for slug in also if slug not in places]
    return (
        Field("name", "Name, as the office writes it", needed="Write the name of the office."),
        Field("serves", "Place", CHOICE, needed="Choose the place that it gets reports from.",
              options=[("", "choose a place"), *((place.slug, place.name) for place in places), *more]),
        Field("nature", "What it is", CHOICE, needed="Choose what it is.",
              options=[("", "choose"), *((one, NATURE_WORDS[one]) for one in NATURES)]),
        Field("enforces_immigration",
              "It enforces immigration law, or is part of an office that does. The form says so.", TICK),
        Field("agreed_on", "Day on which the office agreed to get reports", DAY,
              needed="Write the day on which the office agreed. Nobody gets reports before that."),
    )  # fmt: skip


_MAIL = (
    Field("email", "Address for reports", needed="Write the address that reports go to.", mode="email"),
    Field(
        "fallback",
        "Second address, for the day the first one fails",
        needed="Write a second address: a report must reach somebody on the day the first one fails.",
        mode="email",
    ),
    Field("language", "Language of its mails", CHOICE, options=list(ENDONYMS.items())),
    Field(
        "key",
        "Key for encrypted mail, if the office has one",
        WORDS,
        "Paste an OpenPGP public key or an S/MIME certificate as it came; words around it do no harm. Never a"
        " private key. With a key, mail goes out encrypted or not at all.",
        most=100_000,
        pasted=True,
    ),
)
_REPLIES = (
    Field(
        "reply_from",
        "Replies come from",
        WORDS,
        "One domain or address a line, like example.gov, *.example.gov for all below it, or desk@example.gov."
        " Empty stands for the domain of the address for reports, and for the second address; where everybody"
        " may have an address, like at gmail.com, for the address alone. A reply from elsewhere is held, and"
        " the writer does not see it.",
        most=2_000,
    ),
    Field(
        "answers",
        "This office writes back to writers, and its consent says so. It is reminded once a week of cases"
        " that nobody replied to, and a writer’s page says that no reply came yet.",
        TICK,
    ),
)
_SAID = (
    Field(
        "what", "What it is, for the form", WORDS, needed="Say in a sentence what this office is.", most=1_000
    ),
    Field(
        "what_not",
        "What it is not, for the form",
        WORDS,
        "Like “It is not the police.”",
        "Say in a sentence what this office is not, so that nobody hopes for what it cannot do.",
        most=1_000,
    ),
)


def as_typed(entry: Mapping[str, Any]) -> Typed:
    """Return a recipient as its form sends it when nothing was typed."""
    texts = {name: [str(entry.get(name) or "")] for name in (*_TEXTS, "key")}
    ticks = {name: ["yes"] if entry.get(name) else [] for name in _TICKS}
    senders = ["\n".join(str(one) for one in entry.get("reply_from") or ())]
    language = texts["language"] if entry else [DEFAULT]
    return Typed({**texts, **ticks, "language": language, "reply_from": senders})


def problems_of(form: Form, typed: Typed, others: Iterable[Mapping[str, Any]], latest: date) -> Problems:
    """Return everything that is wrong with what was typed, by field, its key apart.

    `others` are the other recipients, `latest` is the last day that has begun.
    """
    found = form.problems(typed)
    for name in ("email", "fallback"):
        if typed.text(name) and not is_address(typed.text(name)):
            found.setdefault(name, "This is not one e-mail address. Write it like reports@example.org.")
    if typed.text("email") and typed.text("email").casefold() == typed.text("fallback").casefold():
        found.setdefault("fallback", "This is the first address again. The second one must be another.")
    if typed.text("agreed_on") and "agreed_on" not in found and read_day(typed.text("agreed_on")) > latest:
        found["agreed_on"] = "This day has not come yet. Write the day on which the office agreed."
    senders = typed.lines("reply_from")
    if said := _wrong_senders(senders) or _shuts_out(typed.text("email"), senders):
        found.setdefault("reply_from", said)
    twin = next(
        (one for one in others if str(one.get("name")).casefold() == typed.text("name").casefold()), None
    )
    if twin and typed.text("name"):
        found.setdefault("name", "There is a recipient of this name already: change that one.")
    return found


def _wrong_senders(senders: Sequence[str]) -> str:
    """Return what is wrong with the lines of "Replies come from", or nothing."""
    wrong = next((one for one in senders if not is_sender(one)), "")
    if wrong:
        return f"“{wrong}” is neither a domain nor an e-mail address. Write it like example.gov."
    everybodys = next((one for one in senders if is_everybodys(one)), "")
    if everybodys:
        return f"Everybody may have an address at {everybodys}. Write this office’s own address there."
    return (
        f"These are more than {MOST_SENDERS}. Write domains instead." if len(senders) > MOST_SENDERS else ""
    )


def _shuts_out(inbox: str, senders: Sequence[str]) -> str:
    """Say that a list would hold the replies of the office's own inbox, or nothing."""
    address = inbox.casefold()
    host = address.rpartition("@")[2]
    parents = host.split(".")
    own = {address, host, *("*." + ".".join(parents[at:]) for at in range(1, len(parents)))}
    if not senders or not host or own & {one.casefold() for one in senders}:
        return ""
    missing = address if is_everybodys(host) else host
    return f"Write {missing} here too, or the replies of this office’s own address are held."


def entry_of(entry: Mapping[str, Any], typed: Typed) -> dict[str, Any]:
    """Return a recipient with what was typed in it, its key kept without what stands around it."""
    filled: dict[str, Any] = {**entry, **{name: typed.text(name) for name in _TEXTS}}
    filled["language"] = filled["language"] or DEFAULT
    filled["agreed_on"] = filled["agreed_on"] or None
    filled["enforces_immigration"] = bool(typed.raw("enforces_immigration"))
    senders = list(dict.fromkeys(one.casefold() for one in typed.lines("reply_from")))
    # What no form held before stays out of an entry until somebody fills it in: nothing seems changed.
    for name, value in (("reply_from", senders), ("answers", bool(typed.raw("answers")))):
        if value or name in entry:
            filled[name] = value
    key = tidy(typed.raw("key")).replace("\r\n", "\n").strip()
    if key or "key" in entry:
        filled["key"] = f"{key}\n" if key else ""
    return filled
