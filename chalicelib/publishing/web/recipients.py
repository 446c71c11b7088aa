"""Admin screens of recipients: the two-person rule, and addresses verified by a code."""

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
from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.recipients import NATURES
from chalicelib.publishing.change_recipients import ChangeRecipients
from chalicelib.publishing.documents import DraftConflict
from chalicelib.publishing.edit_contacts import EditContacts
from chalicelib.publishing.edit_recipients import EditRecipients, RecipientFields
from chalicelib.publishing.errors import CodesUsedUp, CodeWrong
from chalicelib.publishing.see_changes import SeeChanges
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
    guard: Guard,
    changes: ChangeRecipients,
    edit: EditRecipients,
    contacts: EditContacts,
    standings: Standings,
    tell: TellPublishers,
    see: SeeChanges,
) -> None:
    """Register the list with the change that waits, the form of one recipient, and the buttons."""
    screens = RecipientScreens(guard.show, changes, edit, contacts, standings, tell, see)
    guard.screen(RECIPIENT_LIST, EDITOR)(screens.recipients)
    guard.screen(RECIPIENT, PUBLISHER, does="propose a change of recipients", about="id")(screens.recipient)
    for path, does, about, renderer in (
        ("/admin/recipients/without", "propose to drop a recipient", "r", screens.drop),
        ("/admin/recipients/code", "mail a code", "address", screens.mail_code),
        ("/admin/recipients/confirm", "confirm an address", "address", screens.confirm_address),
        ("/admin/recipients/agree", "agree to a change of recipients", "", screens.agree),
        ("/admin/recipients/operator-code", "mail the operator a code", "", screens.mail_operator_code),
        ("/admin/recipients/operator-agrees", "agree by the operator's code", "", screens.agree_by_operator),
        ("/admin/recipients/again", "propose recipients again", "", screens.propose_again),
        ("/admin/recipients/withdraw", "withdraw new recipients", "", screens.withdraw),
    ):
        guard.action(path, PUBLISHER, does, about)(renderer)


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
        see: SeeChanges,
    ) -> None:
        self._show = show
        self._changes = changes
        self._edit = edit
        self._contacts = contacts
        self._standings = standings
        self._tell = tell
        self._see = see

    def recipients(self, request: AdminRequest) -> Screen:
        """List the recipients, and the change that waits."""
        return self._list(request)

    def recipient(self, request: AdminRequest) -> Screen:
        """Show the form of a recipient, or propose what was typed."""
        if not request.posted:
            if not request.asked("r"):
                return self._form(request, _as_typed({}), self._edit.entries()[1])
            entry, revision = self._edit.open(request.asked("r"))
            return self._form(request, _as_typed(entry), revision)
        fields = RecipientFields(
            **{name: request.field(name) for name in _FIELDS},
            enforces_immigration=bool(request.field("enforces_immigration")),
        )
        revision = number(request.field("revision"))
        try:
            self._edit.propose(fields, revision, request.who, request.field("why"))
        except DocumentInvalid as wrong:
            # What was typed stays in the form, but for a private key.
            return self._form(request, _typed(request), revision, 422, sentence_of(wrong))
        except DraftConflict:
            return self._form(request, fields, self._edit.entries()[1], 409, _MOVED_ON)
        self._proposed(request, fields.id.strip())
        return go_to(f"{RECIPIENT_LIST}?done=proposed")

    def drop(self, request: AdminRequest) -> Screen:
        """Propose that a recipient gets reports no longer."""
        recipient, revision = request.field("r"), number(request.field("revision"))
        try:
            self._edit.propose_without(recipient, revision, request.who, request.field("why"))
        except DocumentInvalid as wrong:
            return self._list(request, 422, {"": sentence_of(wrong)})
        except DraftConflict:
            return self._list(request, 409, {"": _MOVED_ON})
        self._proposed(request, recipient)
        return go_to(f"{RECIPIENT_LIST}?done=proposed")

    def mail_code(self, request: AdminRequest) -> Screen:
        """Mail a code to an address that is new."""
        try:
            self._changes.send_code(request.field("address"), number(request.field("revision")))
        except DraftConflict:
            return self._list(request, 409, {"": _MOVED_ON})
        except CodesUsedUp:
            return self._list(request, 429, {"": _ENOUGH_CODES})
        except (MailDelayed, MailRefused, MailStopped):
            return self._list(request, 503, {"": _NOT_MAILED})
        return go_to(f"{RECIPIENT_LIST}?done=code_sent")

    def confirm_address(self, request: AdminRequest) -> Screen:
        """Take the code that shows that somebody reads an address."""
        revision = number(request.field("revision"))
        try:
            self._changes.confirm(request.field("address"), request.field("code"), revision)
        except CodeWrong:
            return self._list(request, 422, {"": _WRONG_CODE})
        except DraftConflict:
            return self._list(request, 409, {"": _MOVED_ON})
        return go_to(f"{RECIPIENT_LIST}?done=confirmed")

    def agree(self, request: AdminRequest) -> Screen:
        """Agree to the change that waits, as the second publisher."""
        self._about_what_waits(request)
        revision, seen = number(request.field("revision")), request.field("seen")
        try:
            self._changes.agree(revision, seen, self._standings.of(request.who))
        except (AgreementMissing, DocumentInvalid) as missing:
            return self._list(request, 422, {"": sentence_of(missing)})
        except DraftConflict:
            return self._list(request, 409, {"": _MOVED_ON})
        self._agreed(request, request.who.email)
        return go_to(f"{RECIPIENT_LIST}?done=agreed")

    def mail_operator_code(self, request: AdminRequest) -> Screen:
        """Mail the operator a code that stands for the second publisher."""
        self._about_what_waits(request)
        try:
            self._changes.send_operator_code(number(request.field("revision")), request.field("seen"))
        except (AgreementMissing, DocumentInvalid, NotAllowed) as missing:
            return self._list(request, 422, {"": sentence_of(missing)})
        except CodesUsedUp:
            return self._list(request, 429, {"": _ENOUGH_CODES})
        except DraftConflict:
            return self._list(request, 409, {"": _MOVED_ON})
        except (MailDelayed, MailRefused, MailStopped):
            return self._list(request, 503, {"": _NOT_MAILED})
        told = f"{request.who.email} had the operator mailed a code that stands for the second publisher."
        self._tell("the operator was asked", (told, "It is for the change of recipients that waits."))
        return go_to(f"{RECIPIENT_LIST}?done=code_sent")

    def agree_by_operator(self, request: AdminRequest) -> Screen:
        """Agree to the change that waits with the operator's code."""
        self._about_what_waits(request)
        revision, seen = number(request.field("revision")), request.field("seen")
        try:
            self._changes.agree_by_operator(revision, seen, request.field("code"))
        except CodeWrong:
            return self._list(request, 422, {"": _WRONG_CODE})
        except (AgreementMissing, DocumentInvalid, NotAllowed) as missing:
            return self._list(request, 422, {"": sentence_of(missing)})
        except DraftConflict:
            return self._list(request, 409, {"": _MOVED_ON})
        self._agreed(request, f"With a code that the operator got, {request.who.email}")
        return go_to(f"{RECIPIENT_LIST}?done=agreed")

    def propose_again(self, request: AdminRequest) -> Screen:
        """Propose what an earlier release left waiting in this person's name, so that another can agree."""
        try:
            change = self._changes.propose_again(number(request.field("revision")), request.who)
        except DraftConflict:
            return self._list(request, 409, {"": _MOVED_ON})
        except DocumentInvalid as wrong:
            return self._list(request, 422, {"": sentence_of(wrong)})
        self._proposed(request, ", ".join(change.proposers))
        return go_to(f"{RECIPIENT_LIST}?done=proposed")

    def withdraw(self, request: AdminRequest) -> Screen:
        """Take back the change that waits."""
        state = self._changes.state()
        if state:
            request.deed.about = ", ".join(one.id for one in state.entries)
            request.deed.before = "; ".join(state.described)
        try:
            self._changes.withdraw(number(request.field("revision")))
        except DraftConflict:
            return self._list(request, 409, {"": _MOVED_ON})
        told = f"{request.who.email} withdrew the change of who gets reports that waited:"
        self._tell("recipients were withdrawn", (told, *(state.described if state else ())))
        return go_to(f"{RECIPIENT_LIST}?done=withdrawn")

    def _list(
        self, request: AdminRequest, status: int = 200, problems: dict[str, str] | None = None
    ) -> Screen:
        state = self._changes.state()
        asks = state is not None and not state.change.agreed and request.who.may(PUBLISHER)
        return self._show(
            request,
            "recipients.html",
            status,
            entries=self._changes.list(),
            proposed=self._edit.entries()[0],
            state=state,
            changed=self._see.between(RECIPIENTS, state.live, state.change.text) if state else None,
            why_not=self._changes.why_not(self._standings.of(request.who)) if asks else "",
            problems=problems or {},
        )

    def _form(
        self,
        request: AdminRequest,
        fields: RecipientFields,
        revision: int,
        status: int = 200,
        problem: str = "",
    ) -> Screen:
        return self._show(
            request,
            "recipient.html",
            status,
            fields=fields,
            is_new=not request.asked("r"),
            revision=revision,
            natures=NATURES,
            state=self._changes.state(),
            languages=ENDONYMS,
            places=list(self._contacts.places()),
            why=without_private(request.field("why")),
            problems={"": problem} if problem else {},
        )

    def _proposed(self, request: AdminRequest, about: str) -> None:
        """Record and mail what was proposed, from what is stored now."""
        state = self._changes.state()
        if state is None:
            return
        request.deed.about, request.deed.after = about, "; ".join(state.described)
        told = f"{request.who.email} proposed a change of who gets reports. All that waits now:"
        self._tell("recipients were proposed", (told, *state.described, f"Why: {state.change.why}"))

    def _about_what_waits(self, request: AdminRequest) -> None:
        """Record what this is about before it is tried: a refusal names it too."""
        state = self._changes.state()
        if state:
            request.deed.about = ", ".join(one.id for one in state.entries)
            request.deed.after = "; ".join(state.described)

    def _agreed(self, request: AdminRequest, by: str) -> None:
        """Record and mail what was agreed to, from what is stored now."""
        state = self._changes.state()
        if state is None:
            return
        request.deed.about = ", ".join(one.id for one in state.entries)
        request.deed.after = "; ".join(state.described)
        rest = [one.name for one in state.entries if not one.agreed_by]
        still = f"Still to be agreed to: {', '.join(rest)}." if rest else "The next publish takes it along."
        told = f"{by} agreed to a change of who gets reports:"
        self._tell("recipients were agreed to", (told, *state.described, still))


def _typed(request: AdminRequest) -> RecipientFields:
    return RecipientFields(
        **{name: without_private(request.field(name)) for name in _FIELDS},
        enforces_immigration=bool(request.field("enforces_immigration")),
    )


def _as_typed(entry: object) -> RecipientFields:
    told = dict(entry) if isinstance(entry, dict) else {}
    texts = {name: str(told.get(name) or "") for name in _FIELDS}
    return RecipientFields(**texts, enforces_immigration=bool(told.get("enforces_immigration")))
