"""What a sheet says is private stays out: streets, numbers and whole lines, and towns in ids."""

from __future__ import annotations

import pytest

from chalicelib.directory.hsds.private_columns import hides_street
from chalicelib.directory.hsds.read_json import read_json
from tests.directory.hsds.samples import DOOR
from tests.directory.hsds.test_read_sheet import good, read, refused, sheet, words

WHERE = {"Street": "77 Hill Lane", "City": "Secretville", "State": "CA", "ZIP": "95340"}


@pytest.mark.parametrize(
    "title",
    [
        "Address Is Private",
        "PhysicalAddressIsPrivate",
        "Hide location?",
        "Location (undisclosed)",
        "Unlisted site",
    ],
)
def test_a_column_that_says_that_an_address_is_private_hides_it(title):
    (service,) = good(sheet(**WHERE, **{title: "Yes"}))
    assert service.confidential
    assert "Hill" not in repr(service)
    assert "secretville" not in repr(service).casefold()


@pytest.mark.parametrize("answer", ["No", "", "FALSE", "0"])
def test_an_address_that_is_not_private_stays(answer):
    (service,) = good(sheet(**WHERE, **{"Address Is Private": answer, "Mailing address is private": "Yes"}))
    assert service.address is not None
    assert not service.confidential


def test_a_private_number_is_left_out_and_the_others_stay():
    found = read(sheet(Phone1Number="209-555-0102", Phone2Number="209-555-0103", Phone2IsPrivate="True"))
    (service,) = found.services
    assert [one.value for one in service.phones] == ["+12095550101", "+12095550102"]
    assert "0103" not in repr(service)
    assert any("Phone2IsPrivate" in one for one in words(found.notes))


@pytest.mark.parametrize("title", ["Do not publish", "Hide from website", "Private", "Unlisted record"])
def test_a_line_that_is_not_for_readers_is_refused_by_its_column(title):
    text = refused(sheet(**{title: "x"}))
    assert text.startswith("list.csv, line 2")
    assert f", {title}: it says that this is not for readers" in text


@pytest.mark.parametrize(
    "street",
    ["Confidential", "Undisclosed location", "(Address not disclosed)", "Call for address", "PRIVATE"],
)
def test_a_cell_that_says_instead_of_a_street_that_nobody_may_learn_it_hides_the_service(street):
    (service,) = good(sheet(Street=street, City="Secretville"))
    assert service.confidential
    assert service.address is None
    assert "secretville" not in repr(service).casefold()


@pytest.mark.parametrize("street", ["12 Private Road", "Hidden Valley Hall", "100 Confidential Way"])
def test_a_street_that_is_only_called_so_is_a_street(street):
    assert not hides_street(street)


def test_a_record_whose_street_is_called_confidential_is_hidden():
    data = b"""[{"id": "00000000-0000-4000-8000-000000000001", "name": "House", "status": "active",
      "organization": {"id": "00000000-0000-4000-8000-000000000002", "name": "A", "description": "A"},
      "service_at_locations": [{"id": "00000000-0000-4000-8000-000000000003", "location": {
        "id": "00000000-0000-4000-8000-000000000004", "location_type": "physical", "addresses": [{
          "id": "00000000-0000-4000-8000-000000000005", "address_1": "Undisclosed", "city": "Secretville",
          "state_province": "CA", "postal_code": "95340", "country": "US",
          "address_type": "physical"}]}}]}]"""
    found = read_json(data, "list.json", DOOR)
    (service,) = found.services
    assert service.confidential
    assert "Secretville" not in repr(service)


@pytest.mark.parametrize("cells", [{"Category": "Emergency Shelter"}, {"Confidential": "yes"}])
def test_the_id_of_a_hidden_service_does_not_name_its_town(cells):
    for where in (WHERE, {**WHERE, "City": "", "Street": ""}):
        (service,) = good(sheet(**where, **cells))
        assert "secretville" not in service.id
        assert "95340" not in service.id
    (shown,) = good(sheet(**WHERE))
    assert shown.id.endswith("-secretville")
