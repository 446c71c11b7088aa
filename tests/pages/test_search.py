"""The place search of the page function, on the real ZIPs of California: a POST, and a page made ahead."""

import base64
import gzip
import json
import logging
import zlib
from urllib.parse import quote, urlencode

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.directory.adapters.shipped_content import CONTENT
from chalicelib.directory.zips import read_zips
from chalicelib.pages.choices import CHOICES, CHOOSE, UNKNOWN, ChoicePage
from chalicelib.pages.choices import links as links_to
from chalicelib.pages.pack_zips import pack_zips
from chalicelib.pages.render.packing import pack, unpack
from chalicelib.pages.web.gateway_answers import page_function
from chalicelib.wiring.http import place_search
from tests.support.area_pages import AreaPages, areas_for, page_of

ZIPS = read_zips(json.loads((CONTENT / "zips.json").read_text(encoding="utf-8")))
INDEX = pack_zips(ZIPS)
PATHS = {county.fips: county.path for county in ZIPS.counties()}
NAMES = {county.path: county.name for county in ZIPS.counties()}
AREAS = areas_for(PATHS.values())
TWO = next(code for code, counties in ZIPS.counties_of.items() if len(counties) == 2)
PAGES = AreaPages(AREAS, INDEX)
SIGNS = {"Content-Type": "application/x-www-form-urlencoded", "Accept-Encoding": "gzip"}
LOG: list[str] = []
FUNCTION = page_function(PAGES, LOG.append, None, place_search)


@pytest.fixture(autouse=True)
def quiet():
    LOG.clear()
    yield
    assert LOG == []


def event(method, path, headers, body=b"", query=None):
    return {
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "queryStringParameters": query,
        "requestContext": {"httpMethod": method, "path": f"/api{path}"},
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


def ask(method, path, body=b"", function=FUNCTION, **headers):
    sent = {**SIGNS, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return function(event(method, path, sent, body), None)


def search(typed, path="/en/places/", function=FUNCTION, **headers):
    return ask("POST", path, urlencode({"place": typed}).encode(), function, **headers)


def html_of(answer):
    content = answer["body"].encode()
    if answer["isBase64Encoded"]:
        content = base64.b64decode(content)
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress}.get(answer["headers"].get("Content-Encoding"))
    return (unpack(content) if unpack else content).decode()


def heading(answer):
    return html_of(answer).partition("<h1")[2].partition(">")[2].partition("</h1>")[0]


def links(answer):
    return [part.partition('"')[0] for part in html_of(answer).split('href="')[1:]]


def test_every_zip_of_one_county_gets_the_body_of_that_county_s_page():
    pages = {path: ask("GET", f"/en/places/{path}/") for path in PATHS.values()}
    assert {answer["statusCode"] for answer in pages.values()} == {200}
    alone = {code: counties[0] for code, counties in ZIPS.counties_of.items() if len(counties) == 1}
    assert len(alone) > 2400
    for code, fips in alone.items():
        answer = search(code)
        assert answer["statusCode"] == 203
        assert answer["body"] == pages[PATHS[fips]]["body"], code


def test_every_zip_of_several_counties_gets_a_link_to_each_in_their_order():
    several = {code: counties for code, counties in ZIPS.counties_of.items() if len(counties) > 1}
    assert len(several) > 150
    for code, counties in several.items():
        answer = search(code, "/es/places/")
        assert answer["statusCode"] == 203
        assert heading(answer) == CHOOSE
        assert links(answer) == [f"/es/places/{PATHS[fips]}/" for fips in counties], code
        assert all(f">{NAMES[PATHS[fips]]}, California</bdi>" in html_of(answer) for fips in counties)
        assert CHOICES not in html_of(answer)


def test_every_link_of_every_response_leads_to_a_page():
    for code in ZIPS.counties_of:
        for link in links(search(code)):
            assert ask("HEAD", link)["statusCode"] == 200


MERCED = [
    "93635",
    "93635-1234",
    "٩٣٦٣٥",
    "۹۳۶۳۵",
    "９３６３５",
    "९३६३५",
    "Los Baños",
    "los banos",
    "LOS BANOS, CA",
    "Los Bamos",
    "los bnaos",
    "Merced",
    "merced county",
]


@pytest.mark.parametrize("typed", MERCED)
@pytest.mark.parametrize("locale", ["en", "es", "ar"])
def test_whatever_means_merced_gets_the_page_of_merced_in_its_language(typed, locale):
    answer = search(typed, f"/{locale}/places/")
    assert answer["statusCode"] == 203
    assert html_of(answer) == page_of(locale, "ca--merced")
    assert html_of(answer) == html_of(ask("GET", f"/{locale}/places/ca/merced/"))


@pytest.mark.parametrize(
    "path", ["/es/places/", "/es/places", "/ES/Places/", "/es/places.", "/es-mx/places/"]
)
def test_a_search_may_be_sent_to_whatever_means_the_list(path):
    assert html_of(search("93635", path)) == page_of("es", "ca--merced")


@pytest.mark.parametrize(
    "typed", ["99999", "00000", "qqqqqqq", "😀", "洛杉矶县的一个地方", "%", "<script>alert(1)</script>"]
)
def test_what_means_nothing_gets_the_page_that_says_so(typed):
    answer = search(typed)
    assert (answer["statusCode"], heading(answer)) == (203, UNKNOWN)


@pytest.mark.parametrize("body", [b"", b"place=", b"place=+%20+", b"other=Merced", b"place"])
def test_nothing_typed_is_the_list_of_states(body):
    answer = ask("POST", "/es/places/", body)
    assert (answer["statusCode"], html_of(answer)) == (203, page_of("es", "--"))


def test_a_state_is_the_page_of_its_counties():
    assert html_of(search("California")) == page_of("en", "ca--")


def test_the_page_with_the_field_stays_200_and_a_query_is_not_looked_at():
    asked = event("GET", "/en/places/", SIGNS, query={"place": "93635"})
    asked |= {"multiValueQueryStringParameters": {"place": ["93635"]}}
    answer = FUNCTION(asked, None)
    assert (answer["statusCode"], html_of(answer)) == (200, page_of("en", "--"))
    posted = FUNCTION({**asked, "httpMethod": "POST", "requestContext": {}}, None)
    assert html_of(posted) == page_of("en", "--")


def test_a_head_has_the_headers_of_a_get_and_no_body():
    get, head = ask("GET", "/en/places/ca/merced/"), ask("HEAD", "/en/places/ca/merced/")
    assert head["headers"] == get["headers"]
    assert (head["statusCode"], head["body"]) == (200, "")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_the_list_says_that_it_may_be_read_and_searched(method):
    answer = ask(method, "/en/places/", b"place=93635")
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "GET, HEAD, POST")
    assert heading(answer) == "error 405"


