"""Names in a template: those of its page, its own, and none else."""

from __future__ import annotations

import pytest

from chalicelib.directory.document_ids import PUBLIC_TEMPLATE
from chalicelib.publishing.render.render_worker import Inside
from tests.support.rendered import shipped_root

ABOUT = PUBLIC_TEMPLATE + "about.html"


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Inside:
    return Inside(shipped_root(tmp_path_factory.mktemp("site")))


def faults(inside: Inside, source: str) -> list[str]:
    inside._sources[ABOUT] = source
    return [sentence for _, sentence in inside.read(ABOUT)["faults"]]


def test_what_a_template_sets_at_its_top_its_macros_and_blocks_may_name(inside: Inside) -> None:
    top = '{% extends "layout.html" %}{% set days = {"MO": _("Monday")} %}{% set one, two = 1, 2 %}'
    say = "{% macro say(day) %}{{ days[day] }}{{ one }}{% endmacro %}"
    assert faults(inside, top + say + '{% block main %}{{ say("MO") }}{{ two }}{% endblock %}') == []


def test_what_is_set_in_one_part_alone_is_no_name_elsewhere(inside: Inside) -> None:
    set_in_a_block = "{% block main %}{% set days = 1 %}{{ days }}{% endblock %}"
    [fault] = faults(inside, set_in_a_block + "{% macro say() %}{{ days }}{% endmacro %}")
    assert fault.startswith("Nothing here is called “days”.")
    [fault] = faults(inside, "{% set days = weekdays %}{{ days }}")
    assert fault.startswith("Nothing here is called “weekdays”.")
