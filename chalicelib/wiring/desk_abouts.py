"""What requests to the desk are about (access control), looked up in documents and cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chalicelib.delivery.look_after_cases import LookAfterCases
from chalicelib.desk.grants import SITE, Around
from chalicelib.desk.route_rights import NoAbouts
from chalicelib.directory.document_ids import place_of
from chalicelib.directory.places import read_places
from chalicelib.publishing import edit_whole
from chalicelib.publishing.edit_text import EditText
from chalicelib.shared.errors import EntryMissing


class DeskAbouts(NoAbouts):
    """The Abouts of the desk. Nothing is asked for people who have their role for the whole site."""

    def __init__(self, edit: EditText, cases: LookAfterCases) -> None:
        self._edit = edit
        self._cases = cases

    def around(self) -> Around:
        """Return what gives the places around one, as published; around a new one, as it is drafted."""
        states = [read_places(whole.places) for whole in edit_whole.both(self._edit)]

        def around(place: str) -> Sequence[str]:
            places = next((one for one in states if place in one), None)
            return [one.slug for one in places.chain(place)] if places else ()

        return around

    def places_of_contact(self, contact: str) -> Sequence[str]:
        """Return the places that a contact serves, live and in its draft."""
        served = [
            str(entry["serves"])
            for whole in edit_whole.both(self._edit)
            for entry in whole.contacts["contacts"]
            if entry.get("id") == contact
        ]
        return list(dict.fromkeys(served))

    def places_of_log(self) -> Callable[[str], Sequence[str]]:
        """Return what gives the places that a word of the log stands for: a text, a place, a contact, a case.

        Texts and contacts are read once; a case is looked up.
        """
        wholes = edit_whole.both(self._edit)
        served: dict[str, list[str]] = {}
        slugs = {str(entry["slug"]) for whole in wholes for entry in whole.places["places"]}
        for whole in wholes:
            for entry in whole.contacts["contacts"]:
                served.setdefault(str(entry.get("id")), []).append(str(entry["serves"]))

        def places(word: str) -> Sequence[str]:
            if place := place_of(word):
                return [place]
            if word in slugs or word in served:
                return [*([word] if word in slugs else []), *served.get(word, ())]
            return [self.place_of_case(word)] if word.startswith("PL-") else []

        return places

    def place_of_case(self, case_number: str) -> str:
        """Return the place that a case is about."""
        try:
            return self._cases.find(case_number).case.place
        except EntryMissing:
            return SITE
