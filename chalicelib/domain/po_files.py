"""Catalogs as text (.po) and as gettext reads them (.mo).

One sentence each, no plurals, no contexts: ours need none.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.domain.errors import DocumentInvalid

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_MO_MAGIC = 0x950412DE


@dataclass(frozen=True, slots=True)
class Entry:
    """One sentence: `source` is English, `text` the translation or nothing; `line` is where it begins."""

    source: str
    text: str
    line: int = 0
    unsure: bool = False
    places: tuple[str, ...] = ()


class PoInvalid(DocumentInvalid):
    """A catalog's text cannot be read; `line` is where."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(f"line {line}: {sentence}")
        self.line, self.sentence = line, sentence


def read_po(text: str) -> tuple[Entry, ...]:
    """Read a catalog's text; the header is the entry whose source is empty. Raises PoInvalid."""
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        reader.take(number, line.strip())
    reader.end()
    return tuple(reader.entries)


def write_po(entries: Iterable[Entry]) -> str:
    """Write a catalog's text; reading it gives the same entries."""
    parts = []
    for entry in entries:
        lines = [f"#: {place}" for place in entry.places]
        if entry.unsure:
            lines.append("#, fuzzy")
        lines += [f"msgid {_quoted(entry.source)}", f"msgstr {_quoted(entry.text)}"]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def write_mo(entries: Iterable[Entry]) -> bytes:
    """Compile a catalog: the sentences that have a sure translation, and the header."""
    messages = {entry.source: entry.text for entry in entries if entry.text and not entry.unsure}
    messages.setdefault("", "Content-Type: text/plain; charset=utf-8\n")
    pairs = sorted((source.encode(), text.encode()) for source, text in messages.items())
    at = 28 + 16 * len(pairs)
    tables = []
    for strings in zip(*pairs, strict=True):
        table = []
        for string in strings:
            table.append(struct.pack("<II", len(string), at))
            at += len(string) + 1
        tables.append(b"".join(table))
    head = struct.pack("<7I", _MO_MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, at)
    body = b"".join(string + b"\0" for strings in zip(*pairs, strict=True) for string in strings)
    return head + b"".join(tables) + body


def read_mo(content: bytes) -> Mapping[str, str]:
    """Read a compiled catalog back: source -> text, the header under "".

    Raises ValueError for anything else.
    """
    if len(content) < 28 or struct.unpack_from("<I", content)[0] != _MO_MAGIC:
        raise ValueError("not a compiled catalog")
    _, count, sources, texts = struct.unpack_from("<4I", content, 4)

    def string(table: int, index: int) -> str:
        length, start = struct.unpack_from("<II", content, table + 8 * index)
        return content[start : start + length].decode("utf-8")

    return {string(sources, index): string(texts, index) for index in range(count)}


def with_texts(entries: Sequence[Entry], texts: Mapping[str, str]) -> str:
    """Return the catalog's text with some translations replaced, by source; unknown ones come at the end."""
    known = {entry.source for entry in entries}
    kept = [
        Entry(entry.source, texts.get(entry.source, entry.text), 0, entry.unsure, entry.places)
        if texts.get(entry.source, entry.text) == entry.text
        else Entry(entry.source, texts[entry.source], 0, False, entry.places)
        for entry in entries
    ]
    added = [Entry(source, text) for source, text in texts.items() if source not in known]
    return write_po([*kept, *added])


class _Reader:
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._seen: dict[str, int] = {}
        self._reset()

    def _reset(self) -> None:
        self._source: str | None = None
        self._text: str | None = None
        self._line = 0
        self._unsure = False
        self._places: list[str] = []

    def take(self, number: int, line: str) -> None:
        if line.startswith("#~"):
            return
        if line.startswith("#"):
            self._finish(number)
            if line.startswith("#,"):
                self._unsure = "fuzzy" in line
            elif line.startswith("#:"):
                self._places += line[2:].split()
        elif line.startswith("msgid "):
            self._finish(number)
            if self._source is not None:
                raise PoInvalid(self._line, "this sentence has no msgstr after it")
            self._source, self._line = self._string(number, line[6:]), number
        elif line.startswith("msgstr "):
            if self._source is None or self._text is not None:
                raise PoInvalid(number, "this msgstr has no msgid before it")
            self._text = self._string(number, line[7:])
        elif line.startswith('"'):
            piece = self._string(number, line)
            if self._text is not None:
                self._text += piece
            elif self._source is not None:
                self._source += piece
            else:
                raise PoInvalid(number, "this text belongs to no sentence")
        elif line:
            raise PoInvalid(number, "a line begins with msgid, msgstr, # or a quote")

    def end(self) -> None:
        self._finish(0)
        if self._source is not None:
            raise PoInvalid(self._line, "this sentence has no msgstr after it")

    def _finish(self, number: int) -> None:
        if self._source is None or self._text is None:
            return
        if self._source in self._seen:
            before = self._seen[self._source]
            raise PoInvalid(self._line, f"this sentence is there twice, first in line {before}")
        self._seen[self._source] = self._line
        self.entries.append(Entry(self._source, self._text, self._line, self._unsure, tuple(self._places)))
        self._reset()

    @staticmethod
    def _string(number: int, quoted: str) -> str:
        quoted = quoted.strip()
        if len(quoted) < 2 or quoted[0] != '"' or quoted[-1] != '"':
            raise PoInvalid(number, "the text is not between two quotes")
        out, inside = [], iter(quoted[1:-1])
        for character in inside:
            if character == "\\":
                following = next(inside, "")
                if following not in _ESCAPES:
                    raise PoInvalid(number, "a backslash stands only before n, t, quote or backslash")
                out.append(_ESCAPES[following])
            elif character == '"':
                raise PoInvalid(number, 'a quote inside the text is written \\"')
            else:
                out.append(character)
        return "".join(out)


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\r", "\\r")
    if "\n" not in plain:
        return f'"{plain}"'
    lines = plain.split("\n")
    pieces = [line + "\\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    return "\n".join(['""', *(f'"{piece}"' for piece in pieces)])
