"""Services as a page of a county shows them: sorted by need, with hours and languages ready to be said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.directory.contacts import Contact
from chalicelib.directory.content import OtherLanguage
from chalicelib.directory.services import DAYS, NEEDS, Hours, Phone, Service
from chalicelib.shared.language_names import IN_ENGLISH
from chalicelib.shared.locales import ENDONYMS

MOST_FIRST = 6  # lines that are answered day and night, at the top
_NOON, _DAY = 12, 24


@dataclass(frozen=True, slots=True)
class HoursView:
    """Hours on some days: from the first to the last of them, or on each that is named."""

    days: tuple[str, ...]
    through: bool
    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class LanguageName:
    """A language by its own name, with the tag of that name's language."""

    tag: str
    name: str


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service, and what of it is worked out. `address` is empty where nobody may learn where it is."""

    service: Service
    numbers: Sequence[Phone]
    hours: Sequence[HoursView]
    languages: Sequence[LanguageName]
    website: str
    address: str

    @property
    def call(self) -> Phone | None:
        """Return its first number to call, if it has one."""
        return next((phone for phone in self.numbers if phone.kind == "voice"), None)

    @property
    def shown_website(self) -> str:
        """Return the web address without its ends, as it is copied by hand."""
        return self.website.removeprefix("https://").rstrip("/")


@dataclass(frozen=True, slots=True)
class NeedSection:
    """What helps with one need: `entries` in full, and `others` that stand in full under another need."""

    need: str
    number: int
    entries: Sequence[ServiceView]
    others: Sequence[ServiceView]


def views_of(services: Iterable[Service], others: Iterable[OtherLanguage] = ()) -> list[ServiceView]:
    """Return services as they are shown; `others` are languages without pages, with names of their own."""
    own_names = {other.tag: other.own_name for other in others} | ENDONYMS
    return [_view_of(service, own_names) for service in services]


def _view_of(service: Service, own_names: Mapping[str, str]) -> ServiceView:
    return ServiceView(
        service,
        tuple(phone for phone in service.phones if phone.kind != "fax"),
        tuple(_hours(one) for one in service.hours),
        tuple(
            LanguageName(tag, own_names[tag]) if tag in own_names else LanguageName("en", _english(tag))
            for tag in service.languages
        ),
        service.website or service.organization.website,
        "" if service.hides_where else _address(service),
    )


def sections_of(views: Sequence[ServiceView], only: str = "") -> tuple[NeedSection, ...]:
    """Return views by need, in the order of NEEDS; each stands in full once. `only` is the one need shown."""
    shown: set[str] = set()
    sections = []
    for number, need in enumerate(NEEDS, 1):
        with_need = [view for view in views if need in view.service.needs and only in ("", need)]
        if with_need:
            entries = [view for view in with_need if view.service.id not in shown]
            others = [view for view in with_need if view.service.id in shown]
            shown |= {view.service.id for view in entries}
            sections.append(NeedSection(need, number, entries, others))
    return tuple(sections)


def day_and_night(views: Sequence[ServiceView], hotline: Contact) -> tuple[ServiceView, ...]:
    """Return the nearest that answer the phone day and night. The hotline stands on every page already."""
    known = {channel.value for channel in hotline.channels}
    return tuple(
        view
        for view in views
        if view.service.always
        and view.service.can_be_called()
        and known.isdisjoint(phone.value for phone in view.numbers if phone.kind == "voice")
    )[:MOST_FIRST]


def _hours(hours: Hours) -> HoursView:
    first, last = DAYS.index(hours.days[0]), DAYS.index(hours.days[-1])
    through = len(hours.days) > 2 and last - first + 1 == len(hours.days)
    return HoursView(hours.days, through, _clock(hours.opens), _clock(hours.closes))


def _clock(time: str) -> str:
    """Return a time as clocks of this country show it: "8 AM" for "08:00"."""
    hour, minute = int(time[:2]), time[3:]
    half = "AM" if hour < _NOON or hour == _DAY else "PM"
    return f"{(hour - 1) % _NOON + 1}{'' if minute == '00' else f':{minute}'} {half}"


def _address(service: Service) -> str:
    at = service.address
    return f"{at.street}, {at.city}, {at.state} {at.postal_code}" if at else ""


def _english(tag: str) -> str:
    names: Mapping[str, str] = IN_ENGLISH
    return names.get(tag, tag)
