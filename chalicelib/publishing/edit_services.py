"""Editor of services: one at a time, in a form, within the draft of the services of its place.

They are far too many to be read together: each place is opened by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache, partial
from typing import Any

from chalicelib.directory.document_ids import SERVICES, ZIPS, fingerprint, place_of
from chalicelib.directory.errors import ContentInvalid, DocumentInvalid
from chalicelib.directory.gazetteer import NOWHERE, Gazetteer, letters_of
from chalicelib.directory.hsds.folding import folded
from chalicelib.directory.hsds.hiding import streets_of
from chalicelib.directory.places import Places, read_places
from chalicelib.directory.service_entries import entry_of, read_service, read_services
from chalicelib.directory.services import ACTIVE, RETIRED, STATUSES, Service
from chalicelib.directory.write_entries import write_entries
from chalicelib.publishing import edit_whole, service_form, translate_services
from chalicelib.publishing.documents import DraftConflict
from chalicelib.publishing.edit_text import EditText, EntriesText
from chalicelib.publishing.forms import Form, FormConflict, FormInvalid, Problems, Typed, refuse
from chalicelib.publishing.new_ids import free_slug
from chalicelib.publishing.overdue_services import entries_in, is_overdue
from chalicelib.publishing.service_fields import form_of
from chalicelib.publishing.service_hiding import check_neighbours, hidden
from chalicelib.publishing.whole_texts import read_part, zips_in
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import EntryMissing
from chalicelib.shared.time_zones import local_time

_TRIES = 3
_GONE = "there is no such service here: somebody took it out meanwhile"


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A service in the list of its place. `overdue`: nobody has confirmed it for too long."""

    service: Service
    overdue: bool
    changed: bool


