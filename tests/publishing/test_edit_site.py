"""Exit, hotline and languages in their forms, the list of hosts, and what pages say about the exit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chalicelib.directory.document_ids import CATALOG, CONTACTS, SITE
from chalicelib.publishing import exit_words
from chalicelib.publishing.documents import ASKS, TELLS
from chalicelib.publishing.edit_site import EXIT, HOTLINE, LANGUAGES, EditSite
from chalicelib.publishing.exit_words import SENTENCE
from chalicelib.publishing.forms import FormConflict, FormInvalid, Typed
from tests.support.editors_desk import ANA, BEN, EditorsDesk
from tests.support.fake_package import LINE, SHELTER, written

NAMES = {EXIT: "exit_url", HOTLINE: "hotline", LANGUAGES: "locales"}


class Setting(EditorsDesk):
    """The settings in their forms."""

    def __init__(self) -> None:
        super().__init__()
        self.settings = EditSite(self.edit)

    def change(self, part: str, *values: str, who: str = ANA, seen: str = "") -> None:
        self.settings.save(part, Typed({NAMES[part]: values}), seen or self.settings.seen(part), who)

    def refused(self, part: str, *values: str) -> str:
        with pytest.raises(FormInvalid) as refusal:
            self.change(part, *values)
        assert self.store.drafts() == []
        return refusal.value.problems[NAMES[part]]


@pytest.fixture
def setting() -> Setting:
    return Setting()


def test_another_exit_takes_its_host_along_and_the_old_one_away(setting: Setting) -> None:
    setting.change(EXIT, "www.news.example/local")
    site = setting.draft(SITE)
    assert site["exit_url"] == "https://www.news.example/local"
    assert site["hosts"] == ["line.example", "www.news.example"]


def test_the_old_exit_s_host_stays_when_a_contact_links_to_it(setting: Setting) -> None:
    link = {"kind": "page", "show": "", "value": "https://weather.example/help"}
    setting.save(CONTACTS, written({"contacts": [{**LINE, "channels": [*LINE["channels"], link]}, SHELTER]}))
    setting.change(EXIT, "https://news.example/")
    assert setting.draft(SITE)["hosts"] == ["weather.example", "line.example", "news.example"]
    facts = dict(setting.settings.facts().hosts)
    assert list(facts["weather.example"]) == ["The line"]
    assert list(facts["news.example"]) == ["the exit"]
    assert list(facts["line.example"]) == []


@pytest.mark.parametrize(
    "address",
    ["http://news.example/", "javascript:alert(1)", "https://a@news.example/", "https://news.example:8/",
     "news", "https://10.0.0.1/", "https://news.example/a b"],
)  # fmt: skip
def test_an_exit_that_pages_cannot_link_to_is_refused(setting: Setting, address: str) -> None:
    assert "no web address" in setting.refused(EXIT, address)


def test_an_exit_is_needed(setting: Setting) -> None:
    assert "Write the address" in setting.refused(EXIT, " ")


def test_the_hotline_is_a_contact_that_can_be_called(setting: Setting) -> None:
    only_mail = {**SHELTER, "channels": [{"kind": "email", "show": "a@b.example", "value": "a@b.example"}]}
    setting.publish({CONTACTS: written({"contacts": [LINE, SHELTER, {**only_mail, "id": "mail"}]})})
    assert "Choose one of those" in setting.refused(HOTLINE, "mail")
    assert "Choose one of those" in setting.refused(HOTLINE, "nobody")
    setting.change(HOTLINE, "shelter")
    assert setting.draft(SITE)["hotline"] == "shelter"
    assert setting.settings.facts().hotline == "The shelter"


def test_languages_are_turned_on_and_off_and_english_stays(setting: Setting) -> None:
    checked = [{"tag": "en"}, {"tag": "es", "checked_on": "2026-11-01"}]
    setting.publish({SITE: written({**setting.draft(SITE), "locales": checked})})
    setting.change(LANGUAGES, "es", "pa")
    assert setting.draft(SITE)["locales"] == [
        {"tag": "en"}, {"tag": "es", "checked_on": "2026-11-01"}, {"tag": "pa", "checked_on": None},
    ]  # fmt: skip
    setting.change(LANGUAGES)
    assert setting.draft(SITE)["locales"] == [{"tag": "en"}]
    setting.change(LANGUAGES, "es")
    assert setting.draft(SITE)["locales"] == [{"tag": "en"}, {"tag": "es", "checked_on": None}]


def test_a_language_without_sentences_is_not_offered(setting: Setting) -> None:
    assert "Choose one of those" in setting.refused(LANGUAGES, "km")
    assert "Choose one of those" in setting.refused(LANGUAGES, "xx")


def test_a_language_with_a_line_of_its_own_is_refused(setting: Setting) -> None:
    line = {"tag": "pa", "own_name": "ਪੰਜਾਬੀ", "say": "Punjabi", "line": "“{word}” ok", "checked_on": None}
    setting.publish({SITE: written({**setting.draft(SITE), "other_languages": [line]})})
    assert "has a line of its own" in setting.refused(LANGUAGES, "es", "pa")


def test_two_people_who_change_two_settings_both_keep_theirs_and_one_setting_is_a_conflict(
    setting: Setting,
) -> None:
    seen = setting.settings.seen(HOTLINE)
    setting.meanwhile.append(lambda: setting.change(EXIT, "https://news.example/", who=BEN))
    setting.change(HOTLINE, "shelter")
    site = setting.draft(SITE)
    assert (site["hotline"], site["exit_url"]) == ("shelter", "https://news.example/")
    with pytest.raises(FormConflict) as conflict:
        setting.change(HOTLINE, "line", seen=seen)
    assert conflict.value.theirs.text("hotline") == "shelter"


def catalog(said: str) -> str:
    entry = f"msgid {json.dumps(SENTENCE)}\nmsgstr {json.dumps(said, ensure_ascii=False)}\n"
    return f'msgid ""\nmsgstr "Language: x\\n"\n\n{entry}'


SHIPPED = {
    SITE: written({"exit_url": "https://weather.example/", "locales": [{"tag": "en"}, {"tag": "es"}]}),
    f"{CATALOG}en": 'msgid ""\nmsgstr "Language: en\\n"\n',
    f"{CATALOG}es": catalog("Una página del tiempo."),
}
ELSEWHERE = {**SHIPPED, SITE: SHIPPED[SITE].replace("weather", "news")}


def test_another_exit_asks_for_other_words_in_each_language() -> None:
    found = exit_words.check(ELSEWHERE, SHIPPED)
    assert [(one.document, one.weight) for one in found] == [(f"{CATALOG}en", ASKS), (f"{CATALOG}es", ASKS)]
    assert "The exit leads to news.example now, and English still says" in found[0].sentence
    assert "Una página del tiempo." in found[1].sentence


def test_words_that_were_written_anew_are_no_problem_nor_is_the_old_exit() -> None:
    assert exit_words.check(SHIPPED, SHIPPED) == []
    page = {**SHIPPED, SITE: SHIPPED[SITE].replace("example/", "example/today")}
    assert exit_words.check(page, SHIPPED) == []
    assert exit_words.check(ELSEWHERE, SHIPPED, ["Pages say something else now."]) == []
    es = {**ELSEWHERE, f"{CATALOG}es": catalog("Un periódico.")}
    assert [one.document for one in exit_words.check(es, SHIPPED)] == [f"{CATALOG}en"]
    assert exit_words.check({**es, f"{CATALOG}en": catalog("A newspaper.")}, SHIPPED) == []


def test_the_publish_that_changes_the_exit_asks_and_later_ones_tell() -> None:
    def weights(before: dict[str, list[str]]) -> set[str]:
        return {one.weight for one in exit_words.check(ELSEWHERE, SHIPPED, [SENTENCE], before)}

    assert weights({SITE: [SHIPPED[SITE]]}) == {ASKS}
    assert weights({SITE: [ELSEWHERE[SITE], SHIPPED[SITE]]}) == {TELLS}
    assert weights({CONTACTS: []}) == {TELLS}


def test_pages_say_the_sentence_that_is_looked_for() -> None:
    layout = Path(__file__).parents[2] / "templates" / "public" / "layout.html"
    assert SENTENCE in layout.read_text(encoding="utf-8")
