"""Areas of a site, found from the texts of its documents and the ZIPs of the package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from chalicelib.directory.areas import NO_AREAS, Areas, find_areas
from chalicelib.directory.document_ids import SERVICES, base_of
from chalicelib.directory.places import read_places
from chalicelib.directory.service_entries import read_service
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.ports import ShippedDocuments
from chalicelib.publishing.whole_texts import shipped_zips, whole_of


def areas_of_texts(shipped: ShippedDocuments, whole: Mapping[str, str]) -> Areas:
    """Return the areas of a site: none where no ZIPs shipped."""
    zips = shipped_zips(shipped)
    if zips is None:
        return NO_AREAS
    places = read_places(whole_of(whole).places)
    return find_areas(zips, places, [read_service(one, places, None) for one in services_in(whole)])


def services_in(whole: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """Return the services of all places, as they are written."""
    texts = ((name, text) for name, text in whole.items() if base_of(name) == SERVICES)
    return [one for name, text in texts for one in entries_of(name, text)]


@lru_cache(maxsize=20_000)  # one document a place
def entries_of(document: str, text: str) -> Sequence[Mapping[str, Any]]:
    """Return the entries of a services document that was checked; nobody may change them."""
    return tuple(read(document, text)["services"])
