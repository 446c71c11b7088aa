"""What `bench.towns` measures, each in a process of its own, as a worker that starts cold.

`python -m bench.town_steps STEP` prints one JSON object, last of all.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from bench import invented_towns
from chalicelib.directory.document_ids import CONTACTS, fingerprint
from chalicelib.directory.write_entries import write_entries
from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments, table_definition
from chalicelib.publishing.documents import Release, Version
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.errors import NothingToPublish
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.whole_texts import laid_out
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.system_clock import SystemClock
from chalicelib.wiring import publishing
from tools.local.seed_towns import Batched

SETTINGS = Settings(documents_table="documents", pages_bucket="pages")
WHO, WHY = "bench@porchlight.example", "To see how long it takes"
TEMPLATE = "template/public/page.html"
_SAID_EVERY = 10.0  # seconds
_TESTED = "555-0187"  # a number that no invented contact has yet


def seed(places: int, locales: int) -> dict[str, Any]:
    """Write many places down as release 1, as years at the desk would have left them; no page of it."""
    dynamodb, clock = client("dynamodb"), SystemClock()
    dynamodb.create_table(**table_definition(SETTINGS.documents_table))
    client("s3").create_bucket(
        Bucket=SETTINGS.pages_bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    parts = publishing.parts(SETTINGS, clock)
    shipped, shelf = parts.shipped, parts.shelf
    texts = invented_towns.documents(shipped, places, locales)
    batched, when = Batched(dynamodb), clock.now() - timedelta(days=300)
    store = DynamoDocuments(lambda: batched, SETTINGS.documents_table)
    for name, text in texts.items():
        store.add_version(Version(name, 1, text, WHO, when, WHY, fingerprint(shipped.text(name))))
    store.add_release(Release(1, dict.fromkeys(texts, 1), WHO, when, WHY, package=shipped.package(), since=0))
    batched.flush()
    content = json.dumps(laid_out(shipped, texts), ensure_ascii=False).encode()
    client("s3").put_object(Bucket=SETTINGS.pages_bucket, Key="releases/1/documents.json", Body=content)
    shelf.move(1, {}, shelf.live())
    return {"documents": len(texts)}


def full() -> dict[str, Any]:
    """Publish a change of the template of all pages: each is rendered, looked over, packed and written."""
    edit = _edit()
    opened = edit.open(TEMPLATE)
    edit.save_draft(TEMPLATE, opened.text.replace("<h1>", '<h1 class="first">'), opened.revision, WHO)
    return _timed(lambda publish: publish(WHO, WHY, accept=True))


def unchanged() -> dict[str, Any]:
    """Publish what is live once more."""

    def again(publish: Publish) -> None:
        try:
            publish.again(WHO, WHY, accept=True)
        except NothingToPublish:
            return
        print("bench: something was published, though nothing had changed", file=sys.stderr)

    return _timed(again)


def one_contact() -> dict[str, Any]:
    """Publish another number of one county's contact: its pages and those of its towns show it."""
    before, edit = _hashes(), _edit()
    county = next(slug for slug in before if "-county-" in slug and not slug.endswith("-county-ca"))
    document = f"{CONTACTS}/{county}"
    opened = edit.open(document)
    content = json.loads(opened.text)
    contact = content["contacts"][0]
    contact["channels"][0] |= {"show": f"209-{_TESTED}", "value": f"+1209{_TESTED.replace('-', '')}"}
    contact |= {"checked_on": None, "checked_by": None}  # nobody has looked at this number yet
    edit.save_draft(document, write_entries(content), opened.revision, WHO)
    found = _timed(lambda publish: publish(WHO, WHY, accept=True))
    after = _hashes()
    changed = [slug for slug in {*before, *after} if before.get(slug) != after.get(slug)]
    return {**found, "places": len(changed)}


def back() -> dict[str, Any]:
    """Roll back to what the first publish made."""
    return _timed(lambda publish: publish.roll_back(2, WHO, WHY))


def _timed(work: Callable[[Publish], object]) -> dict[str, Any]:
    """Do it as a worker does, and say how long it took."""
    told = [("", 0.0)]

    def progress(phase: str, done: int, of: int) -> None:
        now = time.perf_counter()
        if phase != told[0][0] or now - told[0][1] > _SAID_EVERY:
            told[0] = (phase, now)
            print(f"bench: {now - started:7.1f} s  {phase} {done} of {of}", file=sys.stderr, flush=True)

    began, started = time.time(), time.perf_counter()
    work(publishing.publish_with(SETTINGS, SystemClock(), progress, lambda number: None))
    seconds, own = time.perf_counter() - started, time.process_time()
    return {"began": began, "seconds": round(seconds, 2), "own_cpu_s": round(own, 1)}


def _edit() -> EditText:
    parts = publishing.parts(SETTINGS, SystemClock())
    return EditText(parts.store, parts.shipped, parts.shelf, SystemClock())


def _hashes() -> Mapping[str, str]:
    live = publishing.parts(SETTINGS, SystemClock()).shelf.live()
    assert live is not None, "nothing is live"
    places: Mapping[str, str] = live.index["places"]
    return places


STEPS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "seed": seed,
    "full": full,
    "unchanged": unchanged,
    "one_contact": one_contact,
    "back": back,
}


if __name__ == "__main__":
    done = STEPS[sys.argv[1]](*map(int, sys.argv[2:]))
    print(json.dumps({**done, "workers": min(os.cpu_count() or 1, 4)}))
