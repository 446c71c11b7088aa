"""Renderer of a whole site, in sandboxed child processes that can reach nothing (see render_worker.py)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chalicelib.delivery import mail_frames
from chalicelib.directory.area_units import is_area
from chalicelib.directory.document_ids import JSON_DOCUMENTS, PUBLIC_TEMPLATE, path_of
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.write_entries import write_entries
from chalicelib.pages.choose_page import ABOUT, MORE
from chalicelib.pages.render.packing import unpack_brotli
from chalicelib.publishing import page_blocks, release_pages
from chalicelib.publishing.documents import Problem
from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.place_inputs import is_of_site
from chalicelib.publishing.ports import (
    CHECK,
    PAGE,
    MarkedPage,
    PlaceInputs,
    Progress,
    RenderedPage,
    RenderedPlace,
    SiteLook,
)
from chalicelib.publishing.render import sentences
from chalicelib.publishing.render.place_workers import (
    ENOUGH,
    Answering,
    PlaceWork,
    PlaceWorkers,
    StartProcess,
)
from chalicelib.publishing.render.render_cache import RenderCache, digest_of, digest_of_folder
from chalicelib.shared.errors import PorchlightError

_SAME_AGAIN = ("page", "marked")  # a mail is of a report that is drawn anew each time


class _Lines:
    """Texts in which what a page says is looked for: its templates, and the documents cut out for it."""

    def __init__(self, folder: Path, inputs: PlaceInputs) -> None:
        self._folder = folder
        self._inputs = inputs
        self._read: dict[str, str] = {}

    def text(self, document: str) -> str:
        """Return a text."""
        if document not in self._read:
            if document in JSON_DOCUMENTS:
                part = json.loads(self._inputs.content).get(document)
                self._read[document] = write_entries(part) if part else ""
            else:
                self._read[document] = (self._folder / path_of(document)).read_text(encoding="utf-8")
        return self._read[document]


class WorkerSiteRenderer:
    """The SiteRenderer over child processes.

    `folder_of` gives the folder of a state of the documents: templates/, content/ and locale/. Pages are
    rendered in some processes and looked over in others: what a template may have broken does not judge its
    own page.
    """

    def __init__(
        self,
        folder_of: Callable[[Mapping[str, str]], Path],
        start_process: StartProcess,
        workers: int = 2,
        cache: RenderCache | None = None,
        progress: Progress = lambda phase, done, of: None,
    ) -> None:
        self._folder_of = folder_of
        self._start_process = start_process
        self._cache = cache or RenderCache(0, 0, 0)
        self._done = PlaceWorkers(start_process, workers, self._cache.answers, progress)

    def look(self, texts: Mapping[str, str]) -> SiteLook:
        """Look over the style, every template and every mail, without rendering a page."""
        folder = self._folder_of(texts)
        digest = digest_of_folder(folder)
        look = self._cache.looks.get(digest)
        if look is None:
            look, whole = self._looked(folder)
            if whole:
                self._cache.looks.keep(digest, look)
        return look

    def _looked(self, folder: Path) -> tuple[SiteLook, bool]:
        """Return the look at a folder, and whether nothing was stopped or missing in it."""
        from chalicelib.publishing.style.checks import STYLE, check_style

        problems = check_style((folder / path_of(STYLE)).read_text(encoding="utf-8"))
        with self._start_process(folder) as worker:
            look = worker.ask({"do": "look"})
            if "fault" in look:
                return SiteLook({}, {}, [*problems, Problem(*look["fault"])], renders=False), False
            said, faults, whole = _said(worker, folder, look["templates"])
            problems += faults
            if not whole:
                return SiteLook({}, {}, problems, renders=False), False
            if any(problem.document != STYLE for problem in problems):
                return SiteLook(look["index"], {}, problems, renders=False), False
            frames = self._frames(worker, problems)
        return SiteLook(look["index"], self._sentences(folder, said), problems, frames), bool(frames)

    def places(self, texts: Mapping[str, str], inputs: Sequence[PlaceInputs]) -> list[RenderedPlace]:
        """Render the pages of these places, look over each, and pack it."""
        folder = self._folder_of({name: text for name, text in texts.items() if is_of_site(name)})
        names = {one.place: release_pages.names_of(one) for one in inputs}
        rendered = self._done(folder, [PlaceWork(PAGE, one, names[one.place]) for one in inputs], PAGE)
        faulty = any("html" not in page for pages in rendered.values() for page in pages.values())
        if faulty or len(rendered) < len(inputs):
            return [
                self._rendered(folder, one, names[one.place], rendered[one.place], {})
                for one in inputs
                if one.place in rendered
            ]
        checks = [
            PlaceWork(CHECK, one, [*pages], {name: page["html"] for name, page in pages.items()})
            for one in inputs
            if (pages := rendered[one.place])
        ]
        checked = self._done(folder, checks, CHECK)
        return [
            self._rendered(folder, one, names[one.place], rendered[one.place], checked.get(one.place, {}))
            for one in inputs
        ]

    def _rendered(
        self,
        folder: Path,
        inputs: PlaceInputs,
        names: Sequence[str],
        pages: Mapping[str, Mapping[str, Any]],
        checked: Mapping[str, Mapping[str, Any]],
    ) -> RenderedPlace:
        """Return a place as it came out; where anything was at fault, with what it was and without pages."""
        problems = [self._fault(name, page) for name, page in pages.items() if "html" not in page]
        problems += [self._fault(name, one) for name, one in checked.items() if "packed" not in one]
        texts = _Lines(folder, inputs)
        good = []
        for name in names:
            answer = checked.get(name, {})
            if "packed" not in answer:
                continue
            problems += [_problem(texts, name, *finding) for finding in answer["findings"]]
            html = pages[name]["html"]
            if not _is_same(answer["brotli"], html):
                problems.append(self._fault(name, {}))
                continue
            good.append(RenderedPage(name, html, answer["packed"], brotli=answer["brotli"]))
        return RenderedPlace(inputs.place, good, problems[:ENOUGH])

    def page(self, texts: Mapping[str, str], name: str) -> RenderedPage:
        """Render one page. Raises DocumentInvalid with the reason when the texts do not allow it."""
        answer = self._one(texts, {"do": "page", "name": name})
        return RenderedPage(name, str(answer["html"]), "", dict(answer["headers"]))

    def marked(self, texts: Mapping[str, str], name: str) -> MarkedPage:
        """Render one page, and once more with marks. Raises DocumentInvalid."""
        answer = self._one(texts, {"do": "marked", "name": name})
        try:
            blocks = page_blocks.read(answer["blocks"])
        except ValueError as error:
            raise DocumentInvalid("this page cannot be read sentence by sentence") from error
        return MarkedPage(name, str(answer["html"]), str(answer["marked"]), blocks)

    def sentences(self, texts: Mapping[str, str]) -> dict[str, list[tuple[str, int]]]:
        """Return the sentences that these texts say. Raises DocumentInvalid when they cannot be read."""
        folder = self._folder_of(texts)
        digest = digest_of("sentences", digest_of_folder(folder))
        if known := self._cache.previews.get(digest):
            return dict(known)
        with self._start_process(folder) as worker:
            look = worker.ask({"do": "look"})
            if "fault" in look:
                raise DocumentInvalid(str(look["fault"][2]))
            said, faults, whole = _said(worker, folder, look["templates"])
        if not whole or faults:
            raise DocumentInvalid(faults[0].sentence)
        all_said = self._sentences(folder, said)
        self._cache.previews.keep(digest, all_said)
        return dict(all_said)

    def mail(self, texts: Mapping[str, str], name: str, recipient: str, sample: int = 0) -> bytes:
        """Write one mail with an invented report. Raises DocumentInvalid."""
        job = {"do": "mail", "name": name, "recipient": recipient, "sample": sample}
        return base64.b64decode(self._one(texts, job)["mail"])

    def _one(self, texts: Mapping[str, str], job: Mapping[str, Any]) -> dict[str, Any]:
        try:
            folder = self._folder_of(texts)
            digest = digest_of(job["do"], job["name"], digest_of_folder(folder))
            same = job["do"] in _SAME_AGAIN
            if same and (known := self._cache.previews.get(digest)):
                return known
            with self._start_process(folder) as worker:
                answer = worker.ask(job)
        except RenderStopped as error:
            stopped = _stopped("this page", _document_of(job), error)
            line = f", line {stopped.line}" if stopped.line else ""
            raise DocumentInvalid(f"{stopped.document}{line}: {stopped.sentence}") from error
        except PorchlightError as error:
            raise DocumentInvalid(str(error)) from error
        if "fault" in answer:
            document, line, sentence = answer["fault"]
            raise DocumentInvalid(f"{document}, line {line}: {sentence}" if document else str(sentence))
        if same:
            self._cache.previews.keep(digest, answer)
        return answer

    def _frames(self, worker: Answering, problems: list[Problem]) -> dict[str, dict[str, str]]:
        """Return each mail's frame by language, and add to `problems` what is wrong with the others."""
        try:
            answer = worker.ask({"do": "frames"})
        except RenderStopped as error:
            problems.append(_stopped("the mails", next(iter(mail_frames.DOCUMENTS)), error))
            return {}
        problems += [Problem(*fault) for fault in answer["faults"]]
        return dict(answer["frames"])

    def _fault(self, name: str, answer: Mapping[str, Any]) -> Problem:
        if "fault" not in answer:
            return _stopped(f"the page {name}", _template_of(name), answer.get("stopped"), name)
        document, line, sentence = answer["fault"]
        return Problem(document or _template_of(name), line, sentence, page=name)

    def _sentences(
        self, folder: Path, of_templates: Mapping[str, Sequence[Sequence[Any]]]
    ) -> dict[str, list[tuple[str, int]]]:
        texts = {name: (folder / path_of(name)).read_text(encoding="utf-8") for name in JSON_DOCUMENTS}
        places_said: dict[str, list[tuple[str, int]]] = {}
        for document, said in of_templates.items():
            for line, sentence in said:
                places_said.setdefault(str(sentence), []).append((document, int(line)))
        for sentence, places in sentences.of_texts(texts).items():
            places_said.setdefault(sentence, []).extend(places)
        return places_said


