"""Where a service is, as HSDS says it: locations and their addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chalicelib.directory.hsds.door import Refused, one_line
from chalicelib.directory.hsds.ids import inner_id
from chalicelib.directory.hsds.private_columns import hides_street
from chalicelib.directory.hsds.records import BY_PHONE, HIDDEN_PLACE
from chalicelib.directory.services import Address

Json = Mapping[str, Any]


def says_hidden(at: Sequence[Json]) -> bool:
    """Say whether a service at these locations says that nobody may learn where it is."""
    locations = [one.get("location") or {} for one in at]
    streets = (one.get("address_1", "") for here in locations for one in here.get("addresses") or ())
    return any("confidential" in one_line(here.get("name", "")).casefold() for here in locations) or any(
        hides_street(one_line(street)) for street in streets
    )


def not_ours(service_id: str, location: dict[str, Any], has_address: bool) -> dict[str, Any]:
    """Return what a location says that we would not say by ourselves."""
    if location.get("id") != inner_id("location", service_id):
        return location
    usual = {"id"}
    if location.get("location_type") == ("physical" if has_address else "virtual"):
        usual |= {"location_type"}
    if location.get("name") in (BY_PHONE, HIDDEN_PLACE):
        usual |= {"name", "url", "location_type"}
    return {name: value for name, value in location.items() if name not in usual}


def address_of(number: int, record: Json) -> Address:
    """Return the address of the location of this number. Raises Refused."""
    street = ", ".join(
        one for one in (one_line(record["address_1"]), one_line(record.get("address_2", ""))) if one
    )
    parts = [one_line(record[name]) for name in ("city", "state_province", "postal_code")]
    country = one_line(record["country"]).upper()
    if len(country) != 2 or not country.isalpha():
        path = f"service_at_locations[{number}].location.addresses"
        raise Refused(f"{path}.country", "it is a country in two letters (ISO 3166), such as US")
    return Address(street, parts[0], parts[1], parts[2], country)


def texts_of_where(at: Sequence[Json]) -> Iterator[str]:
    """Yield the lines of addresses that say where it is."""
    for one in at:
        for address in (one.get("location") or {}).get("addresses") or ():
            lines = (str(address.get(name, "")) for name in ("address_1", "address_2"))
            yield from (one for one in lines if not hides_street(one))
