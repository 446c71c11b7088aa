"""Reading rules of a release: which of the items on standard input its own modules read, and why not.

    python tools/upgrade/reading_rules.py tests/upgrade/0.2.0/rules.zip < items.json
    python tools/upgrade/reading_rules.py --keep CODE tests/upgrade/0.2.0/rules.zip

The rules are the release's own modules, kept in a zip, so that a clone without history can try them. Input is
{"reports": [item, ...], "documents": [item, ...], "keys": {kid: private key}} in DynamoDB's JSON with bytes
in base64; output is a list of [kind, error's class] of what is not read. Run it as a file: the zip's modules
must be this process's only ones.
"""

from __future__ import annotations

import base64
import importlib
import json
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

# Where each reader is, in the releases' several layouts.
_REPORT = (
    ("chalicelib.reporting.adapters.report_items", "record_of"),
    ("chalicelib.adapters.dynamo_reports", "_record"),
)
_MOVES = (("chalicelib.reporting.cases", "MOVES"), ("chalicelib.domain.deliveries", "MOVES"))
_OPENER = (
    ("chalicelib.delivery.adapters.hpke_opener", "HpkeOpener"),
    ("chalicelib.adapters.hpke_sealer", "HpkeOpener"),
)
_WORDS = (("chalicelib.reporting.report", "Report"), ("chalicelib.domain.reports", "Report"))
_DOCUMENTS = ("chalicelib.publishing.adapters.dynamo_documents", "chalicelib.adapters.dynamo_documents")
_KINDS = (("chalicelib.directory.document_ids", "kind_of"), ("chalicelib.domain.documents", "kind_of"))
_STAMP = (2020, 1, 1, 0, 0, 0)  # the same modules make the same zip


def _first(places: tuple[tuple[str, str], ...]) -> Any:
    for module, name in places:
        try:
            return getattr(importlib.import_module(module), name)
        except ModuleNotFoundError:
            continue
    raise SystemExit(f"none of {places} is there")


def keep(code: Path, target: Path) -> None:
    """Write a zip of all modules of a release that its readers load."""
    sys.path[0] = str(code)
    for places in (_REPORT, _MOVES, _OPENER, _WORDS, _KINDS, tuple((one, "_draft") for one in _DOCUMENTS)):
        _first(places)
    files = {
        Path(str(module.__file__))
        for name, module in sys.modules.items()
        if name.split(".")[0] == "chalicelib"
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(files):
            archive.writestr(zipfile.ZipInfo(str(file.relative_to(code)), _STAMP), file.read_bytes(), 8, 9)


def unread(items: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the kind of each item that is not read, and the class of what was raised."""
    record, moves, opener, words = (_first(places) for places in (_REPORT, _MOVES, _OPENER, _WORDS))
    opens = opener(lambda: items["keys"])
    kind_of = _first(_KINDS)
    read_documents = importlib.import_module(_first(tuple((one, "_draft") for one in _DOCUMENTS)).__module__)

    def read_report(item: Mapping[str, Any]) -> None:
        for delivery in record(item).deliveries:
            moves[delivery.state]

    def read_words(item: Mapping[str, Any]) -> None:
        report = record(item)
        if report.sealed:
            words.from_bytes(opens.open(report.sealed, report.id))

    def read_document(item: Mapping[str, Any]) -> None:
        plain = {name: read_documents._read(value) for name, value in item.items()}
        kind = plain["pk"].partition("#")[0]
        names = {"draft": [plain["sk"]], "release": plain.get("versions", ())}.get(kind, ())
        for name in names:
            kind_of(name)  # a document that it does not know would be as it shipped
        if kind == "version":
            kind_of(plain["pk"].removeprefix("version#"))
            read_documents._version(plain["pk"].removeprefix("version#"), plain)
        elif reader := getattr(read_documents, f"_{kind}", None):
            reader(plain)

    yield from _tried("report", read_report, items["reports"])
    yield from _tried("words", read_words, items["reports"])
    yield from _tried("document", read_document, items["documents"])


def _tried(
    kind: str, read: Callable[[Mapping[str, Any]], None], items: list[dict[str, Any]]
) -> Iterator[tuple[str, str]]:
    for item in items:
        try:
            read({name: _value(value) for name, value in item.items()})
        except Exception as error:
            yield kind, type(error).__name__


def _value(value: Any) -> Any:
    [(kind, content)] = value.items()
    if kind == "B":
        return {"B": base64.b64decode(content)}
    if kind == "M":
        return {"M": {name: _value(one) for name, one in content.items()}}
    return {"L": [_value(one) for one in content]} if kind == "L" else value


def main() -> None:
    """Keep the rules of a release, or try them."""
    if sys.argv[1] == "--keep":
        keep(Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve())
        return
    sys.path.insert(0, sys.argv[1])
    print(json.dumps(list(unread(json.load(sys.stdin)))))


if __name__ == "__main__":
    main()
