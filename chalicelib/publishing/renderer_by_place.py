"""The renderer over documents of places (adapter of a port to a port): put together, and traced back.

What is found in contacts, places or settings is told of the document of the place that holds it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from chalicelib.directory.document_ids import PLACES, SITE
from chalicelib.publishing.documents import Problem
from chalicelib.publishing.ports import (
    MarkedPage,
    RenderedPage,
    RenderedSite,
    ShippedDocuments,
    SiteRenderer,
)
from chalicelib.publishing.whole_texts import (
    WHOLE,
    all_texts,
    are_whole,
    laid_out,
    owners,
    whole_texts,
)

Said = Mapping[str, Sequence[tuple[str, int]]]
_ID = re.compile(r'^\s*(?:\{.*?)?"(?:id|slug)"\s*:\s*"([^"]*)"')


class RendererByPlace:
    """The SiteRenderer over one that takes whole documents."""

    def __init__(self, renderer: SiteRenderer, shipped: ShippedDocuments) -> None:
        self._renderer = renderer
        self._shipped = shipped

    def site(self, texts: Mapping[str, str], *, brotli: bool = True) -> RenderedSite:
        """Render and check every page and mail."""
        every = all_texts(self._shipped, texts)
        if are_whole(every):
            return self._renderer.site(texts, brotli=brotli)
        whole = {**laid_out(self._shipped, texts), **whole_texts(every)}
        rendered = self._renderer.site(whole, brotli=brotli)
        return replace(
            rendered,
            sentences=_traced(rendered.sentences, every),
            problems=[_told(problem, whole, every) for problem in rendered.problems],
        )

    def page(self, texts: Mapping[str, str], name: str) -> RenderedPage:
        """Render one page."""
        return self._renderer.page(laid_out(self._shipped, texts), name)

    def marked(self, texts: Mapping[str, str], name: str) -> MarkedPage:
        """Render one page with marks."""
        return self._renderer.marked(laid_out(self._shipped, texts), name)

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
    theirs = {whole: owners(every, whole) for whole in WHOLE}
    for sentence, places in said.items():
        spelled = json.dumps(sentence, ensure_ascii=False)
        found: dict[tuple[str, int], None] = {}
        for document, line in places:
            if document not in WHOLE:
                found[document, line] = None
            for one in theirs.get(document, ()):
                if (at := every[one].find(spelled)) >= 0:
                    found[one, every[one].count("\n", 0, at) + 1] = None
        traced[sentence] = list(found)
    return traced


def _told(problem: Problem, whole: Mapping[str, str], every: Mapping[str, str]) -> Problem:
    """Return a problem with the document and line of the place whose entry it is about."""
    if problem.document not in WHOLE or are_whole(every):
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
