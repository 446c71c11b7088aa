"""A bucket with one release in it, served over plain HTTP."""

from __future__ import annotations

import json
from pathlib import Path

from bench.kept_open import KeptOpen, http
from bench.page_units import page_units
from chalicelib.publishing.ports import RenderedPage

RELEASE = 7


def _documents(folder: Path) -> dict[str, str]:
    """Return what an admin changed: contacts, recipients, and the template of the form."""
    files = {name: folder / "chalicelib" / "content" / f"{name}.json" for name in ("contacts", "recipients")}
    files["template/public/note.html"] = folder / "templates" / "public" / "note.html"
    return {name: file.read_text(encoding="utf-8") for name, file in files.items() if file.is_file()}


def _is_gzip(file: Path) -> bool:
    return not file.name.endswith(".br.b64")


def _read(pages: Path, file: Path) -> RenderedPage:
    name = file.relative_to(pages).with_suffix("").as_posix()
    brotli = file.with_name(f"{file.stem}.br.b64")
    packed = brotli.read_text(encoding="ascii") if brotli.is_file() else ""
    return RenderedPage(name, "", file.read_text(encoding="ascii"), brotli=packed)


class Bucket:
    """The pages of a package as if an admin had published them."""

    def __init__(self, folder: Path) -> None:
        pages = folder / "chalicelib" / "built_pages"
        index = json.loads((pages / "index.json").read_text(encoding="utf-8"))
        units = page_units(
            index, [_read(pages, file) for file in sorted(pages.glob("*/*.b64")) if _is_gzip(file)]
        )
        self._files = {
            "/current.json": json.dumps({"release": RELEASE, "index": units.index}).encode("utf-8")
        }
        self._files |= {f"/{path}": content for path, content in units.without({}).items()}
        self._files[f"/releases/{RELEASE}/documents.json"] = json.dumps(_documents(folder)).encode("utf-8")
        self.asked = 0
        self._server = KeptOpen(self._respond)
        self.address = self._server.address

    def close(self) -> None:
        """Take no more connections."""
        self._server.close()

    def _respond(self, head: bytes, body: bytes) -> bytes:
        self.asked += 1
        content = self._files.get(head.split(b" ")[1].decode("ascii"))
        return http("404 Not Found", b"") if content is None else http("200 OK", content)
