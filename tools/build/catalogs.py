"""Keep the catalogs in step with the templates and the content.

python -m tools.build.catalogs extract   write the sentences of templates and content to porchlight.pot
python -m tools.build.catalogs update    bring every .po up to date; what is new in it is empty
python -m tools.build.catalogs compile   write the .mo files that the renderer reads
python -m tools.build.catalogs check     say what is missing, dead or misspelt, and fail if anything is
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from chalicelib.directory.document_ids import JSON_DOCUMENTS
from chalicelib.directory.hsds import terms
from chalicelib.pages import po_files
from chalicelib.pages.choose_page import ABOUT
from chalicelib.publishing.render import sentences

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
CONTENT = ROOT / "chalicelib" / "content"
MAIL_WORDS = [
    *(
        ROOT / "chalicelib" / "delivery" / "render" / name
        for name in ("mail_block.py", "mails.py", "reply_lines.py")
    ),
    ROOT / "chalicelib" / "replies" / "render" / "inbox_mails.py",
]
TERMS = ROOT / "chalicelib" / "directory" / "hsds" / "terms.py"
LOCALES = ROOT / "chalicelib" / "locale"
DOMAIN = "porchlight"

_HEADER = """\
# Sentences of Porchlight, for a new language.
# Copyright (C) YEAR the Porchlight authors
# They may be used under CC BY 4.0: see LICENSES.md.
#"""
NOT_CHECKED = "Drafted, not yet checked by a person"

_KEYWORDS = {"_": None, "gettext": None, "plain": None}
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_MARKUP = re.compile(r"[<>]|&\w+;")


def source_catalog() -> Catalog:
    """Return every sentence of pages, mails and content, each with where it stands."""
    catalog = Catalog(
        project="Porchlight",
        version="1",
        copyright_holder="the Porchlight authors",
        msgid_bugs_address="see CONTRIBUTING.md",
        charset="utf-8",
    )
    catalog.header_comment = _HEADER
    texts = {path: path.read_text(encoding="utf-8") for path in _sources()}
    said = [(path, sentence) for path, text in texts.items() for sentence in _of_text(path, text)]
    said += [(path, sentence) for path in MAIL_WORDS for sentence in _of_code(path)]
    said += [(TERMS, sentence) for sentence in terms.sentences()]  # of the HSDS API: no page says them
    for path, sentence in said:
        catalog.add(sentence, locations=[(_place(path), 0)])
    return catalog


def _sources() -> list[Path]:
    # What is about the site comes last: translators begin at the top, and there is what helps somebody.
    pages = sorted((TEMPLATES / "public").glob("*.html"), key=lambda path: (path.stem == ABOUT, path.name))
    frames = sorted((TEMPLATES / "mail").glob("*/body.txt"))
    return [*pages, *frames, *sorted(CONTENT / f"{name}.json" for name in JSON_DOCUMENTS)]


def _of_text(path: Path, text: str) -> Iterator[str]:
    """Return what the desk finds in a document, too: one extractor for both."""
    if path.suffix == ".json":
        yield from sentences.of_document(path.stem, text)
    else:
        reader = sentences.of_frame if path.suffix == ".txt" else sentences.of_template
        yield from (sentence for _, sentence in reader(text))


class CatalogUnreadable(Exception):
    """A .po file cannot be read; the text says which line of which file, and why."""


def read_catalog(path: Path) -> Catalog:
    """Read a .po file: Babel's reading of it, when the site's own reader reads the same.

    Raises CatalogUnreadable.
    """
    entries = _entries(path)
    plain = po_files.write_po(
        replace(entry, text=_usable_header(entry.text)) if not entry.source else entry for entry in entries
    )
    catalog = read_po(io.BytesIO(plain.encode("utf-8")), locale=None)
    read = {str(message.id): (str(message.string), message.fuzzy) for message in catalog if message.id}
    ours = {entry.source: (entry.text, entry.unsure) for entry in entries if entry.source}
    for source, line in ((entry.source, entry.line) for entry in entries if entry.source):
        if read.get(source) != ours[source]:
            raise CatalogUnreadable(f"{_place(path)}, line {line}: Babel reads this sentence otherwise")
    return catalog


