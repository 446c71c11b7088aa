"""`make pull-texts STAGE=prod`: bring published catalogs and contacts back into the repository.

    STAGE=local make pull-texts    from what make run serves

It reads the live release and writes files, in the form that they have here, for somebody to look through
(git diff) and commit. What the repository changed since the stage's package stays: only what was changed at
the desk comes along. Where both changed the same sentence or field, the published one is written, and named.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.directory.document_ids import CATALOG, CONTACTS, RECIPIENTS, fingerprint, locale_of, name_of
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.po_files import read_po
from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments
from chalicelib.publishing.adapters.s3_releases import S3Releases
from chalicelib.publishing.adapters.shipped_documents import earlier_texts
from chalicelib.publishing.documents import Version
from chalicelib.publishing.merge import merge
from chalicelib.publishing.ports import DocumentStore, ReleaseShelf
from chalicelib.publishing.still_fits import carried
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.errors import StoreUnavailable
from tools.build.catalogs import CONTENT, LOCALES, catalog_paths
from tools.build.take_translations import take
from tools.local.where import NoSite, where


def pull(
    store: DocumentStore, shelf: ReleaseShelf, locales: Path = LOCALES, content: Path = CONTENT
) -> Iterator[str]:
    """Write what the live release has of catalogs and contacts; yield a line for each document.

    Raises DocumentInvalid for a file or text that cannot be read.
    """
    live = shelf.live()
    release = store.release(live.number) if live else None
    if release is None:
        yield "Nothing has been published there yet."
        return
    yield f"Release {release.number}, published on {release.when:%Y-%m-%d}:"
    paths = catalog_paths(locales)
    for document, number in sorted(release.versions.items()):
        version = store.version(document, number)
        if version is None:
            continue
        if document.startswith(CATALOG) and locale_of(document) in paths:
            yield from _catalog(paths[locale_of(document)], version, _base(store, version))
        elif document == CONTACTS:
            yield from _contacts(content / "contacts.json", version, _base(store, version))
        elif document == RECIPIENTS:
            yield f"{document}: left there; addresses are not for the repository"
        else:
            yield f"{document}: left there; compare it by hand ({name_of(document)})"


def _base(store: DocumentStore, version: Version) -> str | None:
    """Return the shipped text that a version takes account of."""
    for text in earlier_texts(version.document):
        if fingerprint(text) == version.shipped:
            return text
    return store.shipped_text(version.document, version.shipped) if version.shipped else None


def _catalog(path: Path, version: Version, base: str | None) -> Iterator[str]:
    here = path.read_text(encoding="utf-8")
    before = {} if base is None else {entry.source: entry.text for entry in read_po(base)}
    changed = [entry for entry in read_po(version.text) if entry.text != before.get(entry.source, "")]
    outcome = take(path, changed)
    written = path.read_text(encoding="utf-8")
    marked = carried(written, version.text)
    if marked != written:  # what was looked at again, and fits as it was
        path.write_text(marked, encoding="utf-8")
    yield f"{version.document}: {len(outcome.taken)} sentences changed"
    now = {entry.source: entry.text for entry in read_po(here)}
    for source in outcome.taken:
        if base is not None and now.get(source) not in (before.get(source), "", None):
            yield f"  changed here too, look at it: {source}"
    for source in outcome.unsure:
        yield f"  marked as unsure, and left out: {source}"
    if base is None:
        yield "  what it was made from is not known: look whether it takes back anything newer"


def _contacts(path: Path, version: Version, base: str | None) -> Iterator[str]:
    here = path.read_text(encoding="utf-8")
    merged = None if base is None else merge(CONTACTS, base, version.text, here)
    text = version.text if merged is None else merged.write({})
    written = written_content(json.loads(text))
    if written == here:
        yield f"{CONTACTS}: nothing differs"
        return
    path.write_text(written, encoding="utf-8")
    yield f"{CONTACTS}: written"
    for place in merged.clashes if merged else ():
        yield f"  changed here too, look at it: {place.name}"


def written_content(document: Any, indent: str = "") -> str:
    """Write a document of content as its file has it: what holds no list and no entry stands on one line."""
    return f"{_written(document, indent)}\n"


def _written(value: Any, indent: str) -> str:
    deeper = f"{indent}  "
    if isinstance(value, Mapping) and any(isinstance(one, dict | list) for one in value.values()):
        lines = [f"{deeper}{_plain(name)}: {_written(one, deeper)}" for name, one in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"{deeper}{_written(one, deeper)}" for one in value) + f"\n{indent}]"
    return _plain(value)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def main() -> int:
    """Pull, and say what was written; return the exit code."""
    try:
        site = where()
        if not site.pages_bucket or not site.documents_table:
            raise NoSite(f"{site.title} does not say where its pages and documents are")
        store = DynamoDocuments(site.dynamodb, site.documents_table)
        shelf = S3Releases(partial(client, "s3"), site.pages_bucket)
        for line in pull(store, shelf):
            print(line)
    except (NoSite, DocumentInvalid) as reason:
        print(reason, file=sys.stderr)
        return 1
    except (StoreUnavailable, BotoCoreError, ClientError) as error:
        print(f"AWS does not answer: {error}", file=sys.stderr)
        return 1
    print("Look through it with git diff, run make translations and make quick, and commit what is right.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
