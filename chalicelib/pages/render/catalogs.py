"""Translations (gettext catalogs): the sentences of each language, and what to show where one is missing."""

from __future__ import annotations

from collections.abc import Callable
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from markupsafe import Markup, escape

from chalicelib.pages.render.english import marked
from chalicelib.shared.locales import DEFAULT

DOMAIN = "porchlight"


class Sentences:
    """One language's translations. Asked for an English sentence, it gives its own, ready for a page."""

    def __init__(self, translated: Callable[[str], str], locale: str = DEFAULT) -> None:
        """`translated` returns the sentence in this language, or nothing when it is missing.

        `gap` is what stands between one sentence and the next: nothing in Chinese, whose full stop brings
        its own space.
        """
        self._translated = translated
        self._locale = locale
        self.gap = "" if locale.startswith("zh") else " "
        self._ready: dict[str, Markup] = {}

    def gettext(self, sentence: str, **values: object) -> Markup:
        """Return the translated sentence with its placeholders filled.

        Sentences hold words, not markup, and are escaped; values are escaped unless they are markup. A
        missing sentence is English inside an element that says so, and so is English that a translator left
        in a sentence.
        """
        try:
            ready = self._ready[sentence]
        except KeyError:
            ready = self._ready[sentence] = self._prepare(sentence)
        return ready % values if values else ready

    def ngettext(self, singular: str, plural: str, n: int, **values: object) -> Markup:
        """Refuse: no sentence here counts things, because plural forms double a translator's work."""
        raise NotImplementedError("write the sentence so that it needs no plural")

    def plain(self, sentence: str) -> str:
        """Return the translated sentence without any element around it, for a title or an attribute."""
        return self._translated(sentence) or sentence

    def helpers(self) -> dict[str, object]:
        """Return what a page's template calls on, by the names it has there."""
        say = self.gettext
        return {"_": say, "gettext": say, "ngettext": self.ngettext, "plain": self.plain, "gap": self.gap}

    def _prepare(self, sentence: str) -> Markup:
        translated = self._translated(sentence)
        if translated:
            return escape(translated) if self._locale == DEFAULT else marked(translated)
        return Markup('<span lang="en" dir="ltr">%s</span>') % escape(sentence)


class Catalogs:
    """Every language's sentences, from compiled catalogs in a directory, each loaded when first needed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._loaded: dict[str, Sentences] = {}

    def sentences(self, locale: str) -> Sentences:
        """Return a language's sentences; without a compiled catalog every one of them is missing."""
        if locale not in self._loaded:
            self._loaded[locale] = self._load(locale)
        return self._loaded[locale]

    def _load(self, locale: str) -> Sentences:
        fallback = _AsWritten() if locale == DEFAULT else _Missing()
        path = self._directory / locale / "LC_MESSAGES" / f"{DOMAIN}.mo"
        if not path.is_file():
            return Sentences(fallback.gettext, locale)
        with path.open("rb") as file:
            catalog = GNUTranslations(file)
        catalog.add_fallback(fallback)
        return Sentences(catalog.gettext, locale)


class _AsWritten(NullTranslations):
    """English: a sentence is as the template has it, unless an English catalog words it anew."""

    def gettext(self, message: str) -> str:
        return message


class _Missing(NullTranslations):
    def gettext(self, message: str) -> str:
        return ""
