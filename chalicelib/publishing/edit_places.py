"""Editor of places: towns, counties and states in a form, within the draft of the place's own document.

The address of a page (its slug) is made from its first name and stays. Its time zone is that of its county.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.directory.document_ids import CONTACTS, PLACES, RECIPIENTS
from chalicelib.directory.errors import ContentInvalid, DocumentInvalid
from chalicelib.directory.place_documents import Whole
from chalicelib.directory.places import FOUNDING_PAPER, LONGEST_PAPER, Place, Places, read_places
from chalicelib.directory.us_states import POSTAL_LETTERS
from chalicelib.publishing import edit_whole
from chalicelib.publishing.documents import DraftConflict
from chalicelib.publishing.edit_text import EditText, write_json
from chalicelib.publishing.edit_whole import seen_as
from chalicelib.publishing.forms import (
    CHOICE,
    Field,
    Form,
    FormConflict,
    FormInvalid,
    Group,
    Problems,
    Typed,
    refuse,
)
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.new_ids import free_slug, slug_of
from chalicelib.publishing.whole_texts import are_whole, read_part
from chalicelib.shared.errors import EntryMissing

_KINDS = {"city": "a town or city", "county": "a county", "state": "a state"}
_AROUND = {"city": ("county", "state"), "county": ("state",), "state": ("nation",)}
_SAME = ""
_CLOCKS = {
    _SAME: "the same as around it",
    "America/New_York": "Eastern",
    "America/Chicago": "Central",
    "America/Denver": "Mountain",
    "America/Phoenix": "Arizona",
    "America/Los_Angeles": "Pacific",
    "America/Anchorage": "Alaska",
    "Pacific/Honolulu": "Hawaii",
    "America/Puerto_Rico": "Atlantic (Puerto Rico)",
    "Pacific/Guam": "Guam",
}


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A place in the list: `around` names the place it lies in; `live` says that readers have its page."""

    place: Place
    around: str
    live: bool
    contacts: int


class EditPlaces:
    """The places as the draft has them, else as they are live."""

    def __init__(self, edit: EditText) -> None:
        self._edit = edit

    def list(self) -> Sequence[PlaceLine]:
        """Return every place, towns first, each kind by name. Raises DocumentInvalid."""
        published, now = edit_whole.both(self._edit)
        places = _read(now)
        live = {str(one.get("slug")) for one in _entries(published.places)}
        serving = [one.get("serves") for one in _contacts(now)]
        kinds = [*_KINDS, "nation"]
        return [
            PlaceLine(
                one,
                places[one.parent].name if one.parent else "",
                one.slug in live,
                serving.count(one.slug),
            )
            for one in sorted(places, key=lambda one: (kinds.index(one.kind), one.name.casefold()))
        ]

    def open(self, slug: str) -> Mapping[str, Any]:
        """Return a place's entry. Raises EntryMissing."""
        for entry in _entries(edit_whole.now(self._edit).places):
            if entry.get("slug") == slug:
                return dict(entry)
        raise EntryMissing("there is no such place: somebody took it out meanwhile")

    def form(self, slug: str = "") -> Form:
        """Return the form of a place, or of a new one. Raises EntryMissing, DocumentInvalid."""
        zone = str(self.open(slug).get("zone") or _SAME) if slug else _SAME
        clocks = {**_CLOCKS, zone: _CLOCKS.get(zone, zone.rpartition("/")[2].replace("_", " "))}
        places = _read(edit_whole.now(self._edit))
        around = [
            (one.slug, one.name)
            for kind in ("county", "state", "nation")
            for one in places
            if one.kind == kind
        ]
        return Form(
            (
                Group(
                    "",
                    (
                        Field("name", "Name", needed="Write the name of the place.", most=80,
                              hint="As people there say it, like Dos Palos."),
                        Field("kind", "What it is", CHOICE, options=list(_KINDS.items()),
                              needed="Choose what it is."),
                        Field("parent", "Where it lies", CHOICE, options=[("", "choose a place"), *around],
                              needed="Choose where it lies.", hint="For a town, its county."),
                        Field("zone", "Clocks there", CHOICE, options=list(clocks.items()),
                              hint="A town has the clocks of its county. Only a state needs a choice."),
                        Field("paper", "Newspaper that printed the ways to report", most=LONGEST_PAPER,
                              hint="Its name, as it prints it. Left empty, it is that of the place around it,"
                              f" or {FOUNDING_PAPER}."),
                    ),
                ),
            )
        )  # fmt: skip

    def typed(self, slug: str) -> Typed:
        """Return what the form of a place holds. Raises EntryMissing."""
        return _as_typed(self.open(slug))

    def add(self, typed: Typed, who: str) -> str:
        """Add a place, and return the slug that was made from its name.

        Raises FormInvalid with everything that is wrong, FormConflict, and what save_draft raises.
        """
        form, places = self.form(), _read(edit_whole.now(self._edit))
        problems = _problems(form, typed, places)
        slug = ""
        if "name" not in problems:
            live = {str(one.get("slug")) for one in _entries(edit_whole.live(self._edit).places)}
            slug = _slug(typed, places, live, problems)
        refuse(form, problems)
        entry = {"slug": slug, **_values(typed, {})}

        def put(document: dict[str, Any]) -> None:
            entries = _entries(document)
            if any(one.get("slug") == slug for one in entries):
                raise FormInvalid({"name": "Somebody added a place of this name in the same moment."})
            entries.append(entry)

        self._change(put, typed, who, slug)
        return slug

    def save(self, slug: str, typed: Typed, seen: str, who: str) -> None:
        """Save a place over what was seen (`seen_as` of it). Raises as add, and EntryMissing."""
        form, places = self.form(slug), _read(edit_whole.now(self._edit))
        problems = _problems(form, typed, places, slug)
        refuse(form, problems)

        def put(document: dict[str, Any]) -> None:
            entry = _seen(document, slug, seen)
            entry.update(_values(typed, entry))
            for name in ("zone", "paper"):
                if not entry.get(name):
                    entry.pop(name, None)

        self._change(put, typed, who, slug)

    def why_kept(self, slug: str) -> Sequence[str]:
        """Return everything that keeps a place from being taken out. Raises EntryMissing, DocumentInvalid."""
        name = self.open(slug).get("name")
        now = edit_whole.now(self._edit)
        places, site = _read(now), now.site
        reasons = [f"{one.name} lies in {name}." for one in places.within(slug)]
        reasons += [f"{one['name']} serves {name}." for one in _contacts(now) if one.get("serves") == slug]
        reasons += [
            f"{one.get('name')} gets reports from {name}."
            for one in read(RECIPIENTS, self._edit.open(RECIPIENTS).text)
            if one.get("serves") == slug
        ]
        if site.get("default_place") == slug:
            reasons.append(f"{name} is the page that people get who ask for no place.")
        return reasons

    def take_out(self, slug: str, seen: str, who: str) -> None:
        """Take a place out of the draft, as it was seen. Raises as save."""
        reasons = self.why_kept(slug)
        if reasons:
            raise FormInvalid({"": " ".join(reasons)})

        def without(document: dict[str, Any]) -> None:
            _seen(document, slug, seen)
            document["places"] = [one for one in _entries(document) if one.get("slug") != slug]

        self._change(without, Typed(), who, slug)

    def _change(self, change: Any, typed: Typed, who: str, slug: str) -> None:
        def checked(whole: Whole) -> None:
            change(whole.places)
            try:
                read_places(whole.places)
            except ContentInvalid as error:
                raise FormInvalid({"": f"{str(error)[:1].upper()}{str(error)[1:]}."}) from error

        try:
            also = PLACES if are_whole(self._edit.entries()) else f"{PLACES}/{slug}"
            edit_whole.change(self._edit, checked, who, also)
        except DraftConflict as error:
            raise FormConflict(typed) from error


