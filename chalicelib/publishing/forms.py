"""Form validation of the admin site: the fields of a form, what was typed, and every error at once.

A use case says which fields its form has, and what is wrong with each besides. One template (form.html) shows
all of them, with the errors beside their fields and in a summary that links to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.directory.armor import PRIVATE, holds_private, without_private
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.documents import invisible_in
from chalicelib.shared.days import read_day
from chalicelib.shared.errors import StaleRecord

LINE, WORDS, DAY, CHOICE, TICK, TICKS, ROWS = "line", "words", "day", "choice", "tick", "ticks", "rows"
_LISTED = (CHOICE, TICKS)

Problems = dict[str, str]  # the id of a field, or "" for the form as a whole -> a sentence


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `needed` is what is said when it stays empty; without it, it may.

    `options` are pairs of value and words. ROWS is a list of entries with `columns` each, of which `spare`
    empty ones are shown; the field of a row has the id "name-number", counted from 1. `most` is in letters.
    What is `pasted` may hold signs that nobody can see; `with_tick` is needed when the tick before it is set.
    `language` is the tag of what is typed where that is not the desk's own.
    """

    name: str
    label: str
    kind: str = LINE
    hint: str = ""
    needed: str = ""
    options: Sequence[tuple[str, str]] = ()
    most: int = 200
    mode: str = ""
    columns: Sequence[Field] = ()
    spare: int = 2
    pasted: bool = False
    with_tick: bool = False
    language: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together, under a title."""

    title: str
    fields: Sequence[Field]
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, field by field, as a form sends it."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)

    def text(self, name: str) -> str:
        """Return a field as one line with single spaces, or nothing."""
        return " ".join(self.raw(name).split())

    def raw(self, name: str) -> str:
        """Return a field as it was typed, or nothing."""
        return next(iter(self.fields.get(name, ())), "")

    def lines(self, name: str) -> list[str]:
        """Return the lines of a field that are not empty."""
        return [" ".join(line.split()) for line in self.raw(name).splitlines() if line.strip()]

    def chosen(self, name: str) -> list[str]:
        """Return what is ticked or chosen of a field."""
        return list(self.fields.get(name, ()))

    def rows(self, rows: Field) -> list[dict[str, str]]:
        """Return the rows of a field as they were typed, the empty ones too: their numbers stay."""
        lists = [self.chosen(column.name) for column in rows.columns]
        names = [column.name for column in rows.columns]
        return [dict(zip(names, values, strict=True)) for values in zip(*lists, strict=False)]

    def shown(self) -> Typed:
        """Return it as it may be shown again: without a private key."""
        return Typed({name: [without_private(one) for one in values] for name, values in self.fields.items()})

    def shown_rows(self, rows: Field) -> list[dict[str, str]]:
        """Return the rows, and the spare ones behind the last that is not empty."""
        typed = self.rows(rows)
        while typed and _is_empty(rows, typed[-1]):
            typed.pop()
        return [*typed, *[{column.name: "" for column in rows.columns}] * rows.spare]


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, in groups."""

    groups: Sequence[Group] = ()

    def __iter__(self) -> Iterator[Field]:
        return (one for group in self.groups for one in group.fields)

    def problems(self, typed: Typed) -> Problems:
        """Return what is wrong with each field by itself, in the order of the form."""
        found: Problems = {}
        for one in self:
            if one.kind == ROWS:
                for number, row in enumerate(typed.rows(one), 1):
                    for column in one.columns if not _is_empty(one, row) else ():
                        _note(found, f"{column.name}-{number}", _problem(column, [row[column.name]]))
            else:
                _note(found, one.name, _problem(one, typed.chosen(one.name)))
        return found

    def read_back(self, typed: Typed) -> list[tuple[str, str]]:
        """Return each field's label and what it says, in words, to be read beside the form."""
        told = []
        for one in self:
            if one.kind == ROWS:
                rows = [" ".join(filter(None, row.values())) for row in typed.rows(one)]
                said = ", ".join(row for row in rows if row)
            elif one.kind == TICK:
                said = "yes" if typed.raw(one.name) else ""
            else:
                words = dict(one.options)
                said = ", ".join(words.get(value, value) for value in typed.chosen(one.name))
            if said.strip():
                told.append((one.label, said))
        return told

    def in_order(self, problems: Mapping[str, str]) -> Problems:
        """Return problems in the order of the fields; those of the form as a whole come first."""
        names = {""}
        order = [""]
        for one in self:
            order += [one.name, *(column.name for column in one.columns)]
        names.update(order)

        def place(key: str) -> tuple[int, int]:
            name, _, number = key.rpartition("-")
            if name in names and number.isdecimal():
                return order.index(name), int(number)
            return (order.index(key) if key in names else len(order)), 0

        return {key: problems[key] for key in sorted(problems, key=place)}


class FormInvalid(DocumentInvalid):
    """Validation errors of a form: `problems` are all of them, by field. Show them beside what was typed."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


class FormConflict(StaleRecord):
    """Edit conflict of a form: somebody else changed the same thing, and nothing was saved.

    `theirs` is what stands there now, as a form would send it.
    """

    def __init__(self, theirs: Typed) -> None:
        super().__init__("changed by somebody else")
        self.theirs = theirs


def refuse(form: Form, problems: Mapping[str, str]) -> None:
    """Raise FormInvalid when there is any problem."""
    if problems:
        raise FormInvalid(form.in_order(problems))


def _is_empty(rows: Field, row: Mapping[str, str]) -> bool:
    """Say whether nothing was typed into a row; what is only chosen does not count."""
    return not any(row[column.name].strip() for column in rows.columns if column.kind not in _LISTED)


def _note(found: Problems, name: str, problem: str) -> None:
    if problem:
        found[name] = problem


def _problem(one: Field, values: Sequence[str]) -> str:
    value = values[0] if values else ""
    if holds_private(value):
        return f"{PRIVATE[:1].upper()}{PRIVATE[1:]}. It was not kept here."
    if not "".join(values).strip():
        return one.needed
    if one.kind in _LISTED:
        known = [option for option, _ in one.options]
        return "" if all(each in known for each in values) else "Choose one of those that are listed."
    if one.kind == TICK:
        return ""
    if invisible_in(value) and not one.pasted:
        return "There is a sign in this that nobody can see. Type it anew."
    if len(value) > one.most:
        return f"This has {len(value):,} letters. {one.most:,} are the most."
    return _problem_of_day(value.strip()) if one.kind == DAY else ""


def _problem_of_day(value: str) -> str:
    try:
        read_day(value)
    except ValueError:
        return "This is no day. Write it like 2026-11-25."
    return ""
