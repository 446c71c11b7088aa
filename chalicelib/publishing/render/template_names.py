"""Template contexts by public template: its checks and the help text read it here."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.pages.render.contexts import (
    AboutContext,
    AreaContext,
    ErrorContext,
    LayoutContext,
    MoreContext,
    PageContext,
)
from chalicelib.reporting.render.contexts import (
    AnswerContext,
    CodeContext,
    FormContext,
    ReceiptContext,
)

CONTEXT_OF: Mapping[str, type[LayoutContext]] = {
    "page.html": PageContext,
    "note.html": FormContext,
    "receipt.html": ReceiptContext,
    "code.html": CodeContext,
    "answer.html": AnswerContext,
    "about.html": AboutContext,
    "error.html": ErrorContext,
    "more.html": MoreContext,
    "services.html": AreaContext,
}