def _entries(path: Path) -> tuple[po_files.Entry, ...]:
    try:
        return po_files.read_po(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = path.read_bytes().count(b"\n", 0, error.start) + 1
        raise CatalogUnreadable(f"{_place(path)}, line {line}: this is not UTF-8") from error
    except po_files.PoInvalid as error:
        raise CatalogUnreadable(f"{_place(path)}, {error}") from error


def _usable_header(header: str) -> str:
    """Return a header with what Babel acts on as it must be: a translator's may be odd."""
    kept = [
        line
        for line in header.split("\n")
        if not re.match(r"(content-type|plural-forms)\s*:", line, re.IGNORECASE)
    ]
    plural = re.search(r"^Plural-Forms: nplurals=[1-6]; plural=[n0-9 %()<>=!&|?:]+;$", header, re.MULTILINE)
    forms = [plural[0]] if plural else []
    return "\n".join([*forms, "Content-Type: text/plain; charset=utf-8", *kept])


def catalog_paths(locales: Path = LOCALES) -> dict[str, Path]:
    """Return the .po of each language that has one."""
    return {path.parent.parent.name: path for path in sorted(locales.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))}


def compile_catalogs(locales: Path = LOCALES, target: Path | None = None) -> list[Path]:
    """Write each .mo beside its .po, or under `target` with the same folders, and return their paths.

    The same .po gives the same bytes. Whoever reads one meanwhile gets the old one or the new one, whole.
    """
    written = []
    for locale, path in catalog_paths(locales).items():
        compiled = (target or locales) / locale / "LC_MESSAGES" / f"{DOMAIN}.mo"
        content = po_files.write_mo(_entries(path), locale)
        compiled.parent.mkdir(parents=True, exist_ok=True)
        if not compiled.is_file() or compiled.read_bytes() != content:
            part = compiled.with_suffix(f".{os.getpid()}.part")
            part.write_bytes(content)
            part.replace(compiled)
        written.append(compiled)
    return written


def problems_of(locale: str, catalog: Catalog, source: Catalog) -> Iterator[str]:
    """Say all that is wrong with a catalog, a line for each fault."""
    wanted = {str(message.id) for message in source if message.id}
    present = {str(message.id): message for message in catalog if message.id}
    for sentence in sorted(wanted - set(present)):
        yield f"{locale}: not in the catalog yet: {sentence!r}"
    for sentence in sorted(set(present) - wanted):
        yield f"{locale}: no page says this any more: {sentence!r}"
    for sentence in sorted(wanted & set(present)):
        yield from (f"{locale}: {fault}: {sentence!r}" for fault in _faults(present[sentence]))


def source_problems(source: Catalog) -> Iterator[str]:
    """Say what is wrong with the English sentences themselves."""
    for message in source:
        if message.id and _MARKUP.search(str(message.id)):
            yield f"en: a sentence holds words, not markup: {message.id!r}"
        if message.id and "%" in _PLACEHOLDER.sub("", str(message.id)):
            yield f"en: write out per cent, the sign is for placeholders: {message.id!r}"


def check(locales: Path = LOCALES) -> list[str]:
    """Return every problem of every catalog, of its header and of the template for new languages."""
    source = source_catalog()
    found = list(source_problems(source))
    for locale, path in catalog_paths(locales).items():
        found += problems_of(locale, read_catalog(path), source)
    offered = json.loads((CONTENT / "site.json").read_text(encoding="utf-8"))["locales"]
    for entry in offered:
        found += _status_problems(entry, catalog_paths(locales))
    template = locales / f"{DOMAIN}.pot"
    if not template.is_file() or not _same(read_catalog(template), source):
        found.append(f"{DOMAIN}.pot lags the templates and the content: run `extract`")
    return found


