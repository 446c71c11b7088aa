"""Allow-list of hosts: which web sites pages may link to, filled from the contacts and the exit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from chalicelib.directory.contacts import LINKED, check_link
from chalicelib.directory.errors import ContentInvalid


def web_address(typed: str) -> str:
    """Return a web address as it was typed, with https:// before it when nothing stood there."""
    typed = typed.strip()
    return typed if "://" in typed or not typed or ":" in typed.partition("/")[0] else f"https://{typed}"


def why_no_link(address: str) -> str:
    """Return why pages cannot link to an address, or nothing: they can by plain https to a named host."""
    host = host_of(address)
    try:
        check_link(address, {host})
    except ContentInvalid:
        return _NO_LINK
    named = "." in host and not host.rpartition(".")[2].isdigit() and host.isascii()
    return "" if named and not any(letter.isspace() for letter in address) else _NO_LINK


_NO_LINK = "This is no web address that pages can link to. Write it like https://www.example.org/help."


def host_of(address: str) -> str:
    """Return the host of a web address, or nothing."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def uses(contacts: Iterable[Mapping[str, Any]], site: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return each host that something links to, with what does, in words."""
    found: dict[str, list[str]] = {}

    def note(address: object, what: str) -> None:
        host = host_of(str(address or ""))
        if host and what not in found.setdefault(host, []):
            found[host].append(what)

    note(site.get("exit_url"), "the exit")
    for figure in site.get("figures") or ():
        note(figure.get("link"), "a figure on the pages")
    for contact in contacts:
        for channel in contact.get("channels") or ():
            if channel.get("kind") in LINKED:
                note(channel.get("value"), str(contact.get("name")))
    return found


def with_hosts(known: Sequence[str], used: Collection[str], gone: Collection[str] = ()) -> list[str]:
    """Return the list with each used host in it, and without those that are gone, in the order it has."""
    kept = [host for host in known if host in used or host not in gone]
    return [*kept, *sorted(host for host in used if host not in kept)]
