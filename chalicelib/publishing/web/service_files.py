"""Admin screens of services as files: what a file would change, its draft, exports, what is overdue."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping

from chalicelib.desk.grants import Sees, sees_all
from chalicelib.desk.people import EDITOR
from chalicelib.desk.web.guard import AdminRequest, Guard, Show
from chalicelib.desk.web.paging import paged
from chalicelib.desk.web.screens import Screen, download, go_to, sentence_of
from chalicelib.desk.web.uploads import MOST_BYTES
from chalicelib.directory.document_ids import SERVICES
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.hsds.export import export_csv, export_json
from chalicelib.directory.hsds.records import Setting
from chalicelib.pages.errors import UnreadableForm
from chalicelib.publishing.edit_services import EditServices
from chalicelib.publishing.import_services import OWN, ImportServices, Proposal
from chalicelib.publishing.overdue_services import Overdue, as_csv, overdue
from chalicelib.publishing.service_words import SERVICE_LABELS
from chalicelib.publishing.web.changes import CHANGES

IMPORT = "/admin/services/import"
TAKE = "/admin/services/import/take"
FILE = "/admin/services/file"
DUE = "/admin/services/due"
DUE_FILE = "/admin/services/due/file"
_ANOTHER = "another"
_MOST_SHOWN = 100  # records of each kind on a screen
_LONGEST_SOURCE = 200
_LARGEST_ANSWER = 5_500_000  # bytes: a response of Lambda holds six million
_YES = {
    "far": "This retires more than one in twenty, and that is meant",
    "rest": "Leave out what cannot be taken, and take the others",
}


def routes(guard: Guard, services: EditServices, sees: Sees = sees_all) -> None:
    """Register the screens; `sees` says which places somebody looks after."""
    screens = ServiceFiles(guard.show, services, sees)
    guard.files |= {IMPORT, TAKE}
    guard.screen(IMPORT, EDITOR, looks=True)(screens.bring)
    guard.action(TAKE, EDITOR, does="take in a file of services", about="p")(screens.take)
    guard.screen(FILE, EDITOR)(screens.file)
    guard.screen(DUE, EDITOR)(screens.due)
    guard.screen(DUE_FILE, EDITOR)(screens.due_file)


class ServiceFiles:
    """The screens, a method each."""

    def __init__(self, show: Show, edit: EditServices, sees: Sees = sees_all) -> None:
        self._show = show
        self._edit = edit
        self._import = ImportServices(edit)
        self._sees = sees

    def bring(self, request: AdminRequest) -> Screen:
        """Ask for a file, or show what it would change: nothing is saved yet."""
        if not request.posted:
            return self._ask(request)
        source, problems = self._source(request), {}
        if not source:
            problems["source"] = "Say which list this is from: next time it is compared with the same."
        if request.file is None:
            problems["file"] = "Choose a file."
        if problems or request.file is None:
            return self._ask(request, 422, problems)
        name, data = request.file.name, request.file.data
        try:
            proposal = self._import.look(request.field("p"), name, data, source)
        except DocumentInvalid as wrong:
            return self._ask(request, 422, {"file": sentence_of(wrong)})
        return self._difference(request, proposal, name, data, source)

    def take(self, request: AdminRequest) -> Screen:
        """Make a draft of the file that was looked at."""
        place, name, source = request.field("p"), request.field("name"), request.field("source")
        data = unpacked(request.field("kept"))
        yes = request.fields.get("yes", ())
        proposal = self._import.look(place, name, data, source)
        if left := [one for one in proposal.asks() if one not in yes]:
            problems = {f"yes-{one}": f"Tick this, or mend the file: {_YES[one].lower()}." for one in left}
            return self._difference(request, proposal, name, data, source, 422, problems)
        try:
            done = self._import.take(place, name, data, source, yes, request.who.email)
        except DocumentInvalid as wrong:
            problems = {"": sentence_of(wrong)}
            return self._difference(request, proposal, name, data, source, 422, problems)
        what = done.difference
        request.deed.after = (
            f"{len(what.added)} added, {len(what.changed)} changed, {len(what.retired)} retired,"
            f" {len(done.refusals)} left out"
        )
        return go_to(f"{CHANGES}?d={SERVICES}/{place}&done=imported")

    def file(self, request: AdminRequest) -> Screen:
        """Download all services of a place, as drafts have them, with what is written for inside."""
        place, as_json = request.asked("p"), request.asked("form") == "json"
        services, now = self._edit.services(place), self._edit.moment()
        if as_json:
            export = export_json(services, Setting(self._edit.places(), now))
        else:
            export = export_csv(services, now.date())
        if len(export.text.encode()) > _LARGEST_ANSWER:
            raise DocumentInvalid("this is too much for one file: take the sheet, which is smaller")
        name = f"list-{now.date()}.{'json' if as_json else 'csv'}"
        return download(export.text, name, "application/json" if as_json else "text/csv")

    def due(self, request: AdminRequest) -> Screen:
        """List what is to be confirmed of all places that somebody looks after."""
        lines, names = self._due(request)
        list_ = paged(request, lines)
        return self._show(request, "services_due.html", list=list_, lines=list_.rows, names=names)

    def due_file(self, request: AdminRequest) -> Screen:
        """Download the same as a sheet, for a mailing of the host's own."""
        return download(as_csv(*self._due(request)), f"list-{self._edit.day()}.csv", "text/csv")

    def _due(self, request: AdminRequest) -> tuple[list[Overdue], Mapping[str, str]]:
        theirs = self._sees(request.who)
        texts = {place: one.text for place, one in self._edit.texts().items() if theirs(place)}
        names = {one.slug: one.name for one in self._edit.places()}
        return overdue(texts, self._edit.day(), names), names

    def _source(self, request: AdminRequest) -> str:
        chosen = request.field("source")
        typed = " ".join(request.field("named").split())[:_LONGEST_SOURCE]
        return typed if chosen in ("", _ANOTHER) else chosen

    def _ask(
        self, request: AdminRequest, status: int = 200, problems: Mapping[str, str] | None = None
    ) -> Screen:
        place = request.asked("p")
        lists = [(one, one) for one in self._import.lists(place)]
        return self._show(
            request,
            "services_import.html",
            status,
            place=place,
            name=self._edit.place_name(place),
            lists=[
                *lists,
                (_ANOTHER, "another list: name it below"),
                (OWN, "this desk: a file taken along here"),
            ],
            chosen=request.field("source") or (lists[0][0] if lists else _ANOTHER),
            named=request.field("named"),
            problems=problems or {},
        )

    def _difference(
        self,
        request: AdminRequest,
        proposal: Proposal,
        name: str,
        data: bytes,
        source: str,
        status: int = 200,
        problems: Mapping[str, str] | None = None,
    ) -> Screen:
        place = request.field("p")
        before = {one.id: one for one in proposal.ours}
        changed = [
            (before[one], [SERVICE_LABELS[field] for field in fields])
            for one, fields in proposal.difference.changed.items()
        ]
        return self._show(
            request,
            "services_difference.html",
            status,
            place=place,
            name=self._edit.place_name(place),
            file=name,
            source=source,
            own=source == OWN,
            kept=packed(data),
            proposal=proposal,
            what=proposal.difference,
            changed=changed,
            most=_MOST_SHOWN,
            asks=[(one, _YES[one]) for one in proposal.asks()],
            can_be_taken=bool(proposal.imported.services or proposal.difference.retired),
            yes=request.fields.get("yes", ()),
            problems=problems or {},
        )


def packed(data: bytes) -> str:
    """Return a file as a field of a form keeps it: the server keeps nothing between two screens."""
    return base64.b64encode(zlib.compress(data, 9)).decode("ascii")


def unpacked(text: str) -> bytes:
    """Return the file that a field keeps. Raises UnreadableForm for what `packed` never wrote."""
    try:
        raw = base64.b64decode(text, validate=True)
        reader = zlib.decompressobj()
        data = reader.decompress(raw, MOST_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error):
        raise UnreadableForm("the file is not as it was sent") from None
    if not data or len(data) > MOST_BYTES or not reader.eof:
        raise UnreadableForm("the file is not as it was sent")
    return data
