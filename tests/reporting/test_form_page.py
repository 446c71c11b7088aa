"""The form over HTTP: what was written arrives unchanged, or comes back unchanged with all to mend."""

from __future__ import annotations

import base64
from collections.abc import Callable
from urllib.parse import quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.pages.render.site import Site
from chalicelib.reporting.adapters.report_items import to_item
from chalicelib.reporting.cases import SealedReport
from chalicelib.reporting.report import STORY_LIMIT
from chalicelib.shared.errors import SecretMissing, StoreBusy, StoreUnavailable
from tests.support.fakes import NOON, recipient
from tests.support.website import FORM, Answer, Website, encoded, gateway_event

NOTE = "/en/los-banos-ca/note/"
MULTIPART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nwords\r\n--x--'
STORY = (
    "Vi algo raro: ñandú \U0001f600\n\n  <b>«dos»</b> & \"tres\" 'cuatro'\n\ttab\u00a0\u2028\u0085 …%41+\n"
)


def send(website: Website, body: bytes, kind: str = FORM) -> Answer:
    """Send raw bytes as a form."""
    return website.ask("POST", NOTE, {"Content-Type": kind}, body)


def test_the_form_is_answered_with_203_so_that_no_browser_keeps_it(website: Website) -> None:
    response = website.get(NOTE)
    assert response.status == 203
    assert response.is_a_page()


def test_capitals_in_the_address_lead_to_the_form_which_is_sent_to_the_plain_one(website: Website) -> None:
    response = website.get("/ES/Los-Banos-CA/note/")
    assert (response.status, response.lang) == (203, "es")
    assert 'action="/es/los-banos-ca/note/"' in response.html


def test_a_form_as_it_comes_out_of_the_page_is_taken(website: Website) -> None:
    response = website.post(NOTE, website.open_form(a=["What I saw"]))
    assert response.status == 200
    assert response.is_a_page()
    (record,) = website.stored()
    assert record.id == website.vault.keys_of(response.code.replace(" ", "")).report_id
    assert [delivery.recipient for delivery in record.deliveries] == ["police", "border"]
    assert "The police office" in response.text


def test_words_arrive_as_they_were_written(website: Website) -> None:
    form = website.open_form("/es/us/note/", a=[STORY], b=["work"], c=["C/ Ñ, 3"], d=["ayer"])
    website.post("/es/us/note/", form)
    report = website.words(website.stored()[0])
    assert (report.story, report.kind, report.where, report.when) == (STORY, "work", "C/ Ñ, 3", "ayer")
    assert (report.place, report.locale) == ("us", "es")


def test_twenty_thousand_emoji_arrive_and_one_more_comes_back_with_all_of_them(website: Website) -> None:
    longest = "\U0001f600" * STORY_LIMIT
    assert website.post(NOTE, website.open_form(a=[longest])).status == 200
    assert website.words(website.stored()[0]).story == longest
    response = website.post(NOTE, website.open_form(a=[longest + "!"]))
    assert response.status == 422
    assert response.fields()["a"] == [longest + "!"]


