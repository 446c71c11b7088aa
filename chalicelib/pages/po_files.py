"""gettext catalogs: parser and writer of their text (.po), compiler to what gettext reads (.mo).

One sentence each, no plurals, no contexts: no page asks for those. What other programs write is kept as it
stands: comments, flags, earlier sources, entries that are obsolete, that count, or that have a context.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from chalicelib.directory.errors import DocumentInvalid

_MO_MAGIC = 0x950412DE
_KEYWORD = re.compile(
    r"(msgid_plural|msgid|msgctxt|msgstr(?:\s*\[\s*[0-9]+\s*\])?)(?![A-Za-z0-9_])\s*(.*)", re.DOTALL
)
_PLACE = re.compile(r"\u2068[^\u2069]*\u2069\S*|\S+")  # gettext puts names with spaces between these signs
_ESCAPE = re.compile(r'\\(?:x([0-9A-Fa-f]+)|([0-7]{1,3})|([ntr"\\]))')
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One catalog entry: `source` is English, `text` the translation or nothing; `line` is where it begins.

    `flags` are the others than fuzzy, which `unsure` says. `before` and `after` are lines that stand around
    it and are written again as they were: comments, and entries that no page asks for. `earlier` is what the
    source was when it was translated.
    """

    source: str
    text: str
    line: int = 0
    unsure: bool = False
    places: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


class PoInvalid(DocumentInvalid):
    """A catalog's text cannot be read; `line` is where."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(f"line {line}: {sentence}")
        self.line, self.sentence = line, sentence


def read_po(text: str) -> tuple[Entry, ...]:
    """Parse a catalog's text; the header is the entry whose source is empty. Raises PoInvalid."""
    return tuple(_read(text).entries)


def set_aside(text: str) -> tuple[tuple[int, str], ...]:
    """Return the line and the source of each entry that counts or has a context. Raises PoInvalid."""
    return tuple(_read(text).aside)


def write_po(entries: Iterable[Entry]) -> str:
    """Write a catalog's text; reading it gives the same entries."""
    parts = []
    for entry in entries:
        lines = [*entry.before, *(f"#: {place}" for place in entry.places)]
        flags = [*(["fuzzy"] if entry.unsure else []), *entry.flags]
        if flags:
            lines.append(f"#, {', '.join(flags)}")
        lines += [*entry.earlier, f"msgid {_quoted(entry.source)}", f"msgstr {_quoted(entry.text)}"]
        lines += ["", *entry.after] if entry.after else []
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def write_mo(entries: Iterable[Entry], locale: str = "") -> bytes:
    """Compile a catalog: the sentences that have a sure translation, under a header of our own.

    What a catalog's header says is its translator's affair: gettext would decode by its charset and run its
    plural forms.
    """
    messages = {entry.source: entry.text for entry in entries if entry.text and not entry.unsure}
    language = f"Language: {locale}\n" if locale else ""
    messages[""] = f"{language}Content-Type: text/plain; charset=utf-8\n"
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
    known_entries = [
        entry
        if texts.get(entry.source, entry.text) == entry.text
        else replace(entry, text=texts[entry.source], unsure=False, earlier=())
        for entry in entries
    ]
    added = [Entry(source, text) for source, text in texts.items() if source not in known]
    return write_po([*known_entries, *added])


def replace_texts(text: str, texts: Mapping[str, str]) -> str:
    """Return a catalog with some translations replaced, by source, and all else left as it stands.

    A sentence that was replaced is not unsure any more; one that the catalog lacks comes at its end.
    Raises PoInvalid.
    """
    reader = _read(text)
    lines: list[str | None] = [*_lines(text)]
    for entry, where in zip(reader.entries, reader.wheres, strict=True):
        if entry.source not in texts:
            continue
        for number in where.earlier:
            lines[number - 1] = None
        for number in where.flags:
            left = [flag for flag in _flags(str(lines[number - 1])) if flag != "fuzzy"]
            lines[number - 1] = f"#, {', '.join(left)}" if left else None
        for number in where.text[1:]:
            lines[number - 1] = None
        lines[where.text[0] - 1] = f"msgstr {_quoted(texts[entry.source])}"
    known = {entry.source for entry in reader.entries}
    added = [Entry(source, new) for source, new in texts.items() if source not in known and new]
    whole = "\n".join(line for line in lines if line is not None)
    return f"{whole.rstrip()}\n\n{write_po(added)}".lstrip("\n") if added else whole


