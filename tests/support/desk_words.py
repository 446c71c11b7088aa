"""Words of the desk's screens, as a person sees or hears them, and which of them no town clerk uses."""

from __future__ import annotations

import re
from html.parser import HTMLParser

SPOKEN = ("aria-label", "title", "alt", "placeholder")
UNSEEN = {"style", "script", "pre"}
VOID = {"input", "br", "meta", "link", "img", "hr", "rect", "line", "path", "circle", "polyline"}
NOT_VALUES = ("hidden", "password", "checkbox", "radio", "submit", "date")

# kind -> what gives it away. Whole words, in any case, unless the pattern says otherwise.
CODE_WORDS = {
    "JSON": r"\bjson\b",
    "Jinja": r"\bjinja2?\b",
    "gettext": r"\bgettext\b|\bmsgid\b|\bmsgstr\b|\.(?:po|mo|pot)\b",
    "slug": r"\bslugs?\b",
    "id": r"\b(?:ulid|uuid|(?-i:ids?))\b|\bmessage.id\b",
    "UTC": r"\bUTC\b",
    "catalog": r"\bcatalogu?e?s?\b",
    "template": r"\btemplates?\b",
    "placeholder": r"\bplaceholders?\b",
    "byte": r"\b(?:kilo|mega)?bytes?\b|\b[0-9,]+ ?[KM]B\b",
    "markup": r"\bhtml\b|\bcss\b|(?<!/)\bmime\b|\{%|%\}|\{\{|\}\}|%\(|</?[a-z]+>",
    "rendering": r"\brender(?:s|ed|ing)?\b",
    "digest of a text": r"(?<![\w-])(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b",
    "day as machines write it": r"\b[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?\b",
    "name of a document": r"\b(?:catalog|template|mail|public)/\w|\w\.(?:html|css|txt|json)\b",
    "name of a place or an office in code": r"(?<![\w/.@-])[a-z0-9]+(?:-[a-z0-9]+)*-(?:ca|county)\b(?![./@])",
    "name of a field in code": r"(?<![\w/.@])[a-z]+(?:_[a-z]+)+\b",
    "value of a program": r"(?-i:\bNone\b(?=[,)\]]|$)|\bTrue\b|\bFalse\b|\bnull\b)|[\[{]['\"]",
    "number of a release": r"\b(?:release|version) [0-9]+\b",
    "the package": r"\bthe package\b",
    "raw text": r"\braw text\b",
}
_FOUND = [(kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in CODE_WORDS.items()]
# Addresses of mail and of the web are shown as they are: people know them so.
_ADDRESS = re.compile(
    r"\bhttps?://\S+|\b[\w.+-]+@[\w.-]+|(?<!\S)/(?:[\w-]+/)+|\b(?:[\w-]+\.)+(?:org|com|net|gov|example|us|edu)\b\S*"
)


class Seen(HTMLParser):
    """A screen as a person sees or hears it: its `words` and `links`, outside what is folded under Advanced.

    `pre` is left out: it shows a mail as an officer reads it, which is no screen of the desk.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self._open: list[str] = []
        self._folded = 0  # how many elements were open when the fold began
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self._open.append(tag)
        if self._folded:
            return
        has = {name: value or "" for name, value in attrs}
        self.words += [has[name] for name in SPOKEN if name in has]
        if tag == "input" and has.get("type", "text") not in NOT_VALUES:
            self.words.append(has.get("value", ""))
        if tag == "a" and has.get("href", "").startswith("/admin"):
            self.links.append(has["href"])

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass
        if len(self._open) < self._folded:
            self._folded = 0

    def handle_data(self, data: str) -> None:
        if self._folded or UNSEEN.intersection(self._open):
            return
        if self._open[-1:] == ["summary"] and data.strip().startswith("Advanced"):
            self._folded = len(self._open) - 1
            return
        if data.strip():
            self.words.append(data)


def code_words(text: str) -> list[tuple[str, str]]:
    """Return what of a text no clerk would say: the kind, and the word with what stands around it."""
    shown = _ADDRESS.sub(" ", text)
    return [
        (kind, " ".join(shown[max(0, match.start() - 40) : match.end() + 40].split()))
        for kind, pattern in _FOUND
        for match in pattern.finditer(shown)
    ]
