"""CSS selector matching against elements: what may match one, and what cannot.

A page has states (hover, focus, a class that the script sets), so the answer is "may" wherever it is not no.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import tinycss2
from tinycss2.ast import Node

_LISTS = ("is", "where", "matches", "any", "-webkit-any", "-moz-any")
_OLD_ELEMENTS = ("before", "after", "first-line", "first-letter")
_TEXT_ITSELF = ("first-line", "first-letter")  # style the element's own words
_OF_FIELDS = (
    "checked",
    "disabled",
    "placeholder-shown",
    "required",
    "invalid",
    "indeterminate",
    "empty",
)


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """One element as selectors see it; an attribute whose value is None may have any."""

    tag: str
    attributes: Mapping[str, str | None] = field(default_factory=dict)
    parent: Element | None = None
    before: tuple[Element, ...] = ()  # its elder siblings, the nearest last
    classes: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple((self.attributes.get("class") or "").split()))

    def ancestors(self) -> Iterator[Element]:
        """Return what it stands in, nearest first."""
        found = self.parent
        while found is not None:
            yield found
            found = found.parent


@dataclass(frozen=True, slots=True)
class Simple:
    """One condition on an element: a tag, an id, a class, an attribute, a state, a list of selectors."""

    kind: str
    name: str
    operator: str = ""
    value: str = ""
    inner: tuple[Selector, ...] = ()


Compound = tuple[Simple, ...]
_INDEXED = ("tag", "id", "class")


class Elements:
    """Index of elements by tag, id and class: most selectors are for few of a page."""

    def __init__(self, elements: Iterable[Element]) -> None:
        self.all = list(elements)
        self.of: defaultdict[tuple[str, str | None], list[Element]] = defaultdict(list)
        for element in self.all:
            self.of["tag", element.tag].append(element)
            self.of["id", element.attributes.get("id")].append(element)
            for name in set(element.classes):
                self.of["class", name].append(element)


@dataclass(frozen=True, slots=True)
class Selector:
    """Compounds from left to right with what joins them; `text` is how it is written."""

    compounds: tuple[Compound, ...]
    joints: tuple[str, ...]
    text: str

    part: str = field(init=False)  # the pseudo-element that is styled in place of the element, or nothing

    def __post_init__(self) -> None:
        last = self.compounds[-1] if self.compounds else ()
        names = [one.name for one in last if one.kind == "part" and one.name not in _TEXT_ITSELF]
        object.__setattr__(self, "part", names[0] if names else "")

    def among(self, elements: Elements) -> Sequence[Element]:
        """Return those elements, in their order, that it may match by their tag, id or class."""
        last = self.compounds[-1] if self.compounds else ()
        found = [elements.of[one.kind, one.name] for one in last if one.kind in _INDEXED]
        return min(found, key=len, default=elements.all)

    def may_match(self, element: Element) -> bool:
        """Say whether it matches the element itself in some state of the page."""
        return not self.part and self._from(len(self.compounds) - 1, element, sure=False)

    def may_add_to(self, element: Element) -> bool:
        """Say whether it may match what is put before or after an element's words."""
        return bool(self.part) and self._from(len(self.compounds) - 1, element, sure=False)

    def surely_matches(self, element: Element) -> bool:
        """Say whether it matches the element in every state."""
        return not self.part and self._from(len(self.compounds) - 1, element, sure=True)

    def _from(self, at: int, element: Element, sure: bool) -> bool:
        if not all(_fits(one, element, sure) for one in self.compounds[at]):
            return False
        if at == 0:
            return True
        others: Sequence[Element]
        joint = self.joints[at - 1]
        if joint == ">":
            others = [element.parent] if element.parent else []
        elif joint == "+":
            others = element.before[-1:]
        elif joint == "~":
            others = element.before
        elif joint == " ":
            others = list(element.ancestors())
        else:
            return not sure
        return any(self._from(at - 1, other, sure) for other in others)


def read_selectors(prelude: Sequence[Node], around: tuple[Selector, ...] = ()) -> tuple[Selector, ...]:
    """Return the selectors of a rule; `around` are those of the rule that it is nested in."""
    return tuple(
        _read(part, around) for part in _split(prelude) if any(node.type != "whitespace" for node in part)
    )


def written(tokens: Sequence[Node]) -> str:
    """Return tokens as text, without comments and needless space."""
    plain = tinycss2.serialize([node for node in tokens if node.type != "comment"])
    return " ".join(plain.replace("/**/", "").split())


def _split(tokens: Sequence[Node]) -> list[list[Node]]:
    parts: list[list[Node]] = [[]]
    for node in tokens:
        if node == ",":
            parts.append([])
        elif node.type != "comment":
            parts[-1].append(node)
    return parts


