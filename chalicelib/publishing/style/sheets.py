"""CSS parser: a style sheet as rules, as browsers read it. Nested rules and conditions are laid flat."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import tinycss2
from tinycss2.ast import Node

from chalicelib.publishing.style.selectors import Selector, read_selectors, written

_CONDITIONS = ("media", "supports", "layer", "container")
_DEEPEST = 20
_END = "porchlight-end"  # a rule behind the last one: what is left open would swallow it
_OPEN = "The brackets { and } do not match, or a quote or comment is never closed."
_BLOCKS = ("() block", "[] block", "{} block", "function")


@dataclass(frozen=True, slots=True)
class Declaration:
    """One property with its value as tokens, without comments; `text` is the value as it is written."""

    name: str
    tokens: tuple[Node, ...]
    text: str
    important: bool
    line: int


@dataclass(frozen=True, slots=True)
class StyleRule:
    """Declarations for what the selectors match, under conditions like "@media print"."""

    selectors: tuple[Selector, ...]
    declarations: tuple[Declaration, ...]
    conditions: tuple[str, ...]
    line: int

    @property
    def text(self) -> str:
        """Return the selectors as they are written."""
        return ", ".join(selector.text for selector in self.selectors)

    @property
    def printed(self) -> bool:
        """Say whether this is for paper and for nothing else."""
        return any(_is_print(condition) for condition in self.conditions)

    @property
    def always(self) -> bool:
        """Say whether no condition keeps it from the screen."""
        return all(
            re.fullmatch(r"@media (only )?(screen|all)|@layer.*", condition) for condition in self.conditions
        )

    def values(self) -> dict[str, Declaration]:
        """Return the declarations by property: the last one of a name counts, unless one is important."""
        declarations: dict[str, Declaration] = {}
        for declaration in self.declarations:
            if (
                declaration.name not in declarations
                or declaration.important
                or not declarations[declaration.name].important
            ):
                declarations[declaration.name] = declaration
        return declarations


@dataclass(frozen=True, slots=True)
class Fault:
    """What cannot be read, or is of no use on a page."""

    line: int
    sentence: str


class StyleSheet:
    """All rules of a sheet in their order, and what is wrong with its form."""

    def __init__(self, text: str) -> None:
        self.rules: list[StyleRule] = []
        self.faults: list[Fault] = []
        nodes = tinycss2.parse_stylesheet(f"{text}\n{_END}{{}}", skip_comments=True, skip_whitespace=True)
        if not nodes or nodes[-1].type != "qualified-rule" or written(nodes[-1].prelude) != _END:
            self.faults.append(
                Fault(0, "The brackets { and } do not match, or a quote or comment is never closed.")
            )
            return
        if any(depth > _DEEPEST for _, depth in walk(nodes)):
            self.faults.append(Fault(0, "This has too many brackets inside each other."))
            return
        for node, _ in walk(nodes):
            if node.type == "error":
                said = f"This cannot be read here: the brackets or the order are amiss ({node.message})."
                self.faults.append(Fault(node.source_line, said))
        self._read(nodes[:-1], (), ())

    def _read(self, nodes: Sequence[Node], around: tuple[Selector, ...], conditions: tuple[str, ...]) -> None:
        for node in nodes:
            if node.type == "qualified-rule":
                selectors = read_selectors(node.prelude, around)
                self._block(node, node.content, selectors, conditions)
            elif node.type == "at-rule":
                self._at_rule(node, around, conditions)

    def _block(
        self,
        node: Node,
        content: Sequence[Node],
        selectors: tuple[Selector, ...],
        conditions: tuple[str, ...],
    ) -> None:
        parts = tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
        self.faults += [
            Fault(part.source_line, f"This cannot be read here: {part.message}.")
            for part in parts
            if part.type == "error"
        ]
        own = tuple(_declaration(part) for part in parts if part.type == "declaration")
        if selectors and own:
            self.rules.append(StyleRule(selectors, own, conditions, node.source_line))
        self._read(
            [part for part in parts if part.type not in ("declaration", "error")], selectors, conditions
        )

    def _at_rule(self, node: Node, around: tuple[Selector, ...], conditions: tuple[str, ...]) -> None:
        name = node.lower_at_keyword
        if name == "page" and node.content is not None:
            return  # margins of paper
        if name not in _CONDITIONS:
            self.faults.append(
                Fault(
                    node.source_line,
                    f"“@{name}” is not allowed: the page loads nothing, from us or from outside,"
                    " and nothing on it moves by itself.",
                )
            )
        elif node.content is not None:
            condition = f"@{name} {written(node.prelude)}".strip()
            if around:
                self._block(node, node.content, around, (*conditions, condition))
            else:
                inner = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
                self._read(inner, around, (*conditions, condition))


def walk(nodes: Sequence[Node]) -> Iterator[tuple[Node, int]]:
    """Return every token with how deep it stands, blocks before what is in them."""
    waiting: list[tuple[Any, int]] = [(node, 0) for node in reversed(nodes)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        if depth > _DEEPEST:
            continue
        inner: Sequence[Node] = ()
        if node.type in ("qualified-rule", "at-rule"):
            inner = [*node.prelude, *(node.content or ())]
        elif node.type == "declaration":
            inner = node.value
        elif node.type in _BLOCKS:
            inner = node.arguments if node.type == "function" else node.content
        waiting += [(one, depth + 1) for one in reversed(inner)]


def _declaration(node: Node) -> Declaration:
    tokens = tuple(token for token in node.value if token.type != "comment")
    while tokens and tokens[0].type == "whitespace":
        tokens = tokens[1:]
    while tokens and tokens[-1].type == "whitespace":
        tokens = tokens[:-1]
    name = node.name if node.name.startswith("--") else node.lower_name
    return Declaration(name, tokens, written(tokens), node.important, node.source_line)


def _is_print(condition: str) -> bool:
    queries = condition.removeprefix("@media ").lower().split(",")
    return condition.startswith("@media ") and all(
        re.fullmatch(r"\s*(?:only\s+)?print(?:\s+and\s.*)?", query) for query in queries
    )
