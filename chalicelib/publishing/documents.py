"""Drafts (with a revision each), versions, releases and diffs of the documents that an admin may change.

Versions and releases only grow.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.desk.audit import plain_line
from chalicelib.directory.armor import PRIVATE, holds_private
from chalicelib.directory.document_ids import SERVICES, base_of
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing import comparison
from chalicelib.shared.errors import PorchlightError

# A document is stored as one item, and an item holds 400 KB at most.
LONGEST_TEXT = 250_000
# Services are many, and much alike: they are stored packed (zlib).
LONGEST_SERVICES = 4_000_000
MOST_PACKED = 350_000
LONGEST_WHY = 500

MOST_SHOWN = 4_000  # lines of a diff: a response of the admin site holds six megabytes
THROWN_FOR = timedelta(days=30)  # how long a draft that was thrown away can be had back
UNKNOWN = -1
SHIPPED = 0  # the number of the version that came with the package

STOPS = "stops"  # cannot be published
ASKS = "asks"  # can be published, after an explicit yes
TELLS = "tells"  # good to know


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that is being worked on. `revision` grows by one at each save; `base` is where it began.

    `shipped` is the fingerprint of the shipped text that it takes account of: another one now means that the
    package brought a new text, which this draft hides. Those of before 0.2.0 do not say.
    """

    document: str
    text: str
    revision: int
    base: int
    who: str
    when: datetime
    shipped: str = ""


@dataclass(frozen=True, slots=True)
class ThrownDraft:
    """A draft that was thrown away, or written over: by whom, and when. `id` names it among the others."""

    id: str
    draft: Draft
    by: str
    at: datetime


def thrown(draft: Draft, by: str, at: datetime, nonce: bytes) -> ThrownDraft:
    """Return a draft as it is kept once it is thrown away; `nonce` tells two of one second apart."""
    return ThrownDraft(f"{at:%Y%m%d%H%M%S}-{nonce.hex()}", draft, by, at)