def _problems(form: Form, typed: Typed, places: Places, slug: str = "") -> Problems:
    found = form.problems(typed)
    name, kind, parent = (typed.text(one) for one in ("name", "kind", "parent"))
    if parent in places and kind in _AROUND and places[parent].kind not in _AROUND[kind]:
        wanted = " or ".join(_KINDS.get(one, "the nation") for one in _AROUND[kind])
        found.setdefault(
            "parent", f"{_KINDS[kind].capitalize()} lies in {wanted}. {places[parent].name} is none."
        )
    if slug and parent in places and slug in [one.slug for one in places.chain(parent)]:
        found.setdefault("parent", "A place cannot lie in itself.")
    inside = (
        [one for one in places.within(slug) if kind not in _AROUND.get(one.kind, (kind,))] if slug else []
    )
    if inside:
        found.setdefault("kind", f"{inside[0].name} lies in it, so it cannot be {_KINDS.get(kind, 'that')}.")
    twin = [
        one for one in places.within(parent) if one.name.casefold() == name.casefold() and one.slug != slug
    ]
    if name and twin:
        found.setdefault("name", f"{name} is there already, in {places[parent].name}.")
    if kind == "state" and not typed.text("zone"):
        found.setdefault("zone", "Choose the clocks of this state.")
    return found


def _slug(typed: Typed, places: Places, live: set[str], problems: Problems) -> str:
    """Return a free slug: the name with the state's letters behind it, as "dos-palos-ca"."""
    parent = typed.text("parent")
    around = places.chain(parent) if parent in places else ()
    state = next((one for one in around if one.kind == "state"), None)
    ending = POSTAL_LETTERS.get(slug_of(state.name), "") if state else ""
    name = typed.text("name")
    taken = {*live, *(one.slug for one in places)}
    if typed.text("kind") == "state":
        ending = ""
    if slug_of(name).endswith(f"-{ending}"):
        ending = ""
    try:
        return free_slug(name, taken, ending, parent)
    except DocumentInvalid as error:
        problems["name"] = f"{str(error).capitalize()}."
        return ""


def _values(typed: Typed, entry: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {name: typed.text(name) for name in ("name", "parent", "kind")}
    more = {name: typed.text(name) for name in ("zone", "paper")}
    return {**values, **{name: text for name, text in more.items() if text or name in entry}}


def _as_typed(entry: Mapping[str, Any]) -> Typed:
    return Typed({name: [str(entry.get(name) or "")] for name in ("name", "kind", "parent", "zone", "paper")})


def _seen(document: dict[str, Any], slug: str, seen: str) -> dict[str, Any]:
    """Return the entry of a place, as it was seen. Raises EntryMissing, FormConflict."""
    entry = next((one for one in _entries(document) if one.get("slug") == slug), None)
    if entry is None:
        raise EntryMissing("there is no such place: somebody took it out meanwhile")
    if seen_as(entry) != seen:
        raise FormConflict(_as_typed(entry))
    return entry


def _contacts(whole: Whole) -> Sequence[Mapping[str, Any]]:
    return list(read_part(CONTACTS, write_json(whole.contacts))["contacts"])


def _read(whole: Whole) -> Places:
    try:
        return read_places(whole.places)
    except (ContentInvalid, KeyError, TypeError, AttributeError, ValueError) as error:
        raise DocumentInvalid("the draft of the places breaks a rule: see what the checks found") from error


def _entries(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    entries = document.get("places")
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise DocumentInvalid("the text of the places needs a list called “places”")
    return entries
