"""Error messages for templates: document, line, and a sentence without a path of this machine."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jinja2 import TemplateSyntaxError
from jinja2.exceptions import SecurityError, TemplateNotFound, UndefinedError

from chalicelib.directory.document_ids import JSON_DOCUMENTS, PUBLIC_TEMPLATE, path_of
from chalicelib.publishing import document_checks

_SYSTEMS = ("dev", "etc", "home", "opt", "proc", "root", "run", "srv", "sys", "tmp", "usr", "var")
# Where files lie on this machine: a folder that Python itself was started from, or one of the system's.
_ROOTS = {*sys.path, sys.prefix, sys.base_prefix, *sys.argv[1:2], *(f"/{name}" for name in _SYSTEMS)}
_FOLDERS = "|".join(re.escape(root) for root in sorted(_ROOTS, reverse=True) if len(root) > 1)
_PLACES = re.compile(rf"(?<![\w/])(?:{_FOLDERS})(?![\w-])(?:/[^\s'\"<>]*)?|\bat 0x[0-9a-f]+")


class Blamed(Exception):
    """Reading a document failed."""

    def __init__(self, document: str, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.fault = [document, line, sentence]


def fault_of_start(folder: Path, error: Exception) -> list[Any]:
    """Return document, line and sentence of what keeps a site from being put together."""
    if isinstance(error, Blamed):
        return error.fault
    texts = {}
    for document in JSON_DOCUMENTS:
        try:
            texts[document] = (folder / path_of(document)).read_text(encoding="utf-8")
        except (OSError, ValueError):
            return [document, 0, "This cannot be read: it is not there, or is no text in UTF-8."]
    try:
        problems = document_checks.check(texts, texts)
    except Exception:
        problems = []
    if problems:
        return [problems[0].document, problems[0].line, problems[0].sentence]
    line, sentence = told(error)
    return [document_of(error) or _document_at(folder, error), line, sentence]


def _document_at(folder: Path, error: Exception) -> str:
    """Return the template whose file is not there or cannot be read, if that is what is wrong."""
    if isinstance(error, FileNotFoundError) and str(error.filename).startswith(f"{folder}/templates/"):
        return f"template/{Path(error.filename).relative_to(folder / 'templates').as_posix()}"
    for path in sorted((folder / "templates").rglob("*.*")):
        try:
            path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            kept = path.relative_to(folder / "templates").as_posix()
            return f"template/{kept}"
    return ""


@contextmanager
def blaming(document: str) -> Iterator[None]:
    """Say of whatever goes wrong that it lies in this document."""
    try:
        yield
    except Exception as error:
        raise Blamed(document, *told(error)) from error


def told(error: BaseException) -> tuple[int, str]:
    """Return the line and a sentence for a person who writes templates now and then."""
    if isinstance(error, TemplateSyntaxError):
        return error.lineno, f"The template cannot be read here: {error.message}."
    line = place_of(error)[1]
    if isinstance(error, UndefinedError):
        return line, f"Nothing here has this name: {error.message}."
    if isinstance(error, SecurityError):
        return line, f"This is not open to templates: {error.message}."
    if isinstance(error, TemplateNotFound):
        return line, f"There is no template called “{error.name}”."
    if isinstance(error, MemoryError | OverflowError):
        return line, "This makes far too much of something: it does not fit."
    if isinstance(error, RecursionError):
        return line, "This calls itself again and again, or is nested far too deep."
    if isinstance(error, OSError | ImportError) or "unknown encoding" in str(error):
        return line, "This cannot be used here: something would have to be loaded for it first."
    return line, f"This does not work ({type(error).__name__}: {_without_places(str(error))[:200]})."


def _without_places(text: str) -> str:
    """Return a text without paths of this machine and addresses in its memory."""
    return _PLACES.sub("…", text)


def document_of(error: BaseException) -> str:
    """Return the document that an error came up in, or nothing."""
    name = error.name if isinstance(error, TemplateSyntaxError) else place_of(error)[0]
    if not name:
        return ""
    return PUBLIC_TEMPLATE + name


def place_of(error: BaseException) -> tuple[str, int]:
    """Return the template and the line where an error came up: jinja2 puts them into the trace."""
    place = ("", 0)
    for frame, line in traceback.walk_tb(error.__traceback__):
        name = frame.f_code.co_filename
        if name.endswith(".html"):  # our own modules end in .py
            # Jinja2 puts the template's own lines into the trace of an Exception, but of no other.
            template = frame.f_globals.get("__jinja_template__")
            place = (name, template.get_corresponding_lineno(line) if template else line)
    return place
