"""What each invented person of a chaos run writes, to whom, and how it is found again in a mail.

All of it follows from the seed and the person's number, so that the process which files, the one that takes
the mails in and the one that reckons agree without a word between them.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from functools import lru_cache
from typing import Any

_STORY = re.compile(r"story-(\d{6})-(\d{3})-[0-9a-f]{16}-begin")
_SQUEEZED_AWAY = re.compile(r"[\s>|]+")  # line breaks, indents and quoting signs of a mail
_ODD_SENTENCES = (
    "and what else I saw. ",
    "ਉਹ ਕਹਿੰਦੀ ਹੈ ਕਿ ਉਹ ਜਾ ਨਹੀਂ ਸਕਦੀ। ",
    "لا يمكنها المغادرة. ",
    "她不能離開。",
    "\nFrom the motel they go to the fields.\n",
    "\n.\n",
    "\n-- \nnot a signature\n",
    "\n----- End of what they wrote (PL-0000-0000) -----\n",
    "\n> quoted, perhaps\n",
    "🚐 \U0001f469\u200d\U0001f469\u200d\U0001f467 ",
    "x" * 200 + " ",
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who files one report: what they write, and which agencies they tick.

    `mark` is found at the beginning of `story` and names the person; `attempt` grows when somebody whose
    writing was cut off by a kill begins anew. `robot` fills the honeypot.
    """

    number: int
    attempt: int
    mark: str
    story: str = field(repr=False)
    where: str = field(repr=False)
    when: str = field(repr=False)
    recipients: tuple[str, ...]
    robot: bool


@lru_cache(maxsize=20_000)
def person(seed: int, number: int, attempt: int, agencies: tuple[str, ...]) -> Person:
    """Return the person with this number. `agencies` are the ids on the form, in its order."""
    chance = random.Random(f"person {seed} {number} {attempt}")  # noqa: S311
    digest = hashlib.sha256(f"{seed} {number} {attempt}".encode()).hexdigest()[:16]
    name = f"{number:06d}-{attempt:03d}-{digest}"
    mark = f"story-{name}-begin"
    sentences = 350 if chance.random() < 0.01 else int(chance.expovariate(0.08))
    middle = "".join(chance.choice(_ODD_SENTENCES) for _ in range(sentences))
    recipients = sorted(chance.sample(agencies, chance.choice((1, 1, 2))), key=agencies.index)
    return Person(
        number=number,
        attempt=attempt,
        mark=mark,
        story=f"{mark} {middle} story-{name}-end",
        where=f"where-{name}, behind the motel",
        when=f"when-{name}, last Friday",
        recipients=tuple(recipients),
        robot=chance.random() < 0.25,
    )


def marks_in(text: str) -> Iterator[tuple[str, int, int]]:
    """Find each story that begins in a text: its mark, its person's number and attempt."""
    for found in _STORY.finditer(text):
        yield found.group(), int(found.group(1)), int(found.group(2))


@dataclass(frozen=True, slots=True)
class Copy:
    """One report found in one mail. `whole`: every word of it is there, in the text and in the data."""

    mark: str
    number: int
    attempt: int
    whole: bool


def copies_in(message: Message, seed: int, agencies: tuple[str, ...]) -> list[Copy]:
    """Return every report whose beginning stands anywhere in a mail, its headers included."""
    texts, data = _parts(message)
    squeezed = "".join(_squeezed(text) for text in texts)
    said = set(data)
    anywhere = "\n".join([*(str(value) for value in message.values()), *texts, *data])
    copies = []
    for mark, number, attempt in dict.fromkeys(marks_in(anywhere)):
        who = person(seed, number, attempt, agencies)
        in_text = _stands_in(squeezed, who)
        in_data = {who.story, who.where, who.when} <= said
        copies.append(Copy(mark, number, attempt, who.mark == mark and in_text and in_data))
    return copies


def _stands_in(squeezed: str, who: Person) -> bool:
    """Say whether all that somebody wrote stands in a mail's text, by the places where it begins."""
    for words in (who.story, who.where, who.when):
        wanted = _squeezed(words)
        beginning = squeezed.find(wanted[: len(who.mark)])
        if beginning < 0 or not squeezed.startswith(wanted, beginning):
            return False
    return True


def _squeezed(text: str) -> str:
    return _SQUEEZED_AWAY.sub("", text)


def _parts(message: Message) -> tuple[list[str], list[str]]:
    """Return the plain texts of a mail, and every string in its data."""
    texts: list[str] = []
    data: list[str] = []
    for part in message.walk():
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):
            continue
        text = content.decode("utf-8", "replace")
        if part.get_content_type() == "application/json":
            data.extend(_strings(json.loads(text)))
        else:
            texts.append(text)
    return texts, data


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, Sequence):
        for one in value:
            yield from _strings(one)