@given(story=st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t")))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_any_words_come_back_to_be_mended_and_arrive_the_next_time(site: Site, story: str) -> None:
    website = Website(lambda: site)
    story = f"x{story}x"
    back = website.post(NOTE, website.open_form(a=[story], b=["robbery"]))
    assert back.status == 422
    assert back.fields()["a"] == [story]
    assert website.post(NOTE, {**back.fields(), "b": ["work"]}).status == 200
    assert website.words(website.stored()[0]).story == story


def test_all_that_needs_mending_is_told_at_once_and_all_that_was_typed_comes_back(website: Website) -> None:
    form = website.open_form(
        a=[" "], b=["work"], c=["x" * 501], d=["ayer"], e=["self"], x=["1"], r=["border"]
    )
    response = website.post(NOTE, form)
    assert response.status == 422
    assert response.is_a_page()
    assert {element.get("id") for element in response.tree.iter() if element.get("class") == "problem"} >= {
        "a-problem",
        "c-problem",
    }
    assert {**response.fields(), "z": form["z"]} == form
    assert website.stored() == []


def test_a_mended_form_keeps_its_token_so_that_it_is_still_one_form(website: Website) -> None:
    form = website.open_form(a=[""])
    back = website.post(NOTE, form).fields()
    assert back["t"] == form["t"]
    first = website.post(NOTE, {**back, "a": ["What I saw"]})
    again = website.post(NOTE, {**back, "a": ["What I saw"]})
    assert first.code == again.code
    assert len(website.stored()) == 1


def test_what_was_typed_never_becomes_markup(website: Website) -> None:
    hostile = "</textarea><script>alert(1)</script>"
    form = website.open_form(a=[""], c=['"><script>alert(2)</script>'], t=['"><script>alert(3)</script>'])
    response = website.post(NOTE, {**form, "a": [hostile], "b": ['"><script>']})
    assert "alert(" not in "".join(element.text or "" for element in response.tree.iter("script"))
    assert response.fields()["a"] == [hostile]
    assert response.fields()["c"] == ['"><script>alert(2)</script>']


def test_a_form_sent_twice_gives_the_same_code_and_an_edited_one_another(website: Website) -> None:
    form = website.open_form()
    first, again, edited = (website.post(NOTE, sent) for sent in (form, form, {**form, "a": ["More"]}))
    assert first.code == again.code
    assert first.html == again.html
    assert edited.code != first.code
    assert len(website.stored()) == 2


@pytest.mark.parametrize("token", [[], [""], ["forged"], ["A" * 52], ["ñ" * 1000]])
def test_a_forged_token_brings_the_form_back_with_a_fresh_one_and_all_words(
    website: Website, token: list[str]
) -> None:
    form = {**website.open_form(a=[STORY], c=["Main St"]), "t": token}
    response = website.post(NOTE, form)
    assert response.status == 400
    assert website.stored() == []
    back = response.fields()
    assert (back["a"], back["c"]) == ([STORY], ["Main St"])
    website.clock.forward(seconds=5)
    assert website.post(NOTE, back).status == 200
    assert website.words(website.stored()[0]).story == STORY


def test_a_form_left_open_overnight_comes_back_with_its_words_and_a_fresh_token(
    website: Website,
) -> None:
    form = website.open_form(a=[STORY])
    website.clock.forward(hours=24)
    response = website.post(NOTE, form)
    assert response.status == 400
    assert "open for too long" in response.text
    website.clock.forward(seconds=5)
    assert website.post(NOTE, response.fields()).status == 200


def test_an_old_form_that_needs_mending_says_both(website: Website) -> None:
    form = website.open_form(a=[""])
    website.clock.forward(hours=25)
    response = website.post(NOTE, form)
    assert response.status == 400
    assert "open for too long" in response.text
    assert "write what you saw" in response.text


def test_whoever_fills_the_hidden_field_sees_what_everybody_sees(website: Website) -> None:
    response = website.post(NOTE, website.open_form(z=["I fill everything"]))
    assert response.status == 200
    assert response.code
    assert website.stored()[0].held == "honeypot"
    assert website.store.due(NOON, 10) == []


BREAKDOWNS: list[Callable[[Website], None]] = [
    lambda website: website.store.fail(StoreUnavailable("away")),
    lambda website: website.store.fail(StoreBusy("busy")),
    lambda website: website.store.fail(StoreUnavailable("away"), "add"),
    lambda website: website.vault.fail(StoreUnavailable("away"), "receipt_secret"),
    lambda website: website.vault.fail(SecretMissing("none"), "form_secret"),
    lambda website: website.sealer.fail(SecretMissing("none"), "seal"),
    lambda website: website.sealer.fail(ValueError("odd phrase"), "seal"),
]


@pytest.mark.parametrize("break_it", BREAKDOWNS)
def test_whatever_is_away_the_words_and_the_token_come_back_with_numbers(
    website: Website, break_it: Callable[[Website], None], log: list[str]
) -> None:
    form = website.open_form("/es/us/note/", a=[STORY], b=["work"], c=["odd phrase"])
    break_it(website)
    response = website.post("/es/us/note/", form)
    assert response.status in (500, 503)
    assert response.lang == "es"
    assert response.is_a_page()
    assert "888-373-7888" in response.text
    assert {**response.fields(), "z": form["z"]} == form
    assert website.stored() == []
    website.store.mend()
    website.vault.mend()
    website.sealer.mend()
    first, again = (website.post("/es/us/note/", response.fields()) for _ in range(2))
    assert first.status == 200
    assert first.code == again.code
    assert len(website.stored()) == 1
    assert website.words(website.stored()[0]).story == STORY
    assert "odd phrase" not in "".join(log)


def test_the_store_away_is_503(website: Website) -> None:
    form = website.open_form()
    website.store.fail(StoreUnavailable("away"))
    assert website.post(NOTE, form).status == 503


def test_a_report_stored_although_no_answer_came_is_one_report_when_sent_again(
    website: Website,
) -> None:
    form, add = website.open_form(), website.store.add

    def store_and_lose_the_answer(report: SealedReport) -> None:
        add(report)
        raise StoreUnavailable("no answer")

    website.store.add = store_and_lose_the_answer  # type: ignore[method-assign]
    response = website.post(NOTE, form)
    assert response.status == 503
    website.store.add = add  # type: ignore[method-assign]
    assert website.post(NOTE, response.fields()).status == 200
    assert len(website.stored()) == 1


def test_only_the_counters_being_away_keeps_nobody_from_reporting(website: Website) -> None:
    form = website.open_form()
    website.store.fail(StoreBusy("busy"), "count")
    assert website.post(NOTE, form).status == 200
    assert website.stored()[0].held == ""


def test_without_its_secrets_the_form_is_not_opened_and_numbers_are_shown(website: Website) -> None:
    website.vault.fail(StoreUnavailable("away"))
    response = website.get("/es/us/note/")
    assert (response.status, response.lang) == (503, "es")
    assert "888-373-7888" in response.text
    assert response.is_a_page()


def test_a_form_that_nobody_would_get_is_not_opened_and_numbers_are_shown(website: Website) -> None:
    website.directory.all = (recipient("not-yet", agreed_on=None),)
    response = website.get(NOTE)
    assert response.status == 503
    assert "888-373-7888" in response.text


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"a=words", "", 415),
        (b"a=words", "text/plain", 415),
        (b"a=words", "application/json", 415),
        (b'{"a": "words"}', "application/json; charset=utf-8", 415),
        (MULTIPART, "multipart/form-data; boundary=x", 415),
        (b"a=words", "application/x-www-form-urlencoded-not", 415),
        (b"a=%FF%FE", FORM, 400),
        (b"a=\xff\xfe", FORM, 400),
        (b"a=%ED%A0%80", FORM, 400),
        (b"a=%C0%80", FORM, 400),
        (b"a=\xe2\x82", FORM, 400),
        (b"&".join([b"a=1"] * 61), FORM, 400),
        (b"a=" + b"x" * 400_000, FORM, 413),
        (b"x" * 5_000_000, FORM, 413),
    ],
)
def test_what_is_no_form_of_ours_gets_a_small_page(
    website: Website, body: bytes, kind: str, status: int, log: list[str]
) -> None:
    response = website.ask("POST", "/es/us/note/", {"Content-Type": kind} if kind else {}, body)
    assert (response.status, response.lang) == (status, "es")
    assert response.is_a_page()
    assert "888-373-7888" in response.text
    assert "words" not in response.text + "".join(log)
    assert website.store.calls == []