class _Where:
    """On which lines the parts of an entry stand."""

    def __init__(self) -> None:
        self.flags: list[int] = []
        self.earlier: list[int] = []
        self.text: list[int] = []


class _Reader:
    """Takes a catalog line by line, as gettext does: comments and flags belong to the entry after them."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.wheres: list[_Where] = []
        self.aside: list[tuple[int, str]] = []
        self._seen: dict[str, int] = {}
        self._loose: list[str] = []  # comments, and what is set aside
        self._reset()

    def _reset(self) -> None:
        self._source: str | None = None
        self._text: str | None = None
        self._line = 0
        self._words: list[str] = []  # flags
        self._places: list[str] = []
        self._earlier: list[str] = []
        self._comments: list[str] = []
        self._raw: list[str] = []  # everything of this entry, in case it is set aside
        self._parts: list[str] = []  # the keywords so far
        self._where = _Where()

    def take(self, number: int, line: str) -> None:
        if line.startswith("#"):
            if self._complete:
                self._finish()
            self._raw.append(line)
            self._comment(number, line)
        elif line.startswith('"'):
            self._raw.append(line)
            if not self._parts:
                raise PoInvalid(number, "this text belongs to no sentence")
            self._string(number, line)
        elif line:
            match = _KEYWORD.match(line)
            if match is None:
                raise PoInvalid(number, "a line begins with msgid, msgstr, # or a quote")
            word = re.sub(r"\s", "", match[1])
            self._begin(number, word)
            self._raw.append(line)
            self._parts.append(word)
            self._string(number, match[2])

    def end(self) -> None:
        if self._complete:
            self._finish()
        elif self._parts:
            raise PoInvalid(self._line, "this sentence has no msgstr after it")
        left = tuple(_trimmed([*self._loose, *self._raw]))
        if left:
            if not self.entries:
                self.entries.append(Entry("", ""))
                self.wheres.append(_Where())
            self.entries[-1] = replace(self.entries[-1], after=left)

    @property
    def _complete(self) -> bool:
        return bool(self._parts) and self._parts[-1].startswith("msgstr")

    def _comment(self, number: int, line: str) -> None:
        if line.startswith("#~"):  # whatever stands above it is its own
            self._loose += [*self._comments_of_obsolete(), line]
            return
        if line.startswith("#,"):
            self._words += _flags(line)
            self._where.flags.append(number)
        elif line.startswith("#:"):
            self._places += _PLACE.findall(line[2:])
        elif line.startswith("#|"):
            self._earlier.append(line)
            self._where.earlier.append(number)
        else:
            self._comments.append(line)

    def _comments_of_obsolete(self) -> list[str]:
        if self._parts:  # amid a sentence: only the line itself is obsolete
            self._raw.pop()
            return []
        above = self._raw[:-1]
        if self._loose and self._loose[-1].startswith("#~") and above:
            above = ["", *above]
        self._reset()
        return above

    def _begin(self, number: int, word: str) -> None:
        before = self._parts[-1] if self._parts else ""
        if word.startswith("msgstr"):
            if "msgid" not in self._parts or (word == "msgstr" and self._complete):
                raise PoInvalid(number, "this msgstr has no msgid before it")
            if (word == "msgstr") == ("msgid_plural" in self._parts):
                raise PoInvalid(number, "msgid_plural and msgstr[0], msgstr[1] … go together")
            if word in self._parts:
                raise PoInvalid(number, f"{word} stands here twice")
        elif word == "msgid_plural":
            if before != "msgid":
                raise PoInvalid(
                    number, "a line begins with msgid, msgstr, # or a quote; msgid_plural comes after msgid"
                )
        else:
            if self._complete:
                self._finish()
                before = ""
            if before and (before, word) != ("msgctxt", "msgid"):
                raise PoInvalid(self._line, "this sentence has no msgstr after it")
        if not self._parts or word == "msgid":
            self._line = number

    def _string(self, number: int, quoted: str) -> None:
        piece, word = _unquoted(number, quoted), self._parts[-1]
        if word == "msgid":
            self._source = (self._source or "") + piece
        elif word == "msgstr":
            self._text = (self._text or "") + piece
            self._where.text.append(number)

    def _finish(self) -> None:
        source = self._source or ""
        if self._text is None or self._parts[0] == "msgctxt":
            self.aside.append((self._line, source))
            self._loose += [*([""] if self._loose else []), *self._raw, ""]
            self._reset()
            return
        if source in self._seen:
            before = self._seen[source]
            raise PoInvalid(self._line, f"this sentence is there twice, first in line {before}")
        self._seen[source] = self._line
        words = dict.fromkeys(self._words)
        flags = tuple(word for word in words if word != "fuzzy")
        above = [*self._loose, *([""] if self._loose else []), *self._comments]
        self.entries.append(
            Entry(
                source,
                self._text,
                self._line,
                "fuzzy" in words,
                tuple(self._places),
                flags,
                tuple(self._earlier),
                tuple(_trimmed(above, end=False)),
            )
        )
        self.wheres.append(self._where)
        self._loose = []
        self._reset()


@lru_cache(maxsize=32)  # a page of the desk asks ten catalogs for the same sentences again and again
def _read(text: str) -> _Reader:
    reader = _Reader()
    for number, line in enumerate(_lines(text), 1):
        reader.take(number, line.strip())
    reader.end()
    return reader


def _lines(text: str) -> list[str]:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _trimmed(lines: Sequence[str], end: bool = True) -> list[str]:
    """Return lines without empty ones at the beginning, at the end, or twice in a row."""
    trimmed: list[str] = []
    for line in lines:
        if line or (trimmed and trimmed[-1]):
            trimmed.append(line)
    while end and trimmed and not trimmed[-1]:
        trimmed.pop()
    return trimmed


def _flags(line: str) -> list[str]:
    return [word for word in re.split(r"[,\s]+", line[2:]) if word]


def _unquoted(number: int, quoted: str) -> str:
    """Return what stands between the quotes of a line; there may be several pieces in a row."""
    left, out = quoted.strip(), []
    if not left.startswith('"'):
        raise PoInvalid(number, "the text is not between two quotes")
    while left:
        match = re.match(r'"((?:[^"\\]|\\.)*)"\s*', left, re.DOTALL)
        if match is None and left.startswith('"'):
            raise PoInvalid(number, "the text is not between two quotes")
        if match is None:
            raise PoInvalid(
                number, 'after the last quote nothing may stand; a quote inside the text is written \\"'
            )
        out.append(_plain(number, match[1]))
        left = left[match.end() :]
    return "".join(out)


def _plain(number: int, piece: str) -> str:
    """Return a piece of text with its escapes resolved; those by number are bytes of UTF-8."""
    if "\\" not in piece:
        return piece
    out, at = bytearray(), 0
    while True:
        stop = piece.find("\\", at)
        out += piece[at : stop if stop >= 0 else len(piece)].encode("utf-8", "surrogatepass")
        if stop < 0:
            break
        match = _ESCAPE.match(piece, stop)
        if match is None:
            raise PoInvalid(number, "a backslash stands only before n, t, quote or backslash")
        if match[3]:
            out += _LETTERS[match[3]].encode()
        else:
            code = int(match[1][-8:], 16) if match[1] else int(match[2], 8)
            if code not in (9, 10, 13) and (not 32 <= code <= 255 or code == 127):
                raise PoInvalid(number, f"“{match[0][:12]}” stands for no letter that a page can show")
            out.append(code)
        at = match.end()
    try:
        return out.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise PoInvalid(number, "the numbers after the backslashes make no letter in UTF-8") from None


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\r", "\\r")
    if "\n" not in plain:
        return f'"{plain}"'
    lines = plain.split("\n")
    pieces = [line + "\\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    return "\n".join(['""', *(f'"{piece}"' for piece in pieces)])
