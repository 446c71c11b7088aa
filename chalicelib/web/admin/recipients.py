"""Who gets reports: changed by two publishers, to addresses that have shown that somebody reads them."""

from __future__ import annotations

from chalicelib.domain.armor import without_private
from chalicelib.domain.errors import (
    AgreementMissing,
    CodeWrong,
    DocumentInvalid,
    DraftConflict,
    MailDelayed,
    MailRefused,
    MailStopped,
)
from chalicelib.domain.locales import ENDONYMS
from chalicelib.domain.people import EDITOR, PUBLISHER
from chalicelib.domain.recipients import NATURES
from chalicelib.usecases.change_recipients import ChangeRecipients
from chalicelib.usecases.edit_contacts import EditContacts
from chalicelib.usecases.edit_recipients import EditRecipients, RecipientFields
from chalicelib.web.admin.answers import Sheet, go_to
from chalicelib.web.admin.desk import Desk, Visit
from chalicelib.web.admin.texts import number

RECIPIENT_LIST = "/admin/recipients"
RECIPIENT = "/admin/recipient"
_FIELDS = tuple(name for name in RecipientFields.__dataclass_fields__ if name != "enforces_immigration")
_MOVED_ON = "Somebody else changed the proposal meanwhile. Look at it as it is now, then do it again."


def routes(desk: Desk, changes: ChangeRecipients, edit: EditRecipients, contacts: EditContacts) -> None:
    """Register the list with the change that waits, the form of one recipient, and the buttons."""

    def screen(visit: Visit, status: int = 200, problems: dict[str, str] | None = None) -> Sheet:
        return desk.show(
            visit,
            "recipients.html",
            status,
            entries=changes.list(),
            proposed=edit.entries()[0],
            state=changes.state(),
            problems=problems or {},
        )

    def form(
        visit: Visit, fields: RecipientFields, revision: int, status: int = 200, problem: str = ""
    ) -> Sheet:
        return desk.show(
            visit,
            "recipient.html",
            status,
            fields=fields,
            is_new=not visit.asked("r"),
            revision=revision,
            natures=NATURES,
            languages=ENDONYMS,
            places=list(contacts.places()),
            why=without_private(visit.one("why")),
            problems={"": problem} if problem else {},
        )

    @desk.screen(RECIPIENT_LIST, EDITOR)
    def recipients_screen(visit: Visit) -> Sheet:
        return screen(visit)

    @desk.screen(RECIPIENT, PUBLISHER, does="propose a change of recipients", about="id")
    def recipient_screen(visit: Visit) -> Sheet:
        if not visit.posted:
            if not visit.asked("r"):
                return form(visit, _as_typed({}), edit.entries()[1])
            entry, revision = edit.open(visit.asked("r"))
            return form(visit, _as_typed(entry), revision)
        fields = RecipientFields(
            **{name: visit.one(name) for name in _FIELDS},
            enforces_immigration=bool(visit.one("enforces_immigration")),
        )
        revision = number(visit.one("revision"))
        try:
            edit.propose(fields, revision, visit.who.email, visit.one("why"))
        except DocumentInvalid as wrong:
            # What was typed stays in the form, but for a private key.
            return form(visit, _typed(visit), revision, 422, _sentence(wrong))
        except DraftConflict:
            return form(visit, fields, edit.entries()[1], 409, _MOVED_ON)
        return go_to(f"{RECIPIENT_LIST}?done=proposed")

    @desk.action("/admin/recipients/without", PUBLISHER, does="propose to drop a recipient", about="r")
    def drop_recipient(visit: Visit) -> Sheet:
        try:
            edit.propose_without(
                visit.one("r"), number(visit.one("revision")), visit.who.email, visit.one("why")
            )
        except DocumentInvalid as wrong:
            return screen(visit, 422, {"": _sentence(wrong)})
        except DraftConflict:
            return screen(visit, 409, {"": _MOVED_ON})
        return go_to(f"{RECIPIENT_LIST}?done=proposed")

    @desk.action("/admin/recipients/code", PUBLISHER, does="mail a code", about="address")
    def mail_code(visit: Visit) -> Sheet:
        try:
            changes.send_code(visit.one("address"), number(visit.one("revision")))
        except DraftConflict:
            return screen(visit, 409, {"": _MOVED_ON})
        except (MailDelayed, MailRefused, MailStopped):
            return screen(visit, 503, {"": "The mail could not be sent now. Please try again in a minute."})
        return go_to(f"{RECIPIENT_LIST}?done=code_sent")

    @desk.action("/admin/recipients/confirm", PUBLISHER, does="confirm an address", about="address")
    def confirm_address(visit: Visit) -> Sheet:
        try:
            changes.confirm(visit.one("address"), visit.one("code"), number(visit.one("revision")))
        except CodeWrong:
            told = "This is not the code, or it is too old. After five wrong ones, mail a new one."
            return screen(visit, 422, {"": told})
        except DraftConflict:
            return screen(visit, 409, {"": _MOVED_ON})
        return go_to(f"{RECIPIENT_LIST}?done=confirmed")

    @desk.action(
        "/admin/recipients/agree", PUBLISHER, does="agree to a change of recipients", about="revision"
    )
    def agree(visit: Visit) -> Sheet:
        try:
            changes.agree(number(visit.one("revision")), visit.who.email)
        except (AgreementMissing, DocumentInvalid) as missing:
            return screen(visit, 422, {"": _sentence(missing)})
        except DraftConflict:
            return screen(visit, 409, {"": _MOVED_ON})
        return go_to(f"{RECIPIENT_LIST}?done=agreed")

    @desk.action("/admin/recipients/withdraw", PUBLISHER, does="withdraw new recipients")
    def withdraw(visit: Visit) -> Sheet:
        try:
            changes.withdraw(number(visit.one("revision")))
        except DraftConflict:
            return screen(visit, 409, {"": _MOVED_ON})
        return go_to(f"{RECIPIENT_LIST}?done=withdrawn")


def _typed(visit: Visit) -> RecipientFields:
    return RecipientFields(
        **{name: without_private(visit.one(name)) for name in _FIELDS},
        enforces_immigration=bool(visit.one("enforces_immigration")),
    )


def _as_typed(entry: object) -> RecipientFields:
    told = dict(entry) if isinstance(entry, dict) else {}
    texts = {name: str(told.get(name) or "") for name in _FIELDS}
    return RecipientFields(**texts, enforces_immigration=bool(told.get("enforces_immigration")))


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