@dataclass(frozen=True, slots=True)
class Version:
    """A text that was published. Number 0 is what shipped; it has nobody's name.

    `shipped` is the fingerprint of the shipped text that this version takes account of: another one now means
    that the package brought a new text since, which this version hides.
    """

    document: str
    number: int
    text: str
    who: str = ""
    when: datetime | None = None
    why: str = ""
    shipped: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """The versions that are live together. Documents that are not named are as they shipped.

    `again` is the number of the older release that this one publishes again, or 0. `since` is the release
    that it took the place of (0: what shipped); those of long ago do not say (UNKNOWN).
    """

    number: int
    versions: Mapping[str, int]
    who: str
    when: datetime
    why: str
    again: int = 0
    package: str = ""  # the fingerprint of the package that rendered it
    since: int = UNKNOWN


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that a check found, in a sentence for the person who wrote the text.

    `line` is 0 when it is not about one line; `page` names a page ("es/los-banos-ca") when one shows it.
    """

    document: str
    line: int
    sentence: str
    weight: str = STOPS
    page: str = ""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All that the checks found. `missing` lists each language's sentences that are shown in English.

    `largest` is the largest page in bytes as it travels, `pages` how many were rendered.
    """

    problems: tuple[Problem, ...]
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pages: int = 0
    largest: int = 0

    @property
    def stops(self) -> tuple[Problem, ...]:
        """Return what must be mended before anything is published."""
        return tuple(problem for problem in self.problems if problem.weight == STOPS)

    @property
    def can_be_published(self) -> bool:
        """Say whether nothing stands in the way, an explicit yes apart."""
        return not self.stops

    @property
    def needs_a_yes(self) -> bool:
        """Say whether a publisher has to agree, say to sentences that are missing in some language."""
        return any(self.missing.values()) or any(problem.weight == ASKS for problem in self.problems)


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a diff: `kind` is "same", "gone", "new", "skip" (lines left out between changes) or
    "more" (its text says how many are not shown).

    `old` and `new` are line numbers, 0 where the line is not there.
    """

    kind: str
    text: str
    old: int = 0
    new: int = 0


def check_text(text: str, document: str = "") -> str:
    """Return the text of a document with plain line ends.

    Raises DocumentInvalid when it is too long, not plain, or holds a private key.
    """
    _refuse_private(text)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    written = text.encode("utf-8", "replace")
    if base_of(document) == SERVICES:
        if len(written) > LONGEST_SERVICES or len(zlib.compress(written)) > MOST_PACKED:
            raise DocumentInvalid(
                "these are too many services for one place, or too long ones: about 1,000 are the most. Bring"
                " those of a town or a county to that town or county"
            )
    elif len(written) > LONGEST_TEXT:
        raise DocumentInvalid(f"the text is too long: {LONGEST_TEXT // 1000} KB is the most")
    for number, line in enumerate(text.split("\n"), 1):
        if invisible_in(line):
            raise DocumentInvalid(f"line {number} holds an invisible control character; please type it anew")
    return text


def invisible_in(text: str) -> str:
    """Return the first character that cannot be seen or sent, line ends apart, or nothing."""
    if text.isprintable():
        return ""
    return next((one for one in text if not (one.isprintable() or one in _KEPT or one in "\n\r")), "")


def check_why(why: str) -> str:
    """Return the reason for a change as one line.

    Raises DocumentInvalid when it is empty, too long, or holds a private key.
    """
    _refuse_private(why)
    why = plain_line(why, LONGEST_WHY + 1)
    if not why:
        raise DocumentInvalid("please say why: one short sentence for those who come after you")
    if len(why) > LONGEST_WHY:
        raise DocumentInvalid(f"please say it shorter: {LONGEST_WHY} letters are the most")
    return why


def next_number(versions: Iterable[int]) -> int:
    """Return the number after the highest one: numbers are never used again."""
    return max(versions, default=SHIPPED) + 1


def compare(old: str, new: str, around: int = 3, most: int = MOST_SHOWN) -> tuple[DiffLine, ...]:
    """Return the diff from `old` to `new`, with `around` unchanged lines of context around each change.

    It takes no more than a second or so, whatever the texts hold. After `most` lines it ends with one that
    says how many changed lines are not shown.
    """
    before, after = old.split("\n"), new.split("\n")
    lines: list[DiffLine] = []
    old_at = new_at = hidden = 0
    blocks = [*comparison.common(before, after), (len(before), len(after), 0)]
    for number, (i, j, size) in enumerate(blocks):
        if len(lines) < most:
            lines += [DiffLine("gone", before[line], old=line + 1) for line in range(old_at, i)]
            lines += [DiffLine("new", after[line], new=line + 1) for line in range(new_at, j)]
        else:
            hidden += i - old_at + j - new_at
        first = 0 if number == 0 and not (i or j) else around  # after a change
        last = 0 if (i + size, j + size) == (len(before), len(after)) else around  # before one
        kept = [*range(size)] if size <= first + last else [*range(first), *range(size - last, size)]
        for at in kept if len(lines) < most else ():
            if at == size - last and size > first + last:
                lines.append(DiffLine("skip", "", i + at + 1, j + at + 1))
            lines.append(DiffLine("same", before[i + at], i + at + 1, j + at + 1))
        old_at, new_at = i + size, j + size
    hidden += max(0, len(lines) - most)
    told = [DiffLine("more", f"{hidden:,} more lines are not shown here.")] if hidden else []
    return (*lines[:most], *told)


# Joiners and direction marks have work to do in Arabic, Punjabi and Khmer; tabs come with pasted text.
_KEPT = frozenset("\t\u00a0\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2067\u2068\u2069\u202f\u3000")


def _refuse_private(text: str) -> None:
    if holds_private(text):
        raise DocumentInvalid(f"{PRIVATE}. It was not kept here")


class DraftConflict(PorchlightError):
    """Edit conflict (optimistic lock): somebody else saved since. Show both texts, and lose neither.

    `mine` is what was to be saved; `theirs` the draft that is there now, or None when it was published or
    discarded meanwhile; `live` is the text the public sees.
    """

    def __init__(self, document: str, mine: str, theirs: Draft | None, live: str) -> None:
        super().__init__(f"{document} was changed by somebody else")
        self.document, self.mine, self.theirs, self.live = document, mine, theirs, live


class PublishRefused(PorchlightError):
    """Nothing was published. `report` says what stands in the way; an explicit yes may be enough."""

    def __init__(self, report: CheckReport) -> None:
        super().__init__("the checks stand in the way" if report.stops else "this needs an explicit yes")
        self.report = report
