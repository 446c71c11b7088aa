"""Edition of the services for machines, as the API reads it: snapshot, table of ZIPs, words of terms.

`make_edition.py` writes these files. The function of the API loads this, and nothing that writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.directory.hsds import snapshot as snapshots
from chalicelib.directory.hsds.api import Zips
from chalicelib.directory.hsds.postcodes import Postcodes

SNAPSHOT, POSTCODES, ABOUT, CHANGES = "services", "postcodes", "about.json", "changes.json"
JSON, CSV = "services.json.gz", "services.csv.gz"  # everything, in one file
READ = (SNAPSHOT, POSTCODES, ABOUT)

Words = Mapping[str, Mapping[str, str]]  # by language, then by the English words of a term


@dataclass(frozen=True, slots=True)
class Edition:
    """What the API reads: a snapshot, words and ZIPs, and what the files with everything are called."""

    snapshot: snapshots.Snapshot
    zips: Zips
    words: Words
    exports: Mapping[str, str]


def read_edition(files: Mapping[str, bytes]) -> Edition:
    """Return what the API reads of an edition's files. Raises KeyError or ValueError for what is none."""
    about = json.loads(files[ABOUT])
    postcodes = Postcodes(files[POSTCODES])
    exports = {str(name): str(called) for name, called in about["exports"].items()}
    words: Words = about["words"]
    look_up = Zips(postcodes.counties, postcodes.towns)
    return Edition(snapshots.from_bytes(files[SNAPSHOT]), look_up, words, exports)
