"""Links that the response to a search is filled with: escaped names of areas, in place of a mark.

The page around them is rendered ahead. This is the only place where the page function joins strings of HTML,
and none of them is what somebody typed: names and paths come from the index of ZIPs.
"""

from __future__ import annotations

from chalicelib.pages.choose_page import AREAS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# A character of Unicode's private use, as in pages/about.py, inside one item of a list.
CHOICES = "\ue013"
# The response with several areas to choose from, and the one with none: pages that have no address.
CHOOSE, UNKNOWN = "--choose", "--unknown"
_ESCAPED = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;"))


def fill(html: str, locale: str, choices: Iterable[tuple[str, str]]) -> str:
    """Return a page with a link for each (path, name), "ca/merced" and "Merced County, California"."""
    language = "" if locale == "en" else ' lang="en"'  # names are as the post has them
    links = (
        f'<a class="line" href="/{locale}/{AREAS}/{_escape(path)}/"><bdi{language}>{_escape(name)}</bdi></a>'
        for path, name in choices
    )
    return html.replace(CHOICES, "</li>\n<li>".join(links))


def _escape(text: str) -> str:
    """Escape a text as `html.escape` does, which takes a page function longer to load than to answer."""
    for sign, written in _ESCAPED:
        text = text.replace(sign, written)
    return text
