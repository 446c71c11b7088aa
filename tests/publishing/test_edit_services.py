"""One service at a time in a form: what is typed, what is refused, and two people who save."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given

from chalicelib.directory.document_ids import PLACES
from chalicelib.directory.errors import DocumentInvalid
from chalicelib.directory.service_entries import entry_of, read_service
from chalicelib.directory.services import Address, Service
from chalicelib.publishing import edit_whole
from chalicelib.publishing.document_checks import check
from chalicelib.publishing.documents import DraftConflict, invisible_in
from chalicelib.publishing.edit_services import EditServices, seen_as, written
from chalicelib.publishing.entry_changes import compare
from chalicelib.publishing.field_labels import Names
from chalicelib.publishing.finding_fields import field_of
from chalicelib.publishing.forms import FormConflict, FormInvalid, Typed
from chalicelib.publishing.live_texts import LiveTexts
from chalicelib.publishing.service_fields import form_of
from chalicelib.publishing.service_form import as_typed, organization_id, problems_of, service_of
from chalicelib.shared.errors import EntryMissing
from tests.directory.hsds.samples import HOUSE, KITCHEN, LINE, SAMPLES, SHELTER, TODAY, services
from tests.support.desk_by_place import ANA, BEN, Desk

DOCUMENT = "services/town"
MEAL = replace(KITCHEN, serves="town", audiences=("anyone", "children"))
BEDS = replace(SHELTER, serves="town")


class Editing(Desk):
    """The services of a town in their form."""

    def __init__(self, *there: Service) -> None:
        super().__init__()
        self.services = EditServices(self.edit, self.clock)
        if there:
            self.edit.save_draft(DOCUMENT, written(there), 0, BEN)

    def change_contact(self) -> None:
        super().change("shelter", hours="At night.")

    def save(self, service: str, who: str = ANA, seen: str = "", **changed: Any) -> bool:
        old = self.services.open("town", service)
        return self.services.save("town", service, typed(old, **changed), seen or seen_as(old), who)

    def refused(self, service: str, **changed: Any) -> dict[str, str]:
        """Return everything that a service is refused for, by field."""
        before = self.edit.open(DOCUMENT).text
        with pytest.raises(FormInvalid) as refusal:
            self.save(service, **changed)
        assert self.edit.open(DOCUMENT).text == before
        return refusal.value.problems

    def now(self, service: str) -> Service:
        return self.services.open("town", service)


def typed(service: Service, **changed: Any) -> Typed:
    """Return a service as its form sends it when only `changed` was typed."""
    fields = dict(as_typed(service).fields)
    return Typed(
        {**fields, **{name: [one] if isinstance(one, str) else one for name, one in changed.items()}}
    )


@pytest.mark.parametrize("service", SAMPLES, ids=lambda one: one.id)
def test_a_form_that_is_sent_as_it_came_changes_nothing(service: Service) -> None:
    made = service_of(as_typed(service), service, service.id, service.serves, service.organization.id, TODAY)
    assert made == service
    assert problems_of(form_of("Town", False, service.hides_where), as_typed(service), service) == {}


@given(service=services())
def test_so_does_the_form_of_whatever_service_there_may_be(service: Service) -> None:
    if any(invisible_in(text) for values in as_typed(service).fields.values() for text in values):
        return  # what nobody can see is refused in words
    form = form_of("Town", False, service.hides_where, service.name_lang)
    given_ages = (service.least_age or 0) <= (130 if service.most_age is None else service.most_age)
    assert problems_of(form, typed(service, no_street="yes"), service).keys() <= (
        set() if given_ages else {"most_age"}
    )
    made = service_of(as_typed(service), service, service.id, service.serves, service.organization.id, TODAY)
    assert made == service


def test_a_service_is_added_under_an_id_of_its_name_and_listed_by_name() -> None:
    editing = Editing(BEDS)
    assert editing.services.add("town", typed(MEAL, name="Ábc kitchen"), ANA) == "abc-kitchen"
    assert editing.services.add("town", typed(MEAL, name="Ábc kitchen"), ANA) == "abc-kitchen-2"
    lines = editing.services.lines("town")
    assert [(line.service.id, line.changed) for line in lines] == [
        ("shelter", True),
        ("abc-kitchen", True),
        ("abc-kitchen-2", True),
    ]
    assert editing.now("abc-kitchen").read_on == date(2026, 11, 25)
    assert editing.now("abc-kitchen").mark == "SINGLE"
    with pytest.raises(EntryMissing, match="no such place"):
        editing.services.add("nowhere", typed(MEAL), ANA)


def test_an_id_of_another_place_is_taken_too() -> None:
    editing = Editing(MEAL)
    assert editing.services.add("us", typed(MEAL, name="Kitchen"), ANA) == "kitchen-2"


def test_all_services_of_an_organization_say_the_same_of_it() -> None:
    other = replace(BEDS, id="other", organization=MEAL.organization)
    editing = Editing(MEAL, other)
    editing.save("kitchen", organization_about="All of the town.")
    assert editing.now("other").organization.description == "All of the town."
    editing.save("kitchen", organization="The Town Hall")
    assert {editing.now(one).organization.name for one in ("kitchen", "other")} == {"The Town Hall"}
    assert editing.services.add("town", typed(MEAL, name="New", organization="the town hall"), ANA) == "new"
    assert editing.now("new").organization.id == "town"
    assert organization_id("A house", [HOUSE], None) == "house"
    assert organization_id("House", [HOUSE], None) == "house-2"


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"name": ""}, "name", "Write the name"),
        ({"needs": []}, "needs", "at least one"),
        ({"needs": ["gold"]}, "needs", "Choose one of those"),
        ({"number": "call us"}, "number-1", "digits"),
        ({"number": "555-0100"}, "number-1", "area code"),
        ({"number": "", "extension": "3"}, "number-1", "Write the number"),
        ({"extension": "x"}, "extension-1", "digits alone"),
        ({"number": "209-555-0101 ext 7", "extension": "8"}, "extension-1", "another extension"),
        ({"answers": "Klingon"}, "answers-1", "no language that is known"),
        ({"languages": "English, Elvish"}, "languages", "“Elvish” is no language"),
        ({"email": "nobody"}, "email", "no e-mail address"),
        ({"website": "ftp://x.example/"}, "website", "no web address"),
        ({"organization_website": "x y"}, "organization_website", "no web address"),
        ({"hours": "when we feel like it"}, "hours", "no hours that can be read"),
        ({"hours": "24/7"}, "hours", "tick that"),
        ({"always": "yes"}, "hours", "Day and night is ticked"),
        ({"least_age": "ten"}, "least_age", "whole years"),
        ({"least_age": "50", "most_age": "5"}, "most_age", "less than"),
        ({"counties": "Merced"}, "counties", "“Merced” is no county"),
        ({"zips": "9534"}, "zips", "“9534” is no ZIP"),
        ({"city": ""}, "city", "street, town, state and ZIP"),
        ({"sources": ""}, "sources", "where you read it"),
        ({"checked": "yes"}, "role", "in which role"),
        ({"checked": "yes", "role": "ana@x.example"}, "role", "no address"),
        ({"what": "-----BEGIN PGP PRIVATE KEY BLOCK-----"}, "what", "not kept here"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(changed: dict[str, Any], field: str, sentence: str) -> None:
    found = Editing(MEAL).refused("kitchen", **changed)
    assert found.keys() == {field}
    assert sentence in found[field]


def test_who_confirms_in_the_evening_has_confirmed_on_the_day_of_the_place() -> None:
    editing = Editing(MEAL)
    places = json.loads(editing.package.texts[PLACES])
    places["places"][0]["zone"] = "America/Los_Angeles"
    editing.package.texts[PLACES] = json.dumps(places)
    editing.clock.time = datetime(2026, 11, 28, 6, 10, tzinfo=UTC)  # ten in the evening in Los Angeles
    editing.services.confirm("town", "kitchen", " county  clerk ", ANA)
    assert (editing.now("kitchen").assured_on, editing.now("kitchen").assured_by) == (
        date(2026, 11, 27),
        "county clerk",
    )
    for role in ("", "ana@x.example"):
        with pytest.raises(DocumentInvalid, match="in which role"):
            editing.services.confirm("town", "kitchen", role, ANA)
    with pytest.raises(EntryMissing):
        editing.services.confirm("town", "gone", "clerk", ANA)


def test_a_confirmation_falls_with_what_it_stood_for_and_stays_with_the_rest() -> None:
    confirmed = replace(MEAL, assured_on=TODAY, assured_by="clerk", in_other={"es": {"cost": "Gratis"}})
    editing = Editing(confirmed)
    assert editing.save("kitchen", sources="We called.", shown_first="yes") is False
    assert editing.now("kitchen").assured_by == "clerk"
    assert editing.save("kitchen", cost="One dollar") is True
    assert editing.now("kitchen").assured_on is None
    assert editing.now("kitchen").in_other == {}


def test_the_mark_of_two_sources_falls_with_a_name_or_number_that_nobody_read_anew() -> None:
    editing = Editing(replace(MEAL, mark="CONFIRMED"))
    editing.save("kitchen", cost="A dollar")
    assert editing.now("kitchen").mark == "CONFIRMED"
    editing.save("kitchen", number="209-555-0177", read="yes")
    assert editing.now("kitchen").mark == "CONFIRMED"
    editing.save("kitchen", number="209-555-0178")
    assert editing.now("kitchen").mark == "SINGLE"


def test_a_hidden_service_loses_what_an_import_brought_of_its_place() -> None:
    editing = Editing(replace(MEAL, extra={"columns": {"Corner": "12 Main Street", "Bus": "line 4"}}))
    gone = dict.fromkeys(("street", "city", "state", "postal_code"), "")
    editing.save("kitchen", confidential="yes", **gone)
    hidden = editing.now("kitchen")
    assert hidden.address is None
    assert "Main" not in json.dumps(entry_of(hidden))
    assert "12 Main Street" in editing.refused("kitchen", what="It is at 12 Main Street.")["what"]


def test_what_an_import_said_of_an_address_or_of_hours_goes_with_them() -> None:
    at = {"latitude": 37.06, "longitude": -120.85, "transportation": "Bus 5 to the corner"}
    own_id = "ac148810-d857-441c-9679-408f346de14b"
    besides = {"schedules": [{"id": own_id, "valid_from": "2026-01-01"}], "alternate_name": "The Hall"}
    brought = {"location": at, "service_at_location": {"description": "Upstairs"}, "service": besides}
    editing = Editing(replace(MEAL, extra=brought))
    editing.save("kitchen", cost="One dollar")
    assert editing.now("kitchen").extra == brought
    editing.save("kitchen", street="9 New Road")
    assert editing.now("kitchen").extra == {"service": besides}
    editing.save("kitchen", always="yes", hours="")
    assert editing.now("kitchen").extra == {"service": {"alternate_name": "The Hall"}}


def test_a_street_that_it_had_cannot_be_ticked_away() -> None:
    editing = Editing(replace(MEAL, address=Address("The Old Mill", "Merced", "CA", "95340")))
    gone = {"confidential": "yes", "no_street": "yes", "what": "Come to the old mill."}
    found = editing.refused("kitchen", **gone, street="", city="", state="", postal_code="")
    assert "Nobody may learn that" in found["what"]


GONE = {"confidential": "yes", "street": "", "city": "", "state": "", "postal_code": ""}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("website", "https://town.example/12-main-st"),
        ("organization_website", "https://www.google.com/maps/place/x"),
        ("email", "12main@town.example"),
        ("sources", "https://maps.apple.com/?q=kitchen"),
        ("role", "clerk at 12 Main"),
        ("apply", "Come to 12 Main, at six."),
    ],
)
def test_where_it_was_is_refused_in_every_field_once_it_hides(field: str, text: str) -> None:
    ticks = {"no_street": "yes", "checked": "yes", "role": "clerk"}
    found = Editing(MEAL).refused("kitchen", **{**GONE, **ticks, field: text})
    assert "Nobody may learn that" in found[field]


def test_the_address_of_what_sounds_like_a_shelter_takes_a_tick_once() -> None:
    editing = Editing(MEAL)
    for changed in ({"name": "Women’s shelter"}, {"what": "A meal, at a confidential location."}):
        assert "people hide in" in editing.refused("kitchen", **changed)["confidential"]
    editing.save("kitchen", name="Animal shelter", known_place="yes")
    assert editing.now("kitchen").address
    editing.save("kitchen", cost="A dollar")
    assert editing.now("kitchen").cost == "A dollar"
    gone = dict.fromkeys(("street", "city", "state", "postal_code"), "")
    editing.services.add("town", typed(MEAL, name="Safe house", **gone), ANA)


def test_a_translation_that_says_where_goes_once_it_hides() -> None:
    said = {"es": {"what": "Una comida. Venga a 12 Main Street.", "cost": "Gratis"}}
    editing = Editing(replace(MEAL, in_other=said))
    editing.save("kitchen", **GONE)
    assert editing.now("kitchen").in_other == {"es": {"what": "Una comida.", "cost": "Gratis"}}


def test_a_street_that_readers_still_see_is_known_after_the_draft_lost_it() -> None:
    editing = Editing()
    editing.package.texts["services"] = written([MEAL])
    assert editing.services.open("town", "kitchen").address
    editing.save("kitchen", street="", city="", state="", postal_code="")
    assert editing.now("kitchen").address is None
    assert "what" in editing.refused("kitchen", **GONE, no_street="yes", what="Come to 12 Main.")


def test_a_service_hides_only_once_no_other_says_its_street() -> None:
    there = Address("12 Main St.", "Merced", "CA", "95340")
    beside = replace(MEAL, id="office", name="Office", address=there)
    editing = Editing(MEAL, beside)
    assert "“Office” says the same street" in editing.refused("kitchen", **GONE)["confidential"]
    editing.save("office", street="", city="", state="", postal_code="")
    editing.save("kitchen", **GONE)
    assert editing.now("kitchen").confidential


def test_what_is_said_of_an_organization_says_nowhere_where_its_hidden_service_is() -> None:
    editing = Editing(BEDS, replace(MEAL, organization=BEDS.organization))
    found = editing.refused("kitchen", organization_about="Our house is at 5 Elm Street.")
    assert "reads like a street" in found["organization_about"]
    editing.save("kitchen", organization_about="We have a house.")
    assert editing.now("shelter").organization.description == "We have a house."


def test_of_two_who_change_one_service_the_second_is_told() -> None:
    editing = Editing(MEAL)
    seen = seen_as(MEAL)
    editing.save("kitchen", cost="A dollar")
    with pytest.raises(FormConflict) as conflict:
        editing.save("kitchen", who=BEN, seen=seen, cost="Two dollars")
    assert conflict.value.theirs.text("cost") == "A dollar"
    with pytest.raises(FormConflict):
        editing.services.set_status("town", "kitchen", "retired", seen, BEN)
    mine = typed(MEAL, cost="Two dollars")
    editing.services.put_aside("town", "kitchen", mine, BEN)
    assert '"cost": "Two dollars"' in editing.store.thrown()[-1].draft.text


def test_two_who_change_two_services_of_one_place_both_keep_theirs() -> None:
    editing = Editing(MEAL, BEDS)
    raced: list[str] = []
    save = editing.edit.save_draft

    def after_somebody(*asked: Any) -> Any:
        if not raced:
            raced.append("once")
            editing.services.confirm("town", "shelter", "clerk", BEN)
        return save(*asked)

    editing.edit.save_draft = after_somebody  # type: ignore[method-assign]
    editing.save("kitchen", cost="A dollar")
    assert editing.now("kitchen").cost == "A dollar"
    assert editing.now("shelter").assured_by == "clerk"


def test_who_is_overtaken_again_and_again_is_told() -> None:
    editing = Editing(MEAL)
    save, times = editing.edit.save_draft, iter(range(9))

    def after_somebody(document: str, text: str, revision: int, who: str) -> Any:
        save(document, written([replace(MEAL, cost=f"{next(times)}")]), revision, BEN)
        return save(document, text, revision, who)

    editing.edit.save_draft = after_somebody  # type: ignore[method-assign,assignment]
    with pytest.raises(DraftConflict):
        editing.services.confirm("town", "kitchen", "clerk", ANA)


def test_a_service_is_retired_and_brought_back() -> None:
    editing = Editing(MEAL)
    editing.services.set_status("town", "kitchen", "retired", seen_as(MEAL), ANA)
    gone = editing.now("kitchen")
    assert gone.status == "retired"
    editing.services.set_status("town", "kitchen", "active", seen_as(gone), ANA)
    assert editing.now("kitchen") == MEAL
    with pytest.raises(DocumentInvalid, match="no such standing"):
        editing.services.set_status("town", "kitchen", "burnt", seen_as(MEAL), ANA)


def test_who_changes_a_contact_reads_and_writes_no_services() -> None:
    editing = Editing(MEAL)
    before = editing.edit.open(DOCUMENT)
    editing.change_contact()
    assert editing.edit.open(DOCUMENT) == before
    assert DOCUMENT not in editing.edit.entries()
    assert [*editing.edit.services()] == [DOCUMENT]
    assert edit_whole.unread(editing.edit) == {}


def checked(editing: Editing, text: str) -> list[tuple[str, int, str]]:
    shipped = LiveTexts(editing.store, editing.shipped).texts(None)
    whole = {**shipped, DOCUMENT: text}
    return [(one.document, one.line, one.sentence) for one in check(whole, shipped)]


def test_services_are_checked_before_a_publish_and_a_finding_leads_to_its_field() -> None:
    editing = Editing()
    assert checked(editing, written([MEAL, BEDS])) == []
    other = replace(MEAL, serves="us")
    assert "belongs to another place" in checked(editing, written([other]))[0][2]
    bad = written([BEDS, MEAL]).replace('"food"', '"gold"')
    [(document, _, sentence)] = checked(editing, bad)
    assert sentence.startswith("Kitchen: needs: 'gold' is none of danger")
    assert document == DOCUMENT
    field = next(iter(check_problem(editing, bad)))
    assert (field.document, field.entry, field.name) == (DOCUMENT, "kitchen", "Kitchen")
    unknown = written([MEAL]).replace('"cost"', '"costs"')
    assert "did you mean “cost”?" in checked(editing, unknown)[0][2]
    shipped = LiveTexts(editing.store, editing.shipped).texts(None)
    whole = {**shipped, DOCUMENT: written([MEAL]), "services/us": written([other])}
    twice = [one.sentence for one in check(whole, shipped)]
    assert twice == ["Kitchen: its id is that of a service in “Services of Town”."]


def check_problem(editing: Editing, text: str) -> Any:
    shipped = LiveTexts(editing.store, editing.shipped).texts(None)
    for problem in check({**shipped, DOCUMENT: text}, shipped):
        yield field_of(problem, text)


def test_changes_of_a_service_are_told_in_words() -> None:
    after = replace(
        MEAL, phones=(replace(MEAL.phones[0], extension="4"),), always=True, hours=(), needs=("food", "bed"),
        address=None, cost="",
    )  # fmt: skip
    [change] = compare(DOCUMENT, written([MEAL]), written([after]), Names({"town": "The Town"}))
    rows = {row.field: (row.before, row.after) for row in change.fields}
    assert rows["Phone"] == ("phone call (209) 555-0101", "phone call (209) 555-0101, extension 4")
    assert rows["What somebody needs"] == ("help with children", "a safe place to stay")
    assert rows["Where to go"] == ("12 Main Street, Merced, CA, 95340", "")
    assert rows["Day and night"] == ("", "yes")
    assert rows["What it costs"] == ("Free", "")
    assert [row.before for row in change.fields if row.field == "Hours"] == [
        "Monday, Tuesday, Wednesday, Thursday, Friday, 08:00 to 17:00",
        "Saturday, 18:00 to 24:00",
    ]
    [added] = compare(DOCUMENT, written([]), written([MEAL]), Names({"town": "The Town"}))
    assert (added.what, added.kind, added.key) == ("Kitchen", "added", "kitchen")


def test_every_field_of_a_service_has_a_label() -> None:
    [added] = compare(DOCUMENT, written([]), written([replace(LINE, serves="town", extra={"a": 1})]), Names())
    assert [row.field for row in added.fields if row.field.startswith("“")] == []


def test_a_service_with_a_map_s_fraction_is_read() -> None:
    text = written([MEAL]).replace('"cost": "Free"', '"extra": {"x": -120.48301234567891}')
    assert '"extra"' in text
    editing = Editing()
    editing.edit.save_draft(DOCUMENT, text, 0, ANA)
    with pytest.raises(DocumentInvalid, match="breaks a rule"):  # the strict reader says what is amiss
        editing.services.lines("town")
    assert read_service(entry_of(MEAL), editing.services.places(), None) == MEAL
