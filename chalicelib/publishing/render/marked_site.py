"""Site whose sentences and contacts are rendered with marks around them, for the desk's own reading view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from markupsafe import Markup

from chalicelib.directory.contacts import LINKED, Channel, Contact, Contacts
from chalicelib.directory.content import Content
from chalicelib.directory.recipients import Recipient
from chalicelib.pages.render.catalogs import Catalogs, Sentences
from chalicelib.publishing.page_marks import (
    CHANNEL,
    CLOSE,
    NAME,
    RECIPIENT,
    SENTENCE,
    channel_name,
    marked,
    opening,
)
from chalicelib.reporting.render.form_pages import FormPages


class MarkedSentences(Sentences):
    """One language's translations, each between marks, those of titles and attributes too."""

    def __init__(self, sentences: Sentences) -> None:
        super().__init__(lambda sentence: "")
        self._sentences = sentences
        self.gap = sentences.gap

    def gettext(self, sentence: str, **values: object) -> Markup:
        """Return the translated sentence between its marks."""
        words = self._sentences.gettext(sentence, **values)
        return Markup("%s%s%s") % (opening(SENTENCE, sentence), words, CLOSE)

    def plain(self, sentence: str) -> str:
        """Return the translated sentence between its marks, without any element."""
        return marked(SENTENCE, sentence, self._sentences.plain(sentence))


class MarkedCatalogs(Catalogs):
    """Catalogs whose sentences have marks."""

    def __init__(self, catalogs: Catalogs) -> None:
        self._catalogs = catalogs

    def sentences(self, locale: str) -> Sentences:
        """Return a language's sentences with marks."""
        return MarkedSentences(self._catalogs.sentences(locale))


@dataclass(frozen=True, slots=True)
class _MarkedChannel(Channel):
    """A channel whose words have marks; what it links to has none."""

    contact: str = ""
    number: int = 0

    @property
    def readable(self) -> str:
        """Return what is copied by hand, between its marks."""
        words = super(_MarkedChannel, self).readable
        if self.kind not in LINKED:
            return words
        return marked(CHANNEL, channel_name(self.contact, self.number), words)


class MarkedSite(FormPages):
    """The site `site` with marks: its templates, compiled once, filled with marked content."""

    def __init__(self, site: FormPages, catalogs: Catalogs) -> None:
        self.__dict__.update(site.__dict__)
        self.content = _marked_content(site.content)
        self._catalogs = MarkedCatalogs(catalogs)
        self._receipts = lru_cache(maxsize=1)(self._receipt)


def marked_recipients(recipients: Sequence[Recipient]) -> list[Recipient]:
    """Return the recipients with marks around their names."""
    return [replace(one, name=marked(RECIPIENT, one.id, one.name)) for one in recipients]


def _marked_content(content: Content) -> Content:
    """Return the content with marks around each contact's name and the words of its channels."""
    by_id = {contact.id: _marked(contact) for contact in content.contacts}
    return replace(content, contacts=Contacts(by_id))


def _marked(contact: Contact) -> Contact:
    channels = []
    for number, one in enumerate(contact.channels, 1):
        words = marked(CHANNEL, channel_name(contact.id, number), one.show)
        channels.append(_MarkedChannel(one.kind, words, one.value, one.body, contact.id, number))
    return replace(contact, name=marked(NAME, contact.id, contact.name), channels=tuple(channels))
