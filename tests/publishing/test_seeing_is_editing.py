"""Seeing is editing: from the words of a page to their field, and back to the same spot, harmless for all."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest

from chalicelib.directory.document_ids import CONTACTS, PLACES, RECIPIENTS
from chalicelib.pages.adapters.document_folders import Folders
from chalicelib.pages.po_files import read_po, replace_texts
from chalicelib.publishing import page_marks
from chalicelib.publishing.recipient_changes import RecipientChange
from tests.support.editors_desk import BEN
from tests.support.fakes import NOON
from tests.support.rendered import shipped_folders
from tests.support.seeing_desk import SeeingDesk, Seen, editor_of

pytestmark = pytest.mark.takes(30)

PREVIEW = "/admin/preview?locale={}&page=los-banos-ca"
ES, PT, EN = "catalog/es", "catalog/pt", "catalog/en"
PAGE = "template/public/page.html"
READ = "We read these numbers on public pages"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    return shipped_folders(tmp_path_factory.mktemp("seeing"), locales=("en", "es", "pt"))


@pytest.fixture
def desk(folders: Folders) -> SeeingDesk:
    return SeeingDesk(folders)


def contact_of(desk: SeeingDesk, name: str) -> dict[str, object]:
    return next(one for one in desk.draft(CONTACTS)["contacts"] if one["name"] == name)


def reworded(desk: SeeingDesk, document: str, texts: dict[str, str], who: str = BEN) -> None:
    desk.save(document, replace_texts(desk.edit.open(document).text, texts), who)


def test_each_sentence_contact_and_heading_of_a_page_leads_to_its_field(desk: SeeingDesk) -> None:
    page = desk.go(PREVIEW.format("en"))
    sentences, contacts = page.links("/admin/sentence?"), page.links("/admin/contact?")
    assert {"Where to begin", "Signs", "Leave this page", "Leaving can be the most dangerous time."} <= set(
        sentences
    )
    assert {"Los Banos Police Department", "209-827-7070"} <= set(contacts)
    rows = [one for one in page.tree.iter("p") if (one.get("class") or "").startswith("mine")]
    unlinked = [" ".join("".join(row.itertext()).split()) for row in rows if row.find("a") is None]
    assert not [words for words in unlinked if not re.fullmatch(r"[\w .·…*'’]{0,120}", words)]
    assert len(rows) > 80


def test_the_title_and_what_is_read_aloud_lead_to_their_sentences_and_back(desk: SeeingDesk) -> None:
    page = desk.go(PREVIEW.format("es"))
    texts = {one.source: one.text for one in _entries(desk, ES)}
    about = {
        " ".join("".join(row.itertext()).split()): row.find("a")
        for row in page.tree.iter("p")
        if (row.get("class") or "").startswith("mine")
    }
    title = about[f"Title of the page: {texts['Information']}"]
    key = page_marks.fingerprint("Information")
    assert title.get("id") == f"s{key}"
    assert title.get("href") == f"/admin/sentence?k={key}&l=es&back=es/los-banos-ca&spot=s{key}"
    aloud = "Not seen here: read aloud, or shown when something happens"
    for source in ("Language", "You can also press Esc or Shift three times."):
        assert page_marks.fingerprint(source) in about[f"{aloud}: {texts[source]}"].get("href")
    fields = desk.go(title.get("href")).fields("/admin/sentence")
    saved = desk.send("/admin/sentence", {**fields, "t-es": "Datos"})
    assert saved.location == f"/admin/preview?locale=es&page=los-banos-ca&done=saved#s{key}"
    assert "1 difference on this page" in desk.go(PREVIEW.format("es")).words


FORM = "/admin/preview?locale=en&page=los-banos-ca/note"


def test_a_recipient_on_the_form_leads_a_publisher_to_its_form_and_an_editor_to_the_list(
    desk: SeeingDesk, folders: Folders
) -> None:
    links = desk.go(FORM).links("/admin/recipient?")
    entries = {str(one["name"]): one["id"] for one in desk.draft(RECIPIENTS)}
    assert {" ".join(name.split()) for name in entries} <= set(links)
    for name, href in links.items():
        key = page_marks.fingerprint(str(entries[name]))
        assert href == f"/admin/recipient?r={entries[name]}&back=en/los-banos-ca/note&spot=r{key}#name"
    seen = editor_of(folders).go(FORM)
    assert not seen.links("/admin/recipient?")
    assert set(links) <= set(seen.links("/admin/recipients"))


def test_what_the_form_says_of_a_recipient_leads_to_its_form(desk: SeeingDesk) -> None:
    entry = desk.draft(RECIPIENTS)[0]
    form = desk.go(desk.go(FORM).links("/admin/sentence?")[entry["what"]])
    href = form.links(f"/admin/recipient?r={entry['id']}&")[f"Propose it at {entry['name']}"]
    assert href.endswith("#what")


def test_a_recipient_that_waits_for_agreement_leads_to_the_proposal(desk: SeeingDesk) -> None:
    entries = desk.draft(RECIPIENTS)
    waiting = [*entries, {**entries[0], "id": "new-office", "name": "A new <office> & more"}]
    desk.store.put_change(RecipientChange(json.dumps(waiting), 1, BEN, NOON, "why"))
    assert (
        "/admin/recipient?r=new-office&" in desk.go(FORM).links("/admin/recipient?")["A new <office> & more"]
    )


def test_from_a_sentence_seen_to_its_field_in_two_languages_and_back_to_the_spot(desk: SeeingDesk) -> None:
    href = desk.go(PREVIEW.format("en")).links("/admin/sentence?")["Leave this page"]
    form = desk.go(href)
    fields = form.fields("/admin/sentence")
    assert (fields["t-en"], fields["t-es"]) == ("Leave this page", "Salir de esta página")
    saved = desk.send("/admin/sentence", {**fields, "t-en": "Leave at once", "t-es": "Irse ya"})
    key = page_marks.fingerprint("Leave this page")
    assert saved.location == f"/admin/preview?locale=en&page=los-banos-ca&done=saved#s{key}"
    page = desk.go(PREVIEW.format("en"))
    assert [one.get("id") for one in page.tree.iter("a") if one.get("id") == f"s{key}"] == [f"s{key}"]
    assert "Leave at once" in page.links("/admin/sentence?")
    assert "Irse ya" in desk.go(PREVIEW.format("es")).links("/admin/sentence?")
    assert [draft.document for draft in desk.store.drafts()] == [EN, ES]


def test_a_sentence_left_as_it_is_makes_no_draft(desk: SeeingDesk) -> None:
    href = desk.go(PREVIEW.format("es")).links("/admin/sentence?")["Salir de esta página"]
    assert desk.send("/admin/sentence", desk.go(href).fields("/admin/sentence")).status == 303
    assert desk.store.drafts() == []


def test_from_a_number_seen_to_its_own_field_and_back(desk: SeeingDesk) -> None:
    href = desk.go(PREVIEW.format("en")).links("/admin/contact?")["209-827-7070"]
    assert re.fullmatch(r"/admin/contact\?c=lbpd&back=en/los-banos-ca&spot=c[0-9a-f]{16}#show-1", href)
    form = desk.go(href)
    shown = [one for one in form.tree.iter("input") if one.get("id") == "show-1"]
    assert [one.get("value") for one in shown] == ["209-827-7070"]
    fields = form.fields("/admin/contact")
    assert (fields["back"], fields["spot"]) == (
        "en/los-banos-ca",
        href.partition("spot=")[2].partition("#")[0],
    )


def test_a_contact_is_saved_and_leads_back_to_the_spot_and_what_differs_is_marked(desk: SeeingDesk) -> None:
    href = desk.go(PREVIEW.format("en")).links("/admin/contact?")["209-827-7070"]
    hidden = desk.go(href).fields("/admin/contact")
    entry = next(one for one in desk.draft(CONTACTS)["contacts"] if one["id"] == "lbpd")
    kept = {
        name: str(entry[name] or "") for name in ("name", "serves", "audience", "hours", "languages", "mark")
    }
    number = {"kind": "call", "show": "209-827-7071", "body": "", "sources": "\n".join(entry["sources"])}
    saved = desk.send("/admin/contact", {**hidden, **kept, **number})
    assert saved.status == 303
    assert saved.location == f"/admin/preview?locale=en&page=los-banos-ca&done=fell#{hidden['spot']}"
    page = desk.go(PREVIEW.format("en"))
    assert page.links("/admin/contact?")["209-827-7071"] == href
    changed = [" ".join("".join(one.itertext()).split()) for one in page.tree.iter("ins")]
    assert any("7071" in words for words in changed)


def test_english_words_of_a_contact_lead_to_its_form_and_their_translation_to_the_sentence(
    desk: SeeingDesk,
) -> None:
    what = next(one["what"] for one in desk.draft(CONTACTS)["contacts"] if one["id"] == "lbpd")
    assert desk.go(PREVIEW.format("en")).links("/admin/contact?c=lbpd")[what].endswith("#what")
    texts = {one.source: one.text for one in _entries(desk, ES)}
    form = desk.go(desk.go(PREVIEW.format("es")).links("/admin/sentence?")[texts[what]])
    assert "t-en" not in form.fields("/admin/sentence"), "the English is written at the contact"
    assert form.links("/admin/contact?c=lbpd")


def test_nothing_differs_before_anybody_changed_anything(desk: SeeingDesk) -> None:
    page = desk.go(PREVIEW.format("es"))
    assert "Nothing on this page differs" in page.words
    assert not [one for one in page.tree.iter() if one.tag in ("ins", "del")]


def test_differences_are_marked_counted_and_lead_to_the_next(desk: SeeingDesk) -> None:
    reworded(desk, ES, {"Leave this page": "Irse de esta página", "Signs": "Las señales"})
    page = desk.go(PREVIEW.format("es"))
    assert "2 differences on this page" in page.words
    ids = [one.get("id") for one in page.tree.iter("div") if "changed" in (one.get("class") or "").split()]
    assert ids == ["d1", "d2"]
    leads = [one.get("href") for one in page.tree.iter("a") if (one.get("href") or "").startswith("#d")]
    assert leads == ["#d1", "#d2", "#d1", "#d1"], "to the first; to the next; to the one before, and around"
    assert next("".join(one.itertext()) for one in page.tree.iter("del")) == "Salir"


def test_a_page_of_a_new_place_is_read_though_readers_do_not_have_it(desk: SeeingDesk) -> None:
    places = desk.draft(PLACES)
    places["places"].insert(0, {**places["places"][0], "slug": "nowhere-ca", "name": "Nowhere Springs"})
    desk.save(PLACES, json.dumps(places))
    page = desk.go("/admin/preview?locale=en&page=nowhere-ca")
    assert "Readers do not have this page yet." in page.words
    assert "Nowhere Springs" in page.links("/admin/sentence?")


HOSTILE = [
    '<a href="/admin/people">Remove Ben</a>',
    '<form action="/admin/publish/now" method="post"><button>Go</button></form>',
    r'{{ "\uf8e0s0123456789abcdef\uf8e1" }}Press me{{ "\uf8e2" }}',
    r'{{ "\uf8e0c\"><a href=/admin/log>\uf8e1" }}Press me{{ "\uf8e2" }}',
    r'{{ "\uf8e0n/../admin/people\uf8e1" }}Press me{{ "\uf8e2" }}',
    "<script>parent.location='/admin/log'</script>",
    "<svg><a href='/admin/log'><text>Press me</text></a></svg>",
    "<p id=main><p id=d1>Press me",
]


def addresses(seen: Seen) -> set[str]:
    """Return all that a page leads to or loads, but for its own differences."""
    found = {
        one.get(name) or "" for one in seen.tree.iter() for name in ("href", "action", "src", "formaction")
    }
    return {address for address in found if not address.startswith("#d")}


@pytest.mark.parametrize("hostile", ["".join(HOSTILE), *HOSTILE[2:4]])
def test_what_an_editor_wrote_makes_no_link_of_its_own(desk: SeeingDesk, hostile: str) -> None:
    before = addresses(desk.go(PREVIEW.format("en")))
    text = desk.edit.open(PAGE).text
    desk.save(PAGE, text.replace("{% block main %}", "{% block main %}" + hostile, 1))
    page = desk.go(PREVIEW.format("en"))
    assert "Press me" in page.words
    assert addresses(page) <= before
    assert len([one for one in page.tree.iter() if one.get("id") == "main"]) == 1
    forms = [one.get("action") for one in page.tree.iter("form") if one.get("method") == "post"]
    assert forms == ["/admin/sign-out"]


def test_words_that_depend_on_marks_are_not_shown_sentence_by_sentence(desk: SeeingDesk) -> None:
    text = desk.edit.open(PAGE).text
    twofold = "{% if hotline.name|length > 45 %}<p>Another page</p>{% endif %}"
    desk.save(PAGE, text.replace("{% block main %}", "{% block main %}" + twofold, 1))
    page = desk.go(PREVIEW.format("en"))
    assert "cannot be shown sentence by sentence" in page.words
    assert not page.links("/admin/sentence?")


@pytest.mark.parametrize(
    "back",
    [
        "//evil.example/x",
        "https://evil.example",
        "en/../x",
        "en/los-banos-ca/../../log",
        "en",
        "en/a b",
        "en/a#b",
    ],
)
def test_one_comes_back_to_a_page_of_the_preview_and_to_nothing_else(desk: SeeingDesk, back: str) -> None:
    key = page_marks.fingerprint("Leave this page")
    fields = desk.go(f"/admin/sentence?k={key}").fields("/admin/sentence")
    saved = desk.send("/admin/sentence", {**fields, "back": back, "spot": "s" + key})
    assert saved.location.startswith("/admin/sentence?k=")


def test_a_broken_placeholder_is_refused_beside_its_field_and_nothing_is_saved(desk: SeeingDesk) -> None:
    source = next(one.source for one in _entries(desk, ES) if one.source.startswith(READ))
    fields = desk.go(f"/admin/sentence?k={page_marks.fingerprint(source)}").fields("/admin/sentence")
    assert "[the date]" in fields["t-es"]
    assert "%(" not in json.dumps(fields)
    refused = desk.send("/admin/sentence", {**fields, "t-en": "We read them", "t-es": "Leídos el [la fecha]"})
    assert refused.status == 422
    again = refused.fields("/admin/sentence")
    assert (again["t-en"], again["t-es"]) == ("We read them", "Leídos el [la fecha]")
    for field in ("t-en", "t-es"):
        box = next(one for one in refused.tree.iter("textarea") if one.get("id") == field)
        assert box.get("aria-invalid") == "true"
        assert f"{field}-problem" in box.get("aria-describedby").split()
        assert f'href="#{field}"' in refused.text
    assert "[the date] is missing" in refused.words
    assert "does not know [la fecha]" in refused.words
    assert desk.store.drafts() == []


def test_a_broken_placeholder_in_the_list_keeps_all_that_was_typed(desk: SeeingDesk) -> None:
    listed = desk.go(f"/admin/sentences?d={ES}&words=we+read+these+numbers")
    fields = listed.fields("/admin/sentences")
    [first, second] = [name for name in fields if name.startswith("s-")]
    refused = desk.send("/admin/sentences", {**fields, first: "Sin fecha", second: "Otra [the date]"})
    assert refused.status == 422
    assert {first: "Sin fecha", second: "Otra [the date]"}.items() <= refused.fields(
        "/admin/sentences"
    ).items()
    assert f'href="#{first}"' in refused.text
    assert f'href="#{second}"' not in refused.text
    assert desk.store.drafts() == []


def test_what_the_checks_call_missing_is_what_the_form_offers(desk: SeeingDesk) -> None:
    contacts = desk.draft(CONTACTS)
    entry = next(one for one in contacts["contacts"] if one["id"] == "lbpd")
    before, entry["what"] = entry["what"], "They come when you call, day and night."
    desk.save(CONTACTS, json.dumps(contacts), BEN)
    listed = desk.go(f"/admin/sentences?d={PT}&show=missing")
    assert "1 sentence is missing" in listed.words
    fields = listed.fields("/admin/sentences")
    [name] = [name for name in fields if name.startswith("s-")]
    assert entry["what"] in listed.words
    old = next(one.text for one in _entries(desk, PT) if one.source == before)
    assert "English before" in listed.words
    assert before in listed.words
    assert old in listed.words, "the last translation of the old English stands beside it"
    assert f"{BEN} changed it" in listed.words
    saved = desk.send("/admin/sentences", {**fields, name: "Eles vêm."})
    assert saved.status == 303
    assert "Every sentence is translated." in desk.go(f"/admin/sentences?d={PT}&show=missing").words


def test_after_saving_the_search_is_still_there(desk: SeeingDesk) -> None:
    listed = desk.go(f"/admin/sentences?d={ES}&words=Leave+this+page")
    fields = listed.fields("/admin/sentences")
    name = f"s-{page_marks.fingerprint('Leave this page')}"
    saved = desk.send("/admin/sentences", {**fields, name: "Irse"})
    assert saved.location == f"/admin/sentences?d={ES}&show=all&words=Leave%20this%20page&page=1&done=saved"


def test_a_reworded_english_asks_its_translators_to_look_again(desk: SeeingDesk) -> None:
    reworded(desk, EN, {"Leave this page": "Leave this page at once"})
    listed = desk.go(f"/admin/sentences?d={ES}&show=again")
    assert "1 found." in listed.words
    assert "Leave this page at once" in listed.words
    assert "look again" in listed.words


def test_a_translator_goes_through_those_to_look_at_again_and_the_count_falls(desk: SeeingDesk) -> None:
    reworded = {"Leave this page": "Go away from here", "Show": "Show it"}
    text = replace_texts(desk.edit.open(EN).text, reworded)
    desk.save(EN, text, BEN)
    listed = desk.go(f"/admin/sentences?d={ES}&show=again")
    assert "2 to look at again" in listed.words
    pressed = [one.get("name") for one in listed.tree.iter("button") if one.get("name")]
    assert len(pressed) == 2
    assert "The translation still fits : Go away from here" in listed.words
    before = desk.edit.open(ES).text
    for left in (1, 0):
        button = next(one for one in listed.tree.iter("button") if one.get("name"))
        fields = {**listed.fields("/admin/sentences"), button.get("name"): button.get("value")}
        saved = desk.send("/admin/sentences", fields)
        assert saved.status == 303
        listed = desk.go(f"/admin/sentences?d={ES}&show=again")
        assert f"{left} found." in listed.words
    assert "to look at again" not in listed.words
    assert {one.source: one.text for one in read_po(before)} == {
        one.source: one.text for one in read_po(desk.edit.open(ES).text)
    }


def test_one_sentence_has_the_button_too_and_a_forged_one_changes_nothing(desk: SeeingDesk) -> None:
    desk.save(EN, replace_texts(desk.edit.open(EN).text, {"Show": "Show it"}), BEN)
    address = f"/admin/sentence?k={page_marks.fingerprint('Show')}&l=es"
    shown = desk.go(address)
    [button] = [one for one in shown.tree.iter("button") if one.get("name")]
    fields = shown.fields("/admin/sentence")
    forged = desk.send("/admin/sentence", {**fields, "fits": "0" * 16})
    assert forged.status == 409
    assert desk.store.draft(ES) is None
    assert desk.send("/admin/sentence", {**fields, "fits": button.get("value")}).status == 303
    assert "Looked at again, and it fits" in desk.go(address).words


def test_one_search_box_finds_what_is_seen_and_leads_to_its_field(desk: SeeingDesk, folders: Folders) -> None:
    key = page_marks.fingerprint("Leave this page")
    assert desk.go("/admin/search?q=salir+de+esta").links("/admin/sentence?").popitem()[1] == (
        f"/admin/sentence?k={key}&l=es"
    )
    assert "Los Banos Police Department" in desk.go("/admin/search?q=(209)+827-7070").links(
        "/admin/contact?c=lbpd"
    )
    assert desk.go("/admin/search?q=friend's").links("/admin/sentence?")
    assert desk.go("/admin/search?q=This+page+is+for+Los+Banos.").links("/admin/sentence?")
    assert (
        "/admin/preview?page=los-banos-ca"
        in desk.go("/admin/search?q=los+banos").links("/admin/preview?").values()
    )
    assert "Nothing has these words" in desk.go("/admin/search?q=zzzz").words
    office = str(desk.draft(RECIPIENTS)[0]["name"]).upper()
    assert desk.go(f"/admin/search?q={quote(office)}").links("/admin/recipient?r=")
    assert not editor_of(folders).go(f"/admin/search?q={quote(office)}").links("/admin/recipient?r=")


def test_what_is_looked_for_is_shown_and_is_no_markup(desk: SeeingDesk) -> None:
    page = desk.go("/admin/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script" not in page.text


def test_no_word_of_a_programmer_is_on_these_screens(desk: SeeingDesk) -> None:
    key = page_marks.fingerprint("Leave this page")
    for address in (
        PREVIEW.format("es"),
        f"/admin/sentence?k={key}",
        f"/admin/sentences?d={ES}&show=all",
        "/admin/search?q=police",
    ):
        words = desk.go(address).words
        assert not re.search(
            r"\b(json|jinja|gettext|slug|utc|catalog|template|placeholder|byte)s?\b|%\(", words, re.I
        ), address


def _entries(desk: SeeingDesk, document: str) -> list[object]:
    from chalicelib.pages.po_files import read_po

    return list(read_po(desk.edit.open(document).text))
