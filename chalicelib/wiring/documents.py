"""Composition root of publishing: drafts, validation, previews, releases, recipients, for the desk."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from chalicelib.delivery.adapters.mail_encryption import KeyedEncrypter
from chalicelib.delivery.first_delivery import FirstDelivery
from chalicelib.desk.ports import SignInStore
from chalicelib.directory.adapters.shipped_content import CATALOGS
from chalicelib.pages.about import AboutSite
from chalicelib.pages.adapters.document_folders import ReleaseFiles
from chalicelib.publishing.adapters.dynamo_documents import DynamoDocuments
from chalicelib.publishing.adapters.render_process import RenderProcess
from chalicelib.publishing.adapters.s3_releases import S3Releases
from chalicelib.publishing.adapters.shipped_documents import ShippedFiles
from chalicelib.publishing.change_recipients import ChangeRecipients
from chalicelib.publishing.check_documents import CheckDocuments
from chalicelib.publishing.drafts_of_release import DraftsOfRelease
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.preview import Preview
from chalicelib.publishing.publish import Publish
from chalicelib.publishing.render import sentences
from chalicelib.publishing.render.render_cache import RenderCache
from chalicelib.publishing.render.site_renderer import WorkerSiteRenderer
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.sentence_history import SentenceHistory
from chalicelib.publishing.site_sentences import SiteSentences
from chalicelib.publishing.thrown_drafts import ThrownDrafts
from chalicelib.settings import Settings
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.clock import Clock
from chalicelib.shared.mail import Mailer
from chalicelib.wiring.published import published_recipients as published_recipients
from chalicelib.wiring.texts import SHIPPED, file_state

# Whatever of ours a page or a mail is made by: a package with another one renders anew.
RENDERERS = sorted(CATALOGS.parent.glob("**/render"))


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


@cache
def render_cache() -> RenderCache:
    """Return what this process rendered and looked over."""
    return RenderCache()


def desk_services(
    settings: Settings, clock: Clock, mail: DeskMail, book: SignInStore, first: FirstDelivery
) -> DeskServices:
    """Return the services; `book` counts codes, `first` knows whether a report was delivered yet."""
    store = DynamoDocuments(partial(client, "dynamodb"), settings.documents_table)
    about = AboutSite(settings.operator_name, settings.operator_contact, settings.keep_days)
    shelf = S3Releases(
        partial(client, "s3"), settings.pages_bucket, partial(client, "s3", 4, 10.0), about.fill
    )
    state = file_state(settings)
    shipped = ShippedFiles(SHIPPED, RENDERERS, sentences.of_texts, state)
    files = ReleaseFiles(SHIPPED, state)

    def folder_of(texts: Mapping[str, str]) -> Path:
        return files(texts).content.parent

    workers = min(os.cpu_count() or 1, 4)
    renderer = WorkerSiteRenderer(
        folder_of, RenderProcess("chalicelib.publishing.render.render_worker"), workers, render_cache()
    )
    check = CheckDocuments(renderer, shipped, clock)
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
