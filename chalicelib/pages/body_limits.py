"""Size limit of a request's body."""

from __future__ import annotations

# A form as it is sent: 20,000 characters of four bytes, each byte as %XX, are 240 kB; other fields add some.
FORM_BYTES = 400_000
