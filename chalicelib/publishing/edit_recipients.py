"""Editor of recipients: one at a time, in a form; the whole document is proposed with it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.desk.people import Person
from chalicelib.directory.errors import ContentInvalid, DocumentInvalid
from chalicelib.directory.places import Places, is_slug, read_places
from chalicelib.directory.write_entries import write_entries
from chalicelib.publishing import edit_whole, recipient_form
from chalicelib.publishing.change_recipients import ChangeRecipients
from chalicelib.publishing.documents import DraftConflict
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.forms import Form, FormConflict, Group, Typed, refuse
from chalicelib.publishing.new_ids import free_slug
from chalicelib.publishing.recipient_changes import RecipientChange, entries_of
from chalicelib.shared.clock import Clock
from chalicelib.shared.days import latest_today
from chalicelib.shared.email_addresses import plain_address
from chalicelib.shared.errors import EntryMissing


class EditRecipients:
    """The recipients as the waiting change has them, else as they are published."""

    def __init__(self, changes: ChangeRecipients, edit: EditText, clock: Clock) -> None:
        self._changes = changes
        self._edit = edit
        self._clock = clock

    def entries(self) -> tuple[Sequence[Mapping[str, Any]], int]:
        """Return the entries, and the revision of the change they are from (0: none waits)."""
        state = self._changes.state()
        text = state.change.text if state else self._changes.live_text()
        return entries_of(text), state.change.revision if state else 0

    def open(self, recipient: str) -> tuple[Mapping[str, Any], int]:
        """Return one entry and the revision. Raises EntryMissing."""
        entries, revision = self.entries()
        for entry in entries:
            if entry.get("id") == recipient:
                return entry, revision
        raise EntryMissing("there is no such recipient: it was taken out, or is about to be")

    def places(self) -> Places:
        """Return the places as published: a recipient gets reports of one of them."""
        try:
            return read_places(edit_whole.live(self._edit).places)
        except ContentInvalid as error:
            raise DocumentInvalid("the published places break a rule") from error

    def form(self, typed: Typed | None = None) -> Form:
        """Return the form of a recipient; a place that the package does not know is one that was typed."""
        serves = {str(entry.get("serves")) for entry in self.entries()[0]}
        if typed is not None and is_slug(typed.text("serves")):
            serves.add(typed.text("serves"))
        return recipient_form.form_of(self.places(), sorted(serves))

    def typed(self, recipient: str, who: Person) -> tuple[Typed, int]:
        """Return what the form of a recipient holds, and the revision.

        Whoever proposed it finds the reason that they gave. Raises EntryMissing.
        """
        entry, revision = self.open(recipient)
        state = self._changes.state()
        me = plain_address(who.email)
        mine = (
            state is not None
            and me in state.whose(recipient)
            and me == plain_address(state.change.proposed_by)
        )
        why = state.change.why if state and mine else ""
        return Typed({**recipient_form.as_typed(entry).fields, "why": [why]}), revision

    def propose(self, recipient: str, typed: Typed, revision: int, who: Person) -> str:
        """Propose the document with this recipient changed, or with a new one for "", and return its id.

        Raises FormInvalid with everything that is wrong, FormConflict when another proposal came first, and
        as ChangeRecipients.propose.
        """
        entries, _ = self.entries()
        known = {str(entry.get("id")): entry for entry in entries}
        others = [entry for name, entry in known.items() if name != recipient]
        form = self.form(typed)
        problems = recipient_form.problems_of(form, typed, others, latest_today(self._clock.now()))
        if recipient and recipient not in known:
            raise EntryMissing("there is no such recipient: it was taken out, or is about to be")
        key = recipient_form.entry_of({}, typed).get("key", "")
        wrong = self._changes.why_key_unusable(str(key)) if key and "key" not in problems else ""
        if wrong:
            problems["key"] = f"The key cannot be used: {wrong.rstrip('.')}."
        if not recipient and "name" not in problems:
            live = {str(one.get("id")) for one in entries_of(self._changes.live_text())}
            try:
                recipient = free_slug(typed.text("name"), {*known, *live})
            except DocumentInvalid as error:
                problems["name"] = f"{str(error).capitalize()}."
        refuse(form, problems)
        known[recipient] = recipient_form.entry_of(known.get(recipient, {"id": recipient}), typed)
        self._propose(list(known.values()), revision, who, recipient, typed)
        return recipient

    def propose_without(self, recipient: str, typed: Typed, revision: int, who: Person) -> RecipientChange:
        """Propose the document without a recipient. Raises EntryMissing, and as propose."""
        self.open(recipient)
        refuse(OUT_FORM, OUT_FORM.problems(typed))
        entries, _ = self.entries()
        kept = [entry for entry in entries if entry.get("id") != recipient]
        return self._propose(kept, revision, who, recipient, typed)

    def is_last(self, recipient: str) -> bool:
        """Say whether there would be no recipient left without this one."""
        return all(entry.get("id") == recipient for entry in self.entries()[0])

    def _propose(
        self, entries: Sequence[Mapping[str, Any]], revision: int, who: Person, recipient: str, typed: Typed
    ) -> RecipientChange:
        text = write_entries(entries)
        try:
            return self._changes.propose(text, revision, who, typed.raw("why"))
        except DraftConflict as error:
            now = [one for one in self.entries()[0] if one.get("id") == recipient]
            raise FormConflict(recipient_form.as_typed(now[0]) if now else Typed()) from error


OUT_FORM = Form((Group("", (recipient_form.WHY,)),))
