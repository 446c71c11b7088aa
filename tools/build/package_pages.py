"""Render every public page into a staged project: `package_pages.py STAGE EXPIRES`, with STAGE on the path.

Runs in a process of its own, so that what renders is the staged code with the staged templates and catalogs.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from chalicelib.directory.adapters.shipped_content import content_with_areas
from chalicelib.directory.areas import NO_AREAS
from chalicelib.directory.zips import read_zips
from chalicelib.pages.pack_zips import pack_zips
from chalicelib.pages.page_headers import ERROR_STATUSES
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.pages.render.packing import pack, pack_brotli
from chalicelib.pages.render.site import Site
from chalicelib.shared.locales import DEFAULT
from chalicelib.wiring.live_edition import make_edition

MOST_AREAS = 200  # in a package, 13 KB a language each; a site with more has them once it was published
_SMALLEST = 9  # gzip level: these are packed once and sent many times


def render(stage: Path, expires: str) -> int:
    """Write index.json and each page into STAGE/chalicelib/built_pages, and return how many there are.

    `expires` is until when security.txt holds, in ISO 8601.
    """
    package = stage / "chalicelib"
    content = content_with_areas(package / "content")
    if len(content.areas.by_unit) > MOST_AREAS:
        content = replace(content, areas=NO_AREAS)
    site = Site(stage / "vendor" / "templates", Catalogs(package / "locale"), content)
    folder = package / "built_pages"
    folder.mkdir()
    index = {
        "locales": list(site.locales),
        "default_locale": DEFAULT,
        "places": list(site.places),
        "areas": list(site.areas),
        "default_place": site.default_place,
        "other_pages": list(site.other_pages),
        "expires": expires,
        "headers": site.headers(),
        "brotli": True,
    }
    (folder / "index.json").write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
    zips = package / "content" / "zips.json"
    if zips.is_file():
        packed = pack_zips(read_zips(json.loads(zips.read_text(encoding="utf-8"))))
        (folder / "zips").write_bytes(packed)
    count = 0
    for locale in site.locales:
        (folder / locale).mkdir()
        pages = {place: site.page(locale, place) for place in site.places}
        pages |= {unit: site.area(locale, unit) for unit in site.areas}
        pages |= {name: site.other(locale, name) for name in site.other_pages}
        pages |= {f"error-{status}": site.error(locale, status) for status in ERROR_STATUSES}
        for name, html in pages.items():
            (folder / locale / f"{name}.b64").write_text(pack(html, _SMALLEST), encoding="ascii")
            (folder / locale / f"{name}.br.b64").write_text(pack_brotli(html), encoding="ascii")
        count += len(pages)
    write_edition(package, folder / "hsds", datetime.fromisoformat(expires))
    return count


def write_edition(package: Path, folder: Path, expires: datetime) -> None:
    """Write the services for machines as they ship; the clocks of places are those of the build's commit."""
    folder.mkdir()
    for name, content in make_edition(
        package / "content", package / "locale", expires - timedelta(days=365)
    ).items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    print(render(Path(sys.argv[1]).resolve(), sys.argv[2]), "pages")
