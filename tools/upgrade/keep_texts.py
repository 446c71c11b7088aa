"""Archive of shipped texts: gathers those of every kept release into what the package carries.

    python -m tools.upgrade.keep_texts

The desk merges an edited text with a newer one by the shipped text that the edit began from. Edits of before
0.2.0 keep no such text, only its fingerprint: so the package knows what earlier releases shipped.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Mapping
from pathlib import Path

from chalicelib.publishing.adapters.shipped_documents import EARLIER

KEPT = Path(__file__).resolve().parents[2] / "tests" / "upgrade"


def earlier_texts(kept: Path = KEPT) -> Mapping[str, list[str]]:
    """Return each document's texts in the kept releases, oldest release first, each text once."""
    texts: dict[str, dict[str, None]] = {}
    for path in sorted(kept.glob("*/state.json.xz"), key=lambda path: _number(path.parent.name)):
        shipped: Mapping[str, str] = json.loads(lzma.decompress(path.read_bytes()))["shipped"]
        for document, text in shipped.items():
            texts.setdefault(document, {})[text] = None
    return {document: [*texts[document]] for document in sorted(texts)}


def _number(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))


def main() -> None:
    """Write the archive."""
    text = json.dumps(earlier_texts(), ensure_ascii=False, separators=(",", ":")).encode()
    EARLIER.write_bytes(lzma.compress(text, preset=9))
    print(f"{EARLIER.name}: {EARLIER.stat().st_size} bytes")


if __name__ == "__main__":
    main()
