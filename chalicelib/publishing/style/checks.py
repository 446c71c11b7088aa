"""CSS linter of the one style sheet: an exit in sight, contrast ratios (WCAG), nothing from outside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from chalicelib.publishing.documents import STOPS, TELLS, Problem
from chalicelib.publishing.style.colours import (
    LEAST_CONTRAST,
    SCHEMES,
    Colour,
    Variables,
    colours_in,
    contrast,
    inherits,
    is_page_ink,
    pairs,
    readable,
    stands_out,
)
from chalicelib.publishing.style.hiding import lies_over
from chalicelib.publishing.style.in_sight import (
    BLANKS,
    GONE,
    hidden_by,
    sheet_of,
    short,
    surroundings_of,
)
from chalicelib.publishing.style.page import MODEL, protected
from chalicelib.publishing.style.selectors import Element, Selector
from chalicelib.publishing.style.sheets import (
    Declaration,
    StyleRule,
    StyleSheet,
    walk,
)

__all__ = ["STYLE", "check_style", "contrast", "hidden_by", "protected"]

STYLE = "template/public/page.css"

_LOADS = ("url", "src", "image", "image-set", "-webkit-image-set", "cross-fade", "-webkit-cross-fade",
          "element", "-moz-element", "paint", "expression", "attr", "if", "sibling-index")  # fmt: skip
_ROOM = re.compile(r"[0-9.]*[1-9][0-9.]*rem")
_PICTURES = re.compile(r"wingdings|webdings|dingbats|\bsymbol\b|marlett|bookshelf", re.IGNORECASE)
_NUMBER = re.compile(r"(?:\d\W*){3,}")
_OTHER_STRINGS = ("font", "font-family", "font-feature-settings", "font-variation-settings")
_LEFT = Element("body", {}, Element("html", {"class": "gone", "lang": None, "dir": None}))
_SENTENCES = {
    "exit": "The exit must stay in sight: #exit needs position: sticky.",
    "over": "The exit must lie over all else: #exit needs a z-index of 1 or more and inset-block-start: 0.",
    "blank": f"A tap on the exit must blank the page: the rule {BLANKS} is missing.",
    "gone": "Leaving must blank the page: the rule .gone body is missing.",
    "focus": "What has the focus must not lie under the exit: scroll-padding-block-start is missing.",
    "scheme": "The page must follow a dark or light phone: color-scheme is missing.",
    "outline": "Who uses a keyboard must see where they are: :focus-visible.",
}


def check_style(text: str) -> list[Problem]:
    """Return what is wrong with the style sheet, with its lines."""
    sheet = sheet_of(text)
    problems = [Problem(STYLE, fault.line, fault.sentence) for fault in sheet.faults]
    if "</" in text:
        problems.append(
            Problem(STYLE, _line(text, text.index("</")), "“</” is not allowed here: it would end the style.")
        )
    if sheet.faults and not sheet.rules:
        return problems
    problems += [Problem(STYLE, 0, _SENTENCES[name]) for name in _lost(sheet)]
    surroundings = surroundings_of(sheet)
    exits = _exit_level(sheet)
    grounded = _grounded(sheet, surroundings)
    for rule in sheet.rules:
        findings = [*_outside(rule), *_of_colours(rule, surroundings, grounded), *_of_habits(rule)]
        for variables in surroundings.values():
            if not _only_exit(rule):
                findings += [
                    (one.line, f"“{one.name}: {short(one.text)}” {why}.", STOPS)
                    for one, why in lies_over(rule.values(), variables, exits)
                ]
        problems += [
            Problem(STYLE, line, sentence, weight) for line, sentence, weight in dict.fromkeys(findings)
        ]
    problems += [Problem(STYLE, line, sentence) for line, sentence in hidden_by(text, MODEL)]
    return problems


def _only_exit(rule: StyleRule) -> bool:
    return all(
        not selector.part and any(one.kind == "id" and one.name == "exit" for one in selector.compounds[-1])
        for selector in rule.selectors
        if selector.compounds
    )


def _exit_level(sheet: StyleSheet) -> float:
    levels = [
        float(one.tokens[0].value)
        for rule in sheet.rules
        if _only_exit(rule) and rule.always
        for one in rule.declarations
        if one.name == "z-index" and len(one.tokens) == 1 and one.tokens[0].type == "number"
    ]
    return min(levels, default=0)


def _lost(sheet: StyleSheet) -> Iterator[str]:
    """Return which of the rules that people rely on are not there at any time."""
    said = [
        (selector.text, name, declaration.text.lower(), declaration)
        for rule in sheet.rules
        if rule.always
        for selector in rule.selectors
        for name, declaration in rule.values().items()
    ]
    of_exit = {name: text for selector, name, text, _ in said if selector == "#exit"}
    if of_exit.get("position") != "sticky":
        yield "exit"
    elif _exit_level(sheet) < 1 or of_exit.get("inset-block-start", of_exit.get("top")) not in (
        "0",
        "0px",
        "0rem",
    ):
        yield "over"
    if not any(
        (selector, name, text) == (BLANKS, "visibility", "hidden") for selector, name, text, _ in said
    ):
        yield "blank"
    if not any((selector, name, text) == (GONE, "display", "none") for selector, name, text, _ in said):
        yield "gone"
    roots = [(name, text) for selector, name, text, _ in said if selector in (":root", "html")]
    if not any(name == "scroll-padding-block-start" and _ROOM.fullmatch(text) for name, text in roots):
        yield "focus"
    if not any(name == "color-scheme" and text in ("light dark", "dark light") for name, text in roots):
        yield "scheme"
    if not any(
        selector == ":focus-visible" and name == "outline" and not _no_outline(declaration)
        for selector, name, _, declaration in said
    ):
        yield "outline"


def _grounded(sheet: StyleSheet, surroundings: Mapping[tuple[str, ...], Variables]) -> set[str]:
    return {
        selector.text
        for rule in sheet.rules
        for selector in rule.selectors
        if any(_grounds(rule, variables, SCHEMES[0]) for variables in surroundings.values())
    }


def _grounds(rule: StyleRule, variables: Variables, scheme: str) -> list[Colour]:
    values = rule.values()
    grounds = [
        colour
        for name in ("background", "background-color", "background-image")
        if name in values
        for colour in colours_in(values[name].tokens, variables, scheme)
    ]
    solid = [colour for colour in grounds if not colour.clear]
    return [] if [one.system for one in solid] == ["canvas"] and "color" not in values else solid


def _schemes(conditions: Sequence[str]) -> tuple[str, ...]:
    """Return for which phones something is: light ones, dark ones, or both."""
    for scheme in SCHEMES:
        wanted = re.compile(rf"@media \(prefers-color-scheme:\s*{scheme}\)", re.IGNORECASE)
        if any(wanted.fullmatch(condition) for condition in conditions):
            return (scheme,)
    return SCHEMES


def _of_colours(
    rule: StyleRule, surroundings: Mapping[tuple[str, ...], Variables], grounded: set[str]
) -> Iterator[tuple[int, str, str]]:
    """Return what of a rule's colours cannot be read or seen, on a light phone or a dark one."""
    values = rule.values()
    on_its_own = {selector.text for selector in rule.selectors} <= grounded
    for conditions, variables in surroundings.items():
        phones = [phone for phone in _schemes(rule.conditions) if phone in _schemes(conditions)]
        for scheme in phones if conditions else _without_others(rule, surroundings):
            yield from _of_text(rule, values, variables, scheme)
            for name, declaration in values.items():
                if not re.fullmatch(r"(border|outline|column-rule)(-.*)?", name) or on_its_own:
                    continue
                for colour in colours_in(declaration.tokens, variables, scheme):
                    if not colour.known or not stands_out(colour, [scheme]):
                        sentence = f"{colour.text} cannot be seen well on a light and on a dark page alike."
                        yield rule.line, sentence, STOPS


