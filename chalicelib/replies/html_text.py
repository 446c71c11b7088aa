"""HTML of a mail as plain text: quotes become lines with ">", links keep their address beside them.

It is no browser and runs nothing. One pass from left to right, with a bound on tags: what is deeper or longer
is read without its structure, and no word of it is lost.
"""

from __future__ import annotations

import html
import re

from chalicelib.replies.charsets import cleaned

QUOTE_BEGINS = (
    "\ue001"  # a line of its own: from here on all is quoted (Outlook marks the place, not the block)
)
TAGS_MOST = 5_000
_DEPTH_MOST = 300
_ENTITIES_MOST = 30_000  # like "&amp;": what comes after so many of them is left as it is

_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset",
    "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main",
    "nav", "ol", "p", "pre", "section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
_PARAGRAPHS = frozenset({
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ul", "ol", "table",
})  # fmt: skip
_SINGLE = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
})  # fmt: skip
_SKIPPED = frozenset({
    "head", "style", "script", "title", "template", "noscript",
})  # fmt: skip
_PLAIN = frozenset({
    "b", "i", "u", "s", "em", "strong", "span", "font", "small", "big", "tt", "o:p", "sup", "sub", "mark",
    "code",
})  # fmt: skip
# Landmarks of mail programs. What such an element holds is a quote.
_QUOTES = re.compile(
    r"gmail_quote(?!_attribution)|gmail_attr|moz-cite|moz-forward|yahoo_quoted|protonmail_quote|messagereplysection"
    r"|mail-editor-reference-message-container|olk_src_body_section|__quoted_text__|zmail_extra|tutanota_quote"
    r"|ms-outlook-mobile-reference-message|replyforwardmessage|quoted_message",
    re.IGNORECASE,
)
# From such an element on everything is one.
_BORDERS = re.compile(r"divrplyfwdmsg|appendonsend|stopspelling|__divider__", re.IGNORECASE)
_CITED = re.compile(
    r"type\s*=\s*[\"']?cite|\bcite\s*=|gmail_quote|protonmail_quote|border-left", re.IGNORECASE
)
_HREF = re.compile(r"\bhref\s*=\s*(?:\"([^\"]{0,2000})|'([^']{0,2000})|([^\s\"'>]{1,2000}))", re.IGNORECASE)
_LANDMARK = re.compile(r"\b(?:id|class|name|data-marker)\s*=", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"&#[xX]?[0-9a-fA-F]{8,}")
_ANY_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,2000}>")
_ANY_END = re.compile(r"<(?:br|/p|/div|/tr|/li|/blockquote)\b[^<>]{0,200}>", re.IGNORECASE)


def html_to_text(page: str) -> str:
    """Return the words of a page of HTML, a line for each of its lines, with ">" before what is quoted."""
    reader = _Reader()
    reader.read(_LONG_NUMBER.sub("&#0", cleaned(page)))
    return reader.text()


