"""Fields of the form of a service, in groups, in a clerk's words."""

from __future__ import annotations

from chalicelib.directory.contacts import MARKS
from chalicelib.directory.service_entries import LONGEST_SENTENCES
from chalicelib.directory.services import AUDIENCES, NEEDS, PHONE_KINDS
from chalicelib.publishing.contact_form import MARK_WORDS
from chalicelib.publishing.forms import CHOICE, ROWS, TICK, TICKS, WORDS, Field, Form, Group
from chalicelib.publishing.service_words import AUDIENCE_WORDS, NEED_WORDS, PHONE_WORDS
from chalicelib.shared.locales import DEFAULT, ENDONYMS

_LONG = LONGEST_SENTENCES
_LIST = 100_000  # a state has 2,600 ZIPs

PHONES = Field(
    "phones",
    "Phones",
    ROWS,
    "Write a number as people read it, like 209-555-0142: what the phone dials is made from it. Empty a line"
    " to take it away.",
    columns=(
        Field("kind", "Phone", CHOICE, options=[(kind, PHONE_WORDS[kind]) for kind in PHONE_KINDS]),
        Field("number", "Number", most=60),
        Field("extension", "Extension", most=7),
        Field("answers", "Answered in, if not as below", most=200),
        Field("note", "What to say or press", most=_LONG),
    ),
)
_STAMP = "“Last confirmed” stands for all of the above. Change something without this tick, and it goes."


def form_of(place: str, is_new: bool, hides: bool = False, language: str = DEFAULT) -> Form:
    """Return the form for a service of a place, called as `place`.

    One that `hides` where it is has no address. Its name may be in a `language` that the site has not.
    """
    groups = [
        Group("What it is", _what(language)),
        Group(
            "Who offers it",
            _WHO,
            "All services here of one organization say the same of it: a change counts for each of them.",
        ),
        Group("How to reach it", _WAYS),
        Group("When", _WHEN),
        Group("For whom, and how", _HOW),
        Group("Where", _where(place, hides)),
        Group("Where we know it from", _from(is_new)),
        Group("Confirmed", _CONFIRMED, "" if is_new else _STAMP),
    ]
    return Form(tuple(groups))


def _what(language: str) -> tuple[Field, ...]:
    languages = {**ENDONYMS, language: ENDONYMS.get(language, language)}
    return (
        Field("name", "Name, as they write it", needed="Write the name of the service.", most=300),
        Field("name_lang", "Language of the name", CHOICE, options=list(languages.items())),
        Field(
            "what",
            "What they do",
            WORDS,
            "Short and plain. The translations of a sentence that changes go.",
            "Say in a sentence what they do.",
            most=_LONG,
        ),
        Field(
            "needs",
            "What somebody needs",
            TICKS,
            "It is listed under each of these.",
            "Tick at least one.",
            [(one, NEED_WORDS[one]) for one in NEEDS],
        ),
        Field(
            "audiences",
            "For whom",
            TICKS,
            needed="Tick at least one.",
            options=[(one, AUDIENCE_WORDS.get(one, one)) for one in AUDIENCES],
        ),
    )


_WHO = (
    Field("organization", "Organization", needed="Write who offers it.", most=300),
    Field("organization_website", "Its web page", most=2_000),
    Field("organization_about", "About it", WORDS, most=_LONG),
)
_WAYS = (
    PHONES,
    Field("email", "E-mail address", most=300),
    Field("website", "Web page of the service", most=2_000),
)
_WHEN = (
    Field("always", "Day and night, every day", TICK),
    Field("hours", "Hours, a line each", WORDS, "Like “Mon-Fri 8am-5pm”, then “Sat 10am-2pm”.", most=2_000),
    Field("hours_note", "What else to know of the hours", most=_LONG),
)
_HOW = (
    Field("eligibility", "Who can get it", WORDS, most=_LONG),
    Field("least_age", "From which age", mode="numeric", most=3),
    Field("most_age", "Up to which age", mode="numeric", most=3),
    Field(
        "languages", "Languages they speak", hint="With commas, like “English, Spanish, Hmong”.", most=_LONG
    ),
    Field("interpretation", "Interpreters", most=_LONG),
    Field("cost", "What it costs", most=_LONG),
    Field("apply", "How to get it", WORDS, most=_LONG),
    Field("documents", "What to bring, a line each", WORDS, most=_LONG),
)
_CONFIRMED = (
    Field("checked", "I called or looked today, and all of this is right", TICK),
    Field(
        "role",
        "In which role",
        hint="Like “county clerk”. Not your name: it is shown on the site.",
        most=100,
        with_tick=True,
    ),
    Field("shown_first", "It stands on a first page: confirm it every 90 days", TICK),
)


_KNOWN_PLACE = Field(
    "known_place",
    "Anybody may know where it is",
    TICK,
    "Needed only where it reads like a shelter, or another place that people hide in.",
)


def _where(place: str, hides: bool) -> tuple[Field, ...]:
    address = (
        Field("street", "Street and number", hint="Only where people may know it. Never of beds.", most=300),
        Field("city", "Town", most=300),
        Field("state", "State", hint="Two letters, like CA.", most=300),
        Field("postal_code", "ZIP", most=300),
    )
    return (
        Field(
            "confidential",
            "Nobody may learn where it is",
            TICK,
            "Services with beds hide it in any case: their address is kept nowhere.",
        ),
        *(() if hides else (*address, _KNOWN_PLACE)),
        Field(
            "no_street",
            "I read it again: no sentence says where it is",
            TICK,
            "Needed only where something reads like a street.",
        ),
        Field(
            "counties",
            "Counties it serves",
            hint=f"Like Merced, Fresno; or numbers (FIPS). All three empty: it serves all of {place}.",
            most=_LONG,
        ),
        Field("zips", "ZIPs it serves", hint="With commas.", most=_LIST),
        Field("towns", "Towns it serves, a line each", WORDS, most=_LIST),
    )


def _from(is_new: bool) -> tuple[Field, ...]:
    sure = Field("mark", "How sure we are", CHOICE, options=[(one, MARK_WORDS[one]) for one in MARKS])
    return (
        Field(
            "sources",
            "Where you read it, one address a line",
            WORDS,
            needed="Say where you read it, or who told you.",
            most=_LONG,
        ),
        *(() if is_new else (sure, Field("read", "I read it there today", TICK))),
    )
