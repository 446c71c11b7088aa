"""Spot of a preview from which somebody went to a field, and to which they come back after saving."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from chalicelib.desk.web.guard import AdminRequest

PREVIEW = "/admin/preview"
_PAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z]{2,4})?/[a-z0-9-]{1,100}(?:/[a-z-]{1,20})?")
_SPOT = re.compile(r"[sncr][0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on a page of the preview. `page` has its language ("es/los-banos-ca"); it may be none."""

    page: str = ""
    key: str = ""

    @property
    def query(self) -> str:
        """Return what an address has of it, to be put behind others; nothing for none."""
        return "&" + urlencode({"back": self.page, "spot": self.key}, safe="/") if self.page else ""

    @property
    def hidden(self) -> dict[str, str]:
        """Return the hidden fields by which a form comes back to it."""
        return {"back": self.page, "spot": self.key}

    @property
    def href(self) -> str:
        """Return the address of the preview at this spot."""
        return self.path("")

    def path(self, done: str) -> str:
        """Return that address, with what was done said on it."""
        locale, _, page = self.page.partition("/")
        said = f"&done={quote(done)}" if done else ""
        spot = f"#{self.key}" if self.key else ""
        return f"{PREVIEW}?locale={locale}&page={quote(page)}{said}{spot}"


def spot_of(request: AdminRequest) -> Spot | None:
    """Return the spot that a form or address names, if it is one."""
    page, key = request.asked("back"), request.asked("spot")
    if not _PAGE.fullmatch(page):
        return None
    return Spot(page, key if _SPOT.fullmatch(key) else "")