def _problem(texts: _Lines, name: str, sentence: str, near: str, weight: str, home: str) -> Problem:
    own = PUBLIC_TEMPLATE + home if home else _template_of(name)
    document, line = _place_of(texts, own, near)
    return Problem(document, line, sentence, weight, page=name)


def _place_of(texts: _Lines, own: str, near: str) -> tuple[str, int]:
    """Find the document and line that a piece of a page comes from; its own template comes first."""
    candidates = [own, *(PUBLIC_TEMPLATE + part for part in ("layout.html", "parts.html"))]
    candidates += [document for document in JSON_DOCUMENTS if near.startswith(("http", "tel:", "sms:"))]
    for document in candidates if near else ():
        text = texts.text(document)
        at = text.find(near.partition(":")[2] if near.startswith(("tel:", "sms:")) else near)
        if at >= 0:
            return document, text.count("\n", 0, at) + 1
    return own, 0


def _said(
    worker: Answering, folder: Path, templates: Sequence[str]
) -> tuple[dict[str, Sequence[Sequence[Any]]], list[Problem], bool]:
    """Return what templates and mails say, by document with lines, what is wrong, and whether it is all."""
    said: dict[str, Sequence[Sequence[Any]]] = {}
    problems: list[Problem] = []
    for document in templates:
        try:
            read = worker.ask({"do": "read", "name": document})
        except RenderStopped as error:
            return said, [*problems, _stopped("sense of this", document, error)], False
        problems += [Problem(document, *fault) for fault in read["faults"]]
        said[document] = read["sentences"]
    said |= {
        document: sentences.of_frame((folder / path_of(document)).read_text(encoding="utf-8"))
        for document in mail_frames.DOCUMENTS
    }
    return said, problems, True