@pytest.mark.parametrize("path", ["/en/places/ca/", "/en/places/ca/merced/", "/en/us/"])
def test_nothing_is_searched_at_another_page(path):
    answer = search("93635", path)
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "GET, HEAD")
    assert heading(answer) == "error 405"


@pytest.mark.parametrize("path", ["/en/places/tx/", "/en/places/ca/merced/9/", "/en/places/--choose/"])
def test_an_area_that_is_not_there_is_404(path):
    assert ask("GET", path)["statusCode"] == ask("POST", path)["statusCode"] == 404


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"place=" + b"9" * 2_000_000, SIGNS["Content-Type"], 413),
        (b"place=93635&more=" + b"x" * 2_000, SIGNS["Content-Type"], 413),
        (b'{"place": "93635"}', "application/json", 415),
        (b"place=93635", "text/plain", 415),
        (b"place=93635", "", 415),
    ],
)
def test_a_body_that_cannot_be_read_gets_the_small_page_and_the_log_nothing(body, kind, status):
    answer = ask("POST", "/es/places/", body, Content_Type=kind)
    assert (answer["statusCode"], heading(answer)) == (status, f"error {status}")
    assert answer["headers"]["Cache-Control"] == "no-store"


def test_what_says_base64_and_is_not_is_400():
    broken = {**event("POST", "/es/places/", SIGNS), "body": "not base64!", "isBase64Encoded": True}
    answer = FUNCTION(broken, None)
    assert (answer["statusCode"], heading(answer)) == (400, "error 400")


@pytest.mark.parametrize(("accept", "encoding"), [("gzip, br", "br"), ("gzip", "gzip"), ("identity", None)])
def test_a_response_is_packed_as_the_browser_takes_it(accept, encoding):
    answer = search("93635", Accept_Encoding=accept)
    assert answer["headers"].get("Content-Encoding") == encoding
    assert html_of(answer) == page_of("en", "ca--merced")
    assert heading(search("99999", Accept_Encoding=accept)) == UNKNOWN
    filled = search(TWO, Accept_Encoding=accept)  # in two counties: filled as it leaves, so never brotli
    assert heading(filled) == CHOOSE
    assert filled["headers"].get("Content-Encoding") == (encoding and "gzip")


def test_no_response_to_a_search_is_kept_by_anybody():
    for typed in ("93635", TWO, "99999", ""):
        answer = search(typed)
        assert answer["headers"]["Cache-Control"] == "no-store"
        assert answer["headers"]["Referrer-Policy"] == "no-referrer"
        assert "Location" not in answer["headers"]
        assert "Set-Cookie" not in answer["headers"]


