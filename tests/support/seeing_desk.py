"""The screens on which seeing is editing, over the shipped site rendered in this process, and fakes below."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import html5lib

from chalicelib.desk.people import EDITOR, PUBLISHER, Person
from chalicelib.desk.render.admin_pages import AdminPages
from chalicelib.desk.web.guard import AdminRequest
from chalicelib.desk.web.screens import Screen
from chalicelib.directory.adapters.shipped_content import TEMPLATES
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.adapters.document_folders import Folders, ReleaseFiles
from chalicelib.publishing.edit_contacts import EditContacts
from chalicelib.publishing.edit_sentences import EditSentences
from chalicelib.publishing.edit_text import EditText
from chalicelib.publishing.find_words import FindWords
from chalicelib.publishing.package_by_place import PackageByPlace
from chalicelib.publishing.page_blocks import blocks_of
from chalicelib.publishing.ports import MarkedPage, PlaceInputs, RenderedPage, RenderedPlace, SiteLook
from chalicelib.publishing.preview import Preview
from chalicelib.publishing.render import render_worker
from chalicelib.publishing.render.sentences import of_texts
from chalicelib.publishing.renderer_by_place import RendererByPlace
from chalicelib.publishing.see_changes import SeeChanges
from chalicelib.publishing.sentence_history import SentenceHistory
from chalicelib.publishing.site_sentences import SiteSentences
from chalicelib.publishing.store_by_place import StoreByPlace
from chalicelib.publishing.web.contacts import ContactScreens
from chalicelib.publishing.web.preview import PreviewScreens
from chalicelib.publishing.web.search import SearchScreens
from chalicelib.publishing.web.sentence import OneSentenceScreens
from chalicelib.publishing.web.sentences import SentenceScreens
from tests.support.editors_desk import ANA, EditorsDesk
from tests.support.rendered import shipped_files


class InProcess:
    """A SiteRenderer that renders where it is asked: for texts that the tests themselves wrote."""

    def __init__(self, folders: Folders, shipped: Mapping[str, str]) -> None:
        self._files = ReleaseFiles(folders)
        self._shipped = shipped
        self._opened: dict[Path, render_worker.Inside] = {}

    def marked(self, texts: Mapping[str, str], name: str) -> MarkedPage:
        """Render a page with its marks."""
        until = time.monotonic() + 60
        answer = render_worker.answer(self._inside(texts), {"do": "marked", "name": name, "until": until})
        if "fault" in answer:
            raise DocumentInvalid(str(answer["fault"][2]))
        return MarkedPage(name, answer["html"], answer["marked"], blocks_of(answer["marked"]))

    def page(self, texts: Mapping[str, str], name: str) -> RenderedPage:
        """Render a page."""
        found = self._inside(texts).page(name)
        return RenderedPage(name, found["html"], "", found["headers"])

    def sentences(self, texts: Mapping[str, str]) -> Mapping[str, Sequence[tuple[str, int]]]:
        """Return the sentences of the documents."""
        return of_texts({**self._shipped, **texts})

    def look(self, texts: Mapping[str, str]) -> SiteLook:
        """No test of these looks at a whole site."""
        raise NotImplementedError

    def places(self, texts: Mapping[str, str], inputs: Sequence[PlaceInputs]) -> Sequence[RenderedPlace]:
        """No test of these renders places."""
        raise NotImplementedError

    def mail(self, texts: Mapping[str, str], name: str, recipient: str, sample: int = 0) -> bytes:
        """No test of these looks at a mail."""
        raise NotImplementedError

    def _inside(self, texts: Mapping[str, str]) -> render_worker.Inside:
        folder = self._files(texts).content.parent
        if folder not in self._opened:
            self._opened[folder] = render_worker.Inside(folder)
        return self._opened[folder]


@cache
def renderer_of(folders: Folders) -> InProcess:
    """Return the renderer of these folders, which keeps what it has opened: opening takes longest."""
    shipped = shipped_files(folders)
    return InProcess(folders, {name: shipped.text(name) for name in shipped.ids()})


class Seen:
    """A screen as it came out, read as elements."""

    def __init__(self, screen: Screen) -> None:
        self.status = screen.status_code
        self.location = str(screen.headers.get("Location", ""))
        self.text = screen.text
        self.tree: Any = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(
            screen.text or "<!DOCTYPE html>"
        )

    @property
    def words(self) -> str:
        """All that a person reads."""
        return " ".join(" ".join(self.tree.find("body").itertext()).split())

    def links(self, beginning: str) -> dict[str, str]:
        """Return the links whose address begins so, by their words; of two alike, the first."""
        found: dict[str, str] = {}
        for one in self.tree.iter("a"):
            if (one.get("href") or "").startswith(beginning):
                found.setdefault(" ".join("".join(one.itertext()).split()), one.get("href"))
        return found

    def fields(self, action: str) -> dict[str, str]:
        """Return what a posted form of this page would send."""
        form = next(
            one
            for one in self.tree.iter("form")
            if one.get("action") == action and one.get("method") == "post"
        )
        found = {
            one.get("name"): one.get("value", "") for one in form.iter("input") if one.get("type") == "hidden"
        }
        found |= {one.get("name"): "".join(one.itertext()) for one in form.iter("textarea")}
        return found


class SeeingDesk(EditorsDesk):
    """An editor at the desk. `go` follows an address to its screen; `send` posts a form there."""

    def __init__(self, folders: Folders, person: str = PUBLISHER) -> None:
        super().__init__()
        shipped = PackageByPlace(shipped_files(folders))
        self.shipped = shipped  # type: ignore[assignment]  # more of the same
        store = StoreByPlace(self.store, shipped, self.shelf)
        self.edit = EditText(store, shipped, self.shelf, self.clock)
        self.renderer = RendererByPlace(renderer_of(folders), shipped)
        self.site = SiteSentences(self.renderer, store, shipped, self.shelf)
        self.person = Person(ANA, person)
        sentences = EditSentences(self.edit, self.site.now)
        history = lambda: SentenceHistory(self.edit, shipped)  # noqa: E731
        preview = Preview(self.renderer, store, shipped, self.shelf, None, self.site)
        see = SeeChanges(store, shipped, self.shelf)
        self._pages = AdminPages(TEMPLATES / "admin")
        self._screens = {
            "/admin/preview": PreviewScreens(self._show, preview, lambda: 0).choices,
            "/admin/sentence": OneSentenceScreens(self._show, sentences, self.site, history).one_sentence,
            "/admin/sentences": SentenceScreens(self._show, sentences, history, see).sentences,
            "/admin/search": SearchScreens(self._show, FindWords(self.site)).search,
            "/admin/contact": ContactScreens(self._show, EditContacts(self.edit, self.clock)).contact,
        }

    def go(self, address: str) -> Seen:
        """Get a screen."""
        return self._ask(address, {}, posted=False)

    def send(self, path: str, fields: Mapping[str, str]) -> Seen:
        """Send a form."""
        return self._ask(path, fields, posted=True)

    def _ask(self, address: str, fields: Mapping[str, str], *, posted: bool) -> Seen:
        parts = urlsplit(address)
        request = AdminRequest(
            parts.path,
            posted,
            dict(parse_qsl(parts.query)),
            "token",
            "secret",
            {name: [value] for name, value in fields.items()},
            self.person,
        )
        return Seen(self._screens[parts.path](request))

    def _show(self, request: AdminRequest, template: str, status: int = 200, /, **names: Any) -> Screen:
        html = self._pages.render(
            template,
            person=request.person,
            csrf="token",
            here=request.path,
            done="",
            **{"problems": {}, **names},
        )
        return Screen(html, status)


def editor_of(folders: Folders) -> SeeingDesk:
    """Return the desk with an editor at it, who is no publisher."""
    return SeeingDesk(folders, EDITOR)
