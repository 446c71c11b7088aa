"""Admin screens of the site's settings: exit, hotline, languages, and the hosts that pages link to."""

from __future__ import annotations

from chalicelib.desk.people import EDITOR
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.screens import Screen, go_to
from chalicelib.publishing.edit_site import EXIT, HOTLINE, LANGUAGES, PARTS, EditSite
from chalicelib.publishing.exit_words import SENTENCE
from chalicelib.publishing.forms import Problems, Typed
from chalicelib.publishing.web.form_screens import FormView, show_form, try_to_save
from chalicelib.shared.errors import EntryMissing

SITE = "/admin/site"
CHANGE = "/admin/site/change"
_TITLES = {EXIT: "The exit", HOTLINE: "The hotline", LANGUAGES: "Languages"}
_INTROS = {
    EXIT: "Each page has a button that leaves the site at once. Pages say what it opens: when that is another"
    " one, that sentence has to be written anew in every language.",
    HOTLINE: "The first number on every page, for somebody who needs a person now.",
    LANGUAGES: "A language that is taken off the site keeps its sentences: it can come back.",
}


def routes(guard: Guard, site: EditSite) -> None:
    """Register the screens."""
    screens = SiteScreens(guard.show, site)
    guard.screen(SITE, EDITOR)(screens.facts)
    guard.screen(CHANGE, EDITOR, does="change a setting of the site", about="part")(screens.change)


class SiteScreens:
    """The screens of the settings, a method each."""

    def __init__(self, show: Show, edit: EditSite) -> None:
        self._show = show
        self._edit = edit

    def facts(self, request: AdminRequest) -> Screen:
        """Show the settings in words, each with its way to change it."""
        return self._show(request, "site.html", facts=self._edit.facts(), says=SENTENCE)

    def change(self, request: AdminRequest) -> Screen:
        """Show the form of one setting, or save what was typed."""
        part, typed = request.asked("part"), Typed(request.fields)
        if part not in PARTS:
            raise EntryMissing("there is no such setting")

        def show(problems: Problems, status: int, theirs: Typed | None) -> Screen:
            seen = request.field("seen") if status == 422 else self._edit.seen(part)
            view = FormView(
                _TITLES[part],
                CHANGE,
                "Save the draft",
                (SITE, "Leave it"),
                _INTROS[part],
                {"part": part, "seen": seen},
            )
            shown = typed if request.posted else self._edit.typed(part)
            return show_form(
                self._show, request, view, self._edit.form(part), shown, problems, status, theirs
            )

        def save() -> Screen:
            self._edit.save(part, typed, request.field("seen"), request.who.email)
            return go_to(f"{SITE}?done={'exit' if part == EXIT else 'saved'}")

        return try_to_save(save, show) if request.posted else show({}, 200, None)