class EditServices:
    """The services of places as drafts have them, else as they are live."""

    def __init__(self, edit: EditText, clock: Clock) -> None:
        self._edit = edit
        self._clock = clock

    def places(self) -> Places:
        """Return all places, as drafts have them. Raises DocumentInvalid."""
        return _places(edit_whole.now(self._edit).places)

    def place_name(self, place: str) -> str:
        """Return what a place is called. Raises EntryMissing."""
        places = self.places()
        if place not in places:
            raise EntryMissing("there is no such place")
        return places[place].name

    def texts(self) -> Mapping[str, EntriesText]:
        """Return the text of each place that has services, by its slug, read all at once."""
        return {place_of(name): one for name, one in self._edit.services().items()}

    def lines(self, place: str) -> Sequence[ServiceLine]:
        """Return the services of a place, by name. Raises DocumentInvalid, EntryMissing."""
        self.place_name(place)
        opened = self._edit.open(_document(place))
        live = {one.get("id"): one for one in _entries(_document(place), opened.live.text)}
        today = self.today(place)
        lines = [
            ServiceLine(one, is_overdue(entry_of(one), today), live.get(one.id) != entry_of(one))
            for one in self._read(place, opened.text)
        ]
        return sorted(lines, key=lambda line: (line.service.name.casefold(), line.service.id))

    def services(self, place: str) -> Sequence[Service]:
        """Return the services of a place, in the order of its document. Raises as `lines`."""
        self.place_name(place)
        return self._read(place, self._edit.open(_document(place)).text)

    def open(self, place: str, service: str) -> Service:
        """Return a service. Raises EntryMissing, DocumentInvalid."""
        found = next((one for one in self.services(place) if one.id == service), None)
        if found is None:
            raise EntryMissing(_GONE)
        return found

    def form(self, place: str, service: str = "") -> Form:
        """Return the form of a service, or of a new one. Raises EntryMissing, DocumentInvalid."""
        name = self.place_name(place)
        if not service:
            return form_of(name, True)
        known = self.open(place, service)
        return form_of(name, False, known.hides_where, known.name_lang)

    def typed(self, place: str, service: str) -> Typed:
        """Return what the form of a service holds. Raises EntryMissing."""
        return self._as_typed(place, self.open(place, service))

    def where(self) -> Gazetteer:
        """Return what is known of counties, ZIPs and towns."""
        return _gazetteer(self._edit.shipped(ZIPS))

    def day(self) -> date:
        """Return the day that it is, in UTC: for lists of all places."""
        return self._clock.now().date()

    def moment(self) -> datetime:
        """Return the moment that it is, for an export."""
        return self._clock.now()

    def today(self, place: str) -> date:
        """Return the day that it is now in a place: a clerk there knows no other."""
        return local_time(self._clock.now(), self.places().zone_of(place)).date()

    def add(self, place: str, typed: Typed, who: str) -> str:
        """Add a service, and return the id that was made from its name. Raises as save."""
        form = self.form(place)
        problems = self._problems(place, form, typed, None)
        made = ""
        if "name" not in problems:
            try:
                made = free_slug(typed.text("name"), self.ids())
            except DocumentInvalid as error:
                problems["name"] = f"{str(error).capitalize()}."
        refuse(form, problems)
        self._put(place, made, typed, "", who)
        return made

    def save(self, place: str, service: str, typed: Typed, seen: str, who: str) -> bool:
        """Save a service over what was seen (`seen_as` of it), and return whether its confirmation fell.

        Raises FormInvalid with everything that is wrong, FormConflict, EntryMissing, and what save_draft
        raises.
        """
        form = self.form(place, service)
        refuse(form, self._problems(place, form, typed, self.open(place, service)))
        before, after = self._put(place, service, typed, seen, who)
        return bool(before and before.assured_on and not after.assured_on)

    def put_aside(self, place: str, service: str, typed: Typed, who: str) -> None:
        """Keep what was typed for 30 days, since what somebody else saved stays. Raises as EditText does."""
        services = list(self.services(place))
        mine = self._made(place, service, typed, services)
        text = written(mine if one.id == service else one for one in services)
        self._edit.put_aside(_document(place), text, who)

    def set_status(self, place: str, service: str, status: str, seen: str, who: str) -> None:
        """Retire a service, or bring it back, as it was seen. Raises as save."""
        if status not in STATUSES:
            raise DocumentInvalid("there is no such standing of a service")

        def put(services: list[Service]) -> None:
            at = _at(services, service)
            if seen_as(services[at]) != seen:
                raise FormConflict(self._as_typed(place, services[at]))
            services[at] = replace(services[at], status=status)

        self._change(place, put, who)

    def translate(self, place: str, service: str, language: str, typed: Typed, seen: str, who: str) -> None:
        """Save what was typed as a service's translations into a language, as it was seen. Raises as save."""
        if language not in translate_services.LANGUAGES:
            raise EntryMissing("the site has no such language")

        def put(services: list[Service]) -> None:
            at = _at(services, service)
            known = services[at]
            if seen_as(known) != seen:
                raise FormConflict(translate_services.as_typed(known, language))
            form = translate_services.form_of(known, language)
            refuse(form, translate_services.problems_of(form, typed, known))
            services[at] = translate_services.translated(known, language, typed)

        self._change(place, put, who)

    def confirm(self, place: str, service: str, role: str, who: str) -> None:
        """Record that somebody in this role confirmed a service today. Raises as save_draft does."""
        role = " ".join(role.split())
        if not role or "@" in role:
            raise DocumentInvalid("please say in which role you confirmed it, like “county clerk”")
        today = self.today(place)

        def put(services: list[Service]) -> None:
            at = _at(services, service)
            services[at] = replace(services[at], assured_on=today, assured_by=role)

        self._change(place, put, who)

    def put_all(self, place: str, do: Callable[[list[Service]], Iterable[Service]], who: str) -> None:
        """Save what `do` makes of all services of a place, as an import does. Raises as save."""

        def put(services: list[Service]) -> None:
            services[:] = do(list(services))

        self._change(place, put, who)

    def ids(self, but: str = "") -> Mapping[str, str]:
        """Return the id of every service, with its place; without those of the place `but`."""
        return {
            str(entry.get("id")): place
            for place, one in self.texts().items()
            if place != but
            for text in (one.live, one.text)
            for entry in entries_in(text)
        }

    def _as_typed(self, place: str, service: Service) -> Typed:
        letters = letters_of(self.places(), place)
        return service_form.as_typed(service, partial(self.where().called, state=letters))

    def _county(self, place: str) -> Callable[[str], str | None]:
        letters = letters_of(self.places(), place)
        return partial(self.where().county, state=letters)

    def _put(
        self, place: str, service: str, typed: Typed, seen: str, who: str
    ) -> tuple[Service | None, Service]:
        """Write a service whose form is right; return it as it was, and as it is."""
        done: list[tuple[Service | None, Service]] = []

        def put(services: list[Service]) -> None:
            old = None
            if seen:
                old = services[_at(services, service)]
                if seen_as(old) != seen:
                    raise FormConflict(self._as_typed(place, old))
            elif any(one.id == service for one in services):
                raise FormInvalid({"name": "Somebody added a service of this name in the same moment."})
            made = self._made(place, service, typed, services)
            services[:] = [
                replace(one, organization=made.organization)
                if one.organization.id == made.organization.id
                else one
                for one in (made if one.id == service else one for one in services)
            ]
            if old is None:
                services.append(made)
            done[:] = [(old, made)]

        self._change(place, put, who)
        return done[0]

    def _made(self, place: str, service: str, typed: Typed, services: Sequence[Service]) -> Service:
        old = next((one for one in services if one.id == service), None)
        organization = service_form.organization_id(
            typed.text("organization"),
            (one.organization for one in services),
            old.organization if old else None,
        )
        made = service_form.service_of(
            typed, old, service, place, organization, self.today(place), self._county(place)
        )
        if made.hides_where:
            streets = self._streets(place, old)
            if old is None or not old.hides_where:
                check_neighbours(services, service, streets)
            made = hidden(made, streets, bool(typed.raw("no_street")))
        try:
            return read_service(entry_of(made), self.places(), None)
        except ContentInvalid as error:
            raise FormInvalid({"": _told(error, service)}) from error

    def _problems(self, place: str, form: Form, typed: Typed, old: Service | None) -> Problems:
        hiding = [one.organization for one in self.services(place) if one.hides_where]
        name = folded(typed.text("organization"))
        own = old.organization.id if old else ""
        beside = any(folded(one.name) == name or one.id == own for one in hiding)
        return service_form.problems_of(
            form, typed, old, self._county(place), self._streets(place, old), beside
        )

    def _streets(self, place: str, old: Service | None) -> list[str]:
        """Return the streets that a service has had: in its draft, and as readers see it."""
        if old is None:
            return []
        live = _entries(_document(place), self._edit.open(_document(place)).live.text)
        shown = [one.get("address") for one in live if one.get("id") == old.id]
        streets = [str(one["street"]) for one in shown if isinstance(one, Mapping) and one.get("street")]
        return [*dict.fromkeys([*streets_of(old), *streets])]

    def _change(self, place: str, do: Callable[[list[Service]], None], who: str) -> None:
        """Save a draft with what `do` changes; done anew when somebody was faster."""
        document, tries = _document(place), 0
        while True:
            opened = self._edit.open(document)
            services = list(self._read(place, opened.text))
            do(services)
            text = written(services)
            if text == opened.text:
                return
            try:
                _valid(text, document, self.places())
                self._edit.save_draft(document, text, opened.revision, who)
                return
            except DraftConflict:
                tries += 1
                if tries == _TRIES:
                    raise

    def _read(self, place: str, text: str) -> Sequence[Service]:
        entries = {"services": _entries(_document(place), text)}
        try:
            return read_services(entries, self.places(), None)
        except ContentInvalid as error:
            raise DocumentInvalid(f"the draft of the services breaks a rule: {error}") from error


