"""Composition root of publishing: drafts, validation, previews, releases, recipients, for the desk."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from chalicelib.delivery.adapters.mail_encryption import KeyedEncrypter
from chalicelib.directory.ports import RecipientBook
from chalicelib.directory.zips import Zips
from chalicelib.publishing.check_documents import CheckDocuments
from chalicelib.publishing.drafts_of_release import DraftsOfRelease
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.preview import Preview
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.recipients_at_desk import RecipientsAtDesk, RecipientsShown
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.sentence_history import SentenceHistory
from chalicelib.publishing.site_sentences import SiteSentences
from chalicelib.publishing.thrown_drafts import ThrownDrafts
from chalicelib.publishing.whole_texts import shipped_zips
from chalicelib.settings import Settings
from chalicelib.shared.clock import Clock
from chalicelib.wiring import publishing
from chalicelib.wiring.publishing import RENDERERS as RENDERERS


class DeskServices(NamedTuple):
    """What the desk does with documents."""

    edit: EditText
    check: CheckDocuments
    preview: Preview
    publish: Publish
    recipients: RecipientsShown
    see: SeeChanges
    thrown: ThrownDrafts
    drafts_of: DraftsOfRelease
    site: SiteSentences
    history: Callable[[], SentenceHistory]
    zips: Callable[[], Zips | None]


def desk_services(settings: Settings, clock: Clock, directory: RecipientBook) -> DeskServices:
    """Return the services; `directory` are the recipients in effect."""
    store, shipped, about, shelf, renderer, _, check = publishing.parts(settings, clock)
    describe = KeyedEncrypter(clock.now).describe
    site = SiteSentences(renderer, store, shipped, shelf)
    edit = EditText(store, shipped, shelf, clock)
    recipients = RecipientsAtDesk(directory.recipients, describe)
    return DeskServices(
        edit,
        check,
        Preview(renderer, store, shipped, shelf, about, site),
        Publish(store, shipped, shelf, check, clock),
        recipients,
        SeeChanges(store, shipped, shelf),
        ThrownDrafts(store, edit, clock),
        DraftsOfRelease(store, shipped, shelf, edit),
        site,
        partial(SentenceHistory, edit, shipped),
        partial(shipped_zips, shipped),
    )
