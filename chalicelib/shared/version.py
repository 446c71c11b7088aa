"""Version of Porchlight (semantic versioning): the one place where it stands.

`make release` tags it. While a version is being made, this is the one that comes next.
"""

from __future__ import annotations

VERSION = "0.2.0"
