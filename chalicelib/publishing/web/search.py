"""Admin screen of the search: one box over sentences, contacts, services, places and recipients."""

from __future__ import annotations

from urllib.parse import urlencode

from chalicelib.desk.grants import Sees, sees_all
from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import Screen
from chalicelib.publishing.find_words import CONTACT, PLACE, SERVICE, FindWords, FoundEntry
from chalicelib.publishing.placeholders import pieces
from chalicelib.shared.locales import DEFAULT

SEARCH = "/admin/search"


def routes(guard: Guard, find: FindWords, sees: Sees = sees_all) -> None:
    """Register the screen; `sees` says which places somebody looks after."""
    screens = SearchScreens(guard.show, find, sees)
    guard.screen(SEARCH, EDITOR)(screens.search)


class SearchScreens:
    """The screen of the search."""

    def __init__(self, show: Show, find: FindWords, sees: Sees = sees_all) -> None:
        self._sees = sees
        self._show = show
        self._find = find

    def search(self, request: AdminRequest) -> Screen:
        """Show what has the words that are looked for, each with where it is changed."""
        words = request.asked("q")
        found, theirs = self._find(words), self._sees(request.who)
        decides = request.who.may(PUBLISHER)
        return self._show(
            request,
            "search.html",
            words=words[:200],
            asked=bool(words.strip()),
            entries=[(one, _href(one, decides)) for one in found.entries if theirs(one.place)],
            sentences=[
                (
                    one,
                    pieces(one.text, one.source),
                    pieces(one.source, one.source),
                    _sentence(one.key, one.locale),
                )
                for one in found.sentences
            ],
            more=found.more,
            default=DEFAULT,
        )


def _sentence(key: str, locale: str) -> str:
    return f"/admin/sentence?{urlencode({'k': key, **({'l': locale} if locale != DEFAULT else {})})}"


def _href(entry: FoundEntry, decides: bool) -> str:
    """Return where an entry is changed; where only publishers change it, others are led to its list."""
    if entry.kind == CONTACT:
        return f"/admin/contact?{urlencode({'c': entry.id})}"
    if entry.kind == SERVICE:
        return f"/admin/service?{urlencode({'p': entry.place, 's': entry.id})}"
    if entry.kind == PLACE:
        return f"/admin/preview?{urlencode({'page': entry.id})}"
    return f"/admin/recipient?{urlencode({'r': entry.id})}" if decides else "/admin/recipients"
