"""CSS linter of what could hide, move or change the exit, the warning and the numbers of a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from tinycss2.ast import Node

from chalicelib.publishing.style.colours import Variables
from chalicelib.publishing.style.hiding import AROUND, EXIT, NUMBER, SHOWN, disturbs, hides
from chalicelib.publishing.style.page import may_be_left_out
from chalicelib.publishing.style.selectors import Element, Elements, Selector
from chalicelib.publishing.style.sheets import Declaration, StyleRule, StyleSheet

BLANKS = "#exit:focus:not(:focus-visible) ~ *"
PRESSED = "#exit:active ~ *"  # for browsers that drop a rule with a selector they do not know
GONE = ".gone body"
_WHAT = {
    EXIT: "the exit",
    SHOWN: "a warning or a number",
    NUMBER: "a number",
    AROUND: "what the numbers stand in",
}


def hidden_by(text: str, elements: Mapping[Element, str]) -> list[tuple[int, str]]:
    """Return line and reason for each rule that could hide or move one of these elements (`protected`)."""
    findings = []
    known, matched = Elements(elements), dict[int, list[Element]]()
    for rule, declaration, kinds in _could_hide(text):
        for selector in rule.selectors:
            if _may_blank(selector, declaration):
                continue
            if id(selector) not in matched:
                matched[id(selector)] = [one for one in selector.among(known) if selector.may_match(one)]
            hit = (
                elements[element]
                for element in matched[id(selector)]
                if elements[element] in kinds
                and not (rule.printed and may_be_left_out(element, elements[element]))
            )
            kind = next(hit, "")
            if kind:
                said = f"“{declaration.name}: {short(declaration.text)}”"
                sentence = f"“{selector.text}” may match {_WHAT[kind]}, and {said} could hide or move it."
                findings.append((declaration.line, sentence))
    return list(dict.fromkeys([*findings, *_added_by(text, elements, known)]))


def _added_by(text: str, elements: Mapping[Element, str], known: Elements) -> Iterator[tuple[int, str]]:
    """Return line and reason for what ::before and ::after put beside the exit and the numbers, or above."""
    surroundings = tuple(surroundings_of(sheet_of(text)).values()) if _adding(text) else ()
    for rule, selector in _adding(text):
        top = selector.part == "before"
        kinds = {
            elements[element]
            for element in selector.among(known)
            if (elements[element] != AROUND or (top and element.tag in ("html", "body")))
            and selector.may_add_to(element)
        }
        for declaration in rule.declarations if kinds else ():
            if any(disturbs(declaration, kind, variables) for kind in kinds for variables in surroundings):
                said = f"“{declaration.name}: {short(declaration.text)}”"
                sentence = f"“{selector.text}”: {said} could cover, change or move what must be seen."
                yield declaration.line, sentence


@lru_cache(maxsize=8)
def _could_hide(text: str) -> tuple[tuple[StyleRule, Declaration, tuple[str, ...]], ...]:
    """Return each declaration that could hide something, with what it could hide if it matches."""
    sheet = sheet_of(text)
    surroundings = tuple(surroundings_of(sheet).values())
    hiding = []
    for rule in sheet.rules:
        for declaration in rule.declarations:
            kinds = tuple(
                kind
                for kind in _WHAT
                if any(hides(declaration, kind, variables) for variables in surroundings)
                or (declaration.name == "display" and declaration.important)
            )
            if kinds:
                hiding.append((rule, declaration, kinds))
    return tuple(hiding)


@lru_cache(maxsize=8)
def _adding(text: str) -> tuple[tuple[StyleRule, Selector], ...]:
    """Return each selector for ::before or ::after, with its rule."""
    return tuple((each, part) for each in sheet_of(text).rules for part in each.selectors if part.part)


def _may_blank(selector: Selector, declaration: Declaration) -> bool:
    if declaration.name == "visibility":
        return selector.text in (BLANKS, PRESSED) and declaration.text == "hidden"
    return declaration.name == "display" and selector.text == GONE and declaration.text == "none"


@lru_cache(maxsize=8)
def sheet_of(text: str) -> StyleSheet:
    """Return a style sheet, read."""
    return StyleSheet(text)


def surroundings_of(sheet: StyleSheet) -> dict[tuple[str, ...], Variables]:
    """Return what custom properties stand for: everywhere, and under each condition that says otherwise."""
    plain: dict[str, tuple[Node, ...]] = {}
    others: dict[tuple[str, ...], dict[str, tuple[Node, ...]]] = {}
    for rule in sheet.rules:
        own = {one.name: one.tokens for one in rule.declarations if one.name.startswith("--")}
        if not own:
            continue
        everywhere = not rule.conditions and rule.text in (":root", "html", "*", "body", ":root, :host")
        where = plain if everywhere else others.setdefault((*rule.conditions, rule.text), {})
        where.update(own)
    return {(): plain, **{key: {**plain, **own} for key, own in others.items()}}


def short(text: str) -> str:
    """Return a value as a sentence quotes it."""
    return text if len(text) <= 60 else f"{text[:57]}…"
