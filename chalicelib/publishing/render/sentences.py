"""Extractor of translatable strings (gettext) from templates, mails and content, with their places.

What a catalog has to translate.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

from jinja2 import Environment
from jinja2.ext import extract_from_ast

from chalicelib.delivery import mail_frames
from chalicelib.directory.document_ids import JSON_DOCUMENTS, PLACES, base_of, kind_of
from chalicelib.publishing.catalog_checks import sentences_of

_CALLS = ("_", "gettext", "plain")
_SAID = ("what", "what_not", "hours", "languages", "text")

Place = tuple[str, int]


def of_texts(texts: Mapping[str, str]) -> dict[str, list[Place]]:
    """Return the sentences of these documents in their order, each with the documents and lines that say it.

    Raises TemplateSyntaxError for a template that cannot be read.
    """
    places: dict[str, list[Place]] = {}
    for document, text in texts.items():
        kind = kind_of(document)
        if document in mail_frames.DOCUMENTS:
            for line, sentence in of_frame(text):
                places.setdefault(sentence, []).append((document, line))
        elif kind == "page template" and not document.endswith(".css"):
            for line, sentence in of_template(text):
                places.setdefault(sentence, []).append((document, line))
        elif kind in JSON_DOCUMENTS:
            for sentence in of_document(document, text):
                places.setdefault(sentence, []).append((document, _line_of(text, sentence)))
    return places


def of_frame(text: str) -> list[tuple[int, str]]:
    """Return the sentences of a mail's frame with their lines; none of one that is written the old way."""
    return [] if mail_frames.is_old(text) else mail_frames.sentences(text)


def of_template(source: str) -> list[tuple[int, str]]:
    """Return the sentences of a template with their lines. Nothing of the template runs."""
    tree = _reader().parse(source)
    found = []
    for line, _, message in extract_from_ast(tree, _CALLS, babel_style=False):
        parts = (message,) if isinstance(message, str) else message or ()
        found += [(line, part) for part in parts[:1] if part]
    return found


def of_document(document: str, text: str) -> list[str]:
    """Return the sentences of a document made of JSON.

    Names of offices are shown as they are, and are none.
    """
    return sentences_of(json.loads(text), (*_SAID, "name") if base_of(document) == PLACES else _SAID)


@cache
def _reader() -> Environment:
    reader = Environment(extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True)  # noqa: S701 (reads)
    reader.policies["ext.i18n.trimmed"] = True
    reader.newstyle_gettext = True  # type: ignore[attr-defined]
    return reader


def _line_of(text: str, sentence: str) -> int:
    at = text.find(json.dumps(sentence, ensure_ascii=False))
    return text.count("\n", 0, at) + 1 if at >= 0 else 0
