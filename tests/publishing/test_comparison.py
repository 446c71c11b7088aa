"""Comparisons: right for every small text, and never long, whatever was pasted."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from itertools import product

import pytest

from chalicelib.publishing.comparison import common
from chalicelib.publishing.documents import MOST_SHOWN, compare


def rebuilt(old: list[str], new: list[str], steps: int = 10_000) -> int:
    """See that the blocks are common to both and in order, and return how many lines they keep."""
    at_old = at_new = kept = 0
    for i, j, size in common(old, new, steps):
        assert size > 0
        assert i >= at_old
        assert j >= at_new
        assert old[i : i + size] == new[j : j + size]
        at_old, at_new, kept = i + size, j + size, kept + size
    return kept


def longest(old: list[str], new: list[str]) -> int:
    row = [0] * (len(new) + 1)
    for one in old:
        before = row[:]
        for j, other in enumerate(new):
            row[j + 1] = before[j] + 1 if one == other else max(row[j], before[j + 1])
    return row[-1]


def test_small_texts_are_compared_right_and_doubled_lines_with_the_fewest_changes() -> None:
    texts = [list(one) for length in range(5) for one in product("ab", repeat=length)]
    for old in texts:
        for new in texts:
            assert rebuilt(old, new) <= longest(old, new)
    for old, new in (("abab" * 9, "baba" * 9), ("aab" * 9, "aba" * 9), ("aabb", "abab")):
        assert rebuilt(list(old), list(new)) == longest(list(old), list(new))


def test_whatever_the_steps_what_is_kept_is_common_to_both() -> None:
    chance = random.Random(7)  # noqa: S311 (a test that repeats itself)
    for _ in range(400):
        letters = "abcdefghij"[: chance.randint(1, 10)]
        old, new = ([chance.choice(letters) for _ in range(chance.randint(0, 40))] for _ in "12")
        for steps in (0, 20, 100, 10_000):
            assert rebuilt(old, new, steps) <= longest(old, new)


def test_the_lines_of_a_comparison_make_the_new_text_from_the_old_one() -> None:
    chance = random.Random(3)  # noqa: S311 (a test that repeats itself)
    for _ in range(300):
        old, new = ("\n".join(chance.choice("abcde") for _ in range(chance.randint(0, 30))) for _ in range(2))
        lines = compare(old, new, around=99)
        if not lines:
            assert old == new
            continue
        shown = [(line.kind, line.text) for line in lines]
        assert "\n".join(text for kind, text in shown if kind in ("same", "new")) == new
        assert "\n".join(text for kind, text in shown if kind in ("same", "gone")) == old
        for line in compare(old, new, around=1):
            assert line.kind in ("new", "skip") or old.split("\n")[line.old - 1] == line.text
            assert line.kind in ("gone", "skip") or new.split("\n")[line.new - 1] == line.text


def _chosen(letters: str, lines: int, seed: int) -> str:
    chance = random.Random(seed)  # noqa: S311 (a test that repeats itself)
    return "\n".join(chance.choice(letters) for _ in range(lines))


PASTED: dict[str, Callable[[], tuple[str, str]]] = {
    "equal lines": lambda: ("a\n" * 20_000, "a\n" * 20_001),
    "equal lines and none": lambda: ("a\n" * 120_000, ""),
    "equal lines of two kinds": lambda: ("a\n" * 60_000, "b\n" * 60_000),
    "equal lines, one moved": lambda: ("x\n" + "a\n" * 60_000, "a\n" * 60_000 + "x\n"),
    "alternating": lambda: ("a\nb\n" * 30_000, "b\na\n" * 30_000),
    "alternating otherwise": lambda: ("a\nb\n" * 30_000, "a\nb\nb\n" * 20_000),
    "two kinds at random": lambda: (_chosen("ab", 60_000, 1), _chosen("ab", 60_000, 2)),
    "twenty kinds at random": lambda: (
        _chosen("abcdefghijklmnopqrst", 60_000, 1),
        _chosen("abcdefghijklmnopqrst", 60_000, 2),
    ),
    "turned round": lambda: (
        "\n".join(map(str, range(40_000))),
        "\n".join(map(str, reversed(range(40_000)))),
    ),
    "each line twice, turned round": lambda: (
        "\n".join(str(one // 2) for one in range(40_000)),
        "\n".join(str(one // 2) for one in reversed(range(40_000))),
    ),
    "nested": lambda: (
        "\n".join([*map(str, range(20_000)), *map(str, reversed(range(20_000)))]),
        "\n".join([*map(str, range(1, 20_001)), *map(str, reversed(range(20_000)))]),
    ),
    "one huge line": lambda: ("a" * 250_000, "a" * 249_999 + "b"),
    "every other line": lambda: (
        "\n".join(f"a{one % 50}" for one in range(60_000)),
        "\n".join("x" if one % 2 else f"a{one % 50}" for one in range(60_000)),
    ),
    "empty lines": lambda: ("\n" * 250_000, "\n" * 249_000 + "a"),
}


@pytest.mark.parametrize("what", PASTED)
def test_no_comparison_takes_more_than_two_seconds(what: str) -> None:
    old, new = PASTED[what]()
    begun = time.process_time()
    lines = compare(old, new)
    assert time.process_time() - begun < 2
    assert lines
    assert len(lines) <= MOST_SHOWN + 1


def test_what_is_not_shown_is_counted() -> None:
    lines = compare("\n".join(f"a{one}" for one in range(3000)), "\n".join(f"b{one}" for one in range(3000)))
    assert (len(lines), lines[-1].kind) == (MOST_SHOWN + 1, "more")
    assert lines[-1].text == "2,000 more lines are not shown here."
