"""Who gets reports: changed by two publishers, to addresses that have shown that somebody reads them."""

from __future__ import annotations

from chalicelib.desk.errors import AgreementMissing, NotAllowed
from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.standings import Standings
from chalicelib.desk.tell_desk import TellPublishers
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import (
    Screen,
    go_to,
    number,
    sentence_of,
)
from chalicelib.directory.armor import without_private
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.recipients import NATURES
from chalicelib.publishing.change_recipients import ChangeRecipients
from chalicelib.publishing.documents import DraftConflict
from chalicelib.publishing.edit_contacts import EditContacts
from chalicelib.publishing.edit_recipients import EditRecipients, RecipientFields
from chalicelib.publishing.errors import CodesUsedUp, CodeWrong
from chalicelib.shared.locales import ENDONYMS
from chalicelib.shared.mail import MailDelayed, MailRefused, MailStopped

RECIPIENT_LIST = "/admin/recipients"
RECIPIENT = "/admin/recipient"
_FIELDS = tuple(name for name in RecipientFields.__dataclass_fields__ if name != "enforces_immigration")
_MOVED_ON = "Somebody else changed the proposal meanwhile. Look at it as it is now, then do it again."

_WRONG_CODE = "This is not the code, or it is too old. After five wrong ones, mail a new one."
_ENOUGH_CODES = "Enough codes were mailed today. Read out the newest one, or mail another tomorrow."
_NOT_MAILED = "The mail could not be sent now. Please try again in a minute."


def routes(
    desk: Guard,
    changes: ChangeRecipients,
    edit: EditRecipients,
    contacts: EditContacts,
    standings: Standings,
    tell: TellPublishers,
) -> None:
    """Register the list with the change that waits, the form of one recipient, and the buttons."""
    screens = RecipientScreens(desk.show, changes, edit, contacts, standings, tell)
    desk.screen(RECIPIENT_LIST, EDITOR)(screens.recipients)
    desk.screen(RECIPIENT, PUBLISHER, does="propose a change of recipients", about="id")(screens.recipient)
    for path, does, about, renderer in (
        ("/admin/recipients/without", "propose to drop a recipient", "r", screens.drop),
        ("/admin/recipients/code", "mail a code", "address", screens.mail_code),
        ("/admin/recipients/confirm", "confirm an address", "address", screens.confirm_address),
        ("/admin/recipients/agree", "agree to a change of recipients", "", screens.agree),
        ("/admin/recipients/operator-code", "mail the operator a code", "", screens.mail_operator_code),
        ("/admin/recipients/operator-agrees", "agree by the operator's code", "", screens.agree_by_operator),
        ("/admin/recipients/withdraw", "withdraw new recipients", "", screens.withdraw),
    ):
        desk.action(path, PUBLISHER, does, about)(renderer)


