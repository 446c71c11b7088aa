"""Whatever a file holds, an import ends in services and sentences, and never in an error of ours."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.directory.hsds.profile import problems_of
from chalicelib.directory.hsds.read_json import read_json
from chalicelib.directory.hsds.read_sheet import read_sheet
from chalicelib.directory.hsds.records import service_record
from tests.directory.hsds.official_files import example, problems
from tests.directory.hsds.samples import DOOR, OWN, SAMPLES, SETTING

BRIEFLY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
RECORDS = [*(service_record(one, SETTING) for one in SAMPLES), example("service_full")]

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def ways(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(each for key, one in inner for each in ways(one, (*way, key)))]


@st.composite
def broken(draw: st.DrawFn) -> Any:
    """A good record with one value in it, however deep, replaced or gone."""
    record = copy.deepcopy(draw(st.sampled_from(RECORDS)))
    *way, last = draw(st.sampled_from([one for one in ways(record) if one]))
    inside = record
    for key in way:
        inside = inside[key]
    if draw(st.booleans()):
        inside[last] = draw(values)
    else:
        del inside[last]
    return record


def is_sound(found: Any) -> None:
    for remark in (*found.refusals, *found.notes):
        assert str(remark).startswith("a file")
        assert remark.says
    for service in found.services:
        record = service_record(service, SETTING)
        assert problems("service", record) == []
        assert problems_of([record]) == []


@BRIEFLY
@given(broken())
def test_a_record_with_something_wrong_comes_in_sound_or_is_refused(record):
    found = read_json(json.dumps(record).encode(), "a file", DOOR)
    assert found.services or found.refusals
    is_sound(found)


@BRIEFLY
@given(values)
def test_any_json_ends_in_sentences(value):
    is_sound(read_json(json.dumps(value).encode(), "a file", DOOR))


@BRIEFLY
@given(st.binary(max_size=200))
def test_any_bytes_end_in_sentences(data):
    is_sound(read_json(data, "a file", DOOR))
    is_sound(read_sheet(data, "a file", DOOR))


@BRIEFLY
@given(st.lists(st.text(max_size=15), min_size=8, max_size=8), st.sampled_from((DOOR, OWN)))
def test_any_cells_end_in_sentences(cells, door):
    head = "name,organization,phones,hours,zip,languages,in_other,exported_on"
    row = ",".join('"' + one.replace('"', '""') + '"' for one in cells)
    is_sound(read_sheet(f"{head}\n{row}\n".encode(errors="replace"), "a file", door))
