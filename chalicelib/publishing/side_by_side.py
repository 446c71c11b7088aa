"""Draft and live page side by side, block by block in one row each, with the differences marked (diff)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chalicelib.publishing import comparison
from chalicelib.publishing.page_blocks import TEXT, Block
from chalicelib.publishing.page_marks import Mark

# Words, and each letter alone where a language writes no spaces.
_WORDS = re.compile(r"[^\W\u0e00-\u0eff\u1780-\u17ff\u3000-\u9fff\uf900-\ufaff]+|\s+|.", re.DOTALL)
_STEPS = 20_000


class Piece(NamedTuple):
    """Words of a block: what they are, and whether the other side has them not."""

    text: str
    mark: Mark | None
    differs: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A block of the draft and the one that is live in its place; either may be missing.

    `number` counts the differences from 1; it is 0 where nothing differs.
    """

    kind: str
    draft: tuple[Piece, ...]
    live: tuple[Piece, ...]
    number: int = 0


def rows(draft: Sequence[Block], live: Sequence[Block]) -> list[Row]:
    """Lay two pages beside each other."""
    number, found = 0, []
    for mine, theirs in _pairs(draft, live):
        if mine and theirs and mine.text == theirs.text:
            found.append(Row(mine.kind, _plain(mine, False), _plain(theirs, False)))
            continue
        number += 1
        if mine and theirs:
            left, right = _compared(mine, theirs)
            found.append(Row(mine.kind, left, right, number))
        elif mine:
            found.append(Row(mine.kind, _plain(mine, True), (), number))
        elif theirs:
            found.append(Row(theirs.kind or TEXT, (), _plain(theirs, True), number))
    return found


def _pairs(draft: Sequence[Block], live: Sequence[Block]) -> Iterator[tuple[Block | None, Block | None]]:
    """Yield what belongs together: the same sentences, else what stands in the same gap, in order."""
    ours, theirs = [_signature(one) for one in draft], [_signature(one) for one in live]
    at, other = 0, 0
    for start, begin, size in [*comparison.common(ours, theirs), (len(draft), len(live), 0)]:
        left, right = draft[at:start], live[other:begin]
        for number in range(max(len(left), len(right))):
            yield (
                left[number] if number < len(left) else None,
                right[number] if number < len(right) else None,
            )
        yield from zip(draft[start : start + size], live[begin : begin + size], strict=True)
        at, other = start + size, begin + size


def _signature(block: Block) -> str:
    """Return what a block is made of: its sentences and contacts, else its words."""
    keys = [f"{run.mark.kind}{run.mark.key}" for run in block.runs if run.mark]
    return " ".join(keys) or block.text


def _plain(block: Block, differs: bool) -> tuple[Piece, ...]:
    return tuple(Piece(run.text, run.mark, differs) for run in block.runs)


def _compared(mine: Block, theirs: Block) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Return both blocks in pieces; where less than half is the same, all of both differs."""
    left, right = _WORDS.findall(mine.text), _WORDS.findall(theirs.text)
    common = comparison.common(left, right, _STEPS)
    same = sum(size for _, _, size in common)
    if 2 * same < max(len(left), len(right)):
        return _plain(mine, True), _plain(theirs, True)
    stay, kept = set[int](), set[int]()
    for at, other, size in common:
        stay.update(range(at, at + size))
        kept.update(range(other, other + size))
    return _cut(mine, left, stay), _cut(theirs, right, kept)


def _cut(block: Block, words: Sequence[str], stay: set[int]) -> tuple[Piece, ...]:
    """Return a block's pieces: cut where a run ends, and where a difference does."""
    differs = [number not in stay for number, word in enumerate(words) for _ in word]
    pieces: list[Piece] = []
    at = 0
    for run in block.runs:
        for letter in run.text:
            last = pieces[-1] if pieces else None
            if last and last.mark == run.mark and last.differs == differs[at] and at > 0:
                pieces[-1] = last._replace(text=last.text + letter)
            else:
                pieces.append(Piece(letter, run.mark, differs[at]))
            at += 1
    return tuple(pieces)
