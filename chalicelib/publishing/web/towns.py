"""Admin screens of places: the list of towns, the form of one, and the way out."""

from __future__ import annotations

from chalicelib.desk.grants import Sees, sees_all
from chalicelib.desk.people import EDITOR
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.paging import paged
from chalicelib.desk.web.screens import Screen, go_to
from chalicelib.publishing.edit_places import EditPlaces
from chalicelib.publishing.edit_whole import seen_as
from chalicelib.publishing.forms import Form, Problems, Typed
from chalicelib.publishing.web.form_screens import FormView, show_form, try_to_save

TOWN_LIST = "/admin/towns"
TOWN = "/admin/town"
OUT = "/admin/town/out"


def routes(guard: Guard, places: EditPlaces, sees: Sees = sees_all) -> None:
    """Register the screens; `sees` says which places somebody looks after."""
    screens = TownScreens(guard.show, places, sees)
    guard.screen(TOWN_LIST, EDITOR, looks=True)(screens.towns)
    guard.screen(TOWN, EDITOR, does="change a town", about="p")(screens.town)
    guard.screen(OUT, EDITOR, does="take a town out", about="p")(screens.out)


class TownScreens:
    """The screens of places, a method each."""

    def __init__(self, show: Show, edit: EditPlaces, sees: Sees = sees_all) -> None:
        self._show = show
        self._edit = edit
        self._sees = sees

    def towns(self, request: AdminRequest) -> Screen:
        """List the places, those with the asked letters in their name or in that of their county."""
        theirs = self._sees(request.who)
        lines = [line for line in self._edit.list() if theirs(line.place.slug)]
        found = paged(request, lines, lambda one: f"{one.place.name} {one.around}")
        new = next((one for one in lines if one.place.slug == request.asked("new")), None)
        return self._show(request, "towns.html", list=found, lines=found.rows, new=new)

    def town(self, request: AdminRequest) -> Screen:
        """Show the form of a place or of a new one, or save what was typed."""
        slug, typed = request.asked("p"), Typed(request.fields)
        entry = self._edit.open(slug) if slug else None

        def show(problems: Problems, status: int, theirs: Typed | None) -> Screen:
            seen = request.field("seen") if status == 422 else seen_as(entry) if entry else ""
            view = FormView(
                str(entry["name"]) if entry else "Add a town",
                TOWN,
                "Save the draft",
                (TOWN_LIST, "Leave it"),
                f"Its page is /en/{slug}/ and stays there, whatever it is called."
                if entry
                else "The address of its page is made from the name. The page is there when it is published,"
                " in every language, with the contacts of its county.",
                {"p": slug, "seen": seen},
                "town.html",
            )
            shown = typed if request.posted else self._edit.typed(slug) if slug else Typed({"kind": ["city"]})
            form = self._edit.form(slug)
            return show_form(self._show, request, view, form, shown, problems, status, theirs, slug=slug)

        def save() -> Screen:
            if slug:
                self._edit.save(slug, typed, request.field("seen"), request.who.email)
                return go_to(f"{TOWN_LIST}?done=saved")
            request.deed.about = self._edit.add(typed, request.who.email)
            return go_to(f"{TOWN_LIST}?done=town&new={request.deed.about}")

        return try_to_save(save, show) if request.posted else show({}, 200, None)

    def out(self, request: AdminRequest) -> Screen:
        """Say what it means to take a place out, or do it."""
        slug = request.asked("p")
        entry = self._edit.open(slug)

        def ask(problems: Problems, status: int, theirs: Typed | None) -> Screen:
            view = FormView(
                f"Take out {entry['name']}?",
                OUT,
                "" if self._edit.why_kept(slug) else "Take it out",
                (f"{TOWN}?p={slug}", "Keep it"),
                "Readers see its page until the draft is published. Then there is none.",
                {"p": slug, "seen": seen_as(entry)},
            )
            return show_form(self._show, request, view, Form(), Typed(), problems, status, theirs)

        def take_out() -> Screen:
            self._edit.take_out(slug, request.field("seen"), request.who.email)
            return go_to(f"{TOWN_LIST}?done=taken_out")

        if request.posted:
            return try_to_save(take_out, ask)
        return ask({"": " ".join(kept)} if (kept := self._edit.why_kept(slug)) else {}, 200, None)
