"""How long a publish takes: `python -m bench.publish [PLACES]`, in ten languages, for fifty places by itself.

It is the desk's own path: every page rendered in the sandbox, looked over by html5lib and our checks, packed,
and written to S3's stand-in, which runs in a process of its own.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chalicelib.directory.adapters.shipped_content import CONTENT, TEMPLATES
from chalicelib.pages.adapters.document_folders import Folders, ReleaseFiles
from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments, table_definition
from chalicelib.publishing.adapters.render_process import Limits, RenderProcess
from chalicelib.publishing.adapters.s3_releases import S3Releases
from chalicelib.publishing.adapters.shipped_documents import ShippedFiles
from chalicelib.publishing.check_documents import CheckDocuments
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.package_by_place import PackageByPlace
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.render.sentences import of_texts
from chalicelib.publishing.render.site_renderer import WorkerSiteRenderer
from chalicelib.publishing.renderer_by_place import RendererByPlace
from chalicelib.publishing.store_by_place import StoreByPlace
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.locales import ENDONYMS
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring.documents import RENDERERS
from tools.build.catalogs import compile_catalogs

TARGET_SECONDS = 20.0
TOWNS = "los-banos-ca"


def content(folder: Path, places: int) -> None:
    """Write content for so many places, each with a contact of its own, in every language we can name."""
    shutil.copytree(CONTENT, folder)
    document = _read(folder / "places.json")
    contacts = _read(folder / "contacts.json")
    model = next(one for one in contacts["contacts"] if one["serves"] == TOWNS)
    for number in range(places - len(document["places"])):
        slug = f"town-{number:02d}"
        town = {"slug": slug, "name": f"Town {number}", "parent": "merced-county-ca", "kind": "city"}
        document["places"].append(town)
        contacts["contacts"].append({**model, "id": f"police-{slug}", "serves": slug})
    site = _read(folder / "site.json")
    offered = {one["tag"]: one for one in site["locales"]}
    site["locales"] = [offered.get(tag, {"tag": tag, "checked_on": None}) for tag in ENDONYMS]
    for name, value in (("places", document), ("contacts", contacts), ("site", site)):
        (folder / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def catalogs(folder: Path) -> None:
    """Compile what there is; a language without a catalog gets the Spanish one: the work is the same."""
    compile_catalogs(target=folder)
    for tag in ENDONYMS:
        if tag != "en" and not (folder / tag).is_dir():
            shutil.copytree(folder / "es", folder / tag)


def main(places: int = 50) -> dict[str, Any]:
    """Publish once, and return what was measured."""
    with tempfile.TemporaryDirectory() as work, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        moto = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-p", str(port), "-H", "127.0.0.1"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            return measure(Path(work), f"http://127.0.0.1:{port}", places)
        finally:
            moto.kill()
            moto.wait()


def measure(work: Path, endpoint: str, places: int) -> dict[str, Any]:
    """Time the parts of a publish."""
    os.environ.update(
        AWS_ACCESS_KEY_ID="bench",
        AWS_SECRET_ACCESS_KEY="bench",  # noqa: S106
        AWS_DEFAULT_REGION="us-west-2",
        AWS_ENDPOINT_URL=endpoint,
        AWS_EC2_METADATA_DISABLED="true",
    )
    _until_it_answers(endpoint)
    client("dynamodb").create_table(**table_definition("documents"))
    client("s3").create_bucket(Bucket="pages", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    content(work / "content", places)
    catalogs(work / "locale")
    folders = Folders(TEMPLATES, work / "locale", work / "content")
    shipped, files = PackageByPlace(ShippedFiles(folders, RENDERERS, of_texts)), ReleaseFiles(folders)
    workers = min(os.cpu_count() or 1, 4)
    sandbox = RenderProcess("chalicelib.publishing.render.render_worker", Limits(patience=30.0))
    worker = WorkerSiteRenderer(lambda texts: files(texts).content.parent, sandbox, workers)
    renderer = RendererByPlace(worker, shipped)
    shelf = S3Releases(lambda: client("s3"), "pages")
    store = StoreByPlace(DynamoDocuments(lambda: client("dynamodb"), "documents"), shipped, shelf)
    check = CheckDocuments(renderer, shipped, SystemClock())
    edit = EditText(store, shipped, shelf, SystemClock())
    publish = Publish(store, shipped, shelf, check, SystemClock())

    opened = edit.open("template/public/page.html")
    text = opened.text.replace("<h1>", '<h1 class="first">')
    edit.save_draft("template/public/page.html", text, 0, "bench")

    started = time.perf_counter()
    report = check({"template/public/page.html": text}).report
    checked, used = time.perf_counter(), _processor_seconds()
    publish("bench", "to see how long it takes", accept=True)
    ended, used = time.perf_counter(), _processor_seconds() - used
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "languages": len(ENDONYMS),
        "places": places,
        "pages": report.pages,
        "workers": workers,
        "load": os.getloadavg()[0],
        "check_seconds": round(checked - started, 2),
        "publish_seconds": round(ended - checked, 2),
        "target_seconds": TARGET_SECONDS,
        "processor_seconds": round(used, 2),  # all processes together: what counts on a busy machine
        "largest_page_bytes": report.largest,
    }


def _processor_seconds() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _until_it_answers(endpoint: str) -> None:
    host, _, port = endpoint.removeprefix("http://").partition(":")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection((host, int(port)), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("moto did not start")


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50), indent=1))
