"""DynamoDB's condition and update expressions, as far as our store uses them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

Item = dict[str, Any]  # attribute name -> DynamoDB's own JSON, like {"S": "text"}
Names = Mapping[str, str]
Values = Mapping[str, Any]
Condition = Callable[[Item, Names, Values], bool]
Update = Callable[[Item, Names, Values], Item]
Operand = Callable[[Item, Names, Values], Any]

_TOKEN = re.compile(r"\s*(<=|>=|<>|[=<>(),+]|[#:]?\w+)")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


class UnknownExpression(ValueError):
    """An expression that this stand-in cannot evaluate: better said than guessed."""


def plain(value: Any) -> Any:
    """Return a value that can be compared: (type, Decimal) for numbers, (type, text) for others."""
    if value is None:
        return None
    ((kind, content),) = value.items()
    return kind, Decimal(content) if kind == "N" else content


@lru_cache
def condition(text: str) -> Condition:
    """Compile a condition."""
    tokens = _Tokens(text)
    compiled = _either(tokens)
    tokens.expect_end()
    return compiled


@lru_cache
def update(text: str) -> Update:
    """Compile an update: SET a = :x, b = b + :y ADD #n :z."""
    tokens = _Tokens(text)
    steps: list[Callable[[Item, Item, Names, Values], None]] = []
    clause = ""
    while tokens.more():
        word = tokens.peek().upper()
        if word in {"SET", "ADD", "REMOVE"}:
            clause = tokens.take().upper()
        elif word == ",":
            tokens.take()
        elif clause == "SET":
            steps.append(_set(tokens))
        elif clause == "ADD":
            steps.append(_add(tokens))
        elif clause == "REMOVE":
            steps.append(_remove(tokens))
        else:
            raise UnknownExpression(text)

    def apply(item: Item, names: Names, values: Values) -> Item:
        changed = dict(item)
        for step in steps:
            step(item, changed, names, values)
        return changed

    return apply


class _Tokens:
    def __init__(self, text: str) -> None:
        self._text = text
        self._found = list(self._read(text))

    def _read(self, text: str) -> Iterator[str]:
        position = 0
        text = text.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise UnknownExpression(text)
            position = match.end()
            yield match.group(1)

    def more(self) -> bool:
        return bool(self._found)

    def peek(self) -> str:
        return self._found[0] if self._found else ""

    def take(self, wanted: str = "") -> str:
        if not self._found or (wanted and self._found[0].upper() != wanted):
            raise UnknownExpression(self._text)
        return self._found.pop(0)

    def expect_end(self) -> None:
        if self._found:
            raise UnknownExpression(self._text)


def _either(tokens: _Tokens) -> Condition:
    some = [_both(tokens)]
    while tokens.peek().upper() == "OR":
        tokens.take()
        some.append(_both(tokens))
    return lambda item, names, values: any(one(item, names, values) for one in some)


def _both(tokens: _Tokens) -> Condition:
    some = [_one(tokens)]
    while tokens.peek().upper() == "AND":
        tokens.take()
        some.append(_one(tokens))
    return lambda item, names, values: all(one(item, names, values) for one in some)


def _one(tokens: _Tokens) -> Condition:
    word = tokens.peek()
    if word.upper() == "NOT":
        tokens.take()
        inner = _one(tokens)
        return lambda item, names, values: not inner(item, names, values)
    if word == "(":
        tokens.take()
        inner = _either(tokens)
        tokens.take(")")
        return inner
    if word in {"attribute_not_exists", "attribute_exists"}:
        path = _in_parentheses(tokens)[0]
        wanted = word == "attribute_exists"
        return lambda item, names, values: (path(item, names, values) is not None) == wanted
    if word == "begins_with":
        path, start = _in_parentheses(tokens)
        return lambda item, names, values: _begins_with(path(item, names, values), start(item, names, values))
    left = _operand(tokens)
    compare = _COMPARE[tokens.take()]
    right = _operand(tokens)
    return lambda item, names, values: _compared(
        compare, plain(left(item, names, values)), plain(right(item, names, values))
    )


def _in_parentheses(tokens: _Tokens) -> list[Operand]:
    tokens.take()
    tokens.take("(")
    operands = [_operand(tokens)]
    while tokens.peek() == ",":
        tokens.take()
        operands.append(_operand(tokens))
    tokens.take(")")
    return operands


def _begins_with(value: Any, start: Any) -> bool:
    return value is not None and "S" in value and value["S"].startswith(start["S"])


def _compared(compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
    # A missing attribute, or one of another type, compares as false.
    return left is not None and right is not None and left[0] == right[0] and compare(left[1], right[1])


def _operand(tokens: _Tokens) -> Operand:
    name = tokens.take()
    if name.startswith(":"):
        return lambda item, names, values: values[name]
    if name.startswith("#"):
        return lambda item, names, values: item.get(names[name])
    return lambda item, names, values: item.get(name)


def _target(tokens: _Tokens) -> Callable[[Names], str]:
    name = tokens.take()
    return (lambda names: names[name]) if name.startswith("#") else (lambda names: name)


def _set(tokens: _Tokens) -> Callable[[Item, Item, Names, Values], None]:
    target = _target(tokens)
    tokens.take("=")
    first = _operand(tokens)
    second: Operand | None = None
    if tokens.peek() == "+":
        tokens.take()
        second = _operand(tokens)

    def apply(item: Item, changed: Item, names: Names, values: Values) -> None:
        value = first(item, names, values)
        if second is not None:
            value = _sum(value, second(item, names, values))
        changed[target(names)] = value

    return apply


def _add(tokens: _Tokens) -> Callable[[Item, Item, Names, Values], None]:
    target, amount = _target(tokens), _operand(tokens)

    def apply(item: Item, changed: Item, names: Names, values: Values) -> None:
        name = target(names)
        changed[name] = _sum(item.get(name, {"N": "0"}), amount(item, names, values))

    return apply


def _remove(tokens: _Tokens) -> Callable[[Item, Item, Names, Values], None]:
    target = _target(tokens)
    return lambda item, changed, names, values: changed.pop(target(names), None) and None


def _sum(first: Any, second: Any) -> dict[str, str]:
    return {"N": str(Decimal(first["N"]) + Decimal(second["N"]))}
