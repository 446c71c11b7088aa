"""Rows of the list of releases, as somebody may see them: what changed of theirs, and what they may undo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from chalicelib.directory.document_ids import documents_of_place, place_of
from chalicelib.publishing.documents import SHIPPED
from chalicelib.publishing.publish_shares import Share
from chalicelib.publishing.release_history import ReleaseEntry

MOST = 300  # places that a page offers for one release


class ReleaseRow(NamedTuple):
    """A release in the list, and the places that can be rolled back to it by who looks."""

    entry: ReleaseEntry
    places: Sequence[str]


def own_entries(entries: Iterable[ReleaseEntry], share: Share) -> list[ReleaseEntry]:
    """Return the releases that changed anything of what somebody looks after, each with only that."""
    if share.sees_site:
        return [*entries]
    return [own for entry in entries if (own := _own(entry, share))]


def row_of(entry: ReleaseEntry, live: Mapping[str, int], share: Share) -> ReleaseRow:
    """Return the row of a release. `live` are the versions that readers get now."""
    if entry.live or not entry.reached:
        return ReleaseRow(entry, ())
    changed = [document for document, _, _ in entry.changed or ()]
    return ReleaseRow(entry, _that_differ(changed, entry.release.versions, live, share))


def back_to_shipped(live: Mapping[str, int], share: Share) -> Sequence[str]:
    """Return the places that can be rolled back to how they came with the site."""
    return _that_differ(live, {}, live, share)


def _that_differ(
    documents: Iterable[str], older: Mapping[str, int], live: Mapping[str, int], share: Share
) -> Sequence[str]:
    """Return the places of these documents that somebody publishes, and that are not as they were then."""
    places = sorted({place_of(document) for document in documents} - {""})
    found = [
        place
        for place in places
        if any(older.get(name, SHIPPED) != live.get(name, SHIPPED) for name in documents_of_place(place))
    ]
    return [place for place in found if share.decides(place)][:MOST]


def _own(entry: ReleaseEntry, share: Share) -> ReleaseEntry | None:
    """Return what a publish changed for somebody's places; where it changed others too, not why."""
    own = [one for one in entry.changed or () if place_of(one[0]) and share.sees(place_of(one[0]))]
    if not own:
        return None
    whole = len(own) == len(entry.changed or ())
    return replace(entry, changed=own, release=entry.release if whole else replace(entry.release, why=""))
