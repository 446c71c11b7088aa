"""Who gets reports: changed by two publishers, to addresses that have shown that somebody reads them."""

from __future__ import annotations

from chalicelib.domain.armor import without_private
from chalicelib.domain.errors import (
    AgreementMissing,
    CodesUsedUp,
    CodeWrong,
    DocumentInvalid,
    DraftConflict,
    MailDelayed,
    MailRefused,
    MailStopped,
    NotAllowed,
)
from chalicelib.domain.locales import ENDONYMS
from chalicelib.domain.people import EDITOR, PUBLISHER
from chalicelib.domain.recipients import NATURES
from chalicelib.usecases.change_recipients import ChangeRecipients
from chalicelib.usecases.edit_contacts import EditContacts
from chalicelib.usecases.edit_recipients import EditRecipients, RecipientFields
from chalicelib.usecases.standings import Standings
from chalicelib.usecases.tell_desk import TellDesk
from chalicelib.web.admin.answers import Sheet, go_to, number, sentence_of
from chalicelib.web.admin.desk import Desk, Visit

RECIPIENT_LIST = "/admin/recipients"
RECIPIENT = "/admin/recipient"
_FIELDS = tuple(name for name in RecipientFields.__dataclass_fields__ if name != "enforces_immigration")
_MOVED_ON = "Somebody else changed the proposal meanwhile. Look at it as it is now, then do it again."

_WRONG_CODE = "This is not the code, or it is too old. After five wrong ones, mail a new one."
_ENOUGH_CODES = "Enough codes were mailed today. Read out the newest one, or mail another tomorrow."
_NOT_MAILED = "The mail could not be sent now. Please try again in a minute."


