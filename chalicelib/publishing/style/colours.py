"""CSS colours and contrast ratios (WCAG): named, numbered, mixed, in variables; light and dark phones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import tinycss2
from tinycss2 import color5
from tinycss2.ast import Node

LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3: text
LEAST_EDGE = 3.0  # 1.4.11: borders of fields and boxes
LIGHT, DARK = "light", "dark"
SCHEMES = (LIGHT, DARK)
PAGE = {LIGHT: (1.0, 1.0, 1.0, 1.0), DARK: (18 / 255, 18 / 255, 18 / 255, 1.0)}  # what browsers show under us

Variables = Mapping[str, tuple[Node, ...]]
Rgba = tuple[float, float, float, float]

# The ink that the system promises to be readable on each of its grounds.
_SYSTEM_PAIRS = {
    "canvas": {"canvastext", "linktext", "visitedtext", "activetext"},
    "buttonface": {"buttontext"},
    "field": {"fieldtext"},
    "highlight": {"highlighttext"},
    "selecteditem": {"selecteditemtext"},
    "mark": {"marktext"},
    "accentcolor": {"accentcolortext"},
}
_SYSTEM_INK = {ink for inks in _SYSTEM_PAIRS.values() for ink in inks} | {"graytext", "buttonborder"}
_INHERITS = ("inherit", "initial", "unset", "revert", "revert-layer", "currentcolor")
_FUNCTIONS = (
    "rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch", "color", "color-mix", "light-dark",
    "device-cmyk", "contrast-color",
)  # fmt: skip
_MOST_READINGS = 64


@dataclass(frozen=True, slots=True)
class Colour:
    """One colour: its numbers, or a name of the system's; `known` is False when we cannot tell."""

    text: str
    rgba: Rgba | None = None
    system: str = ""

    @property
    def known(self) -> bool:
        """Say whether contrast can be told."""
        return self.rgba is not None or bool(self.system)

    @property
    def clear(self) -> bool:
        """Say whether nothing of it is seen."""
        return self.rgba is not None and self.rgba[3] == 0


def contrast(colour_a: str, other: str) -> float:
    """Return the contrast ratio of two colours like "#14395f" or "white", from 1 to 21 (WCAG 2.2)."""
    found = [color5.parse_color(colour) for colour in (colour_a, other)]
    first, second = ((*colour.to("srgb").coordinates, 1.0) for colour in found)
    return _ratio(first, second)


def colours_in(tokens: Sequence[Node], variables: Variables, scheme: str) -> list[Colour]:
    """Return the colours that a value holds, gradients and all, with variables filled in."""
    colours = []
    for token in expanded(tokens, variables):
        if token.type == "function" and token.lower_name not in _FUNCTIONS:
            colours += colours_in(token.arguments, variables, scheme)
        else:
            colour = _colour(token, variables, scheme)
            if colour:
                colours.append(colour)
    return colours


def inherits(tokens: Sequence[Node]) -> bool:
    """Say whether a value is no colour of its own."""
    return len(tokens) == 1 and tokens[0].type == "ident" and tokens[0].lower_value in _INHERITS


def readable(ink: Colour, ground: Colour, scheme: str) -> float:
    """Return the contrast ratio of ink on ground; 0 when unknown, or not promised by the system."""
    if ground.system or ink.system:
        return 21.0 if ink.system in _SYSTEM_PAIRS.get(ground.system, ()) else 0.0
    if ink.rgba is None or ground.rgba is None:
        return 0.0
    below = _over(ground.rgba, PAGE[scheme])
    return _ratio(_over(ink.rgba, below), below)


def stands_out(colour: Colour, schemes: Sequence[str]) -> bool:
    """Say whether an edge of this colour is seen on the page, or is not meant to be seen at all."""
    if colour.system:
        return colour.system in _SYSTEM_INK
    if colour.rgba is None:
        return False
    if colour.clear:
        return True
    return all(_ratio(_over(colour.rgba, PAGE[one]), PAGE[one]) >= LEAST_EDGE for one in schemes)


def is_page_ink(colour: Colour) -> bool:
    """Say whether the system promises this ink on its page, so that it needs no ground of its own."""
    return colour.system in _SYSTEM_PAIRS["canvas"]


def expanded(tokens: Sequence[Node], variables: Variables, depth: int = 0) -> Iterator[Node]:
    """Return the tokens with each var() replaced by what it stands for, or by itself when nobody can tell."""
    for token in tokens:
        if token.type == "function" and token.lower_name == "var" and depth < 8:
            arguments = [one for one in token.arguments if one.type not in ("whitespace", "comment")]
            name = arguments[0].value if arguments and arguments[0].type == "ident" else ""
            if name in variables:
                yield from expanded(variables[name], variables, depth + 1)
            elif len(arguments) > 2 and arguments[1] == ",":
                yield from expanded(arguments[2:], variables, depth + 1)
            else:
                yield token
        else:
            yield token


