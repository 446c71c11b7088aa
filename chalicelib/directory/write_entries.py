"""JSON writer of the documents made of entries: a value that changes is one line of a diff.

Files ship in this form, and the desk saves in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def write_entries(document: Any) -> str:
    """Write a document in the one form in which files ship and the desk saves: a change is a line or two.

    An entry of nothing but values, such as a way to reach a contact, stands on one line of a list in an
    entry; the entries of a document that is a list itself, and all others, have a line for each field.
    """
    return f"{_spelled(document, '', False)}\n"


def _spelled(value: Any, pad: str, is_field: bool) -> str:
    if not value or not isinstance(value, Mapping | list):
        return _on_one_line(value)
    deeper = f"{pad}  "
    if isinstance(value, Mapping):
        lines = [
            f"{json.dumps(str(name), ensure_ascii=False)}: {_spelled(one, deeper, True)}"
            for name, one in value.items()
        ]
    else:
        lines = [
            json.dumps(one, ensure_ascii=False)
            if is_field and _is_flat(one)
            else _spelled(one, deeper, False)
            for one in value
        ]
    body = ",\n".join(f"{deeper}{line}" for line in lines)
    first, last = "{}" if isinstance(value, Mapping) else "[]"
    return f"{first}\n{body}\n{pad}{last}"


def _is_flat(value: Any) -> bool:
    return isinstance(value, Mapping) and not any(isinstance(one, Mapping | list) for one in value.values())


def _on_one_line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