def write_template(locales: Path = LOCALES) -> None:
    """Write porchlight.pot, the start of every new language; untouched when no sentence changed."""
    source, path = source_catalog(), locales / f"{DOMAIN}.pot"
    if path.is_file() and _same(read_catalog(path), source):
        return
    _write(path, source)


def update_catalogs(locales: Path = LOCALES) -> None:
    """Bring every .po up to date: new sentences empty, dead ones gone, nothing guessed.

    A sentence that resembles an old one is not filled in from it: a wrong verb in "do not confront" is
    dangerous.
    """
    source = source_catalog()
    for locale, path in catalog_paths(locales).items():
        catalog = read_catalog(path)
        if not list(problems_of(locale, catalog, source)):
            continue
        catalog.update(source, no_fuzzy_matching=True, update_header_comment=False)
        catalog.obsolete.clear()
        catalog.revision_date = datetime.now(UTC)
        _write(path, catalog)


def _faults(message: Message) -> Iterator[str]:
    translated = str(message.string or "")
    if message.fuzzy:
        yield "still marked as unsure"
    if not translated.strip():
        yield "not translated"
        return
    here, there = set(_PLACEHOLDER.findall(str(message.id))), set(_PLACEHOLDER.findall(translated))
    for name in sorted(here - there):
        yield f"lost its placeholder %({name})s"
    for name in sorted(there - here):
        yield f"has a placeholder %({name})s that nothing fills"
    if "%" in _PLACEHOLDER.sub("", translated):
        yield "has a per cent sign that is no placeholder"
    if _MARKUP.search(translated):
        yield "has markup in it"


def _status_problems(entry: dict[str, Any], paths: dict[str, Path]) -> Iterator[str]:
    tag = entry["tag"]
    if tag == "en":
        return
    if tag not in paths:
        yield f"{tag}: offered in site.json, but it has no catalog"
        return
    drafted = NOT_CHECKED in read_catalog(paths[tag]).header_comment
    if drafted == bool(entry.get("checked_on")):
        yield f"{tag}: site.json and the catalog's header disagree on whether a person has checked it"


def _of_code(path: Path) -> Iterator[str]:
    """Return the sentences of a Python file; no editor changes those, so the desk does not read them."""
    with path.open("rb") as file:
        for _, message, _, _ in extract("python", file, keywords=_KEYWORDS, options={"encoding": "utf-8"}):
            yield message if isinstance(message, str) else message[0]


def _place(path: Path) -> str:
    return (path.relative_to(ROOT) if path.is_relative_to(ROOT) else path).as_posix()


def _same(one: Catalog, other: Catalog) -> bool:
    def places(catalog: Catalog) -> dict[str, list[str]]:
        return {str(m.id): sorted({place for place, _ in m.locations}) for m in catalog if m.id}

    return places(one) == places(other)


def _write(path: Path, catalog: Catalog) -> None:
    content = io.BytesIO()
    write_po(content, catalog, width=100, include_lineno=False, ignore_obsolete=True)
    path.write_bytes(content.getvalue())


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; 1 when a check finds something."""
    parser = argparse.ArgumentParser(description="Keep the catalogs in step with what they translate.")
    parser.add_argument("command", choices=("extract", "update", "compile", "check"))
    command = parser.parse_args(arguments).command
    try:
        return _do(command)
    except CatalogUnreadable as error:
        print(error, file=sys.stderr)
        return 1


def _do(command: str) -> int:
    if command == "check":
        found = check()
        print(
            "\n".join(found) or "catalogs: every sentence is there", file=sys.stderr if found else sys.stdout
        )
        return 1 if found else 0
    if command == "compile":
        compile_catalogs()
    else:
        write_template()
    if command == "update":
        update_catalogs()
        compile_catalogs()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
