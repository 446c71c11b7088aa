"""A reply: what an officer wrote back, parsed; as it is sealed to the reporter's key and opened by the code.

Everything in it is somebody's words or leads to them: nothing of it stands in a log, an error, or a table in
clear.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

TEXT_MOST = 64 * 1024  # bytes of UTF-8 of the text, and as many of the whole: the rest is cut, and said so

# The digit that an officer may answer with, and what it stands for.
WE_HAVE_IT, TELL_US_MORE, PASSED_ON, CLOSED = 1, 2, 3, 4
STATUSES = (WE_HAVE_IT, TELL_US_MORE, PASSED_ON, CLOSED)


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply of a person, as its writer may read it.

    `text` is what they wrote, without what they quoted; `whole` is all of the mail's text but what stood
    between our fences, or "" when it says no more than `text`. `status` is one of STATUSES, or 0.
    `repeats` says that a fence was missing, so that `whole` may hold words of the report: it is shown after a
    second press. `text_repeats` says the same of `text`, where quoted lines could not be told from new ones.
    `files` counts attachments, which are never kept. `cut` says that it was longer than is kept.

    `message_id` and `references` are the mail's own, for the thread of what the writer sends back.
    """

    text: str = field(repr=False)
    whole: str = field(default="", repr=False)
    status: int = 0
    repeats: bool = False
    text_repeats: bool = False
    files: int = 0
    cut: bool = False
    message_id: str = field(default="", repr=False)
    references: tuple[str, ...] = field(default=(), repr=False)

    def to_bytes(self) -> bytes:
        """Serialize the reply as UTF-8 JSON, as which it is sealed."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return json.dumps({"v": 1, **content}, ensure_ascii=False, separators=(",", ":")).encode("utf-8")

    @classmethod
    def from_bytes(cls, content: bytes) -> Reply:
        """Deserialize what `to_bytes` wrote. Raises ValueError or TypeError for anything else."""
        read: Any = json.loads(content)
        if not isinstance(read, dict) or read.pop("v", None) != 1:
            raise ValueError("not a reply of version 1")
        return cls(**{**read, "references": tuple(read.get("references", ()))})
