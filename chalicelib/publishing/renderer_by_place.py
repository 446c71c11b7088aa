"""The renderer over documents of places (adapter of a port to a port): put together, and traced back.

What is found in contacts, places or settings is told of the document of the place that holds it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from chalicelib.directory.document_ids import PLACES, RECIPIENTS, SITE
from chalicelib.directory.write_entries import write_entries
from chalicelib.publishing.documents import Problem
from chalicelib.publishing.place_inputs import content_for, is_of_site
from chalicelib.publishing.ports import (
    MarkedPage,
    PlaceInputs,
    RenderedPage,
    RenderedPlace,
    ShippedDocuments,
    SiteLook,
    SiteRenderer,
)
from chalicelib.publishing.whole_texts import (
    WHOLE,
    all_texts,
    are_whole,
    laid_out,
    owners,
    whole_of,
    whole_texts,
)
from chalicelib.publishing.without_recipients import with_offices

Said = Mapping[str, Sequence[tuple[str, int]]]
_ID = re.compile(r'^\s*(?:\{.*?)?"(?:id|slug)"\s*:\s*"([^"]*)"')


class RendererByPlace:
    """The SiteRenderer over one that takes whole documents."""

    def __init__(self, renderer: SiteRenderer, shipped: ShippedDocuments) -> None:
        self._renderer = renderer
        self._shipped = shipped

    def look(self, texts: Mapping[str, str]) -> SiteLook:
        """Look over the style, every template and every mail."""
        every = all_texts(self._shipped, texts)
        if are_whole(every):
            return self._renderer.look(texts)
        whole = {**laid_out(self._shipped, texts), **whole_texts(every)}
        look = self._renderer.look(whole)
        return replace(
            look,
            sentences=_traced(look.sentences, every),
            problems=[_told(problem, whole, every) for problem in look.problems],
        )

    def places(self, texts: Mapping[str, str], inputs: Sequence[PlaceInputs]) -> Sequence[RenderedPlace]:
        """Render the pages of some places."""
        return self._renderer.places({name: text for name, text in texts.items() if is_of_site(name)}, inputs)

    def page(self, texts: Mapping[str, str], name: str) -> RenderedPage:
        """Render one page."""
        return self._renderer.page(self._of_page(texts, name), name)

    def marked(self, texts: Mapping[str, str], name: str) -> MarkedPage:
        """Render one page with marks."""
        return self._renderer.marked(self._of_page(texts, name), name)

    def _of_page(self, texts: Mapping[str, str], name: str) -> dict[str, str]:
        """Return what goes into one page: no other place's texts are where it is rendered."""
        every = all_texts(self._shipped, texts)
        if are_whole(every):
            return dict(texts)
        place = name.partition("/")[2].partition("/")[0]
        content = content_for(place, whole_of(every))
        cut = {one: write_entries(part) for one, part in zip(WHOLE, content, strict=True)}
        found = {one: text for one, text in texts.items() if is_of_site(one)} | cut
        return with_offices(found, texts[RECIPIENTS]) if RECIPIENTS in texts else found

    def mail(self, texts: Mapping[str, str], name: str, recipient: str, sample: int = 0) -> bytes:
        """Render a mail."""
        return self._renderer.mail(laid_out(self._shipped, texts), name, recipient, sample)

    def sentences(self, texts: Mapping[str, str]) -> Said:
        """Return each sentence with the documents and lines that say it."""
        said = self._renderer.sentences(laid_out(self._shipped, texts))
        return _traced(said, all_texts(self._shipped, texts))


def _traced(said: Said, every: Mapping[str, str]) -> dict[str, list[tuple[str, int]]]:
    """Return sentences with the documents of the places that say them."""
    if are_whole(every):
        return {sentence: list(places) for sentence, places in said.items()}
    traced: dict[str, list[tuple[str, int]]] = {}
    of_whole = {name: owners(every, name) for name in WHOLE}
    for sentence, places in said.items():
        spelled = json.dumps(sentence, ensure_ascii=False)
        found: dict[tuple[str, int], None] = {}
        for document, line in places:
            if document not in WHOLE:
                found[document, line] = None
            for one in of_whole.get(document, ()):
                if (at := every[one].find(spelled)) >= 0:
                    found[one, every[one].count("\n", 0, at) + 1] = None
        traced[sentence] = list(found)
    return traced


def problem_at_place(problem: Problem, inputs: PlaceInputs, every: Mapping[str, str]) -> Problem:
    """Return what was found in the inputs of a place, with the document and line that it came from."""
    if problem.document not in WHOLE:
        return problem
    parts = json.loads(inputs.content)
    return _told(problem, {name: write_entries(parts[name]) for name in WHOLE}, every)


def _told(problem: Problem, whole: Mapping[str, str], every: Mapping[str, str]) -> Problem:
    """Return a problem with the document and line of the place whose entry it is about."""
    if problem.document not in WHOLE:
        return problem
    lines = whole[problem.document].split("\n")[: problem.line]
    words = lines[-1].strip().rstrip(",") if lines else ""
    entry = next((match[1] for line in reversed(lines) if (match := _ID.match(line))), "")
    for document in [*owners(every, problem.document), *every]:
        if problem.document == SITE and document != SITE and words not in every[document]:
            continue
        start = every[document].find(json.dumps(entry, ensure_ascii=False)) if entry else 0
        if start < 0 or (entry and document.partition("/")[0] != problem.document):
            continue
        at = every[document].find(words, start) if words else start
        return replace(problem, document=document, line=every[document].count("\n", 0, max(at, start)) + 1)
    first = owners(every, problem.document) or owners(every, PLACES) or [SITE]
    return replace(problem, document=first[0], line=0)
