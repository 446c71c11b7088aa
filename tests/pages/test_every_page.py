"""What holds for each page in each language: SAFETY-UX in markup."""

import base64
import hashlib
import re
from itertools import pairwise

import pytest

from chalicelib.shared.locales import ENDONYMS, direction
from tests.support.trees import by_id, every_page, parse, text_of

LOADED = re.compile(r"traffick|report|help|victim|escape|hotline|trata|ayuda|v[ií]ctima", re.IGNORECASE)
NEVER_PUBLISHED = ("8663472423", "8774474847", "5592631379", "5592361379", "2093857444", "2093857445")


@pytest.fixture(scope="module")
def pages(site):
    return {name: (html, parse(html)) for name, html in every_page(site)}


def links(tree):
    return [element for element in tree.iter("a") if element.get("href")]


def outside(tree):
    return [link for link in links(tree) if link.get("href").startswith("http")]


def first_step(link):
    """Return the first part of a link's path."""
    return link.get("href").split("/")[1]


def test_every_page_is_clean_html_in_its_own_language_and_direction(pages):
    for name, (_, tree) in pages.items():
        locale = name.split()[0]
        assert tree.get("lang").startswith(locale), name
        assert tree.get("dir") == direction(locale), name


def test_titles_are_one_neutral_word_and_the_same_on_every_page(pages, site, catalogs):
    titles = {(name.split()[0], text_of(tree.find("head/title"))) for name, (_, tree) in pages.items()}
    assert titles == {(locale, catalogs.sentences(locale).plain("Information")) for locale in site.locales}
    assert {("en", "Information"), ("es", "Información")} <= titles
    for locale, title in titles:
        assert len(title) <= 20, locale
        assert not LOADED.search(title), locale


def test_no_address_of_ours_says_what_the_site_is_for(pages):
    for name, (_, tree) in pages.items():
        for link in links(tree):
            if link.get("href").startswith("/"):
                assert not LOADED.search(link.get("href")), name
                assert link.get("href").endswith("/"), name
                assert "?" not in link.get("href"), name


def test_the_exit_comes_first_and_everything_else_is_its_sibling(pages, content):
    for name, (_, tree) in pages.items():
        body = list(tree.find("body"))
        assert body[0].get("id") == "exit", name
        assert body[0].get("href") == content.site.exit_url
        assert body[0].get("rel") == "noreferrer nofollow"
        assert "data-exit" in body[0].attrib
        assert [element.tag for element in body[1:]] == ["main", "script"], name
        assert not re.search("panic|emergency|pánico|emergencia", text_of(body[0]), re.IGNORECASE)


def test_the_exit_says_beneath_it_that_the_history_stays(pages, catalogs):
    said = "This button opens a weather page. It does not clear your history."
    for name, (_, tree) in pages.items():
        words = catalogs.sentences(name.split()[0]).plain(said)
        assert text_of(tree.find("body/main/header")[0]).startswith(words), name


def test_the_same_help_stands_at_the_same_place_on_every_page(pages):
    for name, (_, tree) in pages.items():
        first = [link.get("href") for link in tree.find("body/main").iter("a")][:3]
        assert first == ["tel:911", "tel:+18883737888", "sms:233733"], name
        assert [link.get("href") for link in tree.find("body/main/header").iter("a")] == first, name


def test_a_page_is_one_request(pages):
    for name, (html, tree) in pages.items():
        assert len(list(tree.iter("style"))) == len(list(tree.iter("script"))) == 1, name
        assert [link.get("href") for link in tree.iter("link")] == ["data:,"], name
        for tag in ("img", "iframe", "object", "embed", "video", "audio", "svg", "source", "base"):
            assert not list(tree.iter(tag)), (name, tag)
        assert "url(" not in html, name
        assert "@import" not in html, name
        assert "og:" not in html, name


def test_only_the_style_and_the_script_of_the_policy_can_run(pages, site):
    def allowed(element, policy):
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        return f"{element.tag}-src 'sha256-{digest}'" in policy

    for name, (_, tree) in pages.items():
        policy = site.form_csp if list(tree.iter("form")) else site.csp
        assert allowed(next(tree.iter("style")), policy), name
        assert allowed(next(tree.iter("script")), policy), name
        for element in tree.iter():
            assert not [
                attribute for attribute in element.attrib if attribute == "style" or attribute[:2] == "on"
            ]