def _is_same(brotli: str, html: str) -> bool:
    """Say whether this is the brotli of a page, or nothing: a process that ran templates has packed it."""
    try:
        return not brotli or unpack_brotli(brotli) == html
    except ValueError:
        return False


def _stopped(what: str, document: str, error: RenderStopped | None, page: str = "") -> Problem:
    """Blame the line that the process was at, else the template that it was asked for."""
    sentence = f"Making {what} takes too much time or memory; perhaps something repeats without an end."
    told, line = (error.document, error.line) if error else ("", 0)
    return Problem(told or document or PUBLIC_TEMPLATE + "page.html", line, sentence, page=page)


def _document_of(job: Mapping[str, Any]) -> str:
    frames = {name: document for document, name in mail_frames.DOCUMENTS.items()}
    return frames.get(job["name"], "") if job["do"] == "mail" else _template_of(job["name"])


def _template_of(name: str) -> str:
    rest = name.partition("/")[2]
    if is_area(rest):
        return PUBLIC_TEMPLATE + "services.html"
    kind = rest.rpartition("/")[2]
    files = {"note-mended": "note"}
    files |= {name: name for name in ("note", "receipt", "code", "answer", ABOUT, MORE)}
    return PUBLIC_TEMPLATE + files.get(kind, "error" if kind.startswith("error-") else "page") + ".html"
