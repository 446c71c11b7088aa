"""Admin screens of services: the places that have some, a place's list, the form of one, the way out."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from chalicelib.desk.grants import Sees, sees_all
from chalicelib.desk.people import EDITOR
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.paging import paged
from chalicelib.desk.web.screens import Screen, go_to
from chalicelib.directory.document_ids import SERVICES
from chalicelib.directory.services import NEEDS, Service
from chalicelib.publishing import service_form, translate_services
from chalicelib.publishing.edit_services import EditServices, ServiceLine, back_status, offered, seen_as
from chalicelib.publishing.forms import Field, Form, Group, Problems, Typed
from chalicelib.publishing.overdue_services import entries_in, is_overdue
from chalicelib.publishing.preview_services import IN_A_COUNTY
from chalicelib.publishing.service_words import NEED_WORDS, STATUS_WORDS
from chalicelib.publishing.web.changes import CHANGES
from chalicelib.publishing.web.form_screens import PUT_ASIDE, FormView, show_form, try_to_save
from chalicelib.shared.errors import EntryMissing
from chalicelib.shared.locales import ENDONYMS

OVERVIEW = "/admin/services"
OF_PLACE = "/admin/services/of"
SERVICE = "/admin/service"
TRANSLATED = "/admin/service/translated"
STANDING = "/admin/service/standing"
CONFIRMED = "/admin/services/confirmed"
_ON_A_PAGE = 25  # each has phones, and a form
_SHOWN = ("due", "retired")  # what may be asked for of a list
CONFIRMED_FORM = Form(
    (Group("", (Field("role", "As", needed="Say in which role you confirmed it, like “county clerk”."),)),)
)


class PlaceLine(NamedTuple):
    """A place in the overview: how many services it has, how many of them are to be confirmed."""

    slug: str
    name: str
    around: str
    services: int
    overdue: int
    drafted: bool


def routes(guard: Guard, services: EditServices, sees: Sees = sees_all) -> None:
    """Register the screens; `sees` says which places somebody looks after."""
    screens = ServiceScreens(guard.show, services, sees)
    guard.screen(OVERVIEW, EDITOR, looks=True)(screens.overview)
    guard.screen(OF_PLACE, EDITOR, looks=True)(screens.of_place)
    guard.screen(SERVICE, EDITOR, does="change a service", about="p")(screens.service)
    guard.screen(TRANSLATED, EDITOR, does="translate a service", about="p")(screens.translated)
    guard.screen(STANDING, EDITOR, does="retire a service, or bring it back", about="p")(screens.standing)
    guard.action(CONFIRMED, EDITOR, does="note a service as confirmed", about="p")(screens.confirmed)


class ServiceScreens:
    """The screens of services, a method each."""

    def __init__(self, show: Show, edit: EditServices, sees: Sees = sees_all) -> None:
        self._show = show
        self._edit = edit
        self._sees = sees

    def overview(self, request: AdminRequest) -> Screen:
        """List the places that somebody looks after, those with services first."""
        theirs, places = self._sees(request.who), self._edit.places()
        texts, today = self._edit.texts(), self._edit.day()
        known = [one for one in places if theirs(one.slug)]
        known.sort(key=lambda one: (not _has_some(texts.get(one.slug)), one.name.casefold(), one.slug))
        list_ = paged(request, known, lambda one: f"{one.name} {one.slug}")
        lines = []
        for one in list_.rows:
            text = texts.get(one.slug)
            entries = entries_in(text.text) if text else ()
            around = [outer.name for outer in places.chain(one.slug)[1:2]]
            due = sum(is_overdue(entry, today) for entry in entries)
            drafted = bool(text and text.revision)
            lines.append(PlaceLine(one.slug, one.name, "".join(around), len(entries), due, drafted))
        return self._show(request, "services.html", list=list_, lines=lines)

    def of_place(self, request: AdminRequest) -> Screen:
        """List the services of a place, found by words and by need."""
        return self._list(request)

    def confirmed(self, request: AdminRequest) -> Screen:
        """Note a service as confirmed today."""
        problems = CONFIRMED_FORM.problems(Typed(request.fields))
        if problems:
            return self._list(request, 422, problems)
        place, service = request.field("p"), request.field("s")
        request.deed.after = service
        self._edit.confirm(place, service, request.field("role"), request.who.email)
        return go_to(f"{OF_PLACE}?p={place}&done=confirmed_service")

    def service(self, request: AdminRequest) -> Screen:
        """Show the form of a service or of a new one, or save what was typed."""
        place, service, typed = request.asked("p"), request.asked("s"), Typed(request.fields)
        if not request.posted:
            return self._form(request, self._edit.typed(place, service) if service else service_form.EMPTY)

        def again(problems: Problems, status: int, theirs: Typed | None) -> Screen:
            return self._form(request, typed, problems, status, theirs)

        return try_to_save(lambda: self._saved(request, place, service, typed), again)

    def translated(self, request: AdminRequest) -> Screen:
        """Show a service's translations into a language, or save what was typed. Raises EntryMissing."""
        place, service, language = request.asked("p"), request.asked("s"), request.asked("l")
        if language not in translate_services.LANGUAGES:
            raise EntryMissing("the site has no such language")
        known, typed = self._edit.open(place, service), Typed(request.fields)

        def ask(problems: Problems, status: int, theirs: Typed | None) -> Screen:
            # After a conflict what is sent goes over what is shown as theirs.
            seen = request.field("seen") if request.posted and status != 409 else seen_as(known)
            view = FormView(
                f"{known.name}: {ENDONYMS[language]}",
                TRANSLATED,
                "Save the draft",
                (f"{SERVICE}?p={place}&s={service}", "Leave it"),
                hidden={"p": place, "s": service, "l": language, "seen": seen},
                template="service_words.html",
            )
            form = translate_services.form_of(known, language)
            shown = typed if request.posted else translate_services.as_typed(known, language)
            return show_form(self._show, request, view, form, shown, problems, status, theirs, service=known)

        def save() -> Screen:
            request.deed.after = f"{service} {language}"
            self._edit.translate(place, service, language, typed, request.field("seen"), request.who.email)
            return go_to(f"{CHANGES}?d={SERVICES}/{place}&done=saved")

        return try_to_save(save, ask) if request.posted else ask({}, 200, None)

    def standing(self, request: AdminRequest) -> Screen:
        """Say what it means to retire a service, or to bring it back, or do it."""
        place, service = request.asked("p"), request.asked("s")
        known = self._edit.open(place, service)
        is_offered = offered(known)

        def ask(problems: Problems, status: int, theirs: Typed | None) -> Screen:
            view = FormView(
                f"Retire {known.name}?" if is_offered else f"Bring {known.name} back?",
                STANDING,
                "Retire it" if is_offered else "Bring it back",
                (f"{SERVICE}?p={place}&s={service}", "Leave it as it is"),
                _RETIRES if is_offered else _COMES_BACK,
                {"p": place, "s": service, "seen": seen_as(known), "to": back_status(known)},
            )
            return show_form(self._show, request, view, Form(), Typed(), problems, status, theirs)

        def move() -> Screen:
            to = request.field("to")
            request.deed.after = f"{service} {to}"
            self._edit.set_status(place, service, to, request.field("seen"), request.who.email)
            return go_to(f"{OF_PLACE}?p={place}&done=saved")

        return try_to_save(move, ask) if request.posted else ask({}, 200, None)

    def _list(self, request: AdminRequest, status: int = 200, problems: Problems | None = None) -> Screen:
        place, told = request.asked("p"), problems or {}
        name = self._edit.place_name(place)
        known = self._edit.lines(place)
        need = request.asked("need") if request.asked("need") in NEEDS else ""
        show = request.asked("show") if request.asked("show") in _SHOWN else ""
        wanted = [one for one in known if _is_wanted(one, need, show)]
        list_ = paged(request, wanted, lambda line: words_of(line.service), _ON_A_PAGE)
        asked = request.field("s")
        if told and not any(line.service.id == asked for line in list_.rows):
            line = [one for one in known if one.service.id == asked]
            list_ = replace(list_, rows=[*line, *list_.rows])
        at = [number for number, line in enumerate(list_.rows, 1) if told and line.service.id == asked]
        return self._show(
            request,
            "services_of.html",
            status,
            place=place,
            name=name,
            in_a_county=self._edit.places()[place].kind in IN_A_COUNTY,
            list=list_,
            lines=list_.rows,
            all=len(known),
            overdue=sum(line.overdue for line in known),
            retired=sum(not offered(line.service) for line in known),
            need=need,
            show=show,
            needs=[("", "any need"), *((one, NEED_WORDS[one]) for one in NEEDS)],
            need_words=NEED_WORDS,
            standing=STATUS_WORDS,
            document=f"{SERVICES}/{place}",
            typed={f"role-{one}": Typed(request.fields).shown().text("role") for one in at},
            problems={f"role-{one}": told["role"] for one in at} or told,
        )

    def _saved(self, request: AdminRequest, place: str, service: str, typed: Typed) -> Screen:
        if not service:
            request.deed.after = self._edit.add(place, typed, request.who.email)
            return go_to(f"{OF_PLACE}?p={place}&done=added")
        request.deed.after = service
        if request.field("leave"):
            self._edit.put_aside(place, service, typed, request.who.email)
            request.deed.after = "put aside; what somebody else saved stays"
            return go_to(PUT_ASIDE)
        fell = self._edit.save(place, service, typed, request.field("seen"), request.who.email)
        return go_to(f"{CHANGES}?d={SERVICES}/{place}&done={'fell' if fell else 'saved'}")

    def _form(
        self,
        request: AdminRequest,
        typed: Typed,
        problems: Problems | None = None,
        status: int = 200,
        theirs: Typed | None = None,
    ) -> Screen:
        place, service = request.asked("p"), request.asked("s")
        known = self._edit.open(place, service) if service else None
        # After a conflict what is sent goes over what is shown as theirs.
        seen = request.field("seen") if request.posted and status != 409 else ""
        view = FormView(
            known.name if known else f"Add a service of {self._edit.place_name(place)}",
            SERVICE,
            "Save the draft",
            (f"{OF_PLACE}?p={place}", "Leave it"),
            hidden={"p": place, "s": service, "seen": seen or (seen_as(known) if known else "")},
            template="service.html",
            keeps=bool(known),
        )
        form = self._edit.form(place, service)
        if "street" in (problems or {}) and "street" not in {one.name for one in form}:
            problems = {"": (problems or {})["street"], **(problems or {})}
            del problems["street"]
        more: dict[str, object] = {
            "service": known,
            "place": place,
            "offered": bool(known and offered(known)),
        }
        if known:
            tags = translate_services.LANGUAGES
            more["languages"] = [(one, ENDONYMS[one], translate_services.left_of(known, one)) for one in tags]
        return show_form(self._show, request, view, form, typed, problems, status, theirs, **more)


_RETIRES = (
    "Readers see it until the draft is published. Then no page shows it any more. It stays in this list, and"
    " can be brought back."
)
_COMES_BACK = "Readers see it again when the draft is published. Look first whether all of it is still right."


def words_of(service: Service) -> str:
    """Return what a service is found by: names, what it does, towns, numbers and addresses."""
    phones = (text for one in service.phones for text in (one.show, one.value))
    town = service.address.city if service.address else ""
    texts = (service.name, service.organization.name, service.what, town, service.email, service.website)
    return " ".join((*texts, *phones, *service.coverage.towns, *service.coverage.zips, service.id))


def _is_wanted(line: ServiceLine, need: str, show: str) -> bool:
    if need and need not in line.service.needs:
        return False
    return {"due": line.overdue, "retired": not offered(line.service)}.get(show, True)


def _has_some(text: object) -> bool:
    return bool(text and entries_in(getattr(text, "text", "")))
