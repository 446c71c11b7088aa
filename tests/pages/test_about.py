"""The page about the site, security.txt and robots.txt: who runs it is a setting, put in when they leave."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.directory.errors import ContentInvalid
from chalicelib.directory.places import RESERVED, read_places
from chalicelib.pages.about import CONTACT, KEEP_DAYS, NOT_SAID, OPERATOR, AboutSite
from chalicelib.pages.choose_page import OTHER_PAGES
from chalicelib.pages.render.live_pages import LivePages
from chalicelib.pages.web import public, responses
from chalicelib.pages.web.gateway_answers import page_function
from chalicelib.reporting.render.form_pages import FormPages
from chalicelib.settings import Settings
from chalicelib.wiring import http
from tests.pages.test_page_function import PagesWebsite
from tests.support.trees import every_page, parse, text_of
from tests.support.website import Answer, gateway_event

ABOUT = AboutSite("Friends of <Los Banos>", "page@town.example", 45, "2027-11-28T00:00:00Z")
SECURITY = "/.well-known/security.txt"


class Served:
    """The public pages by their routes and by the page function, of a site that says who runs it."""

    def __init__(self, site: FormPages, about: AboutSite = ABOUT) -> None:
        from chalice.app import Chalice

        pages = LivePages(lambda: site)
        self._app = Chalice(app_name="about")
        responses.respond_in_html(self._app, pages)
        self._app.register_blueprint(public.routes(pages, lambda: about))
        self._function = page_function(pages, lambda line: None, lambda: about)

    def get(self, path: str, method: str = "GET") -> Answer:
        event = gateway_event(self._app, method, path, {"Accept-Encoding": "gzip"}, None)
        routed, direct = Answer(self._app(event, None).copy()), Answer(self._function(event, None))
        assert dict(routed.raw) == dict(direct.raw)
        return direct


@pytest.fixture(scope="module")
def served(site: FormPages) -> Served:
    return Served(site)


def test_it_says_in_each_language_who_runs_the_site_how_to_reach_them_and_for_how_long_reports_are_kept(
    served: Served, site: FormPages
) -> None:
    for locale in site.locales:
        page = served.get(f"/{locale}/about/")
        assert (page.status, page.lang) == (200, locale)
        assert page.is_a_page()
        for said in ("Friends of <Los Banos>", "page@town.example", "45", "WCAG"):
            assert said in page.text, (locale, said)
        assert not set(page.html) & {OPERATOR, CONTACT, KEEP_DAYS}
        assert "Friends of &lt;Los Banos&gt;" in page.html
        assert {link.get("href") for link in page.tree.iter("a")} >= {
            f"/{tag}/about/" for tag in site.locales
        }


def test_it_is_short_in_what_it_tells_a_history(served: Served) -> None:
    page = served.get("/en/about/")
    assert [title.text for title in page.tree.iter("title")] == ["Information"]


def test_where_nobody_says_who_runs_it_the_page_says_so(site: FormPages) -> None:
    page = Served(site, AboutSite("", "", 30)).get("/es/about/")
    assert page.text.count(NOT_SAID) == 2


def test_every_page_leads_there_and_one_with_a_form_asks_first(site: FormPages) -> None:
    for name, html in every_page(site):
        tree = parse(html)
        locale = name.split(" ")[0]
        [link] = [
            one
            for one in tree.iter("a")
            if one.get("href") == f"/{locale}/about/" and one.get("hreflang") is None
        ]
        assert text_of(link)
        details = [one for one in tree.iter("details") if link in list(one.iter())]
        assert bool(details) == any(tree.iter("form")), name


def test_security_txt_has_what_rfc_9116_demands(served: Served) -> None:
    text = served.get(SECURITY)
    assert text.status == 200
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in text.html.splitlines())
    assert fields == {
        "Contact": "mailto:page@town.example",
        "Expires": "2027-11-28T00:00:00Z",
        "Preferred-Languages": "en",
    }


@pytest.mark.parametrize(
    ("contact", "uri"),
    [
        ("https://town.example/reach-us", "https://town.example/reach-us"),
        ("o'neil+page@town.example", "mailto:o'neil+page@town.example"),
        ("a%b@town.example", "mailto:a%25b@town.example"),
        ("a@town.example\nContact: mailto:evil@x.example", "mailto:a@town.example%0AContact"),
    ],
)
def test_the_contact_is_one_uri_whatever_was_chosen(contact: str, uri: str) -> None:
    text = AboutSite("x", contact, 30, "2027-11-28T00:00:00Z").text_file(SECURITY)
    assert text is not None
    assert text.startswith(f"Contact: {uri}")
    assert len(text.splitlines()) == 3


@pytest.mark.parametrize(
    "about", [AboutSite("x", "", 30, "2027-11-28T00:00:00Z"), AboutSite("x", "a@b.example", 30)]
)
def test_without_a_contact_or_an_end_there_is_no_security_txt(site: FormPages, about: AboutSite) -> None:
    page = Served(site, about).get(SECURITY)
    assert page.status == 404
    assert page.is_a_page()


def test_robots_may_read_all_but_the_desk(served: Served) -> None:
    text = served.get("/robots.txt")
    assert (text.status, text.html) == (200, "User-agent: *\nDisallow: /admin/\n")
    assert text.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in text.headers


@pytest.mark.parametrize("path", [SECURITY, "/robots.txt"])
def test_a_text_file_is_only_read(served: Served, path: str) -> None:
    assert served.get(path, "HEAD").raw["body"] == ""
    assert served.get(path, "POST").status == 405


@pytest.mark.parametrize(
    "path", ["/en/robots.txt", "/humans.txt", "/.well-known/other.txt", "/en/about/more/"]
)
def test_other_paths_are_no_page(served: Served, path: str) -> None:
    assert served.get(path).status == 404


def test_no_place_can_take_the_address_of_another_page() -> None:
    assert set(OTHER_PAGES) < set(RESERVED)
    for slug in RESERVED:
        with pytest.raises(ContentInvalid, match=slug):
            read_places({"places": [{"slug": slug, "name": "A", "parent": None, "kind": "nation"}]})


def test_a_live_site_has_its_settings_and_a_year() -> None:
    settings = Settings(
        porchlight_pages="live", operator_name="A", operator_contact="a@town.example", keep_days=7
    )
    about = http.about_site(settings)()
    assert about.fill(f"{OPERATOR} {CONTACT} {KEEP_DAYS}") == "A a@town.example 7"
    match = re.search(r"Expires: (\S+)", about.text_file(SECURITY) or "")
    assert match is not None
    left = datetime.fromisoformat(match[1]) - datetime.now(UTC)
    assert timedelta(days=363) < left <= timedelta(days=365)


def test_sites_that_hand_nothing_in_serve_the_page_all_the_same(site: FormPages) -> None:
    assert PagesWebsite(site).both("GET", "/en/about/", {})[0]["statusCode"] == 200
