"""Reach of drafts (access control): whether services of a place come onto pages of counties of others.

A service may list any county, and a place's own entry says where it lies. Either would put a phone number on
the page of a town far away: who publishes there has to agree.
"""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.directory.areas import counties_covered, counties_of
from chalicelib.directory.document_ids import PLACES, SERVICES, base_of, place_of
from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.place_documents import Whole
from chalicelib.directory.places import Places, read_places
from chalicelib.directory.service_entries import read_services
from chalicelib.directory.services import Service
from chalicelib.directory.zips import Zips
from chalicelib.publishing.whole_texts import read_part

BY_REACH = (PLACES, SERVICES)  # documents that may come onto the pages of other counties


def stays_at_home(
    zips: Zips,
    document: str,
    texts: tuple[str, str],
    wholes: tuple[Whole, Whole],
    decides: Callable[[str], bool],
) -> bool:
    """Say whether a draft comes onto no page of a county beyond those of the places that somebody publishes.

    `texts` are what is live and what goes live; `wholes` are places likewise. Only what changed is asked
    about. Raises ContentInvalid or DocumentInvalid.
    """
    before, after = (read_places(one.places) for one in wholes)
    own = counties_of(zips, before, (one.slug for one in before if decides(one.slug)))
    if base_of(document) == PLACES:
        reached = counties_of(zips, after, [place_of(document)])
    else:
        old, new = (_services(document, text, after) for text in texts)
        reached = counties_covered(
            zips, after, (one for own_id, one in new.items() if old.get(own_id) != one)
        )
    return reached <= own


def _services(document: str, text: str, places: Places) -> dict[str, Service]:
    try:
        return {one.id: one for one in read_services(read_part(document, text), places, None)}
    except ContentInvalid:
        return {}