def _without_others(rule: StyleRule, surroundings: Mapping[tuple[str, ...], Variables]) -> list[str]:
    """Return the phones that get the variables of everywhere, since no condition gives them others."""
    given = {_schemes(one)[0] for one in surroundings if len(_schemes(one)) == 1}
    return [scheme for scheme in _schemes(rule.conditions) if scheme not in given]


def _of_text(
    rule: StyleRule, values: Mapping[str, Declaration], variables: Variables, scheme: str
) -> Iterator[tuple[int, str, str]]:
    ink = values.get("color")
    inks = colours_in(ink.tokens, variables, scheme) if ink else []
    own_ink = bool(inks) and ink is not None and not inherits(ink.tokens)
    grounds = _grounds(rule, variables, scheme)
    if own_ink and not grounds and all(is_page_ink(colour) for colour in inks):
        return
    if own_ink != bool(grounds):
        yield rule.line, "Set color and background together: phones show the page in dark or light.", STOPS
        return
    for letter, ground in pairs(inks, grounds):
        ratio = readable(letter, ground, scheme)
        if ratio < LEAST_CONTRAST:
            told = f"contrast {ratio:.1f}, at least 4.5 is needed" if ratio else "its contrast cannot be told"
            yield rule.line, f"{letter.text} on {ground.text} is hard to read: {told}.", STOPS