class _Reader:
    def __init__(self) -> None:
        self._lines: list[str] = []
        self._words: list[str] = []
        self._open: list[tuple[str, int, str]] = []  # name, how many quotes it began, its link
        self._count: dict[str, int] = {}
        self._quotes = 0
        self._skip = ""
        self._tags = 0
        self._entities = 0
        self._comments_end = True

    def read(self, page: str) -> None:
        at = 0
        while True:
            tag = page.find("<", at)
            if tag < 0 or self._tags > TAGS_MOST:
                break
            self._say(page[at:tag])
            at = self._mark(page, tag)
        if self._tags <= TAGS_MOST:
            self._say(page[at:])
            return
        self._end_words()
        rest = self._read(_ANY_TAG.sub(" ", _ANY_END.sub("\n", page[at:])))
        marks = "> " * min(self._quotes, 9)
        self._lines += [f"{marks}{' '.join(line.split())}" for line in rest.split("\n")]

    def text(self) -> str:
        self._end_line()
        lines: list[str] = []
        for line in self._lines:  # at most one empty line between two
            if line.strip(" >") or (lines and lines[-1].strip(" >")):
                lines.append(line)
        return "\n".join(lines).strip("\n")

    def _mark(self, page: str, tag: int) -> int:
        """Read what begins with "<"; return where the text goes on."""
        sign = page[tag + 1 : tag + 2]
        if page.startswith("<!--", tag):
            end = page.find("-->", tag + 4) if self._comments_end else -1
            self._comments_end = end >= 0
            self._tags += 1
            return end + 3 if end >= 0 else tag + 4
        if not (sign.isascii() and (sign.isalpha() or sign in ("/", "!", "?")) and sign):
            self._say("<")
            self._tags += 1
            return tag + 1
        end = page.find(">", tag)
        if end < 0:  # no tag ends any more: all that is left is text
            self._say(page[tag:])
            return len(page)
        self._tags += 1
        inside = page[tag + 1 : end]
        name = inside.lstrip("/")[:40].split(None, 1)[0].rstrip("/").lower() if inside.strip("/ ") else ""
        if inside.startswith("/"):
            self._close(name)
        elif name and name[0] not in "!?":
            self._begin(name, inside[:4000])
        return end + 1

    def _begin(self, name: str, inside: str) -> None:
        if name in _PLAIN and not self._skip and "=" not in inside:
            return
        if name == "br":
            self._end_line()
            return
        if name in _SKIPPED:
            self._skip = self._skip or name
            return
        if self._skip:
            return
        if name in _BLOCKS:
            self._block(name)
        link, quotes = "", 0
        if name == "a":
            found = _HREF.search(inside)
            link = html.unescape(found[1] or found[2] or found[3] or "").strip() if found else ""
        elif len(inside) > len(name) + 4:
            quotes = self._landmark(name, inside)
        if name == "li":
            self._words.append("- ")
        if name in _SINGLE or len(self._open) >= _DEPTH_MOST:
            return
        self._open.append((name, quotes, link))
        self._count[name] = self._count.get(name, 0) + 1
        self._quotes += quotes

    def _landmark(self, name: str, inside: str) -> int:
        if name == "blockquote":
            return 1 if _CITED.search(inside) else 0
        if not _LANDMARK.search(inside):
            return 0
        if _BORDERS.search(inside):
            self._block(name)
            self._lines.append(QUOTE_BEGINS)
            return 0
        if _QUOTES.search(inside):
            self._block(name)
            return 1
        return 0

    def _close(self, name: str) -> None:
        if self._skip:
            self._skip = "" if name == self._skip else self._skip
            return
        if name in _BLOCKS:
            self._block(name)
        if not self._count.get(name):
            return
        while self._open:
            other, quotes, link = self._open.pop()
            self._count[other] -= 1
            if quotes:
                self._end_words()
            self._quotes -= quotes
            if link:
                self._link(link)
            if other == name:
                return

    def _link(self, link: str) -> None:
        """Show a link's address beside its words, unless these are the address."""
        link = " ".join(link.split())
        said = "".join(self._words[-12:])
        plain = re.sub(r"^(?:https?://|mailto:|tel:)", "", link.rstrip("/"), flags=re.IGNORECASE)
        if link.lower().startswith(("http://", "https://")) and plain.lower() not in said.lower():
            self._words.append(f" ({link}) ")

    def _say(self, text: str) -> None:
        if not text or self._skip:
            return
        text = self._read(text) if "&" in text else text
        if not self._count.get("pre") or "\n" not in text:
            self._words.append(text)
            return
        first, *lines, last = text.split("\n")
        self._words.append(first)
        self._end_line()
        marks = "> " * min(self._quotes, 9)
        self._lines += [f"{marks}{line}" for line in lines] if marks else lines
        self._words.append(last)

    def _read(self, text: str) -> str:
        self._entities += text.count("&")
        return cleaned(html.unescape(text)) if self._entities < _ENTITIES_MOST else text

    def _block(self, name: str) -> None:
        if name in ("td", "th"):
            self._words.append(" ")
            return
        self._end_words()
        if name in _PARAGRAPHS and self._lines and self._lines[-1].strip(" >"):
            self._lines.append(("> " * self._quotes).rstrip())

    def _end_words(self) -> None:
        if self._words and "".join(self._words).strip():
            self._end_line()
        else:
            self._words = []

    def _end_line(self) -> None:
        words = "".join(self._words)
        if not self._count.get("pre"):
            words = " ".join(words.split())
        self._words = []
        self._lines.append(f"{'> ' * min(self._quotes, 9)}{words}" if self._quotes else words)
