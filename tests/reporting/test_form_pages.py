"""The form, what comes back from it, and the pages for codes and mistakes."""

import re
from datetime import UTC, datetime

import pytest

from chalicelib.pages.page_headers import ERROR_STATUSES
from chalicelib.reporting.cases import STATES, UNCLEAR
from chalicelib.reporting.render import samples
from chalicelib.reporting.render.contexts import RecipientChoice, RecipientState
from chalicelib.reporting.report import KINDS, LINE_LIMIT, STORY_LIMIT
from tests.support.trees import CHOICES, by_id, parse, text_of, with_class

PROBLEMS = (
    "story_missing",
    "story_too_long",
    "where_too_long",
    "when_too_long",
    "no_recipient",
    "all_left_out",
    "unknown_choice",
    "form_expired",
    "form_unreadable",
)
STORY = "\n\n  Ñandú & <script>alert('x')</script> 😀 \"quoted\"\n\tlast  \n"


def form_of(site, locale="en", **changes):
    names = {"token": "a-token", "values": {}, "problems": {}, "recipients": CHOICES, "notice": None}
    return site.form(locale, "los-banos-ca", **{**names, **changes})


def fields(tree, name):
    return [
        field for field in tree.iter() if field.tag in ("input", "textarea") and field.get("name") == name
    ]


def summary(tree):
    (said,) = with_class(tree.find("body/main"), "said")
    return said


def test_the_form_asks_for_one_thing_and_offers_the_rest(site):
    tree = parse(form_of(site))
    required = [
        field.get("name")
        for tag in ("input", "textarea")
        for field in tree.iter(tag)
        if "required" in field.attrib
    ]
    assert required == ["a"]
    assert [field.get("value") for field in fields(tree, "b")] == list(KINDS)
    assert [field.get("value") for field in fields(tree, "e")] == ["self", "close", "no"]
    assert [field.get("value") for field in fields(tree, "r")] == ["desk", "border"]
    assert not [
        field for field in tree.iter("input") if "checked" in field.attrib and field.get("name") != "r"
    ]


def test_the_form_carries_its_token_and_goes_back_to_its_own_address(site):
    tree = parse(form_of(site, locale="es"))
    assert [field.get("value") for field in fields(tree, "t")] == ["a-token"]
    assert next(tree.iter("form")).get("action") == "/es/los-banos-ca/note/"


def test_the_limit_is_told_and_not_forced(site):
    tree = parse(form_of(site))
    assert f"Up to {STORY_LIMIT:,} letters" in text_of(by_id(tree, "a-hint"))
    assert not [field for tag in ("input", "textarea") for field in tree.iter(tag) if field.get("maxlength")]


def test_what_traps_machines_is_hidden_from_people_and_from_screen_readers(site):
    tree = parse(form_of(site))
    (trap,) = fields(tree, "z")
    (around,) = (element for element in tree.iter("p") if trap in list(element))
    assert "hidden" in around.attrib
    assert around.get("aria-hidden") == "true"
    assert trap.get("tabindex") == "-1"
    assert trap.get("autocomplete") == "off"


def test_recipients_come_ticked_unless_they_were_unticked(site):
    def ticked(tree):
        return [field.get("value") for field in fields(tree, "r") if "checked" in field.attrib]

    assert ticked(parse(form_of(site))) == ["desk", "border"]
    unticked = [RecipientChoice("desk", "A desk", "w", "n", False, ticked=False), CHOICES[1]]
    assert ticked(parse(form_of(site, recipients=unticked))) == ["border"]


def test_each_recipient_says_what_it_is_and_whether_it_enforces_immigration_law(site):
    words = text_of(by_id(parse(form_of(site)), "r"))
    for choice in CHOICES:
        assert f"{choice.name} {choice.what} {choice.what_not}" in words
    assert words.count("This department enforces immigration law.") == 1


def test_a_writer_who_is_concerned_is_told_who_does_not_get_it(site):
    tree = parse(form_of(site))
    question = by_id(tree, "e")
    assert "offices that enforce immigration law do not get it, unless you tick the box" in text_of(question)
    assert question.get("aria-describedby") == "e-hint"
    (box,) = fields(tree, "x")
    assert box.get("type") == "checkbox"
    assert "checked" not in box.attrib


def test_it_is_said_beside_each_such_office_what_no_answer_means(site):
    words = text_of(by_id(parse(form_of(site)), "r"))
    assert words.count("If you do not say whether it is about you, that counts as No, and they get it.") == 1
    only_a_desk = text_of(by_id(parse(form_of(site, recipients=CHOICES[:1])), "r"))
    assert "counts as No" not in only_a_desk


