"""Import of translations: brings the sentences of a .po file that any program wrote into a catalog of ours.

    python -m tools.build.take_translations es ~/porchlight-es.po

Only sentences come along, and only into those that the site says: the catalog keeps its header, its order and
its form, so that a commit shows what a person translated and nothing else. What is marked as unsure (fuzzy)
stays out: nobody vouches for it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from chalicelib.pages.po_files import Entry, PoInvalid, read_po, replace_texts
from tools.build.catalogs import catalog_paths


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an import, as English sentences: `unknown` are those that the site does not say."""

    taken: tuple[str, ...]
    unsure: tuple[str, ...]
    unknown: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return it for people."""
        said = [f"{len(self.taken)} sentences changed"]
        if self.unsure:
            said.append(f"{len(self.unsure)} are marked as unsure, and were left out:")
            said += [f"  {sentence}" for sentence in self.unsure]
        if self.unknown:
            said.append(f"{len(self.unknown)} are said by no page of this version, and were left out")
        return said


def take(path: Path, entries: Iterable[Entry]) -> Outcome:
    """Write translations into a catalog's file; it stays as it is when they change nothing.

    A sentence without a translation takes none away. Raises PoInvalid.
    """
    here = path.read_text(encoding="utf-8")
    known = {entry.source: entry for entry in read_po(here) if entry.source}
    taken: dict[str, str] = {}
    unsure, unknown = [], []
    for entry in entries:
        if not entry.source or not entry.text.strip():
            continue
        if entry.source not in known:
            unknown.append(entry.source)
        elif entry.unsure:
            if entry.text != known[entry.source].text:
                unsure.append(entry.source)
        elif entry.text != known[entry.source].text or known[entry.source].unsure:
            taken[entry.source] = entry.text
    if taken:
        path.write_text(replace_texts(here, taken), encoding="utf-8")
    return Outcome(tuple(taken), tuple(unsure), tuple(unknown))


def main(arguments: list[str] | None = None) -> int:
    """Import a file; 1 when it cannot be read."""
    parser = argparse.ArgumentParser(description="Bring a translator's file into a catalog.")
    parser.add_argument("locale", choices=sorted(catalog_paths()))
    parser.add_argument("file", type=Path)
    told = parser.parse_args(arguments)
    try:
        entries = read_po(told.file.read_bytes().decode("utf-8-sig"))
        outcome = take(catalog_paths()[told.locale], entries)
    except (OSError, UnicodeDecodeError, PoInvalid) as error:
        print(f"{told.file}: {error}", file=sys.stderr)
        return 1
    print("\n".join(outcome.lines()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
