"""CSS values as amounts: numbers, lengths in pixels of a usual screen, words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tinycss2.ast import Node

from chalicelib.publishing.style.colours import Variables, expanded
from chalicelib.publishing.style.sheets import Declaration, walk

PLAIN = ("inherit", "initial", "unset", "revert", "revert-layer", "auto", "normal", "none")
MATH = ("calc", "min", "max", "clamp", "round", "mod", "rem", "abs", "sign")
REM = 16.0
UNITS = {
    "px": 1.0, "rem": REM, "em": REM, "ch": 8.0, "ex": 8.0, "lh": 24.0, "rlh": 24.0, "pt": 4 / 3,
    "pc": 16.0,
    "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "q": 96 / 101.6, "ic": REM, "cap": 12.0, "rex": 8.0,
    "rch": 8.0, "ric": REM, "rcap": 12.0,
}  # fmt: skip
_OF_SCREEN = re.compile(r"(s|l|d|cq)?(v)?(w|h|i|b|min|max)")


def significant(declaration: Declaration, variables: Variables) -> list[Node]:
    """Return a value's tokens with variables filled in, without spaces and comments."""
    return [
        node for node in expanded(declaration.tokens, variables) if node.type not in ("whitespace", "comment")
    ]


def words_of(nodes: Sequence[Node]) -> set[str]:
    """Return the words among tokens; what is none counts as “?”."""
    return {node.lower_value if node.type == "ident" else "?" for node in nodes}


def is_word(node: Node, *words: str) -> bool:
    """Say whether a token is one of these words."""
    return bool(node.type == "ident" and node.lower_value in words)


def amount_of(node: Node) -> float | None:
    """Return a number, or a length in pixels of a usual screen; None for what is neither."""
    if node.type == "number":
        return float(node.value)
    if node.type == "percentage" and node.value == 0:
        return 0.0
    if node.type == "percentage":
        return None if node.value != 100 else 1.0
    if node.type == "dimension":
        unit = node.lower_unit
        if unit in UNITS:
            return float(node.value) * UNITS[unit]
        if _OF_SCREEN.fullmatch(unit):
            return float(node.value) * 20.0
    return None


def within(nodes: Sequence[Node], least: float, most: float) -> bool:
    """Say whether each length lies within these bounds; a calculation must, in each of its numbers."""
    for node in nodes:
        if is_word(node, *PLAIN, "fit-content", "min-content", "max-content", "stretch"):
            continue
        if node.type == "percentage" and max(0, -least) * 100 >= -node.value and node.value <= 100:
            if node.value >= 0 or (least < 0 and node.value >= -5):
                continue
            return False
        if node.type == "function" and node.lower_name in (*MATH, "env"):
            inner = [one for one, _ in walk([node])][1:]
            if any(one in ("-", "*", "/") for one in inner):
                return False
            amounts = [amount_of(one) for one in inner if one.type in ("dimension", "number")]
            if any(one is None or not least <= one <= most for one in amounts):
                return False
            continue
        amount = amount_of(node)
        if amount is None or not least <= amount <= most:
            return False
    return True


def is_length(node: Node, least: float, most: float) -> bool:
    """Say whether a token is a length within these bounds."""
    amount = amount_of(node) if node.type == "dimension" else None
    return amount is not None and least <= amount <= most
