"""Import of a flat sheet (CSV), as organizations have it: a row a service, columns called anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any, TypeVar

from chalicelib.directory.gazetteer import letters_of
from chalicelib.directory.hsds.cells import (
    read_age,
    read_country,
    read_date,
    read_flag,
    read_list,
    read_phones,
    read_status,
    read_zip,
)
from chalicelib.directory.hsds.columns import EXPORTED, SEVERAL, STRICT, column_of, is_of_people, plain
from chalicelib.directory.hsds.door import (
    Door,
    Gathering,
    Imported,
    Refused,
    one_line,
    slug_of,
    web_address,
)
from chalicelib.directory.hsds.hiding import is_hiding
from chalicelib.directory.hsds.hours import read_hours
from chalicelib.directory.hsds.ids import inner_id
from chalicelib.directory.hsds.languages import tag_of
from chalicelib.directory.hsds.private_columns import RECORD, WHERE, hides_street, is_flag, made_private
from chalicelib.directory.hsds.shapes import is_uuid
from chalicelib.directory.hsds.tables import LONGEST_CELL, NoTable, cell, decoded, rows_of
from chalicelib.directory.hsds.terms import needs_in
from chalicelib.directory.places import is_slug
from chalicelib.directory.services import (
    AUDIENCES,
    NEEDS,
    Address,
    Coverage,
    Organization,
    Phone,
    Service,
)
from chalicelib.shared.email_addresses import is_address

T = TypeVar("T")
_WIDE = ("state", "nation")  # where most services cover less than all of it
_COLUMN_OF = {"apply": "how_to_apply", "address": "street", "coverage": "counties"}  # where they differ
# What is published can be read by anybody, and a column of notes was written for inside.
_UNKNOWN = "nobody here knows this column, or it stands twice: it was left out"
_PEOPLE = "names of people are not kept"


def read_sheet(data: bytes, file: str, door: Door) -> Imported:
    """Return the services of a CSV file, or refusals that name the line and the column."""
    gathering = Gathering(file, door)
    try:
        if len(data) > door.limits.size:
            raise NoTable(f"it has more than {door.limits.size // 1_000_000} MB: bring it in parts")
        rows = rows_of(decoded(data))
        _, head = next(rows)
        titles = [one_line(one) for one in head]
        number = 0
        for line, row in rows:
            if not any(one.strip() for one in row):
                continue
            number += 1
            if gathering.is_full(number):
                break
            _take(line, titles, row, gathering)
        if gathering.is_empty:
            gathering.refuse("", "", "there is no row below the names of columns")
    except NoTable as error:
        gathering.refuse("", "", str(error))
    return gathering.result()


def _take(line: int, titles: Sequence[str], row: Sequence[str], gathering: Gathering) -> None:
    label = f"line {line}"
    try:
        reading = _Row(titles, row, gathering, label)
        label = reading.label
        where = [reading.one(column) for column in ("street", "street_2")]
        streets = [one for one in where if not hides_street(one)]
        gathering.add(label, reading.service(), streets, reading.called)
    except Refused as error:
        gathering.refuse(label, error.field, error.says)


class _Row:
    """One row while it is read: its cells by column, each with the title that the sheet has for it."""

    def __init__(self, titles: Sequence[str], row: Sequence[str], gathering: Gathering, label: str) -> None:
        self.door: Door = gathering.door
        self.titles: dict[str, str] = {}
        self.cells: dict[str, list[str]] = {}
        self.others: dict[str, str] = {}  # of columns that we know: what could not be read
        self.unknown: list[str] = []
        if len(row) > len(titles) and any(one.strip() for one in row[len(titles) :]):
            raise Refused(
                "", f"it has {len(row)} cells, and there are {len(titles)} columns: a comma too many?"
            )
        self._gathering, self.label = gathering, label
        private = self._private(titles, row)
        self.hidden = WHERE in private
        for title, text in zip(titles, row, strict=False):
            if not is_flag(title) and not any(plain(title).startswith(one) for one in private):
                self._enter(title, cell(text))
        name = self.one("name") or self.one("organization")
        self.label = f"{label} ({name[:80]})" if name else label
        for title in self.unknown:
            self.note(title, _PEOPLE if is_of_people(title) else _UNKNOWN)
        for title in private.values():
            self.note(title, "what it says is private was left out")

    def _private(self, titles: Sequence[str], row: Sequence[str]) -> dict[str, str]:
        """Return what this row's flags make private, each with its title. Raises Refused for all of it."""
        found = {}
        for title, text in zip(titles, row, strict=False):
            if is_flag(title) and (what := made_private(title, cell(text))):
                if what == RECORD:
                    raise Refused(title, "it says that this is not for readers: take out its line")
                found[what] = title
        return found

    def _enter(self, title: str, text: str) -> None:
        if len(text) > LONGEST_CELL:
            raise Refused(title, f"a cell has more than {LONGEST_CELL:,} characters")
        column = column_of(title)
        if not column or (column in self.cells and column not in SEVERAL):
            if title and text.strip():
                self.unknown.append(title)
            return
        self.titles.setdefault(column, title)
        if text.strip() or column not in self.cells:
            self.cells.setdefault(column, []).append(text)

    def one(self, column: str) -> str:
        """Return the cell of a column in one line, "" for none."""
        return one_line(next(iter(self.cells.get(column, ())), ""))

    def note(self, column: str, says: str) -> None:
        """Note something about a cell."""
        self._gathering.note(self.label, self.titles.get(column, column), says)

    def read(self, column: str, reader: Callable[[str], T]) -> T:
        """Return what a reader makes of a cell. Raises Refused, naming the sheet's own title."""
        try:
            return reader(self.one(column))
        except ValueError as error:
            raise Refused(self.titles.get(column, column), str(error)) from error

    def many(self, column: str, commas: bool = False) -> tuple[str, ...]:
        """Return the texts of a column, or of all columns that are one of ours."""
        found = [one for text in self.cells.get(column, ()) for one in read_list(text, commas)]
        return tuple(dict.fromkeys(found))

    @property
    def called(self) -> dict[str, str]:
        """Return what the sheet calls our fields."""
        named = {ours: self.titles[column] for ours, column in _COLUMN_OF.items() if column in self.titles}
        return {**self.titles, **named}

    @property
    def is_ours(self) -> bool:
        """Say whether the sheet is one that we wrote."""
        return EXPORTED in self.titles

    def service(self) -> Service:
        """Return the service of this row. Raises Refused, naming the column."""
        name = self.one("name") or self.one("organization")
        if not name:
            raise Refused(self.titles.get("name", "Name"), "it is empty: each service has a name")
        organization = self._organization(name)
        needs = self._needs(name)
        always, hours, hours_note = self._hours()
        read_on = self.read("read_on", read_date) if self._own("read_on") else self.door.read_on
        service = Service(
            id=self._id(organization.name, name),
            serves=self._own("serves") or self.door.serves,
            name=name,
            organization=organization,
            what=self.one("what") or name,
            needs=needs,
            mark=self._own("mark") or self.door.mark,
            sources=self.many("sources") if self._own("sources") else (self.door.source,),
            read_on=read_on,
            name_lang=self.one("name_lang") or "en",
            audiences=self._audiences(),
            phones=tuple(self._phones()),
            email=self._email(),
            website=self.read("website", self._website),
            hours=hours,
            always=always,
            hours_note=hours_note,
            languages=self._languages(),
            interpretation=self.one("interpretation"),
            cost=self.one("cost"),
            apply=self.one("how_to_apply"),
            eligibility=self.one("eligibility"),
            least_age=self.read("least_age", read_age),
            most_age=self.read("most_age", read_age),
            documents=self.many("documents"),
            address=self._address(),
            confidential=self.read("confidential", read_flag) or self._hides_where,
            coverage=self._coverage(),
            status=self.read("status", read_status),
            assured_on=self.read("assured_on", self._day_that_came) if self.one("assured_on") else None,
            assured_by=self._own("assured_by"),
            shown_first=bool(self._own("shown_first")) and self.read("shown_first", read_flag),
            in_other=self._written("in_other"),
            extra=self._written("extra"),
        )
        service = replace(service, coverage=self._near(service))
        if is_hiding(service):  # pages show the id
            service = replace(service, id=self._id(organization.name, name, hides=True))
        columns = {**service.extra.get("columns", {}), **self.others}
        return replace(service, extra={**service.extra, "columns": columns}) if columns else service

    def _own(self, column: str) -> str:
        """Return a cell that only a sheet of our own may say."""
        return self.one(column) if self.door.own else ""

    def _written(self, column: str) -> dict[str, Any]:
        """Return what we wrote into a cell as JSON. Raises Refused."""
        text = self.one(column) if self.is_ours else ""
        try:
            found = json.loads(text) if text else {}
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise Refused(column, "it was changed: leave this column as it was written")
        return found

    def _id(self, organization: str, name: str, hides: bool = False) -> str:
        said = self.one("id")
        own = said.lower()
        if own and (is_uuid(own) or (self.is_ours and is_slug(own))):
            return own
        if own and not slug_of(own):
            raise Refused(self.titles["id"], "it has no letter or digit")
        parts = [own] if own else [organization, name] if organization != name else [name]
        if not own and not hides:
            parts.append(self.one("city") or self.one("zip").removesuffix(".0"))
        return (
            slug_of(self.door.key, *parts) if slug_of(*parts) else inner_id("service", self.door.key, *parts)
        )

    def _day_that_came(self, text: str) -> date:
        day = read_date(text)
        if day > self.door.read_on + timedelta(days=1):  # elsewhere on Earth it may be tomorrow
            raise ValueError("this day has not come yet")
        return day

    def _organization(self, name: str) -> Organization:
        said = self.one("organization") or name
        own = self.one("organization_id")
        fits = own and (is_uuid(own) or (self.is_ours and is_slug(own)))
        made = slug_of(self.door.key, own or said) if slug_of(own or said) else ""
        description = self.one("organization_description")
        return Organization(
            own.lower() if fits else made or inner_id("organization", self.door.key, said),
            said,
            description if description != said else "",
            self.read("organization_website", self._website),
        )

    def _website(self, text: str) -> str:
        address, _ = web_address(text)
        return address

    def _email(self) -> str:
        value = self.one("email")
        if value and not is_address(value):
            raise Refused(self.titles["email"], "it is no e-mail address, such as help@example.org")
        return value

    def _needs(self, name: str) -> tuple[str, ...]:
        said = self.many("needs", commas=True)
        found = dict.fromkeys(one for one in said if one in NEEDS)
        if len(found) < len(said):
            found |= dict.fromkeys(need for one in said for need in needs_in(one))
        found = found or dict.fromkeys(needs_in(name))
        if not found:
            self.note("needs", f"no need could be read: it is listed under {', '.join(self.door.needs)}")
        return tuple(found) or self.door.needs

    def _audiences(self) -> tuple[str, ...]:
        said = self.many("audiences", commas=True)
        found = tuple(one for one in (text.casefold() for text in said) if one in AUDIENCES)
        if len(found) < len(said):
            self.others[self.titles["audiences"]] = "; ".join(said)
            self.note("audiences", f"kept as it is: we know {', '.join(AUDIENCES)}")
        return found or ("anyone",)

    def _phones(self) -> list[Phone]:
        found: list[Phone] = []
        for column, kind in (("phones", "voice"), ("text", "text"), ("tty", "tty"), ("fax", "fax")):
            for text in self.cells.get(column, ()):
                try:
                    read = read_phones(text, kind)
                except ValueError as error:
                    raise Refused(self.titles[column], str(error)) from None
                found += [one for one in read if one not in found]
        return found

    def _hours(self) -> tuple[bool, tuple[Any, ...], str]:
        text = next(iter(self.cells.get("hours", ())), "")
        note = self.one("hours_note")
        read = read_hours(text) if text.strip() else (False, ())
        if read is None:
            return False, (), " ".join(one for one in (one_line(text), note) if one)
        return (*read, note)

    def _languages(self) -> tuple[str, ...]:
        said = self.many("languages", commas=True)
        tags = [tag_of(one, one, one) for one in said]
        if "" in tags:
            self.others[self.titles["languages"]] = "; ".join(said)
            self.note("languages", "not all of it is a language by name or code: the whole is kept as it is")
        return tuple(dict.fromkeys(one for one in tags if one))

    @property
    def _hides_where(self) -> bool:
        """Say whether a flag, or the cell for a street, says that nobody may learn where it is."""
        return self.hidden or hides_street(self.one("street"))

    def _address(self) -> Address | None:
        if self._hides_where:
            return None
        street = ", ".join(one for one in (self.one("street"), self.one("street_2")) if one)
        city, state = self.one("city"), self.one("state")
        country = read_country(self.one("country"))
        postal_code = self.read(
            "zip", partial(read_zip, state=state, country="" if self.is_ours else country)
        )
        if not street:
            return None
        for column, value in (("city", city), ("state", state), ("zip", postal_code)):
            if not value:
                title = self.titles.get(column, column.title())
                raise Refused(title, "it is empty: an address has street, city, state and ZIP")
        return Address(street, city, state, postal_code, country)

    def _coverage(self) -> Coverage:
        where, state = self.door.where, self.one("state") or letters_of(self.door.places, self.door.serves)
        named = [one.removeprefix("and ") for one in self.many("counties", commas=True)]
        self._says_all = any(where.says_all(one) for one in named)
        codes = {one: where.county(one.removesuffix(".0"), state) for one in named if not where.says_all(one)}
        if unknown := [one for one, code in codes.items() if not code]:
            title = self.titles["counties"]
            if plain(title) in STRICT and not where.is_empty:
                raise Refused(title, f"no county is called {unknown[0][:60]}: write its name or number")
            self.others[title] = "; ".join(named)
            self.note("counties", "a county is not known by name or number (FIPS): kept as it is")
        zips = []
        for one in self.many("zips", commas=True):
            try:
                zips.append(read_zip(one))
            except ValueError as error:
                raise Refused(self.titles["zips"], str(error)) from None
        counties = tuple(dict.fromkeys(one for one in codes.values() if one))
        return Coverage(counties, tuple(dict.fromkeys(zips)), self.many("towns"))

    def _near(self, service: Service) -> Coverage:
        """Return what a service of a state or a nation covers that says nothing of it: around its address."""
        places, told = self.door.places, service.coverage != Coverage() or self._says_all
        if told or self.door.own or self.is_ours or is_hiding(service):
            return service.coverage
        if self.door.serves not in places or places[self.door.serves].kind not in _WIDE:
            return service.coverage
        zip_code = self.one("zip")[:5]
        around = self.door.where.around(zip_code, self.one("city"), self.one("state"))
        if not around:
            return service.coverage
        self.note(
            "zip" if zip_code else "city",
            "no county is named: it is listed for that of its address. Where it serves all, write “all” in a"
            " column Counties",
        )
        return Coverage(around)
