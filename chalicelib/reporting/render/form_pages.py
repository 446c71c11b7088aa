"""Rendering of the pages around a report, on request: form, receipt, code page, delivery status."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

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
    Keeping,
    ReceiptContext,
    RecipientChoice,
    RecipientState,
    WriteBox,
)
from chalicelib.reporting.report import KINDS, LINE_LIMIT, STORY_LIMIT
from chalicelib.shared.numbers import grouped

_NOTHING_TYPED = dict.fromkeys(form_fields.WORDS, "")
_PARAGRAPH, _LINE_BREAK = Markup('<p dir="auto">%s</p>'), Markup("<br>")
_MARK = re.compile("\ue000([0-9]+)\ue001")
_CODE_MARKS = tuple("\ue000\ue001\ue002\ue003\ue004")  # characters that no language uses


class FormPages(Site):
    """A site together with its pages around a report, which are of the same release."""

    def __init__(self, templates: Path, catalogs: Catalogs, content: Content) -> None:
        """`templates` is the directory that holds public/."""
        super().__init__(templates, catalogs, content)
        self._remember()

    def _remember(self) -> None:
        """Begin caches of what is the same for many people; none holds a word, a code or a token."""
        self._receipts = lru_cache(maxsize=64)(self._receipt)
        self._statuses = lru_cache(maxsize=64)(self._status)

    def with_content(self, content: Content) -> FormPages:
        """Return the same templates and catalogs, filled with another content."""
        other = copy(self)
        other._take(content)
        other._remember()
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
        writes_back: bool = False,
    ) -> str:
        """Render the form, with what was typed and every problem at once when it comes back.

        `shown` are the ids of the offices that its writer was shown, if others than `recipients`;
        `writes_back` says whether offices can write back.
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
            keeping=Keeping() if writes_back else None,
            most_bytes=FORM_BYTES,
        )
        return self.render("note.html", context, locale)

    def receipt(
        self,
        locale: str,
        place: str,
        *,
        code: str,
        recipients: Sequence[str],
        mentions_child: bool,
        writes_back: bool = False,
    ) -> str:
        """Render the receipt of a report that was taken: its code and who gets it, nothing that was typed."""
        receipt = self._receipts(locale, place, tuple(recipients), mentions_child, writes_back)
        for mark, group in zip(_CODE_MARKS, in_groups(code), strict=True):
            receipt = receipt.replace(mark, "".join(f"<span>{digit}</span>" for digit in group))
        return receipt

    def _receipt(
        self, locale: str, place: str, recipients: tuple[str, ...], mentions_child: bool, writes_back: bool
    ) -> str:
        """Render a receipt with a mark for each group of its code: all else is the same for many people."""
        context = ReceiptContext(
            **self.layout(locale, f"{place}/", switcher=False),
            page_href=f"/{locale}/{place}/",
            code_groups=_CODE_MARKS,
            code_href=f"/{locale}/code/",
            recipients=recipients,
            mentions_child=mentions_child,
            child_lines=self.child_lines(place),
            keeping=Keeping() if writes_back else None,
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

    def delivery_status(
        self,
        locale: str,
        states: Sequence[RecipientState],
        *,
        today: datetime | None = None,
        kept_until: datetime | None = None,
        writes_back: bool = False,
        unopened: bool = False,
        older: bool = False,
        box: WriteBox | None = None,
    ) -> str:
        """Render the delivery status of each office's copy of a report, and what was written back.

        `box` is the form to write back with; it carries the code along, also into another language.
        """
        words = _Words()
        marked = tuple(words.marked(state) for state in states)
        said = (today, kept_until, writes_back, unopened, older)
        if box is None:
            return words.fill(self._status(locale, marked, *said, None))
        letters = grouped(STORY_LIMIT, locale)
        box = replace(words.marked_box(box), action=f"/{locale}/code/", letters=letters)
        if box.problems or box.notice:
            return words.fill(self._status(locale, marked, *said, box))
        # Looked at again and again while people write to each other, and three times as long as other pages.
        plain = replace(box, problems=(), offices=tuple(box.offices))  # type: ignore[arg-type]
        return words.fill(self._statuses(locale, marked, *said, plain))

    def _status(
        self,
        locale: str,
        states: Sequence[RecipientState],
        today: datetime | None,
        kept_until: datetime | None,
        writes_back: bool,
        unopened: bool,
        older: bool,
        box: WriteBox | None,
    ) -> str:
        """Render delivery status with a mark for whatever somebody wrote, and for code and token."""
        return self._answer(
            locale,
            states=states,
            today=today,
            kept_until=kept_until,
            keeping=Keeping() if writes_back else None,
            unopened=unopened,
            older=older,
            box=box,
        )

    def sent(self, locale: str, recipients: Sequence[str]) -> str:
        """Render what follows a message: to whom it goes. Nothing that was typed is shown again."""
        return self._answer(locale, sent_to=recipients)

    def _answer(self, locale: str, **names: Any) -> str:
        nothing = {
            "states": (),
            "today": None,
            "kept_until": None,
            "keeping": None,
            "unopened": False,
            "older": False,
            "box": None,
            "sent_to": (),
        }
        has_form = names.get("box") is not None
        context = AnswerContext(
            **self.layout(locale, "code/", switcher=has_form, sends=has_form),
            page_href=f"/{locale}/",
            code_href=f"/{locale}/code/",
            **{**nothing, **names},
        )
        return self.render("answer.html", context, locale)


class _Words:
    """What somebody wrote, and what leads to them: out of a page before it is rendered, in it afterwards.

    What is rendered between is the same for everybody, so it can be kept.
    """

    def __init__(self) -> None:
        self._kept: list[Markup] = []

    def marked(self, state: RecipientState) -> RecipientState:
        """Return an office's state with marks in place of words."""
        return replace(
            state,
            replies=tuple(
                replace(
                    reply,
                    id=self._mark(escape(reply.id)),
                    text=reply.text and self._mark(_paragraphs(reply.text)),
                    whole=reply.whole and self._mark(_paragraphs(reply.whole)),
                )
                for reply in state.replies
            ),
        )

    def marked_box(self, box: WriteBox) -> WriteBox:
        """Return the form with marks in place of code, token and words."""
        code, token = self._mark(escape(box.code)), self._mark(escape(box.token))
        return replace(box, code=code, token=token, text=box.text and self._mark(escape(box.text)))

    def fill(self, html: str) -> str:
        """Return a page with what its marks stand for."""
        return _MARK.sub(lambda mark: self._kept[int(mark[1])], html) if self._kept else html

    def _mark(self, content: Markup) -> Markup:
        self._kept.append(content)
        return Markup("\ue000%d\ue001") % (len(self._kept) - 1)


def _paragraphs(text: str) -> Markup:
    """Return what a stranger wrote as HTML: escaped, and nothing in it can be pressed.

    Nobody knows its language: each paragraph takes its direction from its own letters.
    """
    parts = (escape(part.strip()).replace("\n", _LINE_BREAK) for part in text.split("\n\n") if part.strip())
    return Markup("\n").join(_PARAGRAPH % part for part in parts)
