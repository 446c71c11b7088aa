"""Diff algorithm: the lines two texts have in common, within a bounded number of steps whatever they hold.

First the lines that stand once in both are laid beside each other, as a person would; what lies between them
is compared by Myers' greedy way. Where the steps run out, the rest counts as replaced: a comparison may show
more than it must, and never takes long.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

STEPS = 400_000  # about half a second of one processor

Block = tuple[int, int, int]  # where it begins in the old and in the new one, and how many lines it has


def common(old: Sequence[str], new: Sequence[str], steps: int = STEPS) -> list[Block]:
    """Return the lines that stay, as blocks in order that do not touch each other."""
    names: dict[str, int] = {}
    before = [names.setdefault(line, len(names)) for line in old]
    after = [names.setdefault(line, len(names)) for line in new]
    return _joined(sorted(_Comparison(before, after, steps).run()))


class _Comparison:
    """One diff, with the steps that are left for it."""

    def __init__(self, old: list[int], new: list[int], steps: int) -> None:
        self._old = old
        self._new = new
        self._left = steps
        self._found: list[Block] = []

    def run(self) -> list[Block]:
        waiting = [(0, len(self._old), 0, len(self._new))]
        while waiting:
            a, a_end, b, b_end = self._trimmed(*waiting.pop())
            if a == a_end or b == b_end:
                continue
            self._left -= a_end - a + b_end - b
            if self._left < 0:
                break
            anchors = self._anchors(a, a_end, b, b_end)
            if not anchors:
                self._greedy(a, a_end, b, b_end)
                continue
            for i, j in anchors:
                self._found.append((i, j, 1))
                waiting.append((a, i, b, j))
                a, b = i + 1, j + 1
            waiting.append((a, a_end, b, b_end))
        return self._found

    def _trimmed(self, a: int, a_end: int, b: int, b_end: int) -> tuple[int, int, int, int]:
        """Take what is the same at both ends; each line is taken once."""
        old, new, start = self._old, self._new, a
        while a < a_end and b < b_end and old[a] == new[b]:
            a, b = a + 1, b + 1
        if a > start:
            self._found.append((start, b - (a - start), a - start))
        end = a_end
        while a < a_end and b < b_end and old[a_end - 1] == new[b_end - 1]:
            a_end, b_end = a_end - 1, b_end - 1
        if a_end < end:
            self._found.append((a_end, b_end, end - a_end))
        return a, a_end, b, b_end

    def _anchors(self, a: int, a_end: int, b: int, b_end: int) -> list[tuple[int, int]]:
        """Return the longest row of lines that stand once in both parts and in the same order."""
        olds, news = Counter(self._old[a:a_end]), Counter(self._new[b:b_end])
        where = {line: j for j, line in enumerate(self._new[b:b_end], b) if news[line] == 1}
        pairs = [
            (i, where[line])
            for i, line in enumerate(self._old[a:a_end], a)
            if olds[line] == 1 and line in where
        ]
        ends: list[int] = []  # the smallest last line of a row of each length
        last: list[int] = []  # which pair that is
        before: list[int] = []
        for number, (_, j) in enumerate(pairs):
            at = bisect_left(ends, j)
            before.append(last[at - 1] if at else -1)
            ends[at : at + 1] = [j]
            last[at : at + 1] = [number]
        row, number = [], last[-1] if last else -1
        while number >= 0:
            row.append(pairs[number])
            number = before[number]
        return row[::-1]

    def _greedy(self, a: int, a_end: int, b: int, b_end: int) -> None:
        """Find the fewest changes between two parts, or none when the steps run out."""
        old, new, n, m = self._old, self._new, a_end - a, b_end - b
        furthest = {1: 0}
        trace: list[dict[int, int]] = []
        for changes in range(n + m + 1):
            trace.append(furthest.copy())
            for k in range(-changes, changes + 1, 2):
                down = k == -changes or (k != changes and furthest[k - 1] < furthest[k + 1])
                i = furthest[k + 1] if down else furthest[k - 1] + 1
                start = i
                while i < n and i - k < m and old[a + i] == new[b + i - k]:
                    i += 1
                furthest[k] = i
                self._left -= 2 + i - start
                if i >= n and i - k >= m:
                    self._trace_back(trace, a, b, n, m)
                    return
            if self._left < 0:
                return

    def _trace_back(self, trace: list[dict[int, int]], a: int, b: int, i: int, j: int) -> None:
        for changes in range(len(trace) - 1, -1, -1):
            furthest, k = trace[changes], i - j
            down = k == -changes or (k != changes and furthest[k - 1] < furthest[k + 1])
            k_before = k + 1 if down else k - 1
            i_before = furthest[k_before] if changes else 0
            j_before = i_before - k_before if changes else 0
            from_here = i_before + (0 if down or not changes else 1)
            if i > from_here:
                self._found.append((a + from_here, b + from_here - k, i - from_here))
            i, j = i_before, j_before


def _joined(blocks: Sequence[Block]) -> list[Block]:
    joined: list[Block] = []
    for i, j, size in blocks:
        if joined and joined[-1][0] + joined[-1][2] == i and joined[-1][1] + joined[-1][2] == j:
            joined[-1] = (*joined[-1][:2], joined[-1][2] + size)
        else:
            joined.append((i, j, size))
    return joined
