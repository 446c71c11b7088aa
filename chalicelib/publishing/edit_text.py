"""Editor of drafts with optimistic locking, diffs and the version history of each text.

Nothing here reaches a reader: see publish.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple

from chalicelib.delivery import mail_frames
from chalicelib.desk.errors import AgreementMissing
from chalicelib.directory import document_ids
from chalicelib.directory.document_ids import RECIPIENTS, RETIRED
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.write_entries import write_entries
from chalicelib.pages.po_files import read_po
from chalicelib.publishing import contact_stamps, documents, overwritten
from chalicelib.publishing.documents import (
    SHIPPED,
    DiffLine,
    Draft,
    DraftConflict,
    ThrownDraft,
    Version,
)
from chalicelib.publishing.json_documents import read
from chalicelib.publishing.live_texts import LiveTexts as LiveTexts
from chalicelib.publishing.newer_texts import NewerText, NewerTexts, with_new_sentences
from chalicelib.publishing.ports import (
    DocumentStore,
    ReleaseShelf,
    ShippedDocuments,
)
from chalicelib.publishing.whole_texts import is_known, is_retired
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import EntryMissing, StaleRecord

_ALL_WORDS, _ALL_OF_IT = 1, 2  # what is kept of a draft besides what is lost by typing over it


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """One line of the list of documents. `live` is the version that readers get; 0 is what shipped.

    `shipped_anew` says that the package brought a text that is hidden by the draft or the live version;
    `unused` that what is live there is not used: its document is retired, or it is no frame that a mail could
    have.
    """

    id: str
    kind: str
    live: int
    draft: Draft | None
    shipped_anew: bool
    unused: bool = False


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """A document as it stands in the editor.

    `text` is the draft's, or the live one where there is none. `revision` (0: no draft) goes into the form,
    and `save_draft` wants it back.
    """

    id: str
    kind: str
    text: str
    revision: int
    draft: Draft | None
    live: Version
    shipped_anew: bool


class EntriesText(NamedTuple):
    """A document of a place, or the settings: its draft's text or the live one, and the draft's revision."""

    text: str
    live: str
    revision: int


class EditText:
    """Editor of drafts: list, open, save, compare. `who` is the person's address, for the history."""

    def __init__(
        self, store: DocumentStore, shipped: ShippedDocuments, shelf: ReleaseShelf, clock: Clock
    ) -> None:
        self._store = store
        self._shipped = shipped
        self._shelf = shelf
        self._clock = clock
        self._live = LiveTexts(store, shipped)
        self._newer = NewerTexts(store, shipped)

    def list(self) -> Sequence[DocumentEntry]:
        """Return every document, with its draft if it has one."""
        live = self._live.numbers(self._shelf.live())
        drafts = {draft.document: draft for draft in self._store.drafts()}
        settled = self._store.settled()
        return [
            DocumentEntry(
                document,
                document_ids.kind_of(document),
                live.get(document, SHIPPED),
                drafts.get(document),
                self._hidden(document, live.get(document, SHIPPED), drafts.get(document), settled)
                is not None,
                self._is_unused(document, live.get(document, SHIPPED)),
            )
            for document in self._ids(live, drafts)
        ] + [
            DocumentEntry(
                document, document_ids.kind_of(document), SHIPPED, drafts.get(document), False, True
            )
            for document in (*RETIRED, *document_ids.BY_PLACE)
            if self.is_retired(document) and (document in drafts or self._store.versions(document))
        ]

    def is_retired(self, document: str) -> bool:
        """Say whether a document is of an older package: it is shown, and no longer changed."""
        return is_retired(document, self._shipped.ids())

    def entries(self) -> Mapping[str, EntriesText]:
        """Return contacts and places of each place, and the settings, read all at once."""
        return self._entries((document_ids.SITE, *document_ids.JOINED))

    def services(self) -> Mapping[str, EntriesText]:
        """Return the services of each place that has some, read all at once."""
        return self._entries((document_ids.SERVICES,))

    def _entries(self, bases: Collection[str]) -> Mapping[str, EntriesText]:
        live = self._live.numbers(self._shelf.live())
        drafts = {draft.document: draft for draft in self._store.drafts()}
        found = {}
        wanted = [one for one in self._ids(live, drafts) if document_ids.base_of(one) in bases]
        self._store.read_ahead({one: live[one] for one in wanted if one in live})
        for document in wanted:
            text = self._live.version(document, live.get(document, SHIPPED)).text
            draft = drafts.get(document)
            found[document] = EntriesText(draft.text if draft else text, text, draft.revision if draft else 0)
        return found

    def open(self, document: str) -> OpenDocument:
        """Return a document for the editor. Raises EntryMissing for an unknown one."""
        if self.is_retired(document):
            return self._retired(document)
        self._known(document)
        number = self._live.numbers(self._shelf.live()).get(document, SHIPPED)
        shipped = self._shipped.text(document)
        draft = self._store.draft(document)
        newer = self._hidden(document, number, draft, self._store.settled())
        live = self._live.version(document, number)
        live = replace(live, text=with_new_sentences(document, live.text, shipped))
        return OpenDocument(
            document,
            document_ids.kind_of(document),
            with_new_sentences(document, draft.text, shipped) if draft else live.text,
            draft.revision if draft else 0,
            draft,
            live,
            newer is not None,
        )

    def newer(self, document: str) -> NewerText | None:
        """Return what the package ships anew and the draft or live text hides. Raises EntryMissing."""
        self._known(document)
        number = self._live.numbers(self._shelf.live()).get(document, SHIPPED)
        return self._hidden(document, number, self._store.draft(document), self._store.settled())

    def take_newer(self, document: str, choices: Mapping[str, str], seen: str, who: str) -> Draft | None:
        """Merge what the package ships anew into a draft, with YOURS or NEW chosen by key.

        None when all stays as it is live: that is kept as a decision, and nothing is asked again until the
        package has yet another text. Raises StaleRecord when `seen` is not the fingerprint of the three texts
        any more, and what save_draft raises.
        """
        newer = self.newer(document)
        if newer is None or newer.fingerprint != seen:
            raise StaleRecord("changed by somebody else")
        opened = self.open(document)
        text, now = newer.merged(choices), self._newer.now(document)
        if opened.draft is None and text == opened.live.text:
            self._store.settle(document, now, who, self._clock.now())
            return None
        return self._save(document, text, opened.revision, who, now, _ALL_WORDS)

    def keep_edited(self, document: str, seen: str, who: str) -> None:
        """Decide for the edited text as a whole. Raises StaleRecord, as take_newer does."""
        newer = self.newer(document)
        if newer is None or newer.fingerprint != seen:
            raise StaleRecord("changed by somebody else")
        self._store.settle(document, self._newer.now(document), who, self._clock.now())

    def save_draft(self, document: str, text: str, revision: int, who: str, shipped: str = "") -> Draft:
        """Save a text over the revision it was opened at, and return the new draft.

        `shipped` is the fingerprint of the shipped text that it takes account of, if not that of the text
        that it was made from. Words of somebody else's draft that are lost by it are kept, and so is an entry
        that goes as a whole. Raises DraftConflict with both texts when somebody else saved meanwhile,
        DocumentInvalid for a text that cannot be kept, AgreementMissing for the recipients (see
        change_recipients), EntryMissing.
        """
        return self._save(document, text, revision, who, shipped)

    def _save(
        self, document: str, text: str, revision: int, who: str, shipped: str = "", keeps: int = 0
    ) -> Draft:
        self._must_be_drafted(document)
        opened = self.open(document)
        text = check_readable(document, documents.check_text(text, document))
        base = opened.draft.base if opened.draft else opened.live.number
        shipped = shipped or self._newer.base_of(document, opened.draft, opened.live)
        self._newer.keep(document, shipped)
        kept = self._keep_lost(opened, text, revision, who, keeps)
        draft = Draft(document, text, revision + 1, base, who, self._clock.now(), shipped)
        try:
            self._store.put_draft(draft)
        except StaleRecord as error:
            self._take_back(kept)
            raise DraftConflict(document, text, self._store.draft(document), opened.live.text) from error
        return draft

    def put_aside(self, document: str, text: str, who: str) -> None:
        """Keep a text that was typed and not saved, since somebody else's stays, for 30 days.

        Raises DocumentInvalid for a text that cannot be kept, AgreementMissing for the recipients: what lies
        there of them was proposed by a publisher; EntryMissing.
        """
        self._must_be_drafted(document)
        opened = self.open(document)
        text = documents.check_text(text, document)
        draft = Draft(document, text, opened.revision, opened.live.number, who, self._clock.now())
        self._store.keep_thrown(documents.thrown(draft, who, self._clock.now(), self._clock.nonce()))

    def save_instead(self, document: str, text: str, revision: int, who: str, shipped: str = "") -> Draft:
        """Save a text in the place of another draft, which is kept among those thrown away.

        Raises as save_draft does.
        """
        return self._save(document, text, revision, who, shipped, _ALL_OF_IT)

    def discard(self, document: str, revision: int, who: str = "") -> None:
        """Throw a draft away as it was seen; it is kept for 30 days (see thrown_drafts.py).

        Raises DraftConflict when somebody saved another since.
        """
        kept = self._set_aside(document, revision, who)
        try:
            self._store.drop_draft(document, revision)
        except StaleRecord as error:
            self._take_back(kept)
            opened = self.open(document)
            raise DraftConflict(document, "", opened.draft, opened.live.text) from error

    def diff(self, document: str) -> Sequence[DiffLine]:
        """Compare the draft with what is live; nothing when there is no draft."""
        opened = self.open(document)
        return documents.compare(opened.live.text, opened.text)

    def diff_versions(self, document: str, old: int, new: int) -> Sequence[DiffLine]:
        """Compare two versions. Raises EntryMissing."""
        self._known(document)
        return documents.compare(
            self._live.version(document, old).text, self._live.version(document, new).text
        )

    def history(self, document: str) -> Sequence[Version]:
        """Return every version, newest first; the last one is what shipped."""
        if self.is_retired(document):
            return self._store.versions(document)
        self._known(document)
        return [*self._store.versions(document), self._live.version(document, SHIPPED)]

    def version(self, document: str, number: int) -> Version:
        """Return one version's text. Raises EntryMissing."""
        if not self.is_retired(document):
            self._known(document)
        return self._live.version(document, number)

    def restore(self, document: str, number: int, revision: int, who: str) -> Draft:
        """Make a draft of an older version, in place of the one that is there. Raises as save_draft does."""
        older = self.version(document, number)
        base = self._newer.base_of(document, None, older)
        return self.save_instead(document, older.text, revision, who, base)

    def shipped(self, document: str) -> str:
        """Return a document as it came with the package, or nothing."""
        try:
            return self._shipped.text(document)
        except KeyError:
            return ""

    def today(self) -> date:
        """Return the day that it is, in UTC."""
        return self._clock.now().date()

    def _set_aside(self, document: str, revision: int, who: str) -> ThrownDraft | None:
        """Keep the draft of this revision, before it is deleted or written over."""
        draft = self._store.draft(document)
        if draft is None or draft.revision != revision:
            return None
        kept = documents.thrown(draft, who, self._clock.now(), self._clock.nonce())
        self._store.keep_thrown(kept)
        return kept

    def _keep_lost(
        self, opened: OpenDocument, text: str, revision: int, who: str, keeps: int
    ) -> ThrownDraft | None:
        """Keep the draft that is written over, where words of somebody else are lost, or an entry."""
        draft = opened.draft
        if draft is None or draft.revision != revision:
            return None
        loss = overwritten.lost(opened.id, opened.live.text, draft.text, text)
        is_own = draft.who == who and keeps < _ALL_WORDS
        if keeps == _ALL_OF_IT or loss > (overwritten.WORDS if is_own else overwritten.NOTHING):
            return self._set_aside(opened.id, revision, who)
        return None

    def _take_back(self, kept: ThrownDraft | None) -> None:
        if kept:
            self._store.drop_thrown(kept.id)

    def _retired(self, document: str) -> OpenDocument:
        """Return what there is of a document that no package has any more, to be read and copied."""
        draft, versions = self._store.draft(document), self._store.versions(document)
        if draft is None and not versions:
            raise EntryMissing("there is no such text")
        last = versions[0] if versions else Version(document, SHIPPED, "")
        text = draft.text if draft else last.text
        revision = draft.revision if draft else 0
        return OpenDocument(document, document_ids.kind_of(document), text, revision, draft, last, False)

    def _is_unused(self, document: str, live: int) -> bool:
        if live == SHIPPED or document not in mail_frames.DOCUMENTS:
            return False
        return bool(mail_frames.faults(self._live.version(document, live).text))

    def _must_be_drafted(self, document: str) -> None:
        """Refuse documents that have no drafts of one person."""
        if document in RETIRED:
            raise DocumentInvalid("the subject of a mail is written by the site itself now")
        if self.is_retired(document):
            raise DocumentInvalid("contacts and places are changed place by place now")
        if document == RECIPIENTS:
            raise AgreementMissing("recipients are changed on their own page, by two publishers")

    def _known(self, document: str) -> None:
        if not is_known(document, self._shipped.ids()):
            raise EntryMissing("there is no such text")

    def _ids(self, live: Mapping[str, int], drafts: Mapping[str, Draft]) -> Sequence[str]:
        """Return every document there is: the shipped ones, and those of places that came since."""
        ids = self._shipped.ids()
        more = [name for name in dict.fromkeys([*live, *drafts]) if name not in ids and is_known(name, ids)]
        return [*ids, *sorted(more)]

    def _hidden(
        self, document: str, live: int, draft: Draft | None, settled: Mapping[str, str]
    ) -> NewerText | None:
        if live == SHIPPED and draft is None:
            return None
        return self._newer.of(document, draft, self._live.version(document, live), settled)


def check_readable(document: str, text: str) -> str:
    """Return the text, unless it is nothing that a check could read. Raises DocumentInvalid with the line."""
    if document_ids.is_entries(document):
        read(document, text)
    elif document.startswith(document_ids.CATALOG):
        read_po(text)
    return text


def mark_contact(contacts: Mapping[str, Any], contact: str, role: str, day: date) -> None:
    """Mark a contact as checked by somebody in this role. Raises EntryMissing, DocumentInvalid."""
    role = " ".join(role.split())
    if not role:
        raise DocumentInvalid("please say in which role you checked it, like “shelter desk”")
    for entry in contacts.get("contacts", ()):
        if entry.get("id") == contact:
            entry.update(contact_stamps.stamped(entry, role, day))
            return
    raise EntryMissing("there is no such contact")


def read_json(document: str, text: str) -> dict[str, Any]:
    """Read a document that is an entry. Raises DocumentInvalid, naming the document, the line and why."""
    return dict(read(document, text))


def write_json(document: Mapping[str, Any]) -> str:
    """Write a document in the one way in which comparisons stay short."""
    return write_entries(document)