def _colour(token: Node, variables: Variables, scheme: str) -> Colour | None:
    text = tinycss2.serialize([token])
    if token.type == "ident":
        name = token.lower_value
        if name in _SYSTEM_PAIRS or name in _SYSTEM_INK:
            return Colour(text, system=name)
        if name == "currentcolor":
            return None
    if token.type not in ("ident", "hash", "function"):
        return None
    if token.type == "function":
        if token.lower_name not in _FUNCTIONS:
            return Colour(text) if token.lower_name == "var" else None
        arguments = [one for one in expanded(token.arguments, variables) if one.type not in _SPACE]
        if token.lower_name == "light-dark":
            return _of_scheme(arguments, text, variables, scheme)
        if token.lower_name == "color-mix":
            return _mixed(arguments, text, variables, scheme)
        token = tinycss2.ast.FunctionBlock(token.source_line, token.source_column, token.name, arguments)
    rgba = _rgba(token)
    if rgba is None and token.type == "ident":
        return None
    return Colour(text, rgba)


_SPACE = ("whitespace", "comment")


def _rgba(token: Node) -> Rgba | None:
    try:
        found = color5.parse_color(token)
        plain = None if found is None or found == "currentcolor" else _srgb(found)
    except Exception:  # a colour in a form that the library cannot read: nobody can tell its contrast
        return None
    return plain


def _srgb(colour: color5.Color) -> Rgba | None:
    if colour.space in ("srgb", "hsl", "hwb"):
        red, green, blue = (min(1.0, max(0.0, channel or 0)) for channel in colour.to("srgb").coordinates)
        return red, green, blue, colour.alpha
    if colour.space == "oklch" or colour.space == "oklab":
        x, y, z = colour.to("xyz-d65").coordinates
    elif colour.space in ("xyz", "xyz-d65"):
        x, y, z = (channel or 0 for channel in colour.coordinates)
    elif colour.space in ("lab", "lch"):
        x, y, z = colour.to("xyz-d50").coordinates
        x, y, z = (
            0.9554734 * x - 0.0230985 * y + 0.0632593 * z,
            -0.0283697 * x + 1.0099955 * y + 0.0210414 * z,
            0.0123140 * x - 0.0205077 * y + 1.3303659 * z,
        )
    else:
        return None
    linear = (
        3.2409699 * x - 1.5373832 * y - 0.4986108 * z,
        -0.9692436 * x + 1.8759675 * y + 0.0415551 * z,
        0.0556301 * x - 0.2039770 * y + 1.0569715 * z,
    )
    red, green, blue = (
        12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055
        for channel in (min(1.0, max(0.0, part)) for part in linear)
    )
    return red, green, blue, colour.alpha


def _of_scheme(arguments: list[Node], text: str, variables: Variables, scheme: str) -> Colour:
    parts = _parts(arguments)
    if len(parts) != 2:
        return Colour(text)
    found = colours_in(parts[SCHEMES.index(scheme)], variables, scheme)
    return found[0] if len(found) == 1 else Colour(text)


def _mixed(arguments: list[Node], text: str, variables: Variables, scheme: str) -> Colour:
    """Return a mix in sRGB, which can be told exactly; other spaces are left unknown."""
    parts = _parts(arguments)
    space = [node.lower_value for node in parts[0] if node.type == "ident"]
    if len(parts) != 3 or space != ["in", "srgb"]:
        return Colour(text)
    mixed, shares = [], []
    for part in parts[1:]:
        found = colours_in([node for node in part if node.type != "percentage"], variables, scheme)
        share = [node.value / 100 for node in part if node.type == "percentage"]
        if len(found) != 1 or found[0].rgba is None or len(share) > 1:
            return Colour(text)
        mixed.append(found[0].rgba)
        shares.append(share[0] if share else None)
    first = shares[0] if shares[0] is not None else 1 - (shares[1] if shares[1] is not None else 0.5)
    second = shares[1] if shares[1] is not None else 1 - first
    if first < 0 or second < 0 or first + second <= 0:
        return Colour(text)
    weight = first / (first + second)
    alpha = mixed[0][3] * weight + mixed[1][3] * (1 - weight)
    red, green, blue = (
        (mixed[0][n] * mixed[0][3] * weight + mixed[1][n] * mixed[1][3] * (1 - weight)) / (alpha or 1)
        for n in range(3)
    )
    return Colour(text, (red, green, blue, alpha * min(1.0, first + second)))


def _parts(arguments: list[Node]) -> list[list[Node]]:
    parts: list[list[Node]] = [[]]
    for one in arguments:
        if one == ",":
            parts.append([])
        else:
            parts[-1].append(one)
    return parts


def _over(top: Rgba, below: Sequence[float]) -> Rgba:
    alpha = top[3]
    red, green, blue = (top[n] * alpha + below[n] * (1 - alpha) for n in range(3))
    return red, green, blue, 1.0


def _ratio(ink: Sequence[float], ground: Sequence[float]) -> float:
    light, dark = sorted((_luminance(ink), _luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Sequence[float]) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def pairs(inks: Sequence[Colour], grounds: Sequence[Colour]) -> Iterator[tuple[Colour, Colour]]:
    """Return each ink on each ground, as far as anybody will read the list."""
    for number, pair in enumerate(product(inks, grounds)):
        if number < _MOST_READINGS:
            yield pair