class RecipientScreens:
    """The screens of recipients and of the change that waits, a method each.

    `tell` mails to all publishers what was proposed, agreed to or withdrawn.
    """

    def __init__(
        self,
        show: Show,
        changes: ChangeRecipients,
        edit: EditRecipients,
        contacts: EditContacts,
        standings: Standings,
        tell: TellPublishers,
    ) -> None:
        self._show = show
        self._changes = changes
        self._edit = edit
        self._contacts = contacts
        self._standings = standings
        self._tell = tell

    def recipients(self, visit: AdminRequest) -> Screen:
        """List the recipients, and the change that waits."""
        return self._list(visit)

    def recipient(self, visit: AdminRequest) -> Screen:
        """Show the form of a recipient, or propose what was typed."""
        if not visit.posted:
            if not visit.asked("r"):
                return self._form(visit, _as_typed({}), self._edit.entries()[1])
            entry, revision = self._edit.open(visit.asked("r"))
            return self._form(visit, _as_typed(entry), revision)
        fields = RecipientFields(
            **{name: visit.one(name) for name in _FIELDS},
            enforces_immigration=bool(visit.one("enforces_immigration")),
        )
        revision = number(visit.one("revision"))
        try:
            self._edit.propose(fields, revision, visit.who, visit.one("why"))
        except DocumentInvalid as wrong:
            # What was typed stays in the form, but for a private key.
            return self._form(visit, _typed(visit), revision, 422, sentence_of(wrong))
        except DraftConflict:
            return self._form(visit, fields, self._edit.entries()[1], 409, _MOVED_ON)
        self._proposed(visit, fields.id.strip())
        return go_to(f"{RECIPIENT_LIST}?done=proposed")

    def drop(self, visit: AdminRequest) -> Screen:
        """Propose that a recipient gets reports no longer."""
        recipient, revision = visit.one("r"), number(visit.one("revision"))
        try:
            self._edit.propose_without(recipient, revision, visit.who, visit.one("why"))
        except DocumentInvalid as wrong:
            return self._list(visit, 422, {"": sentence_of(wrong)})
        except DraftConflict:
            return self._list(visit, 409, {"": _MOVED_ON})
        self._proposed(visit, recipient)
        return go_to(f"{RECIPIENT_LIST}?done=proposed")

    def mail_code(self, visit: AdminRequest) -> Screen:
        """Mail a code to an address that is new."""
        try:
            self._changes.send_code(visit.one("address"), number(visit.one("revision")))
        except DraftConflict:
            return self._list(visit, 409, {"": _MOVED_ON})
        except CodesUsedUp:
            return self._list(visit, 429, {"": _ENOUGH_CODES})
        except (MailDelayed, MailRefused, MailStopped):
            return self._list(visit, 503, {"": _NOT_MAILED})
        return go_to(f"{RECIPIENT_LIST}?done=code_sent")

    def confirm_address(self, visit: AdminRequest) -> Screen:
        """Take the code that shows that somebody reads an address."""
        revision = number(visit.one("revision"))
        try:
            self._changes.confirm(visit.one("address"), visit.one("code"), revision)
        except CodeWrong:
            return self._list(visit, 422, {"": _WRONG_CODE})
        except DraftConflict:
            return self._list(visit, 409, {"": _MOVED_ON})
        return go_to(f"{RECIPIENT_LIST}?done=confirmed")

    def agree(self, visit: AdminRequest) -> Screen:
        """Agree to the change that waits, as the second publisher."""
        self._about_what_waits(visit)
        revision, seen = number(visit.one("revision")), visit.one("seen")
        try:
            self._changes.agree(revision, seen, self._standings.of(visit.who))
        except (AgreementMissing, DocumentInvalid) as missing:
            return self._list(visit, 422, {"": sentence_of(missing)})
        except DraftConflict:
            return self._list(visit, 409, {"": _MOVED_ON})
        self._agreed(visit, visit.who.email)
        return go_to(f"{RECIPIENT_LIST}?done=agreed")

    def mail_operator_code(self, visit: AdminRequest) -> Screen:
        """Mail the operator a code that stands for the second publisher."""
        self._about_what_waits(visit)
        try:
            self._changes.send_operator_code(number(visit.one("revision")), visit.one("seen"))
        except (AgreementMissing, DocumentInvalid, NotAllowed) as missing:
            return self._list(visit, 422, {"": sentence_of(missing)})
        except CodesUsedUp:
            return self._list(visit, 429, {"": _ENOUGH_CODES})
        except DraftConflict:
            return self._list(visit, 409, {"": _MOVED_ON})
        except (MailDelayed, MailRefused, MailStopped):
            return self._list(visit, 503, {"": _NOT_MAILED})
        told = f"{visit.who.email} had the operator mailed a code that stands for the second publisher."
        self._tell("the operator was asked", (told, "It is for the change of recipients that waits."))
        return go_to(f"{RECIPIENT_LIST}?done=code_sent")

    def agree_by_operator(self, visit: AdminRequest) -> Screen:
        """Agree to the change that waits with the operator's code."""
        self._about_what_waits(visit)
        revision, seen = number(visit.one("revision")), visit.one("seen")
        try:
            self._changes.agree_by_operator(revision, seen, visit.one("code"))
        except CodeWrong:
            return self._list(visit, 422, {"": _WRONG_CODE})
        except (AgreementMissing, DocumentInvalid, NotAllowed) as missing:
            return self._list(visit, 422, {"": sentence_of(missing)})
        except DraftConflict:
            return self._list(visit, 409, {"": _MOVED_ON})
        self._agreed(visit, f"With a code that the operator got, {visit.who.email}")
        return go_to(f"{RECIPIENT_LIST}?done=agreed")

    def withdraw(self, visit: AdminRequest) -> Screen:
        """Take back the change that waits."""
        state = self._changes.state()
        if state:
            visit.deed.about = ", ".join(one.id for one in state.entries)
            visit.deed.before = "; ".join(state.described)
        try:
            self._changes.withdraw(number(visit.one("revision")))
        except DraftConflict:
            return self._list(visit, 409, {"": _MOVED_ON})
        told = f"{visit.who.email} withdrew the change of who gets reports that waited:"
        self._tell("recipients were withdrawn", (told, *(state.described if state else ())))
        return go_to(f"{RECIPIENT_LIST}?done=withdrawn")

    def _list(self, visit: AdminRequest, status: int = 200, problems: dict[str, str] | None = None) -> Screen:
        state = self._changes.state()
        asks = state is not None and not state.change.agreed and visit.who.may(PUBLISHER)
        return self._show(
            visit,
            "recipients.html",
            status,
            entries=self._changes.list(),
            proposed=self._edit.entries()[0],
            state=state,
            why_not=self._changes.why_not(self._standings.of(visit.who)) if asks else "",
            problems=problems or {},
        )

    def _form(
        self,
        visit: AdminRequest,
        fields: RecipientFields,
        revision: int,
        status: int = 200,
        problem: str = "",
    ) -> Screen:
        return self._show(
            visit,
            "recipient.html",
            status,
            fields=fields,
            is_new=not visit.asked("r"),
            revision=revision,
            natures=NATURES,
            state=self._changes.state(),
            languages=ENDONYMS,
            places=list(self._contacts.places()),
            why=without_private(visit.one("why")),
            problems={"": problem} if problem else {},
        )

    def _proposed(self, visit: AdminRequest, about: str) -> None:
        """Write down and mail what was proposed, from what is kept now."""
        state = self._changes.state()
        if state is None:
            return
        visit.deed.about, visit.deed.after = about, "; ".join(state.described)
        told = f"{visit.who.email} proposed a change of who gets reports. All that waits now:"
        self._tell("recipients were proposed", (told, *state.described, f"Why: {state.change.why}"))

    def _about_what_waits(self, visit: AdminRequest) -> None:
        """Write down what this is about before it is tried: a refusal names it too."""
        state = self._changes.state()
        if state:
            visit.deed.about = ", ".join(one.id for one in state.entries)
            visit.deed.after = "; ".join(state.described)

    def _agreed(self, visit: AdminRequest, by: str) -> None:
        """Write down and mail what was agreed to, from what is kept now."""
        state = self._changes.state()
        if state is None:
            return
        visit.deed.about = ", ".join(one.id for one in state.entries)
        visit.deed.after = "; ".join(state.described)
        rest = [one.name for one in state.entries if not one.agreed_by]
        still = f"Still to be agreed to: {', '.join(rest)}." if rest else "The next publish takes it along."
        told = f"{by} agreed to a change of who gets reports:"
        self._tell("recipients were agreed to", (told, *state.described, still))


def _typed(visit: AdminRequest) -> RecipientFields:
    return RecipientFields(
        **{name: without_private(visit.one(name)) for name in _FIELDS},
        enforces_immigration=bool(visit.one("enforces_immigration")),
    )


def _as_typed(entry: object) -> RecipientFields:
    told = dict(entry) if isinstance(entry, dict) else {}
    texts = {name: str(told.get(name) or "") for name in _FIELDS}
    return RecipientFields(**texts, enforces_immigration=bool(told.get("enforces_immigration")))
