"""Fingerprint of what a publish would bring to readers: it goes live only if it is what was seen.

Whoever agrees to publish agrees to exactly what was shown. Its fingerprint travels in the form, and what goes
live must have the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.publishing.documents import SHIPPED, UNKNOWN, Release

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chalicelib.publishing.recipient_changes import RecipientChange

PUBLISH = "publish"  # the drafts, and the agreed change of recipients
AGAIN = "again"  # what is live, with the package as it is now
BACK = "back"  # an older release, "back:7", or one place as it was in it, "back:7:los-banos-ca"
KEPT = 20  # releases that stay, however old
KEPT_FOR = timedelta(days=90)  # and how long each stays
RELEASE = "release"
PACKAGE = "package"


@dataclass(frozen=True, slots=True)
class GoingLive:
    """Everything that decides what readers get next.

    `what` is PUBLISH, AGAIN or BACK with a number, and with a place if it is about one; `release` the one it
    is built on; `texts` are the documents that change, `bases` the versions of them that are live, `by` says
    who wrote each last. `change` is the agreed change of recipients that goes along, if any. All else is as
    it is live and in the package.
    """

    what: str
    release: int
    package: str
    texts: Mapping[str, str]
    by: Mapping[str, str] = field(default_factory=dict)
    change: RecipientChange | None = None
    bases: Mapping[str, int] = field(default_factory=dict)

    def fingerprint(self) -> str:
        """Return the fingerprint: the same only for exactly this. It names each part, to say what differs.

        Drafts, and the place of a roll back, are what they are beside whatever others publish of other
        documents meanwhile; a roll back of the whole site depends on all that is live.
        """
        parts = {"what": self.what, PACKAGE: quote(self.package)}
        if self.what.startswith(BACK) and self.what.count(":") == 1:
            parts[RELEASE] = str(self.release)
        parts |= {
            document: f"{_digest(text)}@{self.bases.get(document, SHIPPED)}"
            for document, text in self.texts.items()
        }
        if self.change:
            parts[RECIPIENTS] = _digest(*_agreement(self.change))
        return " ".join(f"{name}={parts[name]}" for name in sorted(parts))

    def changes_since(self, seen: str, published_by: str = "") -> list[tuple[str, str]]:
        """Return what is not as it was when `seen` was the fingerprint, as pairs of what and how."""
        if seen == self.fingerprint():
            return []
        before, now = _parts(seen), _parts(self.fingerprint())
        if before.get("what", "").partition(":")[0] not in (PUBLISH, AGAIN, BACK):
            return [("", "the form does not say what was looked at")]
        changes = []
        by = f", published by {published_by}" if published_by else ""
        if RELEASE in now and before.get(RELEASE) != now[RELEASE]:
            changes.append((RELEASE, f"number {now[RELEASE]} is live now{by}"))
        if before.get(PACKAGE) != now[PACKAGE]:
            changes.append((PACKAGE, "a deploy brought a new one"))
        for name in sorted({*before, *now} - {"what", RELEASE, PACKAGE}):
            if name not in now:
                changes.append((name, "taken back, or live already"))
            elif _of_text(before.get(name, "")) == _of_text(now[name]) and before[name] != now[name]:
                changes.append((name, f"another text of it is live now{by}"))
            elif before.get(name) != now[name]:
                how = "by" if name in before else "new, by"
                changes.append((name, f"{how} {self.by.get(name) or 'somebody'}"))
        return changes or [("", "something else was asked for than what was looked at")]


def documents_in(fingerprint: str) -> list[str]:
    """Return the documents that a fingerprint names: those whose texts change; none for a roll back."""
    parts = _parts(fingerprint)
    if parts.get("what") != PUBLISH:
        return []
    return sorted({*parts} - {"what", RELEASE, PACKAGE})


def steps(before: Mapping[str, int], after: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """Return each document whose version changes from one release to another, with both numbers."""
    names = sorted({*before, *after})
    pairs = [(name, before.get(name, SHIPPED), after.get(name, SHIPPED)) for name in names]
    return [one for one in pairs if one[1] != one[2]]


def in_words(before: Mapping[str, int], after: Mapping[str, int]) -> str:
    """Return the same as one line: "contacts 3 to 4, catalog/es 0 to 1"; 0 is what came with the package."""
    return ", ".join(f"{name} {old} to {new}" for name, old, new in steps(before, after))


def reached(live: int, since: Mapping[int, int]) -> set[int]:
    """Return which releases readers ever got: those that the live one leads back to.

    `since` says which release each took the place of. Where one does not say, all older ones count.
    """
    releases, number = set(), live
    while number > SHIPPED and number not in releases:
        releases.add(number)
        number = since.get(number, UNKNOWN)
    if number == UNKNOWN:
        oldest = min(releases, default=0)
        releases |= {number_before for number_before in since if number_before < oldest}
    return releases


def unwanted(numbers: Iterable[int], live: int, releases: Sequence[Release], now: datetime) -> list[int]:
    """Return which of these releases nobody can want any more, lowest first.

    That is one that is older than KEPT_FOR, and not among the last KEPT that readers got. What is live stays,
    and so does all that has a higher number: somebody may be on the way with it. So does a release of which
    `releases`, newest first, say nothing: a table that was lost must not take the site along.
    """
    ever = reached(live, {release.number: release.since for release in releases})
    last = [release.number for release in releases if release.number in ever and release.number <= live]
    when = {release.number: release.when for release in releases}
    return sorted(
        number
        for number in numbers
        if number < live and number not in last[:KEPT] and number in when and now - when[number] > KEPT_FOR
    )


def _agreement(change: RecipientChange) -> Sequence[str]:
    """Return what an agreement is about; steps like a mailed code change nothing of it."""
    agreed_at = change.agreed_at.isoformat() if change.agreed_at else ""
    return (change.text, change.proposed_by, change.agreed_by, agreed_at)


def _digest(*texts: str) -> str:
    """Return a collision-resistant hash of a text: whole, since an editor may try to forge one."""
    whole = hashlib.sha256()
    for text in texts:
        content = text.encode("utf-8", "surrogatepass")
        whole.update(b"%d:" % len(content) + content)
    return whole.hexdigest()


def _of_text(part: str) -> str:
    return part.partition("@")[0]


def _parts(fingerprint: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.partition("=") for part in fingerprint.split(" "))}
