"""Numbers and addresses of the services of a page, for the linters of what it says and links to."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from chalicelib.directory.content import Content
from chalicelib.directory.services import Phone

# What the page about the site names as sources of towns and ZIPs (LICENSES.md): no setting lists these hosts.
CREDITED = frozenset(
    {"https://www.geonames.org", "https://creativecommons.org/licenses/by/4.0/", "https://www.census.gov"}
)


def _phones(content: Content) -> Iterator[Phone]:
    return (phone for service in content.services.values() for phone in service.phones)


def offered_numbers(content: Content) -> Iterator[str]:
    """Return the numbers of all services."""
    return (phone.value for phone in _phones(content))


def offered_hrefs(content: Content) -> dict[str, set[str]]:
    """Return the addresses of the services that call, and those that write."""
    return {
        "tel": {f"tel:{phone.value}" for phone in _phones(content) if phone.kind in ("voice", "tty")},
        "sms": {f"sms:{phone.value}" for phone in _phones(content) if phone.kind == "text"},
    }


def offered_links(content: Content) -> set[str]:
    """Return the web addresses of the services and of who offers them."""
    services = content.services.values()
    return {link for one in services for link in (one.website, one.organization.website) if link}


def offered_hosts(content: Content) -> set[str]:
    """Return the hosts of these addresses."""
    return {urlsplit(link).netloc for link in offered_links(content)}
