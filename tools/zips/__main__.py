"""Making of the `zips` document from files that an operator names: `python -m tools.zips FILE=DATE ...`.

Nothing is downloaded. Each file is known by its form (docs/zips.md lists them); DATE is when its source is
of, which stands in the document with the source's name and licence.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.zips import read_zips
from chalicelib.pages.pack_zips import pack_zips
from tools.zips.make_document import make_document, write_document
from tools.zips.read_sources import Form, Heap, UnknownForm, read_file


class Refused(Exception):
    """What was asked for cannot be made: the text says why, for the operator."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the document and say what is in it. Returns 1, with a sentence, where a file is of no use."""
    asked = _asked(arguments)
    try:
        heap, sources = Heap(), []
        for named in asked.files:
            sources.append(_read(named, heap))
        document = make_document(heap, sources, [letters.lower() for letters in asked.state])
        table = pack_zips(read_zips(document))
    except (Refused, UnknownForm, ContentInvalid, OSError, UnicodeError) as error:
        print(f"zips: {error}", file=sys.stderr)
        return 1
    text = write_document(document)
    if asked.out:
        Path(asked.out).write_text(text, encoding="utf-8")
    print("\n".join(_lines(document, heap, len(text.encode()), len(table))))
    return 0


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.zips", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("files", nargs="+", metavar="FILE=DATE[=LICENCE]")
    parser.add_argument("--state", action="append", default=[], metavar="CA", help="only these; else all")
    parser.add_argument("--out", metavar="FILE", help="where the document goes; without it, figures alone")
    return parser.parse_args(arguments)


def _read(named: str, heap: Heap) -> dict[str, str]:
    """Read one file, and return what the document says of it."""
    file, date, licence = [*named.split("=", 2), "", ""][:3]
    if not (4 <= len(date) <= 10 and date.replace("-", "").isdigit()):
        raise Refused(f"{file}: say of when it is, FILE=2026-07-11, FILE=2026-07 or FILE=2010")
    content = Path(file).read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:  # older files of the Census Bureau
        text = content.decode("latin-1")
    form: Form = read_file(text, file, heap)
    if not (licence or form.licence):
        raise Refused(
            f"{file}: {form.name} names no licence; say under which you have it, FILE={date}=LICENCE"
        )
    return {"name": form.name, "licence": licence or form.licence, "date": date, "link": form.link}


def _lines(document: dict[str, Any], heap: Heap, size: int, packed: int) -> list[str]:
    counties = [words.split() for words in document["zips"].values()]
    several = sum(len(found) > 1 for found in counties)
    figures = {
        "zips": len(counties),
        "pairs": sum(map(len, counties)),
        "in_several": several,
        "in_several_percent": round(100 * several / max(1, len(counties)), 1),
        "most_counties": max(map(len, counties), default=0),
        "towns": len(document["towns"]),
        "counties": len(document["counties"]),
        "states": len(document["states"]),
        "document_bytes": size,
        "index_bytes": packed,
    }
    left_out = [f"left out: {count} x {why}" for why, count in sorted(heap.left_out.items())]
    return [*left_out, json.dumps(figures)]


if __name__ == "__main__":
    sys.exit(main())