def test_the_form_says_which_offices_it_shows_and_showed(site):
    assert [field.get("value") for field in fields(parse(form_of(site)), "o")] == ["desk border"]
    assert [field.get("value") for field in fields(parse(form_of(site, shown="desk old")), "o")] == [
        "desk old"
    ]


def test_without_such_an_office_the_form_does_not_speak_of_immigration(site):
    html = form_of(site, recipients=CHOICES[:1])
    assert "immigration" not in html
    assert not fields(parse(html), "x")


def test_the_form_says_what_happens_before_it_asks_to_be_sent(site):
    html = form_of(site)
    words = text_of(parse(html).find("body/main"))
    for promise in (
        "This is not for emergencies.",
        "Nobody will write back to you.",
        "no files and no pictures",
        "We delete it 30 days after it was delivered, unless the law makes us keep it.",
        "no cookies and keep no internet address",
        "They ask people not to tell them twice.",
        "A report that you know is false is a crime.",
        "this form is not enough. You must call yourself: Merced County Children’s Services 209-385-3104",
        "report.cybertip.org",
    ):
        assert promise in words
    assert html.index("keep no internet address") < html.index('<button type="submit"')


@pytest.mark.parametrize("locale", ["en", "es"])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_problem_has_its_words(site, locale, problem):
    said = text_of(summary(parse(form_of(site, locale, problems={"a": problem}))))
    fallback = text_of(summary(parse(form_of(site, locale, problems={"a": "form_unreadable"}))))
    assert (said == fallback) == (problem == "form_unreadable")


def test_all_problems_are_told_at_once_before_the_form_and_lead_to_their_fields(site):
    problems = {"a": "story_missing", "c": "where_too_long", "r": "no_recipient", "t": "form_expired"}
    html = form_of(site, problems=problems)
    tree = parse(html)
    said = summary(tree)
    assert said.get("role") == "alert"
    assert said.get("tabindex") == "-1"
    assert html.index('role="alert"') < html.index("<form")
    assert [link.get("href") for link in said.iter("a")] == ["#a", "#c", "#r"]
    assert len(list(said.iter("li"))) == 4
    for name in ("a", "c", "r"):
        field = by_id(tree, name)
        assert field.get("aria-invalid") == "true"
        assert f"{name}-problem" in field.get("aria-describedby").split()
    assert f"{LINE_LIMIT} letters" in text_of(by_id(tree, "c-problem"))
    assert by_id(tree, "d").get("aria-invalid") is None


def test_what_was_typed_comes_back_to_the_letter(site):
    values = {
        "a": STORY,
        "b": "child",
        "c": '5th & "G" <street>',
        "d": "it’s late",
        "e": "close",
        "x": "1",
        "r": ["desk"],
    }
    tree = parse(form_of(site, values=values, problems={"r": "no_recipient"}))
    assert by_id(tree, "a").text == STORY
    assert by_id(tree, "c").get("value") == values["c"]
    assert by_id(tree, "d").get("value") == values["d"]
    checked = {
        (field.get("name"), field.get("value")) for field in tree.iter("input") if "checked" in field.attrib
    }
    assert {("b", "child"), ("e", "close"), ("x", "1")} <= checked


@pytest.mark.parametrize("notice", ["too_old", "form_expired", "form_unreadable"])
def test_a_notice_keeps_the_words_and_says_that_nothing_was_sent(site, notice):
    tree = parse(form_of(site, values={"a": "My words"}, notice=notice))
    assert "It has not been sent yet." in text_of(summary(tree))
    assert by_id(tree, "a").text == "My words"


def test_when_the_store_is_away_the_form_says_what_else_can_be_done(site):
    words = text_of(summary(parse(form_of(site, notice="storage_away"))))
    assert "We could not save it just now." in words
    assert "or call" in words


def test_when_the_store_is_away_the_form_does_not_claim_that_nothing_was_stored(site):
    # Only the store's answer may have been lost.
    tree = parse(form_of(site, values={"a": "My words"}, notice="storage_away"))
    assert "not been sent" not in text_of(summary(tree))
    assert by_id(tree, "a").text == "My words"


def test_a_picture_pasted_as_text_is_answered_in_words_of_its_own(site):
    words = text_of(summary(parse(form_of(site, problems={"a": "story_has_file"}))))
    assert "no files and no pictures" in words


def test_a_recipients_words_are_shown_in_the_readers_language(site):
    import json

    from chalicelib.directory.adapters.shipped_content import CONTENT

    shipped = json.loads((CONTENT / "recipients.json").read_text(encoding="utf-8"))
    choices = [
        RecipientChoice(
            office["id"], office["name"], office["what"], office["what_not"], office["enforces_immigration"]
        )
        for office in shipped
    ]
    words = text_of(by_id(parse(form_of(site, "es", recipients=choices)), "r"))
    assert not [office["what"] for office in shipped if office["what"] in words]
    assert "No es una línea para avisos." in words