def routes(
    desk: Desk,
    changes: ChangeRecipients,
    edit: EditRecipients,
    contacts: EditContacts,
    standings: Standings,
    tell: TellDesk,
) -> None:
    """Register the list with the change that waits, the form of one recipient, and the buttons."""

    def screen(visit: Visit, status: int = 200, problems: dict[str, str] | None = None) -> Sheet:
        state = changes.state()
        asks = state is not None and not state.change.agreed and visit.who.may(PUBLISHER)
        return desk.show(
            visit,
            "recipients.html",
            status,
            entries=changes.list(),
            proposed=edit.entries()[0],
            state=state,
            why_not=changes.why_not(standings.of(visit.who)) if asks else "",
            problems=problems or {},
        )

    def proposed(visit: Visit, about: str) -> None:
        """Write down and mail what was proposed, from what is kept now."""
        state = changes.state()
        if state is None:
            return
        visit.deed.about, visit.deed.after = about, "; ".join(state.described)
        told = f"{visit.who.email} proposed a change of who gets reports. All that waits now:"
        tell("recipients were proposed", (told, *state.described, f"Why: {state.change.why}"))

    def about_what_waits(visit: Visit) -> None:
        """Write down what this is about before it is tried: a refusal names it too."""
        state = changes.state()
        if state:
            visit.deed.about = ", ".join(one.id for one in state.entries)
            visit.deed.after = "; ".join(state.described)

    def agreed(visit: Visit, by: str) -> None:
        state = changes.state()
        if state is None:
            return
        visit.deed.about = ", ".join(one.id for one in state.entries)
        visit.deed.after = "; ".join(state.described)
        rest = [one.name for one in state.entries if not one.agreed_by]
        still = f"Still to be agreed to: {', '.join(rest)}." if rest else "The next publish takes it along."
        told = f"{by} agreed to a change of who gets reports:"
        tell("recipients were agreed to", (told, *state.described, still))

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
            state=changes.state(),
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
            edit.propose(fields, revision, visit.who, visit.one("why"))
        except DocumentInvalid as wrong:
            # What was typed stays in the form, but for a private key.
            return form(visit, _typed(visit), revision, 422, sentence_of(wrong))
        except DraftConflict:
            return form(visit, fields, edit.entries()[1], 409, _MOVED_ON)
        proposed(visit, fields.id.strip())
        return go_to(f"{RECIPIENT_LIST}?done=proposed")

    @desk.action("/admin/recipients/without", PUBLISHER, does="propose to drop a recipient", about="r")
    def drop_recipient(visit: Visit) -> Sheet:
        try:
            edit.propose_without(visit.one("r"), number(visit.one("revision")), visit.who, visit.one("why"))
        except DocumentInvalid as wrong:
            return screen(visit, 422, {"": sentence_of(wrong)})
        except DraftConflict:
            return screen(visit, 409, {"": _MOVED_ON})
        proposed(visit, visit.one("r"))
        return go_to(f"{RECIPIENT_LIST}?done=proposed")

    @desk.action("/admin/recipients/code", PUBLISHER, does="mail a code", about="address")
    def mail_code(visit: Visit) -> Sheet:
        try:
            changes.send_code(visit.one("address"), number(visit.one("revision")))
        except DraftConflict:
            return screen(visit, 409, {"": _MOVED_ON})
        except CodesUsedUp:
            return screen(visit, 429, {"": _ENOUGH_CODES})
        except (MailDelayed, MailRefused, MailStopped):
            return screen(visit, 503, {"": _NOT_MAILED})
        return go_to(f"{RECIPIENT_LIST}?done=code_sent")

    @desk.action("/admin/recipients/confirm", PUBLISHER, does="confirm an address", about="address")
    def confirm_address(visit: Visit) -> Sheet:
        try:
            changes.confirm(visit.one("address"), visit.one("code"), number(visit.one("revision")))
        except CodeWrong:
            return screen(visit, 422, {"": _WRONG_CODE})
        except DraftConflict:
            return screen(visit, 409, {"": _MOVED_ON})
        return go_to(f"{RECIPIENT_LIST}?done=confirmed")

    @desk.action("/admin/recipients/agree", PUBLISHER, does="agree to a change of recipients")
    def agree(visit: Visit) -> Sheet:
        about_what_waits(visit)
        try:
            changes.agree(number(visit.one("revision")), visit.one("seen"), standings.of(visit.who))
        except (AgreementMissing, DocumentInvalid) as missing:
            return screen(visit, 422, {"": sentence_of(missing)})
        except DraftConflict:
            return screen(visit, 409, {"": _MOVED_ON})
        agreed(visit, visit.who.email)
        return go_to(f"{RECIPIENT_LIST}?done=agreed")

    @desk.action("/admin/recipients/operator-code", PUBLISHER, does="mail the operator a code")
    def mail_operator_code(visit: Visit) -> Sheet:
        about_what_waits(visit)
        try:
            changes.send_operator_code(number(visit.one("revision")), visit.one("seen"))
        except (AgreementMissing, DocumentInvalid, NotAllowed) as missing:
            return screen(visit, 422, {"": sentence_of(missing)})
        except CodesUsedUp:
            return screen(visit, 429, {"": _ENOUGH_CODES})
        except DraftConflict:
            return screen(visit, 409, {"": _MOVED_ON})
        except (MailDelayed, MailRefused, MailStopped):
            return screen(visit, 503, {"": _NOT_MAILED})
        told = f"{visit.who.email} had the operator mailed a code that stands for the second publisher."
        tell("the operator was asked", (told, "It is for the change of recipients that waits."))
        return go_to(f"{RECIPIENT_LIST}?done=code_sent")

    @desk.action("/admin/recipients/operator-agrees", PUBLISHER, does="agree by the operator's code")
    def agree_by_operator(visit: Visit) -> Sheet:
        about_what_waits(visit)
        try:
            changes.agree_by_operator(number(visit.one("revision")), visit.one("seen"), visit.one("code"))
        except CodeWrong:
            return screen(visit, 422, {"": _WRONG_CODE})
        except (AgreementMissing, DocumentInvalid, NotAllowed) as missing:
            return screen(visit, 422, {"": sentence_of(missing)})
        except DraftConflict:
            return screen(visit, 409, {"": _MOVED_ON})
        agreed(visit, f"With a code that the operator got, {visit.who.email}")
        return go_to(f"{RECIPIENT_LIST}?done=agreed")

    @desk.action("/admin/recipients/withdraw", PUBLISHER, does="withdraw new recipients")
    def withdraw(visit: Visit) -> Sheet:
        state = changes.state()
        if state:
            visit.deed.about = ", ".join(one.id for one in state.entries)
            visit.deed.before = "; ".join(state.described)
        try:
            changes.withdraw(number(visit.one("revision")))
        except DraftConflict:
            return screen(visit, 409, {"": _MOVED_ON})
        told = f"{visit.who.email} withdrew the change of who gets reports that waited:"
        tell("recipients were withdrawn", (told, *(state.described if state else ())))
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
