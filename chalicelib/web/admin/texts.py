"""The screens of documents: list, edit, compare, history; catalogs by sentence and contacts by form."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.domain import mail_frames
from chalicelib.domain.contacts import AUDIENCES, LINKED, MARKS
from chalicelib.domain.document_ids import (
    CATALOG,
    CONTACTS,
    RECIPIENTS,
    RETIRED,
    SITE,
    locale_of,
)
from chalicelib.domain.documents import compare
from chalicelib.domain.errors import DocumentInvalid, DraftConflict
from chalicelib.domain.locales import ENDONYMS
from chalicelib.domain.people import EDITOR
from chalicelib.usecases.edit_contacts import (
    KINDS,
    ChannelFields,
    ContactConflict,
    ContactFields,
    ContactWrong,
    EditContacts,
    seen_as,
)
from chalicelib.usecases.edit_sentences import Catalog, EditSentences, Sentence, SentencesConflict
from chalicelib.usecases.edit_text import EditText, OpenDocument, read_json
from chalicelib.web.admin.answers import Sheet, go_to
from chalicelib.web.admin.desk import Desk, Visit

TEXTS = "/admin/documents"
TEXT = "/admin/text"
SENTENCES = "/admin/sentences"
CONTACT_LIST = "/admin/contacts"
CONTACT = "/admin/contact"
_ON_A_PAGE = 25
_SPARE_CHANNELS = 2
_SHOWS = ("missing", "all")
_SAVED_MEANWHILE = (
    "Somebody saved another draft meanwhile, so nothing was thrown away. Look at it as it is now."
)
_CONTACT_CHANGED = (
    "Somebody else changed this contact meanwhile. Their version is below."
    " Save again to put yours in its place."
)
NAMES = {
    "contacts": "Contacts: who people can call or write to",
    "places": "Places",
    "recipients": "Recipients: who gets reports",
    "site": "Settings of the site",
    "template/mail/report/body.txt": "The mail with a report: the text around it",
    "template/mail/digest/body.txt": "The mail with many reports: the text around them",
    "template/mail/report/subject.txt": "The subject of a mail with a report",
    "template/mail/digest/subject.txt": "The subject of a mail with many reports",
}


def name_of(document: str) -> str:
    """Return what a document is called on the screens."""
    locale = locale_of(document)
    if locale:
        return f"{ENDONYMS.get(locale, locale)} ({document})"
    return NAMES.get(document, document.removeprefix("template/"))


def number(text: str, default: int = 0) -> int:
    """Return a whole number that a form or address holds, or the default."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else default


def routes(desk: Desk, edit: EditText, sentences: EditSentences, contacts: EditContacts) -> None:
    """Register the screens."""
    _texts(desk, edit)
    _sentences(desk, sentences)
    _contacts(desk, contacts)


def _texts(desk: Desk, edit: EditText) -> None:
    @desk.screen(TEXTS, EDITOR)
    def documents_screen(visit: Visit) -> Sheet:
        return desk.show(visit, "documents.html", entries=edit.list(), name_of=name_of)

    def editor(
        visit: Visit, document: str, status: int = 200, problems: dict[str, str] | None = None
    ) -> Sheet:
        opened = edit.open(document)
        text = _visible(visit.one("text")) if "text" in visit.fields else opened.text
        return desk.show(
            visit,
            "text.html",
            status,
            opened=opened,
            name=name_of(document),
            text=text,
            problems=problems or {},
            sentences=document.startswith(CATALOG),
            contacts=document == CONTACTS,
            by_agreement=document == RECIPIENTS,
            retired=document in RETIRED,
            **_of_frame(opened, text, _hosts(edit)),
        )

    def conflict(visit: Visit, error: DraftConflict) -> Sheet:
        other = error.theirs.text if error.theirs else error.live
        return desk.show(
            visit,
            "conflict.html",
            409,
            conflict=error,
            name=name_of(error.document),
            lines=compare(other, error.mine) if error.mine else (),
        )

    @desk.screen(TEXT, EDITOR, does="save a draft", about="d")
    def text_screen(visit: Visit) -> Sheet:
        document = visit.asked("d")
        if not visit.posted:
            return editor(visit, document)
        try:
            edit.save_draft(document, visit.one("text"), number(visit.one("revision")), visit.who.email)
        except DraftConflict as error:
            return conflict(visit, error)
        except DocumentInvalid as error:
            return editor(visit, document, 422, {"text": _sentence(error)})
        return go_to(f"{TEXT}?d={document}&done=saved")

    @desk.action("/admin/text/discard", EDITOR, does="discard a draft", about="d")
    def discard(visit: Visit) -> Sheet:
        try:
            edit.discard(visit.one("d"), number(visit.one("revision")))
        except DraftConflict:
            return editor(visit, visit.one("d"), 409, {"": _SAVED_MEANWHILE})
        return go_to(f"{TEXT}?d={visit.one('d')}&done=discarded")

    @desk.screen("/admin/text/changes", EDITOR)
    def changes_screen(visit: Visit) -> Sheet:
        document = visit.asked("d")
        opened = edit.open(document)
        return desk.show(
            visit, "changes.html", opened=opened, name=name_of(document), lines=edit.diff(document)
        )

    @desk.screen("/admin/text/lines", EDITOR)
    def lines_screen(visit: Visit) -> Sheet:
        document = visit.asked("d")
        opened = edit.open(document)
        bad = [number(visit.asked("line"))]
        return desk.show(visit, "lines.html", opened=opened, name=name_of(document), bad=bad)

    @desk.screen("/admin/text/history", EDITOR)
    def history_screen(visit: Visit) -> Sheet:
        document = visit.asked("d")
        opened = edit.open(document)
        return desk.show(
            visit, "history.html", opened=opened, name=name_of(document), versions=edit.history(document)
        )

    @desk.screen("/admin/text/version", EDITOR)
    def version_screen(visit: Visit) -> Sheet:
        document, which = visit.asked("d"), number(visit.asked("n"))
        opened = edit.open(document)
        return desk.show(
            visit,
            "version.html",
            opened=opened,
            name=name_of(document),
            version=edit.version(document, which),
            lines=edit.diff_versions(document, which, opened.live.number),
        )

    @desk.action("/admin/text/restore", EDITOR, does="make a draft of an older text", about="d")
    def restore(visit: Visit) -> Sheet:
        document = visit.one("d")
        try:
            edit.restore(document, number(visit.one("n")), number(visit.one("revision")), visit.who.email)
        except DraftConflict as error:
            return conflict(visit, error)
        return go_to(f"{TEXT}?d={document}&done=restored")


