"""Edits that were made on an older package: what the desk then shows as changed here, and new."""

from __future__ import annotations

from datetime import UTC, datetime

from chalicelib.directory.adapters.shipped_content import TEMPLATES
from chalicelib.directory.document_ids import fingerprint
from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments
from chalicelib.publishing.documents import Draft
from chalicelib.shared.aws.sdk import client
from tests.support.desk_site import EDITOR_ONE, DeskSite

CLASHING, TAKEN, WHOLE = (f"template/public/{name}.html" for name in ("code", "note", "answer"))
NEWER = "/admin/text/newer?d="
NEWER_SCREENS = [NEWER + document for document in (CLASHING, TAKEN, WHOLE)]


def edit_on_an_older_package(desk: DeskSite) -> None:
    """Leave three drafts: one of which both changed a line, one that fits, and one of unknown origin."""
    store = DynamoDocuments(lambda: client("dynamodb"), desk.settings.documents_table)
    for document in (CLASHING, TAKEN, WHOLE):
        shipped = (TEMPLATES / document.removeprefix("template/")).read_text(encoding="utf-8")
        before = shipped.replace("<h1>", '<h1 class="old">').replace("<p>", '<p class="old">', 1)
        ours = (
            before.replace('<h1 class="old">', '<h1 class="ours">') if document == CLASHING else f"{before}\n"
        )
        if document != WHOLE:
            store.keep_shipped(document, before)
        now = datetime.now(UTC)
        store.put_draft(Draft(document, ours, 1, 0, EDITOR_ONE, now, fingerprint(before)))