def test_the_headers_are_those_that_the_safety_rules_name(site):
    assert site.form_headers() == {**site.headers(), "Content-Security-Policy": site.form_csp}
    assert site.headers() == {
        "Cache-Control": "no-store",
        "Content-Security-Policy": site.csp,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Referrer-Policy": "no-referrer",
        "Strict-Transport-Security": "max-age=31536000",
        "X-Content-Type-Options": "nosniff",
        "X-DNS-Prefetch-Control": "off",
        "X-Frame-Options": "DENY",
    }
    policy, form_policy = (re.sub("'sha256-[^']+'", "HASH", csp) for csp in (site.csp, site.form_csp))
    assert form_policy.replace("HASH HASH", "HASH") == policy
    assert policy == (
        "default-src 'none'; style-src HASH; script-src HASH; connect-src 'self'; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def test_a_link_to_another_site_is_listed_and_tells_it_nothing(pages, content):
    for name, (_, tree) in pages.items():
        for link in outside(tree):
            assert link.get("href").split("/")[2] in content.site.hosts, name
            assert link.get("href").startswith("https://"), name
            assert link.get("rel") == "noreferrer nofollow", name
            assert link.get("target") is None, name


def test_every_number_keeps_its_order_in_any_direction(pages):
    for name, (_, tree) in pages.items():
        dialled = [link for link in links(tree) if link.get("href")[:4] in ("tel:", "sms:")]
        assert dialled, name
        for link in dialled:
            shown = [element for element in link.iter("bdi") if re.search(r"\d", text_of(element))]
            assert [element.get("dir") for element in shown] == ["ltr"], name
            value = re.sub(r"\D", "", link.get("href").split("?")[0])
            assert re.sub(r"\D", "", text_of(shown[0])) in (value, value.removeprefix("1")), name


def test_mail_addresses_are_text_that_nothing_opens(pages):
    for name, (html, tree) in pages.items():
        assert "mailto:" not in html, name
        for element in tree.iter():
            if re.search(r"\w@\w", element.text or "") and element.tag not in ("style", "script", "textarea"):
                assert (element.tag, element.get("dir")) == ("bdi", "ltr"), name


def test_what_the_sources_disagree_on_is_nowhere(pages):
    for name, (html, _) in pages.items():
        digits = re.sub(r"[^0-9a-z<>]", "", html)
        assert not [number for number in NEVER_PUBLISHED if number in digits], name
        assert "losbanospd" not in html, name


def test_every_field_is_named_by_a_label_and_nothing_is_filled_in(pages):
    for name, (_, tree) in pages.items():
        parents = {child: parent for parent in tree.iter() for child in parent}
        labelled = {label.get("for") for label in tree.iter("label")}
        for form in tree.iter("form"):
            assert form.get("autocomplete") == "off", name
            assert form.get("method") == "post", name
            assert form.get("action").startswith("/"), name
        for field in [*tree.iter("input"), *tree.iter("textarea")]:
            # On a box, a button or a hidden field HTML allows no such word; there the form's own counts.
            typed = field.get("type") not in ("radio", "checkbox", "hidden")
            assert field.get("autocomplete") == ("off" if typed else None), (name, field.get("name"))
            if field.get("type") in ("radio", "checkbox"):
                assert parents[field].tag == "label", (name, field.get("name"))
            elif field.get("type") != "hidden":
                assert field.get("id") in labelled, (name, field.get("name"))
                assert field.get("name") == "z" or field.get("spellcheck") == "false", (
                    name,
                    field.get("name"),
                )
            assert len(field.get("name")) == 1, name


def test_ids_are_unique_and_whatever_points_at_one_finds_it(pages):
    for name, (_, tree) in pages.items():
        ids = [element.get("id") for element in tree.iter() if element.get("id")]
        assert len(ids) == len(set(ids)), name
        for element in tree.iter():
            for attribute in ("aria-describedby", "aria-labelledby", "for"):
                assert set(element.get(attribute, "").split()) <= set(ids), (name, attribute)
            if element.tag == "a" and element.get("href", "").startswith("#"):
                assert element.get("href")[1:] in ids, name


def test_headings_step_down_one_at_a_time_from_a_single_first(pages):
    for name, (_, tree) in pages.items():
        levels = [int(element.tag[1]) for element in tree.iter() if re.fullmatch("h[1-6]", str(element.tag))]
        assert levels[0] == 1, name
        assert levels.count(1) == 1, name
        assert all(after - before <= 1 for before, after in pairwise(levels)), name


def test_the_switcher_offers_each_language_under_its_own_name(pages, site):
    for name, (_, tree) in pages.items():
        switchers = [
            nav
            for nav in tree.iter("nav")
            if any("lang" in way.attrib for way in nav.iter() if way is not nav)
        ]
        if not switchers:
            assert re.search("receipt|answer", name), name
            continue
        ways = [way for way in switchers[0].iter() if way.tag in ("a", "button") and way.get("lang") != "mul"]
        # On a form's page they bring along what was typed: no link there could be followed without it.
        sends = bool(list(tree.iter("form")))
        assert {way.tag for way in ways} == {"button" if sends else "a"}, name
        if sends:
            assert {(way.get("form"), way.get("name")) for way in ways} == {("f", "l")}, name
            assert all("formnovalidate" in way.attrib for way in ways), name
        for way in ways:
            way.set("href", way.get("formaction", way.get("href")))
        shown = [
            (
                way.get("lang"),
                way.get("hreflang", way.get("value")),
                way.get("dir"),
                text_of(way),
                first_step(way),
            )
            for way in ways
        ]
        assert shown == [(tag, tag, direction(tag), ENDONYMS[tag], tag) for tag in site.locales]
        assert shown[:2] == [
            ("en", "en", "ltr", "English", "en"),
            ("es", "es", "ltr", "Español", "es"),
        ]
        (current,) = (way for way in ways if way.get("aria-current") == "page")
        assert current.get("lang") == name.split()[0]


def test_a_draft_says_that_it_is_one_and_english_does_not(pages, content, catalogs):
    said = "This translation is a draft. No person has checked it yet."
    drafts = {locale.tag for locale in content.site.locales if locale.drafted}
    assert "en" not in drafts
    for name, (html, tree) in pages.items():
        locale = name.split()[0]
        assert (catalogs.sentences(locale).plain(said) in text_of(tree)) == (locale in drafts), name
        assert "This translation is a draft." not in html, name


def test_no_sentence_is_left_in_english_on_a_page_of_another_language(pages):
    for name, (html, _) in pages.items():
        allowed = {
            "An office that trains.",
            "It is not the police.",
            "An office that teaches.",
            "It is not a tip line.",
        }
        left = set(re.findall(r'<span lang="en" dir="ltr">(.*?)</span>', html)) - allowed
        assert not left, name


def test_the_exit_stays_in_sight_and_blanks_the_page(pages):
    style = next(pages["en code"][1].iter("style")).text
    assert "#exit:focus:not(:focus-visible) ~ *{visibility:hidden}" in style
    assert "#exit:active ~ *{visibility:hidden}" in style, "old browsers drop the rule above whole"
    assert re.search(r"#exit\{position:sticky;inset-block-start:0;.*?min-block-size:3rem", style)
    assert "z-index:1;top:0;" in style, "some old browsers know no logical insets"
    assert "scroll-padding-block-start:" in style
    assert "@media print{#exit," in style


def test_the_style_knows_no_left_or_right_and_grows_with_the_letters(pages):
    style = next(pages["en code"][1].iter("style")).text
    assert not re.search(r"\b(left|right|letter-spacing|text-transform)\b", style)
    assert not re.search(
        r"(margin|padding|border)-(top|bottom)|[{;](width|height|min-height|max-width):", style
    )
    lengths = re.findall(r"\b(\d*\.?\d+)px", style)
    assert all(float(length) <= 3 for length in lengths), "only borders are in px"
    assert "animation" not in style
    assert "transition" not in style


def test_the_script_replaces_and_keeps_nothing(pages):
    script = next(pages["en code"][1].iter("script")).text
    assert "location.replace(exit.href)" in script
    assert not re.search(
        r"location\.href *=|location *=|pushState|open\(|Storage|cookie|indexedDB|serviceWorker", script
    )
    assert "credentials: 'omit'" in script
    assert by_id(pages["en code"][1], "wait").get("role") == "status"
