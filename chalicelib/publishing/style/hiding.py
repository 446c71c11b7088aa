"""CSS rules that could hide or move the exit, the warning, the numbers, and all that they stand in.

For these only what is on a list may be said, each with values that keep them in sight (decision 47). For
everything else the list is short: nothing lies over the page, and nothing pushes it out of sight.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tinycss2.ast import Node

from chalicelib.publishing.style.colours import Variables
from chalicelib.publishing.style.sheets import Declaration, walk
from chalicelib.publishing.style.sizes import (
    MATH,
    PLAIN,
    REM,
    UNITS,
    amount_of,
    is_length,
    is_word,
    significant,
    within,
    words_of,
)

EXIT, SHOWN, NUMBER, AROUND = "exit", "shown", "number", "around"

# No value of these, or no colour of them, takes an element out of sight.
_HARMLESS = re.compile(
    r"--.*|background(-.*)?|color|border(-.*)?|outline(-.*)?|font(-weight|-style|-family|-kerning"
    r"|-variant(-.*)?|-optical-sizing|-synthesis.*|-stretch|-size-adjust)?|text-(align(-last)?|decoration(-.*)?"
    r"|underline-.*|wrap(-.*)?|transform|rendering|size-adjust)|-webkit-text-size-adjust|align-.*|justify-.*"
    r"|place-.*|(row-|column-|grid-|grid-row-|grid-column-)?gap|flex(-direction|-flow|-wrap|-grow|-shrink|-basis)?"
    r"|grid(-template.*|-auto-.*|-column.*)?|box-(sizing|decoration-break)|cursor|overflow-wrap|word-(wrap|break)"
    r"|line-break|hyphens|hyphenate-.*|white-space(-collapse)?|list-style(-.*)?|accent-color|caret-color"
    r"|color-scheme|(forced|print)-color-adjust|-webkit-print-color-adjust|tab-size|scroll-(behavior|margin.*|padding.*)|vertical-align"
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
_SMALL_WORDS = ("xx-small", "x-small", "smaller")


def hides(declaration: Declaration, kind: str, variables: Variables) -> bool:
    """Say whether a declaration could hide or move something of this kind that must be seen."""
    name, nodes = declaration.name, significant(declaration, variables)
    if _HARMLESS.fullmatch(name):
        return not _harmless(name, nodes) or not _keeps(name, nodes, kind)
    if not nodes or any(node.type == "function" and node.lower_name == "var" for node in nodes):
        return True
    allowed = _WORDS.get(name)
    if allowed is not None:
        return not words_of(nodes) <= allowed[kind == EXIT]
    if name == "opacity":
        return not all(amount_of(node) == 1 for node in nodes)
    if name == "z-index":
        return (_level(nodes) < 1) if kind == EXIT else (_level(nodes) >= 1)
    if name in ("font-size", "line-height"):
        return not _fine_print(name, nodes) or not _keeps(name, nodes, kind)
    if name == "text-indent":
        return not within(nodes, 0, 2 * REM)
    if name == "grid-area":
        return kind == EXIT or not all(node.type == "ident" for node in nodes)
    return not _of_room(name, nodes, kind)


def _of_room(name: str, nodes: Sequence[Node], kind: str) -> bool:
    """Say whether sizes and distances leave a thing where it is, and large enough."""
    if kind == EXIT and _HEIGHTS.fullmatch(name):
        return _low(nodes)
    if _SIZES.fullmatch(name):
        return _large_enough(nodes)
    if _LEAST_SIZES.fullmatch(name):
        return within(nodes, 0, 30 * REM)
    if _MARGINS.fullmatch(name):
        block = "inline" not in name and not name.endswith(("left", "right"))
        # A bar may reach to both edges of a narrow page, past its padding.
        # Links stand beside each other: one that is pulled over the next covers its digits.
        return within(nodes, -0.5 if block or kind == NUMBER else -2 * REM, 10 * REM)
    if _PADDINGS.fullmatch(name):
        return within(nodes, 0, 10 * REM)
    if _INSETS.fullmatch(name):
        return all(is_word(node, "auto") or amount_of(node) == 0 for node in nodes)
    return False


def _harmless(name: str, nodes: Sequence[Node]) -> bool:
    """Say whether a property that only says how something looks is not driven to an extreme."""
    if name in ("font", "flex", "flex-basis", "letter-spacing", "word-spacing"):
        return _fine_print(name, nodes)
    if name.endswith("gap"):
        return within(nodes, 0, 10 * REM)
    if name.startswith("container"):
        return "size" not in words_of(nodes)
    if name in _ONLY:
        return not words_of(nodes) & _ONLY[name] or (name == "touch-action" and "pan-y" in words_of(nodes))
    if (name.endswith("rows") or name in ("grid", "grid-template")) and not _low_rows(nodes):
        return False
    if name.startswith("grid-") or name == "grid":
        return all(
            (node.type != "number" or name.startswith("grid-column"))
            and (node.type != "dimension" or node.lower_unit == "fr" or (amount_of(node) or 0) >= 2 * REM)
            for node in nodes
        )
    return True


# property -> words by which something is turned around, struck out, or kept from being reached
_ONLY = {
    "flex-direction": {"row-reverse", "column-reverse"},
    "flex-flow": {"row-reverse", "column-reverse", "wrap-reverse"},
    "flex-wrap": {"wrap-reverse"},
    "text-decoration": {"line-through", "blink"},
    "text-decoration-line": {"line-through", "blink"},
    "touch-action": {"none", "pan-x"},
    "cursor": {"none"},
}
_HEIGHTS = re.compile(
    r"(max-)?(block-size|height)|min-(block-size|height)|padding(-block(-(start|end))?|-top|-bottom)?"
    r"|margin(-block(-(start|end))?|-top|-bottom)"
)


def _keeps(name: str, nodes: Sequence[Node], kind: str) -> bool:
    """Say whether the exit does not lie over all else, and the warning does not run out of the page."""
    if kind == EXIT and _EDGES.fullmatch(name):
        return _thin(nodes)
    if kind in (EXIT, AROUND) and name in ("font-size", "font", "line-height"):
        largest = [amount_of(one) or 0 for one in nodes if one.type == "dimension"]
        shares = [one.value for one in nodes if one.type == "percentage"]
        times = [one.value for one in nodes if one.type == "number" and name == "line-height"]
        return max([*largest, 0]) <= 2.5 * REM and max([*shares, 0]) <= 200 and max([*times, 0]) <= 2.5
    if name in ("white-space", "white-space-collapse", "text-wrap", "text-wrap-mode"):
        return kind == NUMBER or not words_of(nodes) & {"nowrap", "pre"}
    return True


def _low(nodes: Sequence[Node]) -> bool:
    """Say whether a height leaves most of a phone's screen to others: the exit lies over all of it."""
    return not any(node.type == "percentage" and node.value for node in nodes) and within(
        nodes, -0.5, 6 * REM
    )


