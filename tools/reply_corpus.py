"""A corpus of replies, tried on the splitter: how many come out exact, lose a word, or leak foreign ones.

    python -m tools.reply_corpus [DIR]

Beside each `name.txt` (the text of a mail) or `name.eml` (its raw source) lies `name.expected.txt`: what its
writer wrote, and nothing else. EXACT is the same text after white space is folded; LOST lacks any word of the
writer; LEAKED has more than six words that are not theirs. A mail with our own fences counts apart. It ends
with 1 when too few are exact or too many lost. When no folder is named our own corpus is tried, and it is
told how long the worst of the hostile mails takes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chalicelib.replies.charsets import cleaned, decode
from chalicelib.replies.conversation import HUMAN
from chalicelib.replies.fenced import find_fences
from chalicelib.replies.html_text import html_to_text
from chalicelib.replies.parsed_mail import ParsedMail
from chalicelib.replies.read_mail import read_mail
from chalicelib.replies.reply import Reply
from chalicelib.replies.split_reply import split_reply
from tools.hostile_mails import hostile_mails, milliseconds

CORPUS = Path(__file__).resolve().parent.parent / "tests" / "replies" / "corpus"
CASE = "PL-7K2M-9QXR"
EXACT_LEAST = 0.66
LOST_MOST = 0.06
FOREIGN_MOST = 6  # words
MILLISECONDS_MOST = 50


@dataclass(frozen=True, slots=True)
class Tried:
    """One reply of a corpus, and what the splitter made of it."""

    name: str
    fenced: bool
    exact: bool
    lost: tuple[str, ...]
    foreign: tuple[str, ...]
    milliseconds: float
    reply: Reply

    @property
    def leaked(self) -> bool:
        """Say whether more than a handful of words are not the writer's."""
        return len(self.foreign) > FOREIGN_MOST


def samples(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the mails of a corpus, each with what its writer wrote."""
    for path in sorted(folder.rglob("*.expected.txt")):
        for kind in (".eml", ".txt"):
            mail = path.with_name(path.name.removesuffix(".expected.txt") + kind)
            if mail.exists():
                yield mail, path.read_text(encoding="utf-8")


def tried(mail: Path, expected: str) -> Tried:
    """Split one mail, and compare."""
    raw = mail.read_bytes()
    start = time.process_time()
    parsed = (
        read_mail(raw) if mail.suffix == ".eml" else ParsedMail(HUMAN, text=cleaned(decode(raw, "utf-8")))
    )
    reply = split_reply(parsed, CASE)
    took = (time.process_time() - start) * 1000
    wanted, found = Counter(cleaned(expected).split()), Counter(_with_status(reply).split())
    return Tried(
        mail.relative_to(mail.parent.parent).as_posix(),
        bool(find_fences(parsed.text) or (parsed.html and find_fences(html_to_text(parsed.html)))),
        cleaned(expected).split() == _with_status(reply).split(),
        tuple((wanted - found).elements()),
        tuple((found - wanted).elements()),
        took,
        reply,
    )


def is_good(results: list[Tried]) -> bool:
    """Say whether a corpus comes out as well as it must."""
    if not results:
        return False
    without = [one for one in results if not one.fenced]
    exact = sum(one.exact for one in results) >= EXACT_LEAST * len(results)
    lost = sum(bool(one.lost) for one in without) <= LOST_MOST * len(without)
    return exact and lost and not any(one.lost for one in results if one.fenced)


def main() -> int:
    """Print how a corpus comes out; return 1 when that is not good enough."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=CORPUS)
    parser.add_argument("--show", action="store_true", help="name each one that is not exact")
    options = parser.parse_args()
    results = [tried(mail, expected) for mail, expected in samples(options.folder)]
    for one in results:
        if options.show and not one.exact:
            sys.stdout.write(f"{one.name}: lost {list(one.lost)[:12]}, foreign {list(one.foreign)[:16]}\n")
    groups = {
        "all": results,
        "without fences": [one for one in results if not one.fenced],
        "with fences": [one for one in results if one.fenced],
    }
    for name, group in groups.items():
        counts = (sum(one.exact for one in group), sum(bool(one.lost) for one in group))
        leaked = sum(one.leaked for one in group)
        sys.stdout.write(
            f"{name:15} {len(group):4} mails: {counts[0]} exact, {counts[1]} lost, {leaked} leaked\n"
        )
    slowest = max((one.milliseconds for one in results), default=0.0)
    sys.stdout.write(f"slowest: {slowest:.1f} ms\n")
    if options.folder == CORPUS:
        took, name = max((milliseconds(raw), name) for name, raw in hostile_mails().items())
        sys.stdout.write(f"slowest hostile one: {took:.1f} ms ({name}; at most {MILLISECONDS_MOST})\n")
    return 0 if is_good(results) else 1


def _with_status(reply: Reply) -> str:
    return f"{reply.status}\n{reply.text}" if reply.status else reply.text


if __name__ == "__main__":
    sys.exit(main())