def written(services: Iterable[Service]) -> str:
    """Return the text of the services document of a place."""
    return write_entries({"services": [entry_of(one) for one in services]})


def seen_as(service: Service) -> str:
    """Return a fingerprint of a service exactly as it stands."""
    return fingerprint(write_entries(entry_of(service)))


def offered(service: Service) -> bool:
    """Say whether a service is not retired."""
    return service.status != RETIRED


def back_status(service: Service) -> str:
    """Return what a service becomes by the button that retires it, or brings it back."""
    return RETIRED if offered(service) else ACTIVE


@lru_cache(maxsize=1)
def _gazetteer(zips: str) -> Gazetteer:
    """Return the gazetteer of a document of ZIPs, made once."""
    return Gazetteer(zips_in(zips)) if zips else NOWHERE


def _document(place: str) -> str:
    return f"{SERVICES}/{place}"


def _at(services: Sequence[Service], service: str) -> int:
    at = next((number for number, one in enumerate(services) if one.id == service), None)
    if at is None:
        raise EntryMissing(_GONE)
    return at


def _entries(document: str, text: str) -> list[Mapping[str, Any]]:
    return list(read_part(document, text)["services"])


def _places(document: Mapping[str, Any]) -> Places:
    try:
        return read_places(document)
    except ContentInvalid as error:
        raise DocumentInvalid("the draft of the places breaks a rule: see what the checks found") from error


def _valid(text: str, document: str, places: Places) -> None:
    try:
        read_services(read_part(document, text), places, None)
    except ContentInvalid as error:
        raise FormInvalid({"": _told(error, "")}) from error


def _told(error: ContentInvalid, service: str) -> str:
    said = str(error).removeprefix(f"service {service}: ") if service else str(error)
    return f"{said[:1].upper()}{said[1:]}."