def _low_rows(nodes: Sequence[Node]) -> bool:
    """Say whether rows of a grid push nothing out of sight; what comes after a slash are columns."""
    rows = list(nodes[: nodes.index("/")]) if "/" in nodes else list(nodes)
    for node, _ in walk(rows):
        if node.type == "dimension":
            if node.lower_unit == "fr" and node.value > 4:
                return False
            if node.lower_unit != "fr" and (amount_of(node) or 0) > 10 * REM:
                return False
    return True


def disturbs(declaration: Declaration, kind: str, variables: Variables) -> bool:
    """Say whether a declaration for ::before or ::after could cover, change or move what it stands beside."""
    name, nodes = declaration.name, significant(declaration, variables)
    if name == "content":
        return not all(_plain_words(node, kind) for node in nodes)
    if _MARGINS.fullmatch(name):
        return not within(nodes, 0, 2 * REM)
    if _SIZES.fullmatch(name) or _LEAST_SIZES.fullmatch(name) or _PADDINGS.fullmatch(name):
        return not within(nodes, 0, 3 * REM) or any(node.type == "percentage" for node in nodes)
    if _INSETS.fullmatch(name):
        return not within(nodes, 0, 0)
    if _EDGES.fullmatch(name):
        return any(abs(amount_of(node) or 0) > REM / 4 for node, _ in walk(nodes) if node.type == "dimension")
    if name in ("font-size", "font", "line-height"):
        return not _keeps(name, nodes, EXIT)
    return False


def _plain_words(node: Node, kind: str) -> bool:
    if node.type == "string":
        return len(node.value) <= 40 and node.value.isprintable() and not re.search(r"\d", node.value)
    if node.type == "function" and node.lower_name == "attr":
        named = [part for part in node.arguments if part.type not in ("whitespace", "comment")]
        return len(named) == 1 and named[0].type == "ident" and named[0].lower_value == "href"
    return kind == AROUND or is_word(node, "none", "normal")


def lies_over(
    rule: dict[str, Declaration], variables: Variables, exits: float
) -> list[tuple[Declaration, str]]:
    """Return what in a rule, whatever it matches, would cover or push away what others must see."""
    found = []
    for name, one in rule.items():
        reason = _why_over(name, significant(one, variables), exits, _tiny(rule))
        if reason:
            found.append((one, reason))
    return found


