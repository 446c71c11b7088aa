"""Blocks of a rendered page: each heading, paragraph or list item as plain words, with what they are.

The page's markup is what an editor made of it, so nothing of it is kept but words, marks, and which words
are a heading. It is read where it was rendered, in the sandbox; the desk draws its own page from the blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, NamedTuple

from chalicelib.publishing.page_marks import CHANNEL, NAME, OPEN, RECIPIENT, SENTENCE, Mark, split

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
TEXT = "p"
TITLE = "title"  # of the page, as the browser shows it
LABEL = "label"  # words of an attribute: read aloud, or shown once something happens
_BREAKS = frozenset(HEADINGS) | {
    "address", "article", "aside", "blockquote", "body", "br", "button", "caption", "dd", "details", "div",
    "dl", "dt", "fieldset", "figcaption", "footer", "form", "header", "hr", "label", "legend", "li", "main",
    "nav", "ol", "option", "p", "pre", "section", "select", "summary", "table", "tbody", "td", "th", "thead",
    "title", "tr", "ul",
}  # fmt: skip
_LEFT_TO_RIGHT, _FIRST_STRONG, _END_OF_ISOLATE = "\u2066", "\u2068", "\u2069"
_LISTED = frozenset({"ul", "ol", "li", "button"})
_UNSEEN = frozenset({"script", "style", "template", "textarea", "noscript", "svg", "math"})
_MOST_BLOCKS, _MOST_RUNS = 1_500, 200
_KINDS = frozenset({SENTENCE, NAME, CHANNEL, RECIPIENT})


class Run(NamedTuple):
    """Words that are one thing: `mark` says what, or None where nobody knows."""

    text: str
    mark: Mark | None


@dataclass(frozen=True, slots=True)
class Block:
    """Words that stand by themselves. `kind` is one of HEADINGS, TITLE, LABEL, or TEXT."""

    kind: str
    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        """Return all its words."""
        return "".join(run.text for run in self.runs)


def blocks_of(marked: str) -> list[Block]:
    """Return the blocks of a page with marks, in order. It is read as it stands, and never fails."""
    reader = _Reader()
    reader.feed(marked)
    reader.close()
    reader.flush()
    return reader.blocks


def written(blocks: Sequence[Block]) -> list[Any]:
    """Return blocks as they go out as JSON."""
    return [
        [block.kind, [[run.text, *(run.mark or ("", ""))] for run in block.runs]]
        for block in blocks[:_MOST_BLOCKS]
    ]


def read(found: Any) -> list[Block]:
    """Return blocks that came as JSON out of the sandbox. Raises ValueError for anything else."""
    try:
        return [
            Block(_kind(kind), tuple(_run(*run) for run in runs[:_MOST_RUNS]))
            for kind, runs in found[:_MOST_BLOCKS]
        ]
    except (TypeError, KeyError) as error:
        raise ValueError("these are no blocks") from error


def _kind(kind: Any) -> str:
    return kind if kind in (*HEADINGS, TITLE, LABEL) else TEXT


def _run(text: Any, kind: Any, key: Any) -> Run:
    if not all(isinstance(one, str) for one in (text, kind, key)):
        raise ValueError("these are no words")
    return Run(text, Mark(kind, key) if kind in _KINDS else None)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._runs: list[Run] = []
        self._marks: list[Mark] = []
        self._heading = ""
        self._labels: list[Block] = []  # of what is amid words: they stand behind the block
        self._unseen = ""
        self._in_nav = False  # there, a list is one block: a row of languages, or of other places
        self._between = False
        self._is_rtl = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a block where a browser would."""
        if self._unseen:
            return
        self._label(tag, attrs)
        if tag in ("html", "bdi"):
            self._turn(tag, dict(attrs).get("dir") or "")
        elif tag in _UNSEEN:
            self._unseen = tag
        elif tag in _LISTED and self._in_nav:
            self._between = any(run.text.strip() for run in self._runs)
        elif tag in _BREAKS:
            self.flush()
            self._in_nav = self._in_nav or tag == "nav"
            self._heading = tag if tag in (*HEADINGS, TITLE) else self._heading

    def handle_endtag(self, tag: str) -> None:
        """End a block."""
        if self._unseen:
            self._unseen = "" if tag == self._unseen else self._unseen
        elif tag == "bdi" and self._is_rtl:
            self._add(_END_OF_ISOLATE)
        elif tag in _BREAKS and not (tag in _LISTED and self._in_nav):
            self.flush()
            self._in_nav = self._in_nav and tag != "nav"
            self._heading = "" if tag == self._heading else self._heading

    def handle_data(self, data: str) -> None:
        """Take words, each under the innermost mark."""
        for piece in split(data):
            if isinstance(piece, Mark):
                self._marks.append(piece)
            elif piece is None:
                self._marks = self._marks[:-1]
            elif not self._unseen:
                if self._between and piece.strip():
                    self._between = False
                    self._runs.append(Run(" · ", None))
                self._add(piece)

    def flush(self) -> None:
        """Close the block that is open."""
        runs = _trimmed(self._runs)
        block = [Block(self._heading or TEXT, tuple(runs[:_MOST_RUNS]))] if runs else []
        self.blocks = [*self.blocks, *block, *self._labels][:_MOST_BLOCKS]
        self._runs, self._labels, self._between = [], [], False

    def _label(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the sentences of an element's attributes: what is marked, and nothing else."""
        values = [value for _, value in attrs if value and OPEN in value]
        if values and tag in _BREAKS:
            self.flush()
        for value in values:
            runs = _trimmed(_runs_of(value))
            if any(run.mark for run in runs) and len(self._labels) < _MOST_RUNS:
                self._labels.append(Block(LABEL, tuple(runs[:_MOST_RUNS])))

    def _turn(self, tag: str, direction: str) -> None:
        """Keep the order of a number in a page that is written from the right (bidi)."""
        if tag == "html":
            self._is_rtl = direction == "rtl"
        elif self._is_rtl:
            self._add(_LEFT_TO_RIGHT if direction == "ltr" else _FIRST_STRONG)

    def _add(self, words: str) -> None:
        mark = self._marks[-1] if self._marks else None
        last = self._runs[-1] if self._runs else None
        if last and last.mark == mark:
            self._runs[-1] = Run(last.text + words, mark)
        else:
            self._runs.append(Run(words, mark))


def _runs_of(value: str) -> list[Run]:
    """Return the words of an attribute, each under its mark."""
    runs: list[Run] = []
    mark: Mark | None = None
    for piece in split(value):
        if isinstance(piece, str):
            runs.append(Run(piece, mark))
        else:
            mark = piece
    return runs


def _trimmed(runs: Sequence[Run]) -> list[Run]:
    """Return runs with single spaces, none at the ends, and none that is empty."""
    trimmed: list[Run] = []
    spaced = True  # nothing begins with a space
    for run in runs:
        words = " ".join(run.text.split())
        before = " " if run.text[:1].isspace() and not spaced else ""
        after = " " if words and run.text[-1:].isspace() else ""
        text = f"{before}{words}{after}"
        if text:
            trimmed.append(Run(text, run.mark))
            spaced = text.endswith(" ")
    while trimmed and not trimmed[-1].text.strip():
        trimmed.pop()
    if trimmed:
        trimmed[-1] = Run(trimmed[-1].text.rstrip(), trimmed[-1].mark)
    return trimmed
