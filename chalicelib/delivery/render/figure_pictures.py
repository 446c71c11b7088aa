"""SVG charts of figures: where bars and lines stand. What is drawn is what is shown, in the same steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.delivery.shown_figures import EDGES, Band, Wait

WIDTH, HEIGHT, FOOT, SIDE = (
    720,
    220,
    34,
    64,
)  # of the drawing, of the row of names below, of the scale beside it
SURE, MOST = "sure", "most"
_LEAST_SCALE = 10
_LABELS = {15: "15 min", 60: "1 h", 240: "4 h", 1440: "1 day"}


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: solid as far as the count is sure (`sure`), an outline as far as it may reach (`most`)."""

    x: float
    width: float
    sure: float
    most: float
    name: str
    floor: float = HEIGHT - FOOT


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a line: where the span of minutes stands, and its name."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class WaitLine:
    """A line in pieces: a month of which too few reports tell is a gap."""

    pieces: tuple[tuple[Dot, ...], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the scale, with its words."""

    y: float
    words: str


def bars(counts: Sequence[Band], names: Sequence[str]) -> tuple[tuple[Bar, ...], tuple[Mark, ...]]:
    """Return a bar for each count, from left to right, and the lines of the scale."""
    most = max([_LEAST_SCALE, *(count.high for count in counts)])
    room, step = HEIGHT - FOOT - 12, (WIDTH - SIDE) / max(1, len(counts))
    drawn = tuple(
        Bar(
            round(SIDE + number * step + step * 0.15, 1),
            round(step * 0.7, 1),
            round(room * count.low / most, 1),
            round(room * count.high / most, 1),
            name,
        )
        for number, (count, name) in enumerate(zip(counts, names, strict=True))
    )
    marks = (0, most // 2, most)
    return drawn, tuple(Mark(round(HEIGHT - FOOT - room * one / most, 1), str(one)) for one in marks)


def waits(spans: Sequence[Wait | None]) -> WaitLine:
    """Return the line of the spans, from left to right: at the upper end of each, or above its lower one."""
    step = (WIDTH - SIDE) / max(1, len(spans))
    pieces: list[list[Dot]] = [[]]
    for number, span in enumerate(spans):
        if span is None:
            pieces.append([])
        else:
            pieces[-1].append(Dot(round(SIDE + (number + 0.5) * step, 1), _height(_level(span))))
    return WaitLine(tuple(tuple(piece) for piece in pieces if piece))


def wait_marks() -> tuple[Mark, ...]:
    """Return the lines of the scale of minutes."""
    return tuple(Mark(_height(EDGES.index(edge)), words) for edge, words in _LABELS.items())


def share(count: Band, most: int) -> tuple[float, float]:
    """Return how far a bar in a table reaches, of a hundred: surely, and at most."""
    whole = max(most, _LEAST_SCALE)
    return round(100 * count.low / whole, 1), round(100 * min(count.high, whole) / whole, 1)


def _level(span: Wait) -> int:
    return EDGES.index(span.within) if span.within is not None else EDGES.index(span.over) + 1


def _height(level: int) -> float:
    room = HEIGHT - FOOT - 24
    return round(12 + room * (1 - level / len(EDGES)), 1)