def _sentences(desk: Desk, sentences: EditSentences) -> None:
    def screen(
        visit: Visit,
        status: int = 200,
        typed: dict[str, str] | None = None,
        clashing: tuple[str, ...] = (),
        problems: dict[str, str] | None = None,
    ) -> Sheet:
        document = visit.asked("d")
        catalog = sentences.open(document)
        shown = visit.asked("show") if visit.asked("show") in _SHOWS else "all"
        words = visit.asked("words")
        page = max(1, number(visit.asked("page"), 1))
        found = _found(catalog, shown, words)
        on_page = found[(page - 1) * _ON_A_PAGE : page * _ON_A_PAGE]
        if typed is not None:  # what was typed is shown again, whatever the filter now finds
            on_page = [one for one in catalog.sentences if one.key in typed]
        return desk.show(
            visit,
            "sentences.html",
            status,
            catalog=catalog,
            found=len(found),
            on_page=on_page,
            page=page,
            pages=max(1, -(-len(found) // _ON_A_PAGE)),
            show=shown,
            words=words,
            typed=typed or {},
            clashing=clashing,
            problems=problems or {},
        )

    @desk.screen(SENTENCES, EDITOR, does="save sentences", about="d")
    def sentences_screen(visit: Visit) -> Sheet:
        if not visit.posted:
            return screen(visit)
        typed = _prefixed(visit, "s-")
        try:
            sentences.save(
                visit.one("d"), typed, _prefixed(visit, "seen-"), _prefixed(visit, "sure-"), visit.who.email
            )
        except SentencesConflict as error:
            told = {
                f"s-{key}": "Somebody else changed this sentence meanwhile. Theirs is shown with yours."
                for key in error.keys
            }
            return screen(visit, 409, typed, error.keys, told)
        except DocumentInvalid as error:
            return screen(visit, 422, typed, (), {"": _sentence(error)})
        show = visit.one("show") if visit.one("show") in _SHOWS else "all"
        return go_to(
            f"{SENTENCES}?d={visit.one('d')}&show={show}&page={number(visit.one('page'), 1)}&done=saved"
        )


def _contacts(desk: Desk, contacts: EditContacts) -> None:
    @desk.screen(CONTACT_LIST, EDITOR)
    def contacts_screen(visit: Visit) -> Sheet:
        places = {place.slug: place.name for place in contacts.places()}
        return desk.show(visit, "contacts.html", lines=contacts.list(), places=places)

    @desk.action("/admin/contacts/checked", EDITOR, does="note a contact as checked", about="contact")
    def contact_checked(visit: Visit) -> Sheet:
        contacts.mark_checked(visit.one("contact"), visit.one("role"), visit.who.email)
        return go_to(f"{CONTACT_LIST}?done=checked")

    def form(
        visit: Visit,
        fields: ContactFields | None,
        seen: str,
        status: int = 200,
        problems: dict[str, str] | None = None,
    ) -> Sheet:
        entry = contacts.open(visit.asked("c"))
        shown = fields or _as_typed(entry)
        return desk.show(
            visit,
            "contact.html",
            status,
            entry=entry,
            fields=shown,
            channels=[*shown.channels, *[ChannelFields("call", "")] * _SPARE_CHANNELS],
            seen=seen or seen_as(entry),
            kinds=KINDS,
            marks=MARKS,
            audiences=AUDIENCES,
            places=list(contacts.places()),
            problems=problems or {},
        )

    @desk.screen(CONTACT, EDITOR, does="change a contact", about="c")
    def contact_screen(visit: Visit) -> Sheet:
        if not visit.posted:
            return form(visit, None, "")
        fields = _typed_contact(visit)
        before = contacts.open(visit.one("c"))
        try:
            contacts.save(visit.one("c"), fields, visit.one("seen"), visit.who.email)
        except (ContactWrong, DocumentInvalid) as wrong:
            return form(visit, fields, visit.one("seen"), 422, {"": _sentence(wrong)})
        except ContactConflict:
            return form(visit, fields, "", 409, {"": _CONTACT_CHANGED})
        after = contacts.open(visit.one("c"))
        fell = not after["checked_on"] and (before["checked_on"] or after["mark"] != fields.mark)
        return go_to(f"{CONTACT_LIST}?done={'fell' if fell else 'saved'}")


def _found(catalog: Catalog, show: str, words: str) -> list[Sentence]:
    wanted = words.casefold().strip()
    keep: Callable[[Sentence], bool] = (lambda one: one.missing) if show == "missing" else (lambda _: True)
    return [
        one
        for one in catalog.sentences
        if keep(one) and (not wanted or wanted in one.source.casefold() or wanted in one.text.casefold())
    ]


def _prefixed(visit: Visit, prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): values[0].replace("\r\n", "\n")
        for name, values in visit.fields.items()
        if name.startswith(prefix)
    }


def _typed_contact(visit: Visit) -> ContactFields:
    rows = zip(
        visit.fields.get("kind", ()), visit.fields.get("show", ()), visit.fields.get("body", ()), strict=False
    )
    return ContactFields(
        name=visit.one("name"),
        serves=visit.one("serves"),
        audience=visit.one("audience"),
        hours=visit.one("hours"),
        languages=visit.one("languages"),
        what=visit.one("what"),
        what_not=visit.one("what_not"),
        mark=visit.one("mark"),
        sources=visit.one("sources").splitlines(),
        channels=[ChannelFields(kind, show, body) for kind, show, body in rows],
        checked_by=visit.one("role") if visit.one("checked") else "",
        two_sources=bool(visit.one("two")),
    )


def _as_typed(entry: object) -> ContactFields:
    told = dict(entry) if isinstance(entry, dict) else {}
    return ContactFields(
        name=str(told.get("name") or ""),
        serves=str(told.get("serves") or ""),
        hours=str(told.get("hours") or ""),
        languages=str(told.get("languages") or ""),
        what=str(told.get("what") or ""),
        what_not=str(told.get("what_not") or ""),
        mark=str(told.get("mark") or ""),
        audience=str(told.get("audience") or "anyone"),
        sources=[str(source) for source in told.get("sources", ())],
        channels=[
            ChannelFields(
                str(one.get("kind")),
                str(one.get("value") if one.get("kind") in LINKED else one.get("show")),
                str(one.get("body") or ""),
            )
            for one in told.get("channels", ())
        ],
    )


def _hosts(edit: EditText) -> list[str] | None:
    """Return the hosts that may be named; None when the settings cannot be read, as the checks will say."""
    try:
        return [str(host) for host in read_json(SITE, edit.open(SITE).text).get("hosts") or ()]
    except (DocumentInvalid, TypeError):
        return None


def _of_frame(opened: OpenDocument, text: str, hosts: list[str] | None) -> dict[str, object]:
    """Return what the editor of a mail's text says beside it."""
    is_frame = opened.id in mail_frames.DOCUMENTS
    live_faults = mail_frames.faults(opened.live.text) if is_frame and opened.live.number else []
    return {
        "is_frame": is_frame,
        "marker": mail_frames.MARKER,
        "most_before": mail_frames.LINES_BEFORE,
        "faults": mail_frames.faults(text, (), hosts) if is_frame else [],
        "unused": bool(live_faults),
    }


def _visible(text: str) -> str:
    """Return a text with a sign for each character that no page can show: it is one of them that is amiss."""
    return "".join(one if one.isprintable() or one in "\n\r\t" else "\ufffd" for one in text)


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
