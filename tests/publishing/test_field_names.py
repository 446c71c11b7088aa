"""A field whose name nothing knows is named; every field that shipped or that the desk writes is known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.directory.document_ids import JSON_DOCUMENTS
from chalicelib.publishing.document_checks import check
from chalicelib.publishing.documents import STOPS
from chalicelib.publishing.field_names import unknown_fields


def shipped() -> dict[str, str]:
    return {name: (CONTENT / f"{name}.json").read_text(encoding="utf-8") for name in JSON_DOCUMENTS}


def test_every_field_that_shipped_is_known() -> None:
    for name, text in shipped().items():
        assert unknown_fields(name, text, json.loads(text)) == []


def changed(document: str, change: Any) -> dict[str, str]:
    texts = shipped()
    parsed = json.loads(texts[document])
    change(parsed)
    return {**texts, document: json.dumps(parsed, indent=1)}


@pytest.mark.parametrize(
    ("document", "change", "said"),
    [
        ("contacts", lambda it: it["contacts"][2].update(hous="all day"), "“hous”; did you mean “hours”?"),
        ("contacts", lambda it: it["contacts"][2]["channels"][0].update(vaule="1"), "“value”?"),
        ("contacts", lambda it: it.update(contatcs=[]), "“contacts”?"),
        ("places", lambda it: it["places"][0].update(populaton=5), "“populaton”"),
        ("site", lambda it: it.update(exit_ulr="https://x.example/"), "“exit_url”?"),
        ("site", lambda it: it["locales"][0].update(cheked_on=None), "“checked_on”?"),
        ("site", lambda it: it["figures"].append({"txt": "5"}), "“text”?"),
        ("recipients", lambda it: it[0].update(fallbak=""), "unknown field fallbak"),
        ("site", lambda it: it["figures"].append({"text": 5, "source": "s", "link": "l"}), "text"),
    ],
)
def test_a_field_whose_name_is_written_wrong_is_named_with_its_line(
    document: str, change: Any, said: str
) -> None:
    (problem, *_) = check(changed(document, change), shipped())
    assert problem.document == document
    assert said in problem.sentence
    assert problem.line > 0


@pytest.mark.parametrize(
    ("document", "change"),
    [
        ("contacts", lambda it: it["contacts"][0].update(id="Big Letters")),
        ("places", lambda it: it["places"][0].update(slug="Dos Palos")),
        ("places", lambda it: it["places"][0].update(slug="dos--palos: x")),
        ("recipients", lambda it: it[0].update(id="A'B")),
    ],
)
def test_the_error_for_a_bad_id_is_put_to_its_own_document(document: str, change: Any) -> None:
    (problem, *_) = check(changed(document, change), shipped())
    assert problem.document == document


@pytest.mark.parametrize("zone", ["America/Los_Angles", "Pacific Standard Time"])
def test_a_time_zone_that_does_not_exist_stops_a_publish_with_its_line(zone: str) -> None:
    texts = changed("places", lambda it: it["places"][0].update(zone=zone))
    [problem] = check(texts, shipped())
    assert problem.weight == STOPS
    assert problem.sentence.startswith("Los Banos: ")
    assert zone in problem.sentence or "America/Los_Angeles" in problem.sentence
    assert problem.line
