"""Editor of the site's settings: the exit, the hotline and the languages, a form each, within one draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.directory.document_ids import CATALOG, CONTACTS, SITE, fingerprint, locale_of
from chalicelib.publishing import page_hosts
from chalicelib.publishing.change_json import change_json, read_whole
from chalicelib.publishing.documents import DraftConflict
from chalicelib.publishing.edit_text import EditText, write_json
from chalicelib.publishing.forms import (
    CHOICE,
    TICKS,
    Field,
    Form,
    FormConflict,
    FormInvalid,
    Group,
    Typed,
    refuse,
)
from chalicelib.shared.locales import DEFAULT, ENDONYMS

EXIT, HOTLINE, LANGUAGES = "exit", "hotline", "languages"
PARTS = (EXIT, HOTLINE, LANGUAGES)
_FIELD_OF = {EXIT: "exit_url", HOTLINE: "hotline", LANGUAGES: "locales"}


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """The settings in words: where the exit leads, who the hotline is, languages, and who uses each host."""

    exit: str
    hotline: str
    languages: Sequence[tuple[str, str]]
    hosts: Sequence[tuple[str, Sequence[str]]]


class EditSite:
    """The settings as the draft has them, else as they are live."""

    def __init__(self, edit: EditText) -> None:
        self._edit = edit

    def facts(self) -> SiteFacts:
        """Return the settings in words. Raises DocumentInvalid."""
        site, contacts = self._site(), self._contacts()
        names = {str(one.get("id")): str(one.get("name")) for one in contacts}
        used = page_hosts.uses(contacts, site)
        return SiteFacts(
            str(site.get("exit_url") or ""),
            names.get(str(site.get("hotline")), ""),
            [(tag, ENDONYMS.get(tag, tag)) for tag in _tags(site)],
            [(host, used.get(host, ())) for host in sorted({*(site.get("hosts") or ()), *used})],
        )

    def form(self, part: str) -> Form:
        """Return the form of one of PARTS. Raises DocumentInvalid."""
        if part == EXIT:
            one = Field(
                "exit_url",
                "Page that the exit opens",
                hint="A page that nobody would wonder about, like a weather page. Look at it first.",
                needed="Write the address of the page that the exit opens.",
                most=500,
                mode="url",
            )
        elif part == HOTLINE:
            can_be_called = [
                (str(contact.get("id")), str(contact.get("name")))
                for contact in self._contacts()
                if any(way.get("kind") == "call" for way in contact.get("channels") or ())
            ]
            one = Field(
                "hotline",
                "Hotline that every page names first",
                CHOICE,
                hint="One of the contacts that have a number to call.",
                needed="Choose the hotline.",
                options=can_be_called,
            )
        else:
            there = [locale_of(entry.id) for entry in self._edit.list() if entry.id.startswith(CATALOG)]
            one = Field(
                "locales",
                "Languages that the site has",
                TICKS,
                hint="English is always there. What a language does not say yet, its readers get in English.",
                options=[(tag, ENDONYMS[tag]) for tag in ENDONYMS if tag in there and tag != DEFAULT],
            )
        return Form((Group("", (one,)),))

    def typed(self, part: str) -> Typed:
        """Return what the form of a part holds."""
        return _as_typed(part, self._site())

    def seen(self, part: str) -> str:
        """Return a fingerprint of a part as it stands, for `save`."""
        return _seen(part, self._site())

    def save(self, part: str, typed: Typed, seen: str, who: str) -> None:
        """Save a part over what was seen. Raises FormInvalid, FormConflict, and what save_draft raises."""
        form = self.form(part)
        problems = form.problems(typed)
        address = page_hosts.web_address(typed.text("exit_url"))
        if part == EXIT and "exit_url" not in problems and page_hosts.why_no_link(address):
            problems["exit_url"] = page_hosts.why_no_link(address)
        refuse(form, problems)
        contacts = self._contacts()
        change: Mapping[str, Callable[[dict[str, Any]], None]] = {
            EXIT: lambda site: _put_exit(site, address, contacts),
            HOTLINE: lambda site: site.update(hotline=typed.text("hotline")),
            LANGUAGES: lambda site: _put_languages(site, typed.chosen("locales")),
        }

        def checked(site: dict[str, Any]) -> None:
            if _seen(part, site) != seen:
                raise FormConflict(_as_typed(part, site))
            change[part](site)

        try:
            change_json(self._edit, SITE, checked, who)
        except DraftConflict as error:
            raise FormConflict(self.typed(part)) from error

    def _site(self) -> dict[str, Any]:
        return read_whole(SITE, self._edit.open(SITE).text)

    def _contacts(self) -> Sequence[Mapping[str, Any]]:
        return list(read_whole(CONTACTS, self._edit.open(CONTACTS).text)["contacts"])


def _put_exit(site: dict[str, Any], address: str, contacts: Sequence[Mapping[str, Any]]) -> None:
    old = page_hosts.host_of(str(site.get("exit_url") or ""))
    site["exit_url"] = address
    used = page_hosts.uses(contacts, site)
    site["hosts"] = page_hosts.with_hosts(site.get("hosts") or (), used, {old} - {""})


def _put_languages(site: dict[str, Any], chosen: Sequence[str]) -> None:
    """Keep the order that there is, with new languages behind. Raises FormInvalid for one with a line."""
    locales = [one for one in site.get("locales") or () if one.get("tag") in (DEFAULT, *chosen)]
    known = [one.get("tag") for one in locales]
    locales += [{"tag": tag, "checked_on": None} for tag in ENDONYMS if tag in chosen and tag not in known]
    lines = [one for one in site.get("other_languages") or () if one.get("tag") in chosen]
    if lines:
        raise FormInvalid({"locales": f"{lines[0].get('own_name')} has a line of its own already."})
    site["locales"] = locales


def _tags(site: Mapping[str, Any]) -> list[str]:
    return [str(one.get("tag")) for one in site.get("locales") or ()]


def _as_typed(part: str, site: Mapping[str, Any]) -> Typed:
    name = _FIELD_OF[part]
    if part == LANGUAGES:  # English has no tick: it is always there
        return Typed({name: [tag for tag in _tags(site) if tag != DEFAULT]})
    return Typed({name: [str(site.get(name) or "")]})


def _seen(part: str, site: Mapping[str, Any]) -> str:
    return fingerprint(write_json({part: site.get(_FIELD_OF[part])}))