def _read(tokens: list[Node], around: tuple[Selector, ...]) -> Selector:
    compounds: list[list[Simple]] = [[]]
    joints: list[str] = []
    waiting = ""  # what joins the next compound to the one before
    nested = False
    rest = list(tokens)
    while rest:
        node = rest.pop(0)
        if node.type == "whitespace":
            waiting = waiting or " "
            continue
        if node.type == "literal" and node.value in (">", "+", "~", "||"):
            waiting = node.value
            continue
        if waiting and compounds[-1]:
            compounds.append([])
            joints.append(waiting)
        elif waiting.strip() and not compounds[-1] and around:  # begins with a joint: of the rule around
            compounds = [[Simple("is", "is", inner=around)], []]
            joints, nested = [waiting], True
        waiting = ""
        nested = nested or node == "&"
        compounds[-1].append(_simple(node, rest, around))
    if around and not nested:
        compounds.insert(0, [Simple("is", "is", inner=around)])
        joints.insert(0, " ")
    text = written(tokens)
    if around:
        text = f"{', '.join(one.text for one in around)} {text}"
    return Selector(tuple(tuple(one) for one in compounds), tuple(joints), text)


def _simple(node: Node, rest: list[Node], around: tuple[Selector, ...]) -> Simple:
    if node.type == "ident":
        if rest and rest[0] == "|":  # a namespace, of which we declare none
            rest.pop(0)
            return _simple(rest.pop(0), rest, around) if rest else Simple("unknown", "")
        return Simple("tag", node.lower_value)
    if node.type == "hash":
        return Simple("id", node.value)
    if node.type == "[] block":
        return _attribute([one for one in node.content if one.type not in ("whitespace", "comment")])
    if node == "*":
        return Simple("any", "*")
    if node == "|":
        return _simple(rest.pop(0), rest, around) if rest else Simple("unknown", "")
    if node == "&":
        return Simple("is", "is", inner=around) if around else Simple("state", "scope")
    if node == "." and rest and rest[0].type == "ident":
        return Simple("class", rest.pop(0).value)
    if node == ":" and rest:
        return _pseudo(rest)
    return Simple("unknown", "")


def _pseudo(rest: list[Node]) -> Simple:
    part = False
    node = rest.pop(0)
    if node == ":" and rest:
        part, node = True, rest.pop(0)
    if node.type == "ident":
        name = node.lower_value
        return Simple("part" if part or name in _OLD_ELEMENTS else "state", name)
    if node.type != "function":
        return Simple("unknown", "")
    name = node.lower_name
    if part:
        return Simple("part", name)
    if name in (*_LISTS, "not"):
        return Simple("not" if name == "not" else "is", name, inner=read_selectors(node.arguments))
    return Simple("state", name)


def _attribute(content: Sequence[Node]) -> Simple:
    tokens = list(content)
    if len(tokens) > 1 and tokens[1] == "|":
        tokens = tokens[2:]
    elif tokens and tokens[0] in ("*", "|"):
        tokens = [one for one in tokens if one.type in ("ident", "string") or one not in ("*", "|")]
    if not tokens or tokens[0].type != "ident":
        return Simple("unknown", "")
    name = tokens[0].lower_value
    if len(tokens) == 1:
        return Simple("attribute", name)
    operator, value = "", None
    for node in tokens[1:]:
        if node.type == "literal" and value is None:
            operator += node.value
        elif node.type in ("string", "ident") and value is None:
            value = node.value
    if value is None:
        return Simple("unknown", "")
    fold = any(node.type == "ident" and node.lower_value == "i" for node in tokens[3:])
    return Simple("attribute", name, operator + ("i" if fold else ""), value)


def _fits(simple: Simple, element: Element, sure: bool) -> bool:
    if simple.kind == "any":
        return True
    if simple.kind == "tag":
        return simple.name == element.tag
    if simple.kind == "id":
        return simple.name == element.attributes.get("id")
    if simple.kind == "class":
        return simple.name in element.classes
    if simple.kind == "attribute":
        return _attribute_fits(simple, element, sure)
    if simple.kind == "is":
        return any(
            other.surely_matches(element) if sure else other.may_match(element) for other in simple.inner
        )
    if simple.kind == "not":
        return not any(
            other.may_match(element) if sure else other.surely_matches(element) for other in simple.inner
        )
    if simple.kind == "state":
        if simple.name == "root":
            return element.parent is None
        if simple.name in _OF_FIELDS and element.tag not in ("input", "button", "textarea", "select"):
            return False
        return not sure
    return not sure  # a part of the element, or what we do not know


def _attribute_fits(simple: Simple, element: Element, sure: bool) -> bool:
    if simple.name not in element.attributes:
        return False
    have, operator = element.attributes[simple.name], simple.operator
    if not operator:
        return True
    if have is None:
        return not sure
    want = simple.value
    if operator.endswith("i"):
        have, want, operator = have.casefold(), want.casefold(), operator[:-1]
    tests = {
        "=": have == want,
        "~=": want in have.split(),
        "|=": have == want or have.startswith(f"{want}-"),
        "^=": bool(want) and have.startswith(want),
        "$=": bool(want) and have.endswith(want),
        "*=": bool(want) and want in have,
    }
    return tests.get(operator, not sure)
