"""Admin screens of recipients: the two-person rule, and addresses verified by a code."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chalicelib.desk.delayed_changes import DelayedChange
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
from chalicelib.directory.document_ids import RECIPIENTS
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing.change_recipients import ChangeRecipients, ChangeState
from chalicelib.publishing.documents import DraftConflict
from chalicelib.publishing.edit_recipients import OUT_FORM, EditRecipients
from chalicelib.publishing.errors import CodesUsedUp, CodeWrong
from chalicelib.publishing.field_labels import with_names
from chalicelib.publishing.forms import Problems, Typed
from chalicelib.publishing.recipient_form import NATURE_WORDS
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.web.form_screens import FormView, show_form, try_to_save
from chalicelib.publishing.web.spots import spot_of
from chalicelib.shared.mail import MailDelayed, MailRefused, MailStopped

RECIPIENT_LIST = "/admin/access/recipients"
RECIPIENT = "/admin/access/recipients/one"
OUT = "/admin/access/recipients/without"
_NEW = "Propose a new recipient"
_OUT = (
    "It gets reports until another publisher agrees. From then on, at once, nobody mails it and no form"
    " offers it."
)
_LAST = (
    "It is the only recipient there is. Without it nobody gets reports, and no page can offer to take any."
)
_COUNTS = "It counts a day later; taking a recipient out counts at once."
_MOVED_ON = "Somebody else changed the proposal meanwhile. Look at it as it is now, then do it again."

_WRONG_CODE = "This is not the code, or it is too old. After five wrong ones, mail a new one."
_ENOUGH_CODES = "Enough codes were mailed today. Read out the newest one, or mail another tomorrow."
_NOT_MAILED = "The mail could not be sent now. Please try again in a minute."


def routes(
    guard: Guard,
    changes: ChangeRecipients,
    edit: EditRecipients,
    standings: Standings,
    tell: TellPublishers,
    see: SeeChanges,
    held: Callable[[], Sequence[DelayedChange]] = tuple,
) -> None:
    """Register the list with the change that waits, the form of one recipient, and the buttons."""
    screens = RecipientScreens(guard.show, changes, edit, standings, tell, see, held)
    guard.screen(RECIPIENT_LIST, EDITOR)(screens.recipients)
    guard.screen(RECIPIENT, PUBLISHER, does="propose a change of recipients", about="r")(screens.recipient)
    guard.screen(OUT, PUBLISHER, does="propose to take a recipient out", about="r")(screens.drop)
    for path, does, about, renderer in (
        (f"{RECIPIENT_LIST}/code", "mail a code", "address", screens.mail_code),
        (f"{RECIPIENT_LIST}/confirm", "confirm an address", "address", screens.confirm_address),
        (f"{RECIPIENT_LIST}/agree", "agree to a change of recipients", "", screens.agree),
        (
            f"{RECIPIENT_LIST}/operator-code",
            "mail the operator a code",
            "",
            screens.mail_operator_code,
        ),
        (
            f"{RECIPIENT_LIST}/operator-agrees",
            "agree by the operator's code",
            "",
            screens.agree_by_operator,
        ),
        (f"{RECIPIENT_LIST}/again", "propose recipients again", "", screens.propose_again),
        (f"{RECIPIENT_LIST}/withdraw", "withdraw new recipients", "", screens.withdraw),
    ):
        guard.action(path, PUBLISHER, does, about)(renderer)


class RecipientScreens:
    """The screens of recipients and of the change that waits, a method each.

    `tell` mails to all publishers what was proposed, agreed to or withdrawn; `held` gives what was
    agreed to and does not count yet.
    """

    def __init__(
        self,
        show: Show,
        changes: ChangeRecipients,
        edit: EditRecipients,
        standings: Standings,
        tell: TellPublishers,
        see: SeeChanges,
        held: Callable[[], Sequence[DelayedChange]] = tuple,
    ) -> None:
        self._held = held
        self._show = show
        self._changes = changes
        self._edit = edit
        self._standings = standings
        self._tell = tell
        self._see = see

    def recipients(self, request: AdminRequest) -> Screen:
        """List the recipients, and the change that waits."""
        return self._list(request)

    def recipient(self, request: AdminRequest) -> Screen:
        """Show the form of a recipient or of a new one, or propose what was typed."""
        recipient, typed = request.asked("r"), Typed(request.fields)
        if not request.posted:
            serves = request.query.get("serves", "")
            opened = (
                self._edit.typed(recipient, request.who)
                if recipient
                else (Typed({"serves": [serves]} if serves else {}), self._edit.entries()[1])
            )
            return self._form(request, *opened)

        def again(problems: Problems, status: int, theirs: Typed | None) -> Screen:
            revision = self._edit.entries()[1] if theirs else number(request.field("revision"))
            told = {"": _MOVED_ON} if theirs else problems
            return self._form(request, typed, revision, told, status, theirs)

        return try_to_save(lambda: self._propose(request, recipient, typed), again)

    def _propose(self, request: AdminRequest, recipient: str, typed: Typed) -> Screen:
        before = self._changes.state()
        about = self._edit.propose(recipient, typed, number(request.field("revision")), request.who)
        self._proposed(request, about, before)
        spot = spot_of(request)
        return go_to(spot.path("proposed") if spot else f"{RECIPIENT_LIST}?done=proposed")

    def drop(self, request: AdminRequest) -> Screen:
        """Say what it means that a recipient gets reports no longer, or propose it."""
        recipient, typed = request.asked("r"), Typed(request.fields)
        entry, revision = self._edit.open(recipient)

        def ask(problems: Problems, status: int, theirs: Typed | None) -> Screen:
            view = FormView(
                f"Take out {entry['name']}?",
                OUT,
                "Propose to take it out",
                (RECIPIENT_LIST, "Keep it"),
                _LAST if self._edit.is_last(recipient) else _OUT,
                {"r": recipient, "revision": revision if theirs else request.asked("revision") or revision},
            )
            told = {"": _MOVED_ON} if theirs else problems
            return show_form(self._show, request, view, OUT_FORM, typed, told, status)

        def propose() -> Screen:
            before, seen = self._changes.state(), number(request.field("revision"))
            self._edit.propose_without(recipient, typed, seen, request.who)
            self._proposed(request, recipient, before)
            return go_to(f"{RECIPIENT_LIST}?done=proposed")

        return try_to_save(propose, ask) if request.posted else ask({}, 200, None)

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
            state = self._changes.state()
            waiting = list(state.waiting) if state else []
            number_of = (
                waiting.index(request.field("address")) + 1 if request.field("address") in waiting else 0
            )
            return self._list(request, 422, {f"code-{number_of}" if number_of else "": _WRONG_CODE})
        except DraftConflict:
            return self._list(request, 409, {"": _MOVED_ON})
        return go_to(f"{RECIPIENT_LIST}?done=confirmed")

    def agree(self, request: AdminRequest) -> Screen:
        """Agree to the change that waits, as the second publisher."""
        self._about_what_waits(request)
        revision, seen = number(request.field("revision")), request.field("seen")
        before = self._changes.state()
        try:
            self._changes.agree(revision, seen, self._standings.of(request.who))
        except (AgreementMissing, DocumentInvalid) as missing:
            return self._list(request, 422, {"": sentence_of(missing)})
        except DraftConflict:
            return self._list(request, 409, {"": _MOVED_ON})
        self._agreed(request, request.who.email, before)
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
        before = self._changes.state()
        try:
            self._changes.agree_by_operator(revision, seen, request.field("code"))
        except CodeWrong:
            return self._list(request, 422, {"operator-code": _WRONG_CODE})
        except (AgreementMissing, DocumentInvalid, NotAllowed) as missing:
            return self._list(request, 422, {"": sentence_of(missing)})
        except DraftConflict:
            return self._list(request, 409, {"": _MOVED_ON})
        self._agreed(request, f"With a code that the operator got, {request.who.email}", before)
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
            places={place.slug: place.name for place in self._edit.places()},
            held=self._held(),
            natures=NATURE_WORDS,
            waiting={str(entry.get("id")) for entry in self._edit.entries()[0]},
            state=state,
            changed=self._see.between(RECIPIENTS, state.live, state.change.text) if state else None,
            why_not=self._changes.why_not(self._standings.of(request.who)) if asks else "",
            problems=problems or {},
        )

    def _form(
        self,
        request: AdminRequest,
        typed: Typed,
        revision: int,
        problems: Problems | None = None,
        status: int = 200,
        theirs: Typed | None = None,
    ) -> Screen:
        recipient, state, spot = request.asked("r"), self._changes.state(), spot_of(request)
        view = FormView(
            f"Propose a change: {self._edit.open(recipient)[0]['name']}" if recipient else _NEW,
            RECIPIENT,
            "Propose",
            (spot.href if spot else RECIPIENT_LIST, "Leave it"),
            "Nothing changes until the addresses are confirmed, another publisher agrees, and a day is over.",
            {"r": recipient, "revision": revision, **(spot.hidden if spot else {})},
            "recipient.html",
        )
        agreed = [one.agreed_by for one in state.entries if one.id == recipient] if state else []
        places = {place.slug: place.name for place in self._edit.places()}
        return show_form(
            self._show,
            request,
            view,
            self._edit.form(typed),
            typed,
            problems,
            status,
            theirs,
            recipient=recipient,
            described=[with_names(line, places) for line in state.described] if state else (),
            state=state,
            whose=state.whose(recipient) if state else (),
            agreed=list(filter(None, agreed)),
        )

    def _proposed(self, request: AdminRequest, about: str, before: ChangeState | None = None) -> None:
        tell_of_proposal(request, self._changes, self._tell, about, before)

    def _about_what_waits(self, request: AdminRequest) -> None:
        """Record what this is about before it is tried: a refusal names it too."""
        state = self._changes.state()
        if state:
            request.deed.about = ", ".join(one.id for one in state.entries)
            request.deed.after = "; ".join(state.described)

    def _agreed(self, request: AdminRequest, by: str, before: ChangeState | None) -> None:
        """Record and mail what was agreed to: what is stored now, or what it was before all of it was."""
        state = self._changes.state()
        shown = state or before
        if shown is None:
            return
        request.deed.about = ", ".join(one.id for one in shown.entries)
        request.deed.after = "; ".join(shown.described)
        rest = [one.name for one in state.entries if not one.agreed_by] if state else []
        still = f"Still to be agreed to: {', '.join(rest)}." if rest else _COUNTS
        told = f"{by} agreed to a change of who gets reports:"
        self._tell("recipients were agreed to", (told, *shown.described, still))


def tell_of_proposal(
    request: AdminRequest,
    changes: ChangeRecipients,
    tell: TellPublishers,
    about: str,
    before: ChangeState | None,
) -> None:
    """Record and mail what was proposed, and which agreements fell away, from what is stored now."""
    state = changes.state()
    if state is None:
        return
    fell = fallen(before, state)
    request.deed.about, request.deed.after = about, "; ".join((*state.described, *fell))
    told = f"{request.who.email} proposed a change of who gets reports. All that waits now:"
    tell("recipients were proposed", (told, *state.described, *fell, f"Why: {state.change.why}"))


def fallen(before: ChangeState | None, now: ChangeState) -> list[str]:
    """Return in a line each which agreement of a change does not stand any more."""
    agreed = {one.id for one in now.entries if one.agreed_by}
    return [
        f"the agreement of {one.agreed_by} to {one.name} has fallen away"
        for one in (before.entries if before else ())
        if one.agreed_by and one.id not in agreed
    ]
