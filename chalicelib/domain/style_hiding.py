"""What style can hide or move: the exit, the warning, the numbers, and all that they stand in.

For these only what is on a list may be said, each with values that keep them in sight (decision 47). For
everything else the list is short: nothing lies over the page, and nothing pushes it out of sight.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tinycss2.ast import Node

from chalicelib.domain.style_colours import Variables, expanded
from chalicelib.domain.style_sheets import Declaration, walk

EXIT, SHOWN, AROUND = "exit", "shown", "around"

# No value of these, or no colour of them, takes an element out of sight.
_HARMLESS = re.compile(
    r"--.*|background(-.*)?|color|border(-.*)?|outline(-.*)?|font(-weight|-style|-family|-kerning"
    r"|-variant(-.*)?|-optical-sizing|-synthesis.*|-stretch|-size-adjust)?|text-(align(-last)?|decoration(-.*)?"
    r"|underline-.*|wrap(-.*)?|transform|rendering|size-adjust)|-webkit-text-size-adjust|align-.*|justify-.*"
    r"|place-.*|(row-|column-|grid-|grid-row-|grid-column-)?gap|flex(-direction|-flow|-wrap|-grow|-shrink|-basis)?"
    r"|grid(-template.*|-auto-.*|-column.*)?|box-(sizing|decoration-break)|cursor|overflow-wrap|word-(wrap|break)"
    r"|line-break|hyphens|hyphenate-.*|white-space(-collapse)?|list-style(-.*)?|accent-color|caret-color"
    r"|color-scheme|(forced|print)-color-adjust|-webkit-print-color-adjust|tab-size|scroll-.*|vertical-align"
    r"|counter-.*|quotes|box-shadow|orphans|widows|break-.*|page-break-.*|touch-action|-webkit-tap-highlight-color"
    r"|container(-.*)?|isolation|transition(-.*)?|letter-spacing|word-spacing|user-select|appearance"
    r"|-webkit-(user-select|appearance|font-smoothing)|-moz-osx-font-smoothing|interpolate-size|ruby-.*"
)
_SIZES = re.compile(r"(max-)?(inline-size|width|block-size|height)")
_LEAST_SIZES = re.compile(r"min-(inline-size|width|block-size|height)")
_MARGINS = re.compile(r"(scroll-)?margin(-(block|inline)(-(start|end))?|-(top|bottom|left|right))?")
_PADDINGS = re.compile(r"padding(-(block|inline)(-(start|end))?|-(top|bottom|left|right))?")
_INSETS = re.compile(r"inset(-(block|inline)(-(start|end))?)?|top|bottom|left|right")
_BLOCKS = (
    "block", "flex", "inline-block", "grid", "inline-flex", "inline-grid", "flow-root", "list-item", "inline",
    "table", "table-cell",
)  # fmt: skip
# property -> the only words it may have, for other things and for the exit
_WORDS: dict[str, tuple[set[str], set[str]]] = {
    "display": ({*_BLOCKS, "flow"}, set(_BLOCKS) - {"inline"}),
    "visibility": (set(), set()),
    "position": ({"static", "relative"}, {"sticky"}),
    "float": ({"none"}, {"none"}),
    "clear": ({"none", "both", "left", "right", "inline-start", "inline-end"},) * 2,
    "aspect-ratio": ({"auto"}, {"auto"}),
    "unicode-bidi": ({"isolate", "normal"}, {"isolate", "normal"}),
    **{f"overflow{axis}": ({"visible"}, {"visible"}) for axis in ("", "-x", "-y", "-inline", "-block")},
}
_PLAIN = ("inherit", "initial", "unset", "revert", "revert-layer", "auto", "normal", "none")
_MATH = ("calc", "min", "max", "clamp", "round", "mod", "rem", "abs", "sign")
_REM = 16.0
_UNITS = {
    "px": 1.0, "rem": _REM, "em": _REM, "ch": 8.0, "ex": 8.0, "lh": 24.0, "rlh": 24.0, "pt": 4 / 3,
    "pc": 16.0,
    "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "q": 96 / 101.6, "ic": _REM, "cap": 12.0, "rex": 8.0,
    "rch": 8.0, "ric": _REM, "rcap": 12.0,
}  # fmt: skip
_OF_SCREEN = re.compile(r"(s|l|d|cq)?(v)?(w|h|i|b|min|max)")
_SMALL_WORDS = ("xx-small", "x-small", "smaller")


def hides(one: Declaration, kind: str, variables: Variables) -> bool:
    """Say whether a declaration could hide or move something of this kind that must be seen."""
    name, nodes = one.name, _significant(one, variables)
    if _HARMLESS.fullmatch(name):
        return not _harmless(name, nodes)
    if not nodes or any(node.type == "function" and node.lower_name == "var" for node in nodes):
        return True
    allowed = _WORDS.get(name)
    if allowed is not None:
        return not _words(nodes) <= allowed[kind == EXIT]
    if name == "opacity":
        return not all(_amount(node) == 1 for node in nodes)
    if name == "z-index":
        return (_level(nodes) < 1) if kind == EXIT else (_level(nodes) >= 1)
    if name in ("font-size", "line-height"):
        return not _fine_print(name, nodes)
    if name == "text-indent":
        return not _within(nodes, 0, 2 * _REM)
    if name == "grid-area":
        return kind == EXIT or not all(node.type == "ident" for node in nodes)
    return not _of_room(name, nodes)


def _of_room(name: str, nodes: Sequence[Node]) -> bool:
    """Say whether sizes and distances leave a thing where it is, and large enough."""
    if _SIZES.fullmatch(name):
        return _large_enough(nodes)
    if _LEAST_SIZES.fullmatch(name):
        return _within(nodes, 0, 30 * _REM)
    if _MARGINS.fullmatch(name):
        block = "inline" not in name and not name.endswith(("left", "right"))
        # A bar may reach to both edges of a narrow page, past its padding.
        return _within(nodes, -0.5 if block else -2 * _REM, 10 * _REM)
    if _PADDINGS.fullmatch(name):
        return _within(nodes, 0, 10 * _REM)
    if _INSETS.fullmatch(name):
        return all(_is_word(node, "auto") or _amount(node) == 0 for node in nodes)
    return False


def _harmless(name: str, nodes: Sequence[Node]) -> bool:
    """Say whether a property that only says how something looks is not driven to an extreme."""
    if name in ("font", "flex", "flex-basis", "letter-spacing", "word-spacing"):
        return _fine_print(name, nodes)
    if name.endswith("gap"):
        return _within(nodes, 0, 10 * _REM)
    if name.startswith("container"):
        return "size" not in _words(nodes)
    if name.startswith("grid-") or name == "grid":
        return all(
            (node.type != "number" or name.startswith("grid-column"))
            and (node.type != "dimension" or node.lower_unit == "fr" or (_amount(node) or 0) >= 2 * _REM)
            for node in nodes
        )
    return True


def lies_over(
    rule: dict[str, Declaration], variables: Variables, exits: float
) -> list[tuple[Declaration, str]]:
    """Return what in a rule, whatever it matches, would cover or push away what others must see."""
    found = []
    for name, one in rule.items():
        reason = _why_over(name, _significant(one, variables), exits, _tiny(rule))
        if reason:
            found.append((one, reason))
    return found


def _why_over(name: str, nodes: Sequence[Node], exits: float, tiny: bool) -> str:
    words = _words(nodes)
    if name == "position" and words & {"fixed", "absolute", "?"} and not (words == {"absolute"} and tiny):
        return "would lie over the page when letters are large, and hide what is under it"
    if name == "z-index" and _level(nodes) >= max(exits, 1):
        return "would lie over the exit"
    if _INSETS.fullmatch(name) and not _within(nodes, -_REM, _REM):
        return "would move it over other things"
    if name in _MOVES and not words <= set(_PLAIN):
        return "is not allowed: it moves or covers things"
    if name.startswith("animation"):
        return "is not allowed: nothing on these pages moves by itself"
    if name.startswith("transition") and not _quick(name, nodes):
        return "would hold up the exit: name colours alone, like “transition: color .2s”"
    if _MARGINS.fullmatch(name) and not _within(nodes, -2 * _REM, 30 * _REM):
        return "would move it over other things, or push them out of sight"
    if (_PADDINGS.fullmatch(name) or _LEAST_SIZES.fullmatch(name)) and not _within(nodes, 0, 42 * _REM):
        return "would push other things out of sight"
    if re.fullmatch(r"height|block-size", name) and not _within(nodes, 0, 30 * _REM):
        return "would push other things out of sight"
    if _EDGES.fullmatch(name) and not _thin(nodes):
        return "would cover what is beside it: one rem at most"
    return ""


_EDGES = re.compile(r"(outline|border)(-.*)?|box-shadow|text-decoration(-thickness)?|vertical-align")
_MOVES = (
    "all", "transform", "translate", "rotate", "scale", "zoom", "perspective", "offset", "offset-path",
    "offset-distance", "offset-position", "filter", "backdrop-filter", "mix-blend-mode", "text-shadow",
    "behavior",
    "-moz-binding", "pointer-events", "-webkit-text-fill-color", "-webkit-text-security", "-webkit-filter",
    "-webkit-transform", "-ms-transform", "-webkit-box-reflect", "order", "position-anchor", "border-image",
    "border-image-outset", "-webkit-border-image", "will-change", "writing-mode", "-webkit-writing-mode", "d",
    "interactivity",
)  # fmt: skip
_COLOURED = re.compile(
    r"(background-|border-([a-z]+-)*|outline-|text-decoration-)?color|box-shadow|none|initial|inherit|unset"
)


def _significant(one: Declaration, variables: Variables) -> list[Node]:
    return [node for node in expanded(one.tokens, variables) if node.type not in ("whitespace", "comment")]


def _words(nodes: Sequence[Node]) -> set[str]:
    return {node.lower_value if node.type == "ident" else "?" for node in nodes}


def _is_word(node: Node, *words: str) -> bool:
    return bool(node.type == "ident" and node.lower_value in words)


def _amount(node: Node) -> float | None:
    """Return a number, or a length in pixels of a usual screen; None for what is neither."""
    if node.type == "number":
        return float(node.value)
    if node.type == "percentage" and node.value == 0:
        return 0.0
    if node.type == "percentage":
        return None if node.value != 100 else 1.0
    if node.type == "dimension":
        unit = node.lower_unit
        if unit in _UNITS:
            return float(node.value) * _UNITS[unit]
        if _OF_SCREEN.fullmatch(unit):
            return float(node.value) * 20.0
    return None


def _within(nodes: Sequence[Node], least: float, most: float) -> bool:
    """Say whether each length lies within these bounds; a calculation must, in each of its numbers."""
    for node in nodes:
        if _is_word(node, *_PLAIN, "fit-content", "min-content", "max-content", "stretch"):
            continue
        if node.type == "percentage" and max(0, -least) * 100 >= -node.value and node.value <= 100:
            if node.value >= 0 or (least < 0 and node.value >= -5):
                continue
            return False
        if node.type == "function" and node.lower_name in (*_MATH, "env"):
            inner = [one for one, _ in walk([node])][1:]
            if any(one in ("-", "*", "/") for one in inner):
                return False
            amounts = [_amount(one) for one in inner if one.type in ("dimension", "number")]
            if any(one is None or not least <= one <= most for one in amounts):
                return False
            continue
        amount = _amount(node)
        if amount is None or not least <= amount <= most:
            return False
    return True


def _level(nodes: Sequence[Node]) -> float:
    if _words(nodes) <= set(_PLAIN):
        return 0.0
    if len(nodes) == 1 and nodes[0].type == "number":
        return float(nodes[0].value)
    return float("inf")


def _large_enough(nodes: Sequence[Node]) -> bool:
    """Say whether a size leaves room for a line of words."""
    for node in nodes:
        if _is_word(node, *_PLAIN, "fit-content", "max-content", "min-content", "stretch"):
            continue
        inner = [one for one, _ in walk([node])]
        if node.type == "function" and (
            node.lower_name not in (*_MATH, "fit-content") or any(one in ("*", "/") for one in inner)
        ):
            return False
        amounts = [_amount(one) or 0 for one in inner if one.type == "dimension"]
        shares = [one.value for one in inner if one.type == "percentage"]
        smallest = min if node.type == "function" and node.lower_name == "min" else max
        if (
            shares
            and smallest(shares) >= 50
            and not (smallest is min and amounts and min(amounts) < 10 * _REM)
        ):
            continue
        if not amounts or smallest(amounts) < 10 * _REM:
            return False
    return True


def _fine_print(name: str, nodes: Sequence[Node]) -> bool:
    """Say whether letters, and the space between them, stay large enough to be read."""
    if name in ("letter-spacing", "word-spacing"):
        return _within(nodes, -0.8, 8.0)
    if name == "flex":
        return not any(node.type == "dimension" and (_amount(node) or 0) < 2 * _REM for node in nodes)
    if name == "flex-basis":
        return _words(nodes) <= {*_PLAIN, "content"} or _large_enough(nodes) or _within(nodes, 1, 30 * _REM)
    if name == "line-height":
        return all(
            _is_word(node, *_PLAIN)
            or (node.type == "number" and 1 <= node.value <= 4)
            or (node.type == "percentage" and 100 <= node.value <= 400)
            or _length(node, _REM, 4 * _REM)
            for node in nodes
        )
    if name == "font-size":
        return all(_letters(node) for node in nodes)
    parts = list(nodes)
    if "/" in parts:
        at = parts.index("/")
        line, size = parts[at + 1 : at + 2], parts[at - 1 : at]
        return all(_letters(one) for one in size) and _fine_print("line-height", line)
    sizes = [one for one in parts if one.type in ("dimension", "percentage", "function")]
    numbers = [one for one in parts if one.type == "number" and one.value < 1]
    return not numbers and all(_letters(one) for one in sizes) and not _words(parts) & set(_SMALL_WORDS)


def _length(node: Node, least: float, most: float) -> bool:
    amount = _amount(node) if node.type == "dimension" else None
    return amount is not None and least <= amount <= most


def _letters(node: Node) -> bool:
    if node.type == "ident":
        return node.lower_value not in _SMALL_WORDS
    if node.type == "percentage":
        return bool(80 <= node.value <= 300)
    if node.type == "function":
        inner = [one for one, _ in walk([node])]
        if node.lower_name not in ("clamp", "min", "max", "calc") or any(
            one in ("-", "*", "/") for one in inner
        ):
            return False
        sizes = [one for one in inner if one.type == "dimension" and one.lower_unit in _UNITS]
        return bool(sizes) and all(_length(one, 0.8 * _REM, 4 * _REM) for one in sizes)
    return _length(node, 0.8 * _REM, 4 * _REM)


def _thin(nodes: Sequence[Node]) -> bool:
    return all(
        node.type not in ("dimension", "function")
        or (node.type == "dimension" and abs(_amount(node) or 0) <= _REM and _amount(node) is not None)
        or (node.type == "function" and node.lower_name not in _MATH)
        for node in nodes
    )


def _tiny(rule: dict[str, Declaration]) -> bool:
    """Say whether a rule is the usual one for words that are heard and not seen."""
    sizes = [
        rule.get(name) or rule.get(other)
        for name, other in (("inline-size", "width"), ("block-size", "height"))
    ]
    small = all(one and len(one.tokens) == 1 and (_amount(one.tokens[0]) or 0) <= 1 for one in sizes)
    return small and "overflow" in rule and rule["overflow"].text in ("hidden", "clip")


def _quick(name: str, nodes: Sequence[Node]) -> bool:
    if name not in ("transition", "transition-property"):
        return True  # of no effect without a property
    names = [node.lower_value for node in nodes if node.type == "ident"]
    plain = [
        one for one in names if not re.fullmatch(r"ease(-.*)?|linear|step-.*|allow-discrete|normal", one)
    ]
    commas = sum(node == "," for node in nodes)
    return len(plain) > commas and all(_COLOURED.fullmatch(one) for one in plain)