@pytest.mark.parametrize("kind", [FORM, FORM.upper(), f"{FORM}; charset=UTF-8", f" {FORM} ;x=y"])
def test_a_forms_content_type_may_carry_more(website: Website, kind: str) -> None:
    assert website.post(NOTE, website.open_form(), kind).status == 200


@pytest.mark.parametrize("body", [b"", b"&&&=&", b"a", b"a=&r=", b"%", b"a=%zz&b=%", b"\x00=\x00"])
def test_an_empty_or_mangled_form_comes_back_to_be_filled(website: Website, body: bytes) -> None:
    response = send(website, body)
    assert response.status == 400
    assert response.is_a_page()
    assert response.fields()["t"][0]


@given(body=st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_bytes_are_sent_the_answer_is_a_page(website: Website, body: bytes) -> None:
    response = send(website, body)
    assert response.status in (400, 422)
    assert response.is_a_page()
    assert website.stored() == []


def test_a_body_that_is_not_encoded_is_read_as_text(website: Website) -> None:
    form = encoded(website.open_form(a=["ñandú"])).decode()
    event = gateway_event(website.app, "POST", NOTE, {"Content-Type": FORM}, b"")
    event.update(body=form, isBase64Encoded=False)
    assert website.event(event).status == 200
    assert website.words(website.stored()[0]).story == "ñandú"


@pytest.mark.parametrize(
    ("body", "is_encoded", "status"),
    [
        ("ñ is not base64", True, 400),
        ("QUJD=", True, 400),
        ("a=\ud800", False, 400),
        (None, False, 400),
        (None, True, 400),
        ("", True, 400),
    ],
)
def test_a_body_that_gateway_mangled_is_answered_with_a_page(
    website: Website, body: str | None, is_encoded: bool, status: int, log: list[str]
) -> None:
    event = gateway_event(website.app, "POST", NOTE, {"Content-Type": FORM}, b"")
    event.update(body=body, isBase64Encoded=is_encoded)
    response = website.event(event)
    assert response.status == status
    assert response.is_a_page()
    assert "ñ is not" not in "".join(log)


def test_the_same_field_twice_counts_once_and_recipients_count_each(website: Website) -> None:
    form = website.open_form(a=["first", "second"], r=["border", "police", "police"])
    assert website.post(NOTE, form).status == 200
    (record,) = website.stored()
    assert website.words(record).story == "first"
    assert [delivery.recipient for delivery in record.deliveries] == ["police", "border"]


def test_nothing_of_a_form_shows_in_a_header_or_a_log_line(website: Website, log: list[str]) -> None:
    injected = ["odd phrase\r\nSet-Cookie: a=b"]
    form = website.open_form(a=injected, b=injected, r=injected, t=injected)
    answers = [website.post(NOTE, form), website.post(NOTE, website.open_form(a=["odd phrase"]))]
    for response in answers:
        assert "odd" not in repr(response.headers)
        assert "Set-Cookie" not in response.headers
    assert "odd" not in "".join(log)


def test_the_receipt_page_repeats_nothing_that_was_written(website: Website) -> None:
    odd = ["odd phrase"]
    response = website.post(NOTE, website.open_form(a=odd, b=["sex"], c=odd, d=odd))
    assert response.status == 200
    assert "odd phrase" not in response.html
    assert quote_plus("odd phrase") not in response.html


def test_a_report_about_a_child_shows_the_lines_for_children_at_once(website: Website) -> None:
    plain = website.post(NOTE, website.open_form())
    about_a_child = website.post(NOTE, website.open_form(b=["child"]))
    assert "If a child may be in danger, call now" in about_a_child.text
    assert "If a child may be in danger, call now" not in plain.text


def test_an_answer_is_packed_for_a_form_too(website: Website) -> None:
    raw = website.post(NOTE, website.open_form()).raw
    assert raw["isBase64Encoded"]
    assert base64.b64decode(raw["body"])[:2] == b"\x1f\x8b"


@pytest.mark.parametrize("about", ["self", "close", "yes"])
def test_when_the_answer_leaves_all_out_it_is_said_and_the_words_are_kept(
    website: Website, about: str
) -> None:
    form = website.open_form(a=["My words"], e=[about], r=["border"])
    page = website.post(NOTE, form)
    assert page.status == 422
    assert "Nobody would get this." in page.text
    assert "Please choose at least one office." not in page.text
    assert page.fields()["a"] == ["My words"]
    assert page.fields()["r"] == ["border"]
    assert page.fields()["e"] == ["close" if about == "close" else "self"]
    assert website.stored() == []
    assert website.post(NOTE, {**page.fields(), "x": ["1"]}).status == 200
    assert [delivery.recipient for delivery in website.stored()[0].deliveries] == ["border"]


def test_what_was_chosen_is_sealed_and_stands_nowhere_else(website: Website) -> None:
    website.post(NOTE, website.open_form(e=["close"], r=["police"]))
    (record,) = website.stored()
    choice = website.words(record).choice
    assert choice is not None
    assert [(office.id, office.enforces_immigration, office.ticked) for office in choice.offices] == [
        ("police", False, True),
        ("border", True, False),
    ]
    assert not choice.consent
    assert website.words(record).about_writer == "close"
    assert "border" not in repr(to_item(record))
    assert "close" not in repr(to_item(record))


def test_an_office_that_left_the_form_while_it_was_open_was_refused_all_the_same(website: Website) -> None:
    form = website.open_form(r=["police"], a=[" "])
    website.directory.all = tuple(office for office in website.directory.all if office.id == "police")
    page = website.post(NOTE, form)
    assert page.fields()["o"] == ["police border"]
    assert website.post(NOTE, {**page.fields(), "a": ["What I saw"]}).status == 200
    choice = website.words(website.stored()[0]).choice
    assert choice is not None
    assert [(office.id, office.ticked) for office in choice.offices] == [("police", True), ("border", False)]
