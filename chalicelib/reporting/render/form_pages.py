"""Rendering of the pages around a report, on request: form, receipt, code page, delivery status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from functools import lru_cache
from pathlib import Path

from chalicelib.directory.content import Content
from chalicelib.pages.body_limits import FORM_BYTES
from chalicelib.pages.page_headers import page_headers
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.pages.render.site import Site
from chalicelib.pages.render.templates import squeeze
from chalicelib.reporting import form_fields
from chalicelib.reporting.receipts import in_groups
from chalicelib.reporting.render.contexts import (
    AnswerContext,
    CodeContext,
    FormContext,
    ReceiptContext,
    RecipientChoice,
    RecipientState,
)
from chalicelib.reporting.report import KINDS, LINE_LIMIT, STORY_LIMIT
from chalicelib.shared.numbers import grouped

_NOTHING_TYPED = dict.fromkeys(form_fields.WORDS, "")
_CODE_MARKS = tuple("\ue000\ue001\ue002\ue003\ue004")  # characters that no language uses


class FormPages(Site):
    """A site together with its pages around a report, which are of the same release."""

    def __init__(self, templates: Path, catalogs: Catalogs, content: Content) -> None:
        """`templates` is the directory that holds public/."""
        super().__init__(templates, catalogs, content)
        self._receipts = lru_cache(maxsize=64)(self._receipt)

    def with_content(self, content: Content) -> FormPages:
        """Return the same templates and catalogs, filled with another content."""
        other = copy(self)
        other._take(content)
        other._receipts = lru_cache(maxsize=64)(other._receipt)
        return other

    def form_headers(self) -> dict[str, str]:
        """Return the headers of a page with a form, which has its own style and script."""
        return page_headers(self.form_csp)

    def form(
        self,
        locale: str,
        place: str,
        *,
        token: str,
        values: Mapping[str, str | list[str]],
        problems: Mapping[str, str],
        recipients: Sequence[RecipientChoice],
        notice: str | None = None,
        shown: str | None = None,
        mark: str = "",
    ) -> str:
        """Render the form, with what was typed and every problem at once when it comes back.

        `shown` are the ids of the offices that its writer was shown, if others than `recipients`.
        """
        path = f"{place}/note/"
        context = FormContext(
            **self.layout(locale, path, sends=True),
            page_href=f"/{locale}/{place}/",
            action=f"/{locale}/{path}",
            token=token,
            mark=mark,
            values={**_NOTHING_TYPED, **values},
            problems=problems,
            recipients=recipients,
            notice=notice,
            kinds=KINDS,
            story_limit=grouped(STORY_LIMIT, locale),
            line_limit=grouped(LINE_LIMIT, locale),
            asks_immigration=any(recipient.enforces_immigration for recipient in recipients),
            shown=" ".join(recipient.id for recipient in recipients) if shown is None else shown,
            child_lines=self.child_lines(place),
            police=self.police(place),
            keep_days=self.content.site.keep_days,
            most_bytes=FORM_BYTES,
        )
        return self.render("note.html", context, locale)

    def receipt(
        self, locale: str, place: str, *, code: str, recipients: Sequence[str], mentions_child: bool
    ) -> str:
        """Render the receipt of a report that was taken: its code and who gets it, nothing that was typed."""
        receipt = self._receipts(locale, place, tuple(recipients), mentions_child)
        for mark, group in zip(_CODE_MARKS, in_groups(code), strict=True):
            receipt = receipt.replace(mark, "".join(f"<span>{digit}</span>" for digit in group))
        return receipt

    def _receipt(self, locale: str, place: str, recipients: tuple[str, ...], mentions_child: bool) -> str:
        """Render a receipt with a mark for each group of its code: all else is the same for many people."""
        context = ReceiptContext(
            **self.layout(locale, f"{place}/", switcher=False),
            page_href=f"/{locale}/{place}/",
            code_groups=_CODE_MARKS,
            code_href=f"/{locale}/code/",
            recipients=recipients,
            mentions_child=mentions_child,
            child_lines=self.child_lines(place),
        )
        return squeeze(self.render("receipt.html", context, locale))

    def code(self, locale: str, problem: str | None = None, typed: str = "") -> str:
        """Render the page that asks for a receipt code; `typed` is kept when only the language changes."""
        context = CodeContext(
            **self.layout(locale, "code/", sends=True),
            page_href=f"/{locale}/",
            action=f"/{locale}/code/",
            problem=problem,
            code=typed,
        )
        return self.render("code.html", context, locale)

    def delivery_status(self, locale: str, states: Sequence[RecipientState]) -> str:
        """Render the delivery status of each office's copy of a report."""
        context = AnswerContext(
            **self.layout(locale, "code/", switcher=False),
            page_href=f"/{locale}/",
            states=states,
            code_href=f"/{locale}/code/",
        )
        return self.render("answer.html", context, locale)
