"""Edition of services for machines, made of the files as they are: for `make run` before a publish."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from chalicelib.directory.adapters.shipped_content import CATALOGS, CONTENT, content_with_areas
from chalicelib.directory.hsds.edition import Words
from chalicelib.directory.hsds.make_edition import Source, changes_of, edition_files
from chalicelib.directory.hsds.terms import words_in
from chalicelib.directory.zips import read_zips
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.shared.locales import DEFAULT, ENDONYMS


def make_edition(
    content: Path = CONTENT, catalogs: Path = CATALOGS, on: datetime | None = None
) -> Mapping[str, bytes]:
    """Return the files of the edition of the services in a folder. Raises ContentInvalid."""
    known = content_with_areas(content)
    zips = json.loads((content / "zips.json").read_text(encoding="utf-8"))
    tags = [locale.tag for locale in known.site.locales]
    offered = [*known.services.values()]
    now = on or datetime.now(UTC)
    source = Source(offered, known.places, read_zips(zips), words_of(Catalogs(catalogs), tags), now)
    return edition_files(source, changes_of(offered, None, now))


def words_of(catalogs: Catalogs, tags: list[str]) -> Words:
    """Return the words of terms in each of these languages that has some."""
    found = {tag: words_in(catalogs.sentences(tag).plain) for tag in tags if tag != DEFAULT}
    return {tag: words for tag, words in found.items() if words}


@cache
def shipped_words() -> Words:
    """Return the words of terms in each language of the package."""
    return words_of(Catalogs(CATALOGS), list(ENDONYMS))