def _outside(rule: StyleRule) -> Iterator[tuple[int, str, str]]:
    for declaration in rule.declarations:
        for node, _ in walk(declaration.tokens):
            name = node.lower_name if node.type == "function" else "url" if node.type == "url" else ""
            if name in _LOADS and not (name == "attr" and declaration.name == "content"):
                yield (
                    declaration.line,
                    f"“{name}(” is not allowed: the page loads nothing, from us or from outside.",
                    STOPS,
                )
            if (
                node.type == "string"
                and declaration.name not in _OTHER_STRINGS
                and _NUMBER.search(node.value)
            ):
                yield (
                    declaration.line,
                    f"“{short(node.value)}” looks like a number to call: style says none.",
                    STOPS,
                )
            if declaration.name.startswith("counter-") and node.type == "number" and abs(node.value) > 99:
                yield (
                    declaration.line,
                    f"“{node.value:g}” looks like a number to call: style says none.",
                    STOPS,
                )
        if declaration.name == "content" and not all(selector.part for selector in rule.selectors):
            yield (
                declaration.line,
                "“content” is for ::before and ::after: elsewhere it takes the place of words.",
                STOPS,
            )
        if (
            declaration.name in ("font", "font-family") or declaration.name.startswith("--")
        ) and _PICTURES.search(declaration.text):
            yield (
                declaration.line,
                f"“{short(declaration.text)}” shows signs in place of letters and digits.",
                STOPS,
            )


def _no_outline(declaration: Declaration) -> bool:
    words = [node.lower_value for node in declaration.tokens if node.type == "ident"]
    none = {"none", "hidden", "transparent", "canvas", "initial", "unset", "revert"} & set(words)
    zero = declaration.name in ("outline", "outline-width") and any(
        node.type in ("number", "dimension") and node.value == 0 for node in declaration.tokens
    )
    return bool(none) or zero


def _of_habits(rule: StyleRule) -> Iterator[tuple[int, str, str]]:
    for name, declaration in rule.values().items():
        if name in ("outline", "outline-style", "outline-width", "outline-color") and _no_outline(
            declaration
        ):
            yield rule.line, "Never take the outline away: it shows where a keyboard is.", STOPS
        if name in ("letter-spacing", "text-transform"):
            yield rule.line, f"{name} breaks letters of Arabic and other scripts.", TELLS
        if name in ("font-size", "font") and any(
            node.type == "dimension" and node.lower_unit == "px" for node in declaration.tokens
        ):
            yield rule.line, "Use rem for letters, so that they grow when a reader asks for it.", TELLS
        if re.fullmatch(r"(margin|padding|border)-(left|right)|left|right", name):
            yield rule.line, f"{name} is wrong in Arabic; use the inline-start and inline-end names.", TELLS
        if name == "visibility" and declaration.text.lower() in ("visible", "initial", "unset", "revert"):
            yield rule.line, "visibility: visible would show this when the exit has blanked the page.", STOPS
        if name == "display" and any(_outranks(selector, declaration) for selector in rule.selectors):
            yield rule.line, f"“{rule.text}” outranks .gone body: leaving would not blank the page.", STOPS


def _outranks(selector: Selector, declaration: Declaration) -> bool:
    """Say whether a rule for the body of a page that was left counts more than the one that blanks it."""
    if selector.text == GONE:
        return declaration.text.lower() != "none"
    return selector.text not in ("body", "*") and selector.may_match(_LEFT)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
