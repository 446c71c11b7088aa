"""The whole public site: every page of it, in every language, for every place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from chalicelib.domain.contacts import Contact, nearest_first
from chalicelib.domain.content import Content
from chalicelib.domain.locales import DEFAULT, ENDONYMS, direction
from chalicelib.domain.numbers import grouped
from chalicelib.domain.page_headers import page_headers
from chalicelib.domain.receipts import in_groups
from chalicelib.domain.release_pages import ERROR_STATUSES as ERROR_STATUSES
from chalicelib.domain.reports import FORM_BYTES, KINDS, LINE_LIMIT, STORY_LIMIT
from chalicelib.render.catalogs import Catalogs
from chalicelib.render.contexts import (
    AnswerContext,
    CodeContext,
    ErrorContext,
    LanguageLink,
    LayoutContext,
    NoteContext,
    PageContext,
    PlaceLink,
    ReceiptContext,
    RecipientChoice,
    RecipientState,
)
from chalicelib.render.pages import PageTemplates, csp, squeeze

_NOTHING_TYPED = dict.fromkeys("abcdex", "")
_CODE_MARKS = tuple("\ue000\ue001\ue002\ue003\ue004")  # characters that no language uses
_ERROR_LINES = 5  # an error page shows the nearest few numbers


class Site:
    """Renders the public pages. Templates are compiled once for each Site."""

    def __init__(self, templates: Path, catalogs: Catalogs, content: Content) -> None:
        """`templates` is the directory that holds public/."""
        self._templates = PageTemplates(templates / "public")
        self._catalogs = catalogs
        self._content = content
        self._locales = {locale.tag: locale for locale in content.site.locales}
        self.locales = tuple(self._locales)
        self.places = tuple(place.slug for place in content.places)
        self.default_place = content.site.default_place
        self._receipts = lru_cache(maxsize=64)(self._receipt)
        style = self._templates.style
        self.csp = csp(self._templates.script, style)
        # A receipt that a form's page fetches has the style of other pages.
        self.form_csp = csp(self._templates.form_script, self._templates.form_style, style)

    def headers(self) -> dict[str, str]:
        """Return the headers of every HTML answer, except those that depend on its body."""
        return page_headers(self.csp)

    def form_headers(self) -> dict[str, str]:
        """Return the headers of a page with a form, which has its own style and script."""
        return page_headers(self.form_csp)

    def page(self, locale: str, place: str) -> str:
        """Render the page of a place."""
        content = self._content
        chain = content.places.chain(place)
        ways = tuple(content.contacts[contact_id] for contact_id in content.site.founding_channels)
        people = tuple(
            contact
            for contact in nearest_first(content.contacts, chain)
            if contact not in ways or contact.can_be_called()
        )
        shown = {contact.id: contact for contact in (*people, *ways)}.values()
        checks = [contact.checked_on for contact in shown]
        others = (*chain[1:], *content.places.within(place))
        context = PageContext(
            **self._layout(locale, f"{place}/"),
            place=chain[0],
            people=people,
            ways=ways,
            figures=content.site.figures,
            note_href=f"/{locale}/{place}/note/",
            code_href=f"/{locale}/code/",
            places=tuple(PlaceLink(other, f"/{locale}/{other.slug}/") for other in others),
            read_on=min(contact.read_on for contact in shown),
            checked_on=min((check for check in checks if check), default=None),
            unchecked="none" if all(checks) else "some" if any(checks) else "all",
            foreign=locale != DEFAULT,
        )
        return squeeze(self._render("page.html", context, locale))

    def note(
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
        context = NoteContext(
            **self._layout(locale, path, sends=True),
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
            shown=" ".join(one.id for one in recipients) if shown is None else shown,
            child_lines=self._child_lines(place),
            most_bytes=FORM_BYTES,
        )
        return self._render("note.html", context, locale)

    def receipt(
        self, locale: str, place: str, *, code: str, recipients: Sequence[str], mentions_child: bool
    ) -> str:
        """Render the answer to a report that was taken: its code and who gets it, nothing that was typed."""
        receipt = self._receipts(locale, place, tuple(recipients), mentions_child)
        for mark, group in zip(_CODE_MARKS, in_groups(code), strict=True):
            receipt = receipt.replace(mark, group)
        return receipt

    def _receipt(self, locale: str, place: str, recipients: tuple[str, ...], mentions_child: bool) -> str:
        """Render a receipt with a mark for each group of its code: all else is the same for many people."""
        context = ReceiptContext(
            **self._layout(locale, f"{place}/", switcher=False),
            page_href=f"/{locale}/{place}/",
            code_groups=_CODE_MARKS,
            code_href=f"/{locale}/code/",
            recipients=recipients,
            mentions_child=mentions_child,
            child_lines=self._child_lines(place),
        )
        return squeeze(self._render("receipt.html", context, locale))

    def code(self, locale: str, problem: str | None = None, typed: str = "") -> str:
        """Render the page that asks for a receipt code; `typed` is kept when only the language changes."""
        context = CodeContext(
            **self._layout(locale, "code/", sends=True),
            page_href=f"/{locale}/",
            action=f"/{locale}/code/",
            problem=problem,
            code=typed,
        )
        return self._render("code.html", context, locale)

    def answer(self, locale: str, states: Sequence[RecipientState]) -> str:
        """Render what is known about each office's copy of a report."""
        context = AnswerContext(
            **self._layout(locale, "code/", switcher=False),
            page_href=f"/{locale}/",
            states=states,
            code_href=f"/{locale}/code/",
        )
        return self._render("answer.html", context, locale)

    def error(self, locale: str, status: int) -> str:
        """Render the small page for one of ERROR_STATUSES."""
        if status not in ERROR_STATUSES:
            raise ValueError(f"there is no error page for {status}")
        chain = self._content.places.chain(self.default_place)
        people = [
            contact for contact in nearest_first(self._content.contacts, chain) if contact.can_be_called()
        ]
        context = ErrorContext(
            **self._layout(locale, ""), page_href=f"/{locale}/", status=status, people=people[:_ERROR_LINES]
        )
        return squeeze(self._render("error.html", context, locale))

    def _render(self, name: str, context: LayoutContext, locale: str) -> str:
        return self._templates.render(name, context, self._catalogs.sentences(locale))

    def _layout(
        self, locale: str, path: str, *, switcher: bool = True, sends: bool = False
    ) -> dict[str, Any]:
        site = self._content.site
        return {
            "lang": locale,
            "direction": direction(locale),
            "style": self._templates.form_style if sends else self._templates.style,
            "script": self._templates.form_script if sends else self._templates.script,
            "exit_url": site.exit_url,
            "languages": self._language_links(locale, path) if switcher else (),
            "hotline": self._content.contacts[site.hotline],
            "drafted": self._locales[locale].drafted,
        }

    def _language_links(self, current: str, path: str) -> tuple[LanguageLink, ...]:
        return tuple(
            LanguageLink(tag, direction(tag), ENDONYMS[tag], f"/{tag}/{path}", tag == current)
            for tag in self.locales
        )

    def _child_lines(self, place: str) -> tuple[Contact, ...]:
        near = nearest_first(self._content.contacts, self._content.places.chain(place))
        return tuple(
            contact for contact in near if contact.audience == "children" and contact.can_be_called()
        )