TOLD = [
    *("93635", TWO, "99999", "xyzzyqwv", "Los Bamos", "<b>xyzzyqwv</b>", "😀xyzzyqwv", "x" * 300),
    *("xyzzyqwv, CA", "Merced xyzzyqwv"),
]


@pytest.mark.parametrize("typed", TOLD)
@pytest.mark.parametrize("kind", [SIGNS["Content-Type"], "text/plain"])
def test_nothing_that_was_typed_comes_back_or_is_written_anywhere(typed, kind, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    answer = search(typed, "/en/places/", Content_Type=kind, Accept_Encoding="identity")
    out, err = capsys.readouterr()
    everywhere = json.dumps(answer["headers"]) + answer["body"] + caplog.text + out + err + "".join(LOG)
    for word in (typed, typed.casefold(), quote(typed), "xyzzyqwv", "Bamos"):
        assert word not in everywhere
    assert PAGES.asked
    assert all(typed not in name for _, name in PAGES.asked)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_body_gets_a_page(body):
    answer = ask("POST", "/en/places/", b"place=" + body)
    assert answer["statusCode"] == 203
    assert heading(answer) in {*AREAS}


def test_a_release_of_before_has_no_search_and_no_list():
    before = page_function(AreaPages((), INDEX), LOG.append, None, place_search)
    assert ask("GET", "/en/places/", function=before)["statusCode"] == 404
    answer = search("93635", function=before)
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "GET, HEAD")


def test_a_county_without_a_page_is_not_offered():
    some = areas_for([path for path in PATHS.values() if path != "ca/merced"])
    function = page_function(AreaPages(some, INDEX), LOG.append, None, place_search)
    assert heading(search("93635", function=function)) == UNKNOWN
    of_two = next(
        code for code, found in ZIPS.counties_of.items() if len(found) == 2 and PATHS[found[0]] == "ca/merced"
    )
    other = PATHS[ZIPS.counties_of[of_two][1]].replace("/", "--")
    assert heading(search(of_two, function=function)) == other


def test_without_an_index_or_without_the_lists_of_a_search_the_list_of_states_helps_on():
    without = page_function(AreaPages(AREAS, b""), LOG.append, None, place_search)
    assert html_of(search("93635", function=without)) == page_of("en", "--")
    few = [area for area in AREAS if area not in (CHOOSE, UNKNOWN)]
    function = page_function(AreaPages(few, INDEX), LOG.append, None, place_search)
    for typed in (TWO, "99999"):
        assert html_of(search(typed, function=function)) == page_of("en", "--")


def test_a_page_of_choices_without_its_mark_is_the_list_of_states():
    class Unmarked(AreaPages):
        def page(self, locale, place):
            return pack("<h1>edited</h1>") if place == CHOOSE else super().page(locale, place)

    function = page_function(Unmarked(AREAS, INDEX), LOG.append, None, place_search)
    assert html_of(search(TWO, function=function)) == page_of("en", "--")


def test_an_index_that_is_broken_is_an_error_that_names_no_word():
    lines: list[str] = []
    broken = page_function(AreaPages(AREAS, b"ZIPS1\n" + b"x" * 80), lines.append, None, place_search)
    answer = search("93635", function=broken)
    assert (answer["statusCode"], heading(answer)) == (500, "error 500")
    assert len(lines) == 1
    assert "93635" not in lines[0]


def test_names_and_paths_are_escaped_where_they_are_put_in():
    html = links_to("es", [("va/x", 'O\'Neal & "<Sons>" County, Virginia')])
    assert "O&#39;Neal &amp; &quot;&lt;Sons&gt;&quot; County, Virginia" in html
    assert '<a class="line" href="/es/places/va/x/"><bdi lang="en">' in html
    assert "lang=" not in links_to("en", [("va/x", "X")])


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=CHOICES), max_size=3000)


@given(TEXT, TEXT, st.lists(TEXT, max_size=12))
def test_a_page_that_was_taken_apart_and_filled_is_one_gzip_of_the_whole(before, after, names):
    choices = [("ca/x", name) for name in names]
    filled = ChoicePage(pack(before + CHOICES + after)).fill("es", choices)
    assert filled.startswith("H4sI")
    assert unpack(filled) == before + links_to("es", choices) + after
    whole = zlib.decompressobj(31)  # browsers read one member of a gzip file, and no other
    assert whole.decompress(base64.b64decode(filled)).decode() == before + links_to("es", choices) + after
    assert (whole.eof, whole.unused_data) == (True, b"")


@pytest.mark.parametrize("html", ["", "no mark", CHOICES * 2])
def test_a_page_without_its_one_mark_is_refused(html):
    with pytest.raises(ValueError, match="unpack"):
        ChoicePage(pack(html))
