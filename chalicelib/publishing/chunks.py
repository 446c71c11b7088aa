"""Chunks of a background job: some places each, made side by side, and how far the job is by them.

A chunk's message may come twice, and its worker may be killed anywhere: what is done stays done, and what is
not is sent again. Few are on their way at once, and who has done one sends the next: so somebody else's job
never waits behind all of a national one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.publishing.jobs import SENT_AGAIN_AFTER, Job

PLACES_IN_ONE = 15  # 150 pages in ten languages: about 3 MB, of the 6 that an answer of Lambda holds
AT_ONCE = 3  # of one job: fewer than there are workers
MOST_TRIES = 5  # as many as the queue has
MOST_ROUNDS = 5  # in each of which texts changed meanwhile
WORK_LASTS = timedelta(minutes=5)  # as long as a worker may run: who took a chunk earlier is gone
PUT_LASTS = timedelta(hours=6)  # unused pages go a day after they were first found
_NAMED = 2  # places that a sentence names
_MESSAGE = re.compile("([0-9a-f]{32})/([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk's record. `version` grows by one with each write (optimistic lock).

    `named` says in words which places it has. Both `sent_at` and `taken_at` are empty while it is in nobody's
    hands. `put` says that all its pages lie under their hashes.
    """

    job: str
    number: int
    places: tuple[str, ...]
    named: str
    keep_until: datetime
    version: int = 1
    tries: int = 0
    sent_at: datetime | None = None
    taken_at: datetime | None = None
    done_at: datetime | None = None
    put: bool = False

    @property
    def message(self) -> str:
        """Return what the queue brings to a worker."""
        return f"{self.job}/{self.number}"


def read_message(body: str) -> tuple[str, int] | None:
    """Return the job and the number of a chunk that a message is about; None where it is about a job."""
    found = _MESSAGE.fullmatch(body)
    return (found[1], int(found[2])) if found else None


def in_words(names: Sequence[str]) -> str:
    """Return some places as a sentence names them: "Los Banos, Merced and 23 other places"."""
    if len(names) <= _NAMED:
        return " and ".join(names)
    others = len(names) - _NAMED
    return f"{', '.join(names[:_NAMED])} and {others} other place{'s' if others > 1 else ''}"


def name_in(content: str, place: str) -> str:
    """Return the name of a place in its own inputs; its address where they do not say."""
    if not place:
        return "what is of no place"
    with suppress(ValueError, TypeError, KeyError, AttributeError):
        for entry in json.loads(content)["places"]["places"]:
            if entry["slug"] == place:
                return str(entry["name"])
    return place


def sent(chunk: Chunk, now: datetime) -> Chunk:
    """Return a chunk as its message is sent."""
    return replace(chunk, version=chunk.version + 1, sent_at=now, taken_at=None)


def taken(chunk: Chunk, now: datetime) -> Chunk:
    """Return a chunk as a worker takes it."""
    return replace(chunk, version=chunk.version + 1, taken_at=now, tries=chunk.tries + 1)


def given_back(chunk: Chunk) -> Chunk:
    """Return a chunk as a worker leaves it who could not do it now."""
    return replace(chunk, version=chunk.version + 1, sent_at=None, taken_at=None)


def done(chunk: Chunk, now: datetime, put: bool = False) -> Chunk:
    """Return a chunk of which every place is made, as far as it can be."""
    return replace(chunk, version=chunk.version + 1, done_at=now, put=put)


def are_done(rows: Sequence[Chunk]) -> bool:
    """Say whether all these chunks are done."""
    return all(row.done_at for row in rows)


def is_fresh(chunk: Chunk, job: Job) -> bool:
    """Say whether what a chunk put lies there still, when its job is taken: nothing is cleared so soon."""
    done, taken = chunk.done_at, job.leased_until
    return done is not None and taken is not None and taken - done < PUT_LASTS


def is_in_hand(chunk: Chunk, now: datetime) -> bool:
    """Say whether a chunk is on its way, or somebody may be at it."""
    since = _since(chunk)
    return chunk.done_at is None and since is not None and now - since < WORK_LASTS


def is_given_up(chunk: Chunk, now: datetime) -> bool:
    """Say whether a chunk was tried as often as it is, and nobody is at it any more."""
    return chunk.done_at is None and chunk.tries >= MOST_TRIES and not is_in_hand(chunk, now)


def next_of(rows: Sequence[Chunk], now: datetime) -> Sequence[Chunk]:
    """Return the chunks to be sent now: never so many that more than AT_ONCE are on their way."""
    waiting = [
        row for row in rows if row.done_at is None and row.tries < MOST_TRIES and not is_in_hand(row, now)
    ]
    room = AT_ONCE - sum(is_in_hand(row, now) for row in rows)
    return waiting[: max(room, 0)]


def seen(job: Job, rows: Sequence[Chunk]) -> Job:
    """Return a job as its chunks show it: how many places are made, and until when somebody may be at it."""
    made = [row for row in rows if row.done_at]
    if len(made) == len(rows):
        until = [row.done_at + SENT_AGAIN_AFTER for row in made if row.done_at]
    else:
        until = [since + WORK_LASTS for row in rows if not row.done_at and (since := _since(row))]
    return replace(
        job,
        done=sum(len(row.places) for row in made),
        of=sum(len(row.places) for row in rows),
        leased_until=max([job.sent_at + SENT_AGAIN_AFTER, *until]),
    )


def why_given_up(chunk: Chunk) -> str:
    """Say at the desk that a job ends for this chunk."""
    return f"The pages of {chunk.named} could not be made: it was tried {chunk.tries} times."


def _since(chunk: Chunk) -> datetime | None:
    return max((one for one in (chunk.sent_at, chunk.taken_at) if one), default=None)