def receipt(site, locale="en", **changes):
    names = {
        "code": "12345678901234567890",
        "recipients": ["A desk & more", "A department"],
        "mentions_child": False,
    }
    return site.receipt(locale, "los-banos-ca", **{**names, **changes})


def test_the_receipt_shows_its_code_in_groups_and_who_gets_the_report(site):
    tree = parse(receipt(site))
    (code,) = with_class(tree, "code")
    assert text_of(code) == "1234 5678 9012 3456 7890"
    assert code[0].get("dir") == "ltr"
    words = text_of(tree.find("body/main"))
    assert "A desk & more" in words
    assert "It will be sent, whether you keep the code below or not." in words
    assert "someone else could find it" in words
    assert summary(tree).get("role") == "status"


def test_the_receipts_code_is_in_no_address(site):
    tree = parse(receipt(site))
    assert not [link for link in tree.iter("a") if "1234" in link.get("href").replace("+18", "")]


def test_a_receipt_of_a_report_on_a_child_shows_whom_to_call_first(site):
    html = receipt(site, mentions_child=True)
    numbers = [
        link.get("href") for link in parse(html).find("body/main").iter("a") if "tel:" in link.get("href")
    ]
    assert numbers[2:] == ["tel:911", "tel:+12093853104", "tel:+18008435678"]
    assert html.index("If a child may be in danger, call now") < html.index("Your code")
    assert "If a child may be in danger" not in receipt(site)


def test_the_code_page_asks_for_digits_and_tells_unknown_codes_one_thing(site):
    tree = parse(site.code("en"))
    (field,) = fields(tree, "k")
    assert field.get("inputmode") == "numeric"
    assert next(tree.iter("form")).get("action") == "/en/code/"
    assert not with_class(tree.find("body/main"), "said")
    said = summary(parse(site.code("en", "code_unknown")))
    assert said.get("role") == "alert"
    assert "We have nothing for this code." in text_of(said)


@pytest.mark.parametrize("locale", ["en", "es"])
def test_every_state_has_words_of_its_own(site, locale):
    shown = [state for state in STATES if state != UNCLEAR]  # FollowUp tells it as "sent"
    tree = parse(site.delivery_status(locale, [RecipientState(state, state) for state in shown]))
    said = [
        text_of(item).removeprefix(state) for item, state in zip(summary(tree).iter("li"), shown, strict=True)
    ]
    assert len(set(said)) == len(shown)
    assert all(len(words) > 10 for words in said)
    assert set(samples.STATES) == set(shown), "each is looked at before anything is published"


def test_a_state_claims_no_more_than_is_known(site):
    at = datetime(2026, 11, 25, 14, tzinfo=UTC)
    words = text_of(summary(parse(site.delivery_status("en", [RecipientState("A desk", "delivered", at)]))))
    assert "Their mail server took it. We cannot know if anyone has read it. November 25, 2026" in words


@pytest.mark.parametrize("locale", ["en", "es"])
@pytest.mark.parametrize("status", ERROR_STATUSES)
def test_every_error_page_has_numbers_and_a_way_on(site, locale, status):
    tree = parse(site.error(locale, status))
    main = tree.find("body/main")
    assert summary(tree).get("role") == "alert"
    assert f"/{locale}/" in [link.get("href") for link in main.iter("a")]
    numbers = [link.get("href") for link in main.iter("a") if "tel:" in link.get("href")]
    assert numbers[0] == "tel:911"
    assert "tel:+18883737888" in numbers
    assert str(status) not in text_of(summary(tree))


def test_each_error_has_its_own_words(site):
    said = {text_of(summary(parse(site.error("en", status)))) for status in ERROR_STATUSES}
    assert len(said) == len(ERROR_STATUSES)


def test_there_is_no_page_for_an_error_nobody_listed(site):
    with pytest.raises(ValueError, match="418"):
        site.error("en", 418)


def test_receipts_differ_in_their_code_alone(site):
    def receipt(code: str, recipients: list[str]) -> str:
        return site.receipt("en", "los-banos-ca", code=code, recipients=recipients, mentions_child=False)

    first, second = receipt("12345678901234567890", ["One"]), receipt("0987" * 5, ["One"])
    digits = re.compile("<span>[0-9]</span>")
    assert len(digits.findall(first)) == len(digits.findall(second)) == 20
    assert digits.sub("", first) == digits.sub("", second)
    assert not [letter for letter in first if "\ue000" <= letter <= "\uf8ff"]
    assert "Two" in receipt("0987" * 5, ["Two"]), "whom it went to is not taken from another receipt"
