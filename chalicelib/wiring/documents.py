"""Composition root of publishing: drafts, validation, previews, releases, recipients, for the desk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from chalicelib.delivery.adapters.mail_encryption import KeyedEncrypter
from chalicelib.delivery.first_delivery import FirstDelivery
from chalicelib.desk.ports import SignInStore
from chalicelib.publishing.change_recipients import ChangeRecipients
from chalicelib.publishing.check_documents import CheckDocuments
from chalicelib.publishing.drafts_of_release import DraftsOfRelease
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.preview import Preview
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.sentence_history import SentenceHistory
from chalicelib.publishing.site_sentences import SiteSentences
from chalicelib.publishing.thrown_drafts import ThrownDrafts
from chalicelib.settings import Settings
from chalicelib.shared.clock import Clock
from chalicelib.shared.mail import Mailer
from chalicelib.wiring import publishing
from chalicelib.wiring.published import published_recipients as published_recipients
from chalicelib.wiring.publishing import RENDERERS as RENDERERS


class DeskServices(NamedTuple):
    """What the desk does with documents."""

    edit: EditText
    check: CheckDocuments
    preview: Preview
    publish: Publish
    recipients: ChangeRecipients
    see: SeeChanges
    thrown: ThrownDrafts
    drafts_of: DraftsOfRelease
    site: SiteSentences
    history: Callable[[], SentenceHistory]


class DeskMail(NamedTuple):
    """How the desk mails codes: `write_code` to an address, `write_operator_code` to the operator."""

    mailer: Mailer
    write_code: Callable[[str, str], bytes]
    write_operator_code: Callable[[str, str, Sequence[str]], bytes]


def desk_services(
    settings: Settings, clock: Clock, mail: DeskMail, book: SignInStore, first: FirstDelivery
) -> DeskServices:
    """Return the services; `book` counts codes, `first` knows whether a report was delivered yet."""
    store, shipped, about, shelf, renderer, check = publishing.parts(settings, clock)
    describe = KeyedEncrypter(clock.now).describe
    site = SiteSentences(renderer, store, shipped, shelf)
    edit = EditText(store, shipped, shelf, clock)
    recipients = ChangeRecipients(
        store,
        shipped,
        shelf,
        mail.mailer,
        clock,
        settings.sender_address,
        mail.write_code,
        describe,
        book,
        first,
        settings.operator_address,
        mail.write_operator_code,
    )
    return DeskServices(
        edit,
        check,
        Preview(renderer, store, shipped, shelf, about, site),
        Publish(store, shipped, shelf, check, clock),
        recipients,
        SeeChanges(store, shipped, shelf),
        ThrownDrafts(store, edit, clock, recipients),
        DraftsOfRelease(store, shipped, shelf, edit),
        site,
        partial(SentenceHistory, edit, shipped),
    )
