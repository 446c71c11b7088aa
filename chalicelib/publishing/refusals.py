"""What stood in the way of a publish, in a clerk's words, and the field of the form that it is about."""

from __future__ import annotations

from chalicelib.directory.document_ids import name_of
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.documents import PublishRefused
from chalicelib.publishing.errors import ChangedSince, NothingToPublish
from chalicelib.publishing.going_live import PACKAGE, RELEASE

YES = "yes"  # the field that agrees to what the checks ask about
WHY = "why"
_MEND_FIRST = "Nothing was published: first mend what the checks found."
NEEDS_YES = "Nothing was published: this needs your yes."


def told_of(stopped: Exception) -> tuple[str, str]:
    """Return the sentence, and the name of the field ("" for none)."""
    if isinstance(stopped, PublishRefused):
        return (_MEND_FIRST, "") if stopped.report.stops else (NEEDS_YES, YES)
    if isinstance(stopped, NothingToPublish):
        return f"There is nothing to publish: {stopped}.", ""
    if isinstance(stopped, DocumentInvalid):
        text = str(stopped)
        return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}", WHY
    if isinstance(stopped, ChangedSince):
        return f"Nothing was published. Changed since you looked: {_in_words(stopped)}.", ""
    return f"Nothing was published: {stopped}.", ""


def _in_words(changed: ChangedSince) -> str:
    names = {RELEASE: "the live release", PACKAGE: "the package", "": ""}
    found = []
    for what, how in changed.changes:
        name = names[what] if what in names else name_of(what)
        found.append(", ".join(part for part in (name, how) if part))
    return "; ".join(found)
