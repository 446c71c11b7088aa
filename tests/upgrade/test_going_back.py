"""Records of this code, read by the rules of the releases before: or a deploy says that it cannot go back."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.publishing.adapters import dynamo_documents
from chalicelib.publishing.documents import LONGEST_TEXT, Draft
from chalicelib.reporting.adapters.report_items import to_item
from chalicelib.reporting.cases import MOVES, Delivery, SealedReport
from tests.support.kept_states import KEPT, RELEASES, kept_state
from tools.aws.record_format import FIRST, RECORD_FORMAT, cannot_read, no_way_back

NOW = datetime(2026, 11, 28, tzinfo=UTC)
ROOT = KEPT.parents[1]


def unread(release: str, items: dict[str, Any]) -> list[list[str]]:
    """What a release's own modules, in a process of their own, cannot read of these items."""
    rules = KEPT / release / "rules.zip"
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "upgrade" / "reading_rules.py"), str(rules)],
        input=json.dumps(items),
        capture_output=True,
        text=True,
        cwd=rules.parent,
        check=True,
    )
    return list(json.loads(done.stdout))


def plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def every_state() -> list[Any]:
    deliveries = tuple(Delivery(f"office-{state}", state, NOW) for state in MOVES)
    return [plain(to_item(SealedReport("0" * 32, b"", b"", "us", NOW, deliveries, addressed=("office",))))]


def newest_items() -> dict[str, Any]:
    state = kept_state(RELEASES[-1])
    sealed = [item for item in state["tables"]["reports"] if "sealed" in item]
    keys = json.loads(state["secrets"]["desk-keys"])["keys"]
    return {
        "reports": sealed + every_state(),
        "documents": state["tables"]["documents"] + [of_a_place()],
        "keys": keys,
    }


def of_a_place() -> dict[str, Any]:
    """A release of now, with a document of a place, as the store keeps it."""
    text = {"S": "2026-11-28T00:00:00+00:00"}
    return {
        "pk": {"S": "release"},
        "sk": {"S": "00000009"},
        "versions": {"M": {"contacts/los-banos-ca": {"N": "1"}}},
        "who": {"S": "ana@desk.example"},
        "moment": text,
        "why": {"S": "why"},
        "again": {"N": "0"},
        "package": {"S": ""},
        "since": {"N": "8"},
    }


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_reads_its_own_records(release: str) -> None:
    state = kept_state(release)
    own = {
        "reports": [item for item in state["tables"]["reports"] if "sealed" in item],
        "documents": state["tables"]["documents"],
        "keys": json.loads(state["secrets"]["desk-keys"])["keys"],
    }
    assert unread(release, own) == []


@pytest.mark.parametrize("release", RELEASES)
def test_what_an_earlier_release_cannot_read_makes_a_deploy_say_that_it_cannot_go_back(release: str) -> None:
    found = unread(release, newest_items())
    reads = kept_state(release).get("record_format", FIRST)
    assert (found == []) == (reads == RECORD_FORMAT), found


def test_the_release_before_the_rooms_opens_no_report_of_now_and_stops_at_two_states() -> None:
    found = unread("0.1.0", newest_items())
    assert {tuple(one) for one in found} == {
        ("report", "KeyError"),
        ("words", "ValueError"),
        ("document", "DocumentInvalid"),
    }


def test_the_release_before_places_had_documents_knows_none_of_them() -> None:
    assert ["document", "DocumentInvalid"] in unread("0.2.0", newest_items())


def test_a_long_list_of_services_is_packed_where_code_before_the_directory_looks_for_a_text() -> None:
    draft = Draft("services/us", "x" * (LONGEST_TEXT + 1), 1, 0, "ana@desk.example", NOW)
    item = dynamo_documents._draft_item(draft)
    assert "text" not in item
    assert dynamo_documents._draft(item, draft.document).text == draft.text
    assert "services" in no_way_back(3, RECORD_FORMAT)
    assert cannot_read(RECORD_FORMAT, 3)
