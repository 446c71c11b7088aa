"""Copies of a text are recognised on one day, by whoever has the delivery keys and by nobody else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.delivery.adapters.copy_marks import KeyedCopyMarks
from chalicelib.delivery.adapters.delivery_keys import new_delivery_key
from chalicelib.shared.errors import SecretMissing

OCTOBER = new_delivery_key(datetime(2026, 10, 1, tzinfo=UTC))
NOVEMBER = new_delivery_key(datetime(2026, 11, 1, tzinfo=UTC))
KEYS = {NOVEMBER.kid: NOVEMBER.private, OCTOBER.kid: OCTOBER.private}
marks = KeyedCopyMarks(lambda: KEYS)


def test_the_same_text_has_the_same_mark_on_one_day_alone() -> None:
    mark = marks.mark("one text", "2026-11-25")
    assert len(mark) == 32
    assert mark == marks.mark("one text", "2026-11-25")
    assert len({mark, marks.mark("one text", "2026-11-26"), marks.mark("another", "2026-11-25")}) == 3


def test_an_older_key_changes_nothing_and_a_newer_one_everything() -> None:
    mark = marks.mark("one text", "2026-11-25")
    assert KeyedCopyMarks(lambda: {NOVEMBER.kid: NOVEMBER.private}).mark("one text", "2026-11-25") == mark
    assert KeyedCopyMarks(lambda: {OCTOBER.kid: OCTOBER.private}).mark("one text", "2026-11-25") != mark


def test_without_a_key_there_is_no_mark() -> None:
    with pytest.raises(SecretMissing):
        KeyedCopyMarks(dict).mark("one text", "2026-11-25")
