"""Dashboard of the admin site: what waits for somebody; and the 404 where there is no screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from chalicelib.delivery.look_after_cases import LookAfterCases
from chalicelib.desk.grants import SITE, Sees, sees_all
from chalicelib.desk.people import EDITOR
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import Screen
from chalicelib.directory.document_ids import CONTACTS, name_of, place_of
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.publishing import edit_whole
from chalicelib.publishing.edit_contacts import EditContacts
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.field_labels import plain
from chalicelib.publishing.first_steps import first_steps
from chalicelib.publishing.overdue_services import entries_in, is_overdue
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.publish_shares import is_seen
from chalicelib.publishing.recipients_at_desk import RecipientsShown
from chalicelib.publishing.web.jobs import PublishingNow
from chalicelib.publishing.web.mend import form_of
from chalicelib.shared.errors import EntryMissing

HOME = "/admin"


def routes(
    guard: Guard,
    publish: Publish,
    contacts: EditContacts,
    cases: LookAfterCases,
    recipients: RecipientsShown,
    edit: EditText,
    publishing: PublishingNow,
    sees: Sees = sees_all,
) -> None:
    """Register the dashboard, and the 404 of every path that is none of the others."""
    screens = HomeScreens(guard.show, publish, contacts, cases, recipients, edit, publishing, sees)
    guard.screen(HOME, EDITOR)(screens.home)
    guard.screen("/admin/{proxy+}", EDITOR)(screens.no_screen)


class HomeScreens:
    """The dashboard: it gathers what waits from all the other screens."""

    def __init__(
        self,
        show: Show,
        publish: Publish,
        contacts: EditContacts,
        cases: LookAfterCases,
        recipients: RecipientsShown,
        edit: EditText,
        publishing: PublishingNow,
        sees: Sees = sees_all,
    ) -> None:
        self._sees = sees
        self._show = show
        self._publish = publish
        self._contacts = contacts
        self._cases = cases
        self._recipients = recipients
        self._edit = edit
        self._publishing = publishing

    def home(self, request: AdminRequest) -> Screen:
        """Say how the site stands, and what waits for somebody; to people of a place what is theirs."""
        theirs = self._sees(request.who)
        of_site = theirs(SITE)
        unread: Mapping[str, str] = {}
        stale = []
        try:  # a draft that cannot be read must not hide what else needs somebody
            stale = [
                line for line in self._contacts.list() if line.stale and theirs(str(line.entry["serves"]))
            ]
            unread = edit_whole.unread(self._edit)
        except DocumentInvalid as wrong:
            unread = {CONTACTS: str(wrong)}
        unread = {document: why for document, why in unread.items() if theirs(place_of(document))}
        entries = [entry for entry in self._edit.list() if theirs(place_of(entry.id))]
        site = self._publish.status()
        site = replace(site, drafts=[one for one in site.drafts if theirs(place_of(one))])
        publishing, who = self._publishing(request.who.email), request.who.email
        recipients = self._recipients.list() if of_site else []
        steps = first_steps(
            second_factor=request.who.second_factor,
            unchecked=bool(unread or stale),
            recipients=[entry.recipient for entry in recipients],
            published=site.live is not None,
        )
        return self._show(
            request,
            "home.html",
            steps=steps if of_site else (),
            of_site=of_site,
            publishing=publishing if publishing and is_seen(publishing.job, theirs, who) else None,
            site=site,
            name_of=name_of,
            form_of=form_of,
            plain=plain,
            stale=stale,
            unread=unread,
            amiss=self._cases.amiss(theirs),
            recipients=recipients,
            change=self._recipients.state() if of_site else None,
            unused=[entry for entry in entries if entry.unused and entry.live],
            newer=[entry for entry in entries if entry.shipped_anew],
            due=self._due(theirs),
        )

    def _due(self, theirs: Callable[[str], bool]) -> int:
        """Return how many services of somebody's places are to be confirmed."""
        texts = {place_of(name): one.text for name, one in self._edit.services().items()}
        today = self._edit.today()
        return sum(
            is_overdue(entry, today)
            for place, text in texts.items()
            if theirs(place)
            for entry in entries_in(text)
        )

    def no_screen(self, request: AdminRequest) -> Screen:
        """Say that there is no such screen. Raises EntryMissing, always."""
        raise EntryMissing("There is no such screen.")
