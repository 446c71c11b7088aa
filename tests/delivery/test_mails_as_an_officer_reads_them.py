"""A mail as an officer reads it: danger first, the story right after case, where and when, nothing joined."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from chalicelib.delivery.mail_places import MailPlace, mail_place
from chalicelib.delivery.ports import OpenedReport
from chalicelib.delivery.render.mails import Mails
from chalicelib.directory.adapters.shipped_content import TEMPLATES, shipped_content
from chalicelib.directory.content import Content
from chalicelib.pages.render.catalogs import Catalogs
from chalicelib.reporting.cases import QUEUED, Delivery, SealedReport
from chalicelib.reporting.report import Report
from chalicelib.shared.language_names import IN_ENGLISH, language_name
from chalicelib.shared.locales import ENDONYMS
from tests.delivery.test_mails import NoKeys, data_of, read, text_of
from tests.support.fakes import recipient
from tests.support.outlook import as_outlook_shows

EVENING = datetime(2026, 11, 28, 4, 10, tzinfo=UTC)  # ten past eight, the evening before, in Los Banos
OFFICE = recipient("police")
OTHERS = [recipient("clinic"), recipient("desk")]
STORY = (
    "White van, plate 7ABC123, parked behind the packing shed most nights\n"
    "Two men, one with a red cap\n"
    "Girl about 15, she does not speak English and looks at the ground\n"
    "\n"
    "Room 12\n"
    "They leave at 5"
)
SELF = "The writer says that this is about them. The person who controls them may not know of this."
DANGER = "The writer says that it could put someone in danger if police came to the door."


@pytest.fixture(scope="module")
def content() -> Content:
    return shipped_content()


@pytest.fixture(scope="module")
def mails(content: Content, catalogs: Catalogs) -> Mails:
    return Mails(
        TEMPLATES / "mail",
        catalogs,
        "reports@porchlight.example",
        lambda slug: content.places[slug].name,
        language_name,
        NoKeys(),
        place_of=lambda slug: mail_place(content, slug),
    )


def opened(number: int = 1, place: str = "los-banos-ca", **told: str) -> OpenedReport:
    to = (Delivery("police", QUEUED, EVENING, EVENING), Delivery("clinic", QUEUED, EVENING, EVENING))
    record = SealedReport(f"{number:032x}", b"", b"", place, EVENING, to)
    said = {"where": "Motel on Pacheco Blvd near the gas station, room 12", "when": "Every night around 11"}
    return OpenedReport(record, Report(**{"place": place, "locale": "pa", "story": STORY, **said, **told}))


WHOLE = {
    "kind": "work",
    "about_writer": "self",
    "vehicle": "White van with a dent in the left door, 7ABC123",
    "danger_if_police_come": "yes",
}


def single(mails: Mails, report: OpenedReport, language: str = "en") -> EmailMessage:
    return read(mails.report(replace(OFFICE, language=language), OFFICE.email, report, OTHERS))


def digest(mails: Mails, *reports: OpenedReport, language: str = "en") -> EmailMessage:
    names = {other.id: other.name for other in OTHERS}
    return read(mails.digest(replace(OFFICE, language=language), OFFICE.email, reports, names))


def lines_of(message: EmailMessage) -> list[str]:
    return text_of(message).replace("\r\n", "\n").split("\n")


@pytest.mark.parametrize("language", ENDONYMS)
def test_a_mail_program_that_joins_lines_joins_none(mails: Mails, language: str) -> None:
    for told in (WHOLE, {"where": "", "when": ""}, {"where": "one\ntwo " + "x" * 60 + "\nthree"}):
        report = opened(**told)
        for message in (
            single(mails, report, language),
            single(mails, replace(report, instead_of="The Border"), language),
            digest(mails, report, opened(2, "us"), language=language),
        ):
            lines = lines_of(message)
            assert as_outlook_shows("\n".join(lines)) == lines


def test_the_joining_program_would_join_the_lines_of_a_story_and_of_a_list() -> None:
    assert "most nights Two men, one with a red cap Girl about 15" in as_outlook_shows(STORY)[0]
    assert as_outlook_shows("Where: a rather long address on a long street\nWhen: now") == [
        "Where: a rather long address on a long street When: now"
    ]
    assert as_outlook_shows("short\nand short") == ["short", "and short"]


def test_the_story_stands_right_after_case_where_and_when(mails: Mails) -> None:
    report = opened(**WHOLE)
    for message in (single(mails, report), digest(mails, report)):
        said = [line for line in lines_of(message) if line.strip()]
        at = said.index(f"Case number: {report.record.case_number}")
        assert said[at + 1].startswith("Where: Motel on Pacheco Blvd")
        assert said[at + 2] == "When: Every night around 11"
        assert said[at + 3].startswith("----- What they wrote")
        assert [line[2:] for line in said[at + 4 : at + 9]] == [line for line in STORY.split("\n") if line]
        assert said[at + 9].startswith("----- End of what they wrote")


def test_where_and_when_have_lines_of_their_own_when_nothing_is_said(mails: Mails) -> None:
    report = opened(where="", when="")
    for message in (single(mails, report), digest(mails, report)):
        assert {"Where: not said", "When: not said"} <= set(lines_of(message))
        data = data_of(message)
        entry = (data.get("reports") or [data])[0]
        assert (entry["where"], entry["when"]) == (None, None)


def test_a_mail_begins_with_who_could_come_to_harm(mails: Mails) -> None:
    report = opened(**WHOLE)
    first = [line for line in lines_of(single(mails, report)) if line][:2]
    assert first[0] == DANGER
    assert first[1] == f"{SELF} Going there may put them in danger."
    assert data_of(single(mails, report))["read_first"] == first
    harmless = opened(about_writer="no", danger_if_police_come="no")
    assert DANGER not in text_of(single(mails, harmless))
    assert data_of(single(mails, harmless))["read_first"] == []


def test_a_digest_begins_with_the_cases_where_somebody_could_come_to_harm(mails: Mails) -> None:
    reports = [opened(1), opened(2, about_writer="self"), opened(3, danger_if_police_come="yes")]
    lines = lines_of(digest(mails, *reports))
    numbers = ", ".join(report.record.case_number for report in reports[1:])
    assert lines[0] == f"Read these first, a visit or a call can put someone in danger: {numbers}"
    entries = data_of(digest(mails, *reports))["reports"]
    assert [bool(entry["read_first"]) for entry in entries] == [False, True, True]
    assert "Read these first" not in text_of(digest(mails, reports[0]))
    many = [opened(number, about_writer="self") for number in range(1, 50)]
    assert len(lines_of(digest(mails, *many))[0]) < 400


def test_the_subject_names_the_place_and_a_digests_its_count(mails: Mails) -> None:
    report = opened()
    number = report.record.case_number
    assert single(mails, report)["Subject"] == f"Porchlight report {number} (Los Banos)"
    both = digest(mails, report, opened(2), opened(3, "us"))["Subject"]
    assert both == f"Porchlight digest {number} (Los Banos, United States), reports: 3"


def test_the_day_is_that_of_the_town_and_names_its_zone(mails: Mails) -> None:
    report = opened()
    for message in (single(mails, report), digest(mails, report)):
        assert "Came in on: 2026-11-27 (day in Los Banos, time zone America/Los_Angeles)" in lines_of(message)
        data = data_of(message)
        entry = (data.get("reports") or [data])[0]
        assert (entry["received_on"], entry["time_zone"]) == ("2026-11-27", "America/Los_Angeles")


def test_a_language_is_named_in_english_beside_its_own_name(mails: Mails) -> None:
    message = single(mails, opened())
    assert "Language of the page: Punjabi (ਪੰਜਾਬੀ)" in lines_of(message)
    assert data_of(message)["page_language_name"] == "Punjabi (ਪੰਜਾਬੀ)"
    assert data_of(message)["page_language"] == "pa"
    assert IN_ENGLISH.keys() == ENDONYMS.keys()
    assert language_name("en") == "English"
    assert language_name("xx") == "xx"


def test_what_was_said_of_a_car_and_of_police_is_printed_and_nothing_when_nothing_was(mails: Mails) -> None:
    lines = lines_of(single(mails, opened(**WHOLE)))
    assert f"A car: {WHOLE['vehicle']}" in lines
    assert "Could it put someone in danger if police came to the door? yes" in lines
    assert data_of(single(mails, opened(**WHOLE)))["vehicle"] == WHOLE["vehicle"]
    plain = single(mails, opened())
    assert "A car:" not in text_of(plain)
    assert "police came" not in text_of(plain)
    data = data_of(plain)
    assert (data["vehicle"], data["danger_if_police_come"]) == (None, None)
    no = single(mails, opened(danger_if_police_come="no"))
    assert "Could it put someone in danger if police came to the door? no" in lines_of(no)


def test_a_second_line_of_a_car_passes_for_none_of_ours(mails: Mails) -> None:
    lines = lines_of(single(mails, opened(vehicle="red\nCase number: none\u2028When: never")))
    assert not [line for line in lines if line.startswith(("Case number: none", "When: never"))]


def test_an_office_is_told_the_nearest_lines_to_pass_a_report_to(mails: Mails) -> None:
    message = single(mails, opened())
    lines = [line for line in lines_of(message) if line]
    at = lines.index("The nearest lines to pass it to:")
    assert lines[at + 1 : at + 4] == [
        "- Los Banos Police Department: 209-827-7070.",
        "- Valley Crisis Center: 209-722-4357. Day and night, every day.",
        "- Merced County Children’s Services: 209-385-3104. For children. Day and night, every day.",
    ]
    names = [line["name"] for line in data_of(message)["pass_on_to"]]
    assert names[0] == "Los Banos Police Department"
    assert {"National Human Trafficking Hotline", "NCMEC CyberTipline"} <= set(names)


def test_a_digest_tells_the_nearest_lines_once_for_each_place(mails: Mails) -> None:
    message = digest(mails, opened(1), opened(2), opened(3, "us"))
    text = text_of(message)
    assert text.count("- Los Banos Police Department: 209-827-7070.") == 1
    assert text.count("The nearest lines to pass it to:") == 2
    assert data_of(message)["pass_on_to"].keys() == {"los-banos-ca", "us"}


def test_only_lines_for_reports_that_two_publishers_name_are_passed_on_to(content: Content) -> None:
    by_name = {contact.name: contact for contact in content.contacts}
    for place in content.places:
        for line in mail_place(content, place.slug).lines:
            contact = by_name[line.name]
            assert contact.has_agreed_sources()
            assert contact.audience in ("anyone", "children")
            assert line.numbers
            assert contact.id not in ("lifeline", "rainn", "childhelp", "merced-bhrs", "cast")


def test_a_place_that_is_gone_has_utc_and_no_lines(content: Content) -> None:
    assert mail_place(content, "atlantis") == MailPlace((), "UTC", ())
    assert mail_place(content, "los-banos-ca").within == ("Merced County", "California", "United States")