def _why_over(name: str, nodes: Sequence[Node], exits: float, tiny: bool) -> str:
    words = words_of(nodes)
    if name == "position" and words & {"fixed", "absolute", "?"} and not (words == {"absolute"} and tiny):
        return "would lie over the page when letters are large, and hide what is under it"
    if name == "z-index" and _level(nodes) >= max(exits, 1):
        return "would lie over the exit"
    if _INSETS.fullmatch(name) and not within(nodes, -REM / 2, REM):
        return "would move it over other things"
    if name in _MOVES and not words <= set(PLAIN):
        return "is not allowed: it moves or covers things"
    if name.startswith("animation"):
        return "is not allowed: nothing on these pages moves by itself"
    if name.startswith("transition") and not _quick(name, nodes):
        return "would hold up the exit: name colours alone, like “transition: color .2s”"
    inline = "inline" in name or name.endswith(("left", "right"))
    if _MARGINS.fullmatch(name) and not within(nodes, -REM * (2 if inline else 0.5), 30 * REM):
        return "would move it over other things, or push them out of sight"
    if (_PADDINGS.fullmatch(name) or _LEAST_SIZES.fullmatch(name)) and not within(nodes, 0, 42 * REM):
        return "would push other things out of sight"
    if re.fullmatch(r"height|block-size", name) and not within(nodes, 0, 30 * REM):
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


def _level(nodes: Sequence[Node]) -> float:
    if words_of(nodes) <= set(PLAIN):
        return 0.0
    if len(nodes) == 1 and nodes[0].type == "number":
        return float(nodes[0].value)
    return float("inf")


def _large_enough(nodes: Sequence[Node]) -> bool:
    """Say whether a size leaves room for a line of words."""
    for node in nodes:
        if is_word(node, *PLAIN, "fit-content", "max-content", "min-content", "stretch"):
            continue
        inner = [inside for inside, _ in walk([node])]
        if node.type == "function" and (
            node.lower_name not in (*MATH, "fit-content") or any(inside in ("*", "/") for inside in inner)
        ):
            return False
        amounts = [amount_of(inside) or 0 for inside in inner if inside.type == "dimension"]
        shares = [inside.value for inside in inner if inside.type == "percentage"]
        smallest = min if node.type == "function" and node.lower_name == "min" else max
        if (
            shares
            and smallest(shares) >= 50
            and not (smallest is min and amounts and min(amounts) < 10 * REM)
        ):
            continue
        if not amounts or smallest(amounts) < 10 * REM:
            return False
    return True


def _fine_print(name: str, nodes: Sequence[Node]) -> bool:
    """Say whether letters, and the space between them, stay large enough to be read."""
    if name in ("letter-spacing", "word-spacing"):
        return within(nodes, -0.8, 8.0)
    if name == "flex":
        return not any(node.type == "dimension" and (amount_of(node) or 0) < 2 * REM for node in nodes)
    if name == "flex-basis":
        return words_of(nodes) <= {*PLAIN, "content"} or _large_enough(nodes) or within(nodes, 1, 30 * REM)
    if name == "line-height":
        return all(
            is_word(node, *PLAIN)
            or (node.type == "number" and 1 <= node.value <= 4)
            or (node.type == "percentage" and 100 <= node.value <= 400)
            or is_length(node, REM, 4 * REM)
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
    return not numbers and all(_letters(one) for one in sizes) and not words_of(parts) & set(_SMALL_WORDS)


def _letters(node: Node) -> bool:
    if node.type == "ident":
        return node.lower_value not in _SMALL_WORDS
    if node.type == "percentage":
        return bool(80 <= node.value <= 300)
    if node.type == "function":
        inner = [inside for inside, _ in walk([node])]
        if node.lower_name not in ("clamp", "min", "max", "calc") or any(
            inside in ("-", "*", "/") for inside in inner
        ):
            return False
        sizes = [inside for inside in inner if inside.type == "dimension" and inside.lower_unit in UNITS]
        return bool(sizes) and all(is_length(inside, 0.8 * REM, 4 * REM) for inside in sizes)
    return is_length(node, 0.8 * REM, 4 * REM)


def _thin(nodes: Sequence[Node]) -> bool:
    return all(
        node.type not in ("dimension", "function")
        or (node.type == "dimension" and abs(amount_of(node) or 0) <= REM and amount_of(node) is not None)
        or (node.type == "function" and node.lower_name not in MATH)
        for node in nodes
    )


def _tiny(rule: dict[str, Declaration]) -> bool:
    """Say whether a rule is the usual one for words that are heard and not seen."""
    sizes = [
        rule.get(name) or rule.get(other)
        for name, other in (("inline-size", "width"), ("block-size", "height"))
    ]
    small = all(one and len(one.tokens) == 1 and (amount_of(one.tokens[0]) or 0) <= 1 for one in sizes)
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
