"""The one guard: every route has a role, and whoever lacks it can do nothing there."""

from __future__ import annotations

import pytest
from chalice.app import Chalice

from chalicelib.desk.people import EDITOR, PUBLISHER
from chalicelib.desk.web import cookies
from chalicelib.desk.web.guard import NO_SESSION
from chalicelib.settings import Settings
from chalicelib.wiring import http
from tests.support.desk_site import EDITOR_ONE, FORM, ORIGIN, PUBLISHER_ONE, PUBLISHER_TWO

pytestmark = [pytest.mark.takes(15), pytest.mark.usefixtures("first_ahead")]

SIGN_IN = "/admin/sign-in"
PEOPLE = "/admin/access/people"


def table(function: str = "admin") -> dict[tuple[str, str], str]:
    """(path, method) -> what its guard demands, of every route that a function registers."""
    app = Chalice(app_name="porchlight")
    http.serve(app, Settings(porchlight_function=function, porchlight_pages="live"))
    return {
        (path, method): getattr(entry.view_function, "guard", "")
        for path, methods in app.routes.items()
        for method, entry in methods.items()
    }


ROUTES = table()
GETS = sorted(path for (path, method), guard in ROUTES.items() if method == "GET" and guard != NO_SESSION)
POSTS = sorted(path for (path, method), guard in ROUTES.items() if method == "POST" and guard != NO_SESSION)
PUBLISHERS = sorted(
    (method, path) for (path, method), guard in ROUTES.items() if guard == PUBLISHER and method != "HEAD"
)


# A form there changes nothing: it looks at a publish, or searches a list.
ONLY_LOOK = {
    *("/admin/publish", "/admin/releases/look", "/admin/releases", "/admin/contacts", "/admin/towns"),
    *("/admin/deliveries", "/admin/documents", "/admin/thrown", "/admin/figures", "/admin/log"),
    *("/admin/places", "/admin/services", "/admin/services/of", "/admin/services/import"),
}


def test_every_admin_route_lies_below_admin_and_names_what_it_demands():
    assert all(path == "/admin" or path.startswith("/admin/") for path, _ in ROUTES)
    assert set(ROUTES.values()) == {EDITOR, PUBLISHER, NO_SESSION}
    assert {path for (path, _), guard in ROUTES.items() if guard == NO_SESSION} == {SIGN_IN}


def test_what_only_publishers_may_do_is_this_and_no_less():
    assert {path for _, path in PUBLISHERS} >= {
        "/admin/publish/now",
        "/admin/releases/back",
        "/admin/recipient",
        "/admin/case/again",
        "/admin/case/move",
        "/admin/case/decline",
        "/admin/case/answer",
        "/admin/case/hold",
        "/admin/case/reply/show",
        "/admin/case/reply/throw",
        "/admin/log/file",
        "/admin/text",
        "/admin/text/lines",
    }


@pytest.mark.parametrize("function", ["page", "reporter"])
def test_the_public_functions_do_not_know_the_admin_site(function, tmp_path):
    assert not [path for path, _ in table(function) if "admin" in path]


def test_without_a_session_no_screen_is_shown_and_no_button_works(desk):
    nobody = desk.person()
    for path in GETS:
        page = nobody.get(path)
        assert (page.status, page.location) == (303, SIGN_IN), path
    for path in POSTS:
        page = nobody.post(path, {"csrf": "x", "why": "because", "email": PUBLISHER_ONE})
        assert page.status == 401, path
        assert "because" in page.text, path
    assert desk.log() == []


def test_with_a_forged_session_no_screen_is_shown_and_no_button_works(desk):
    nobody = desk.person()
    nobody.jar[cookies.SESSION] = "eyJhbGciOiJub25lIn0.eyJ1c2VybmFtZSI6ImFuYSJ9."
    for path in GETS:
        assert nobody.get(path).location.startswith(SIGN_IN), path
    for path in POSTS:
        assert nobody.post(path, {"csrf": "x"}).status == 401, path
    assert desk.log() == []


def test_an_editor_is_refused_whatever_only_publishers_may_do(desk):
    editor = desk.signed_in(EDITOR_ONE)
    csrf = editor.get("/admin/log").forms("/admin/sign-out")[0]["csrf"]
    before = len(desk.log())
    for method, path in PUBLISHERS:
        page = editor.get(path) if method == "GET" else editor.post(path, {"csrf": csrf, "email": EDITOR_ONE})
        assert page.status == 403, (method, path)
    lines = desk.log()[before:]
    assert len(lines) == sum(method == "POST" for method, path in PUBLISHERS if path not in ONLY_LOOK)
    for line in lines:
        assert (line["who"], line["role"], line["outcome"]) == (EDITOR_ONE, "editor", "refused")
        assert line["did"].endswith(": not done")
        assert line["told"] == "this needs the role publisher"


def test_a_form_without_its_token_does_nothing(desk):
    publisher = desk.signed_in(PUBLISHER_ONE)
    before = desk.log()
    for path in POSTS:
        page = publisher.post(path, {"email": EDITOR_ONE, "why": "because"})
        assert page.status == 403, path
    assert desk.log() == before


def test_a_form_stolen_from_somebody_elses_session_does_nothing(desk):
    publisher, other = desk.signed_in(PUBLISHER_ONE), desk.signed_in(PUBLISHER_TWO)
    stolen = other.get("/admin/log").forms("/admin/sign-out")[0]["csrf"]
    before = desk.log()
    for path in POSTS:
        assert publisher.post(path, {"csrf": stolen, "email": EDITOR_ONE}).status == 403, path
    assert desk.log() == before


FROM_ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Origin": "http://desk.example.elsewhere.example"},
    {"Sec-Fetch-Site": "", "Origin": "https://elsewhere.example"},
    {"Sec-Fetch-Site": "", "Origin": ""},
]


def test_a_form_from_another_site_does_nothing_even_with_cookie_and_token(desk):
    publisher = desk.signed_in(PUBLISHER_ONE)
    csrf = publisher.get("/admin/log").forms("/admin/sign-out")[0]["csrf"]
    before = desk.log()
    for headers in FROM_ELSEWHERE:
        for path in (*POSTS, SIGN_IN):
            page = publisher.post(path, {"csrf": csrf, "email": EDITOR_ONE}, headers)
            assert page.status == 403, (headers, path)
    assert desk.log() == before


def test_a_browser_that_says_only_one_of_the_two_is_believed(desk):
    publisher = desk.signed_in(PUBLISHER_ONE)
    csrf = publisher.get("/admin/log").forms("/admin/sign-out")[0]["csrf"]
    for headers in ({"Origin": ""}, {"Sec-Fetch-Site": "", "Origin": ORIGIN}):
        page = publisher.post("/admin/case/answer", {"csrf": csrf, "n": "PL-0000-0000"}, headers)
        assert page.status == 404


def test_the_token_of_a_form_is_another_on_each_page(desk):
    editor = desk.signed_in(EDITOR_ONE)
    tokens = {editor.get("/admin/log").forms("/admin/sign-out")[0]["csrf"] for _ in range(3)}
    assert len(tokens) == 3


def test_every_button_is_written_down_before_it_is_done(desk):
    """Each is pressed with nothing to do it to: the log has it all the same, and that it was not done."""
    publisher = desk.signed_in(PUBLISHER_ONE)
    csrf = publisher.get("/admin/log").forms("/admin/sign-out")[0]["csrf"]
    for path in sorted({*POSTS} - {"/admin/sign-out", "/admin/publish/now"} - ONLY_LOOK):
        before = len(desk.lines())
        page = publisher.post(path, {"csrf": csrf})
        assert len(desk.lines()) == before + 2, path
        begun, ended = desk.lines()[before:]
        assert begun["who"] == ended["who"] == PUBLISHER_ONE
        assert (begun["outcome"], begun["deed"]) == ("begun", ended["deed"])
        if page.status >= 400:
            assert ended["did"] == f"{begun['did']}: not done", path
            assert ended["outcome"] in ("refused", "failed")
            assert ended["told"], path
        else:
            assert (ended["did"], ended["outcome"]) == (begun["did"], "done"), path


def test_a_role_taken_away_counts_at_the_next_click(desk):
    first, other = desk.signed_in(PUBLISHER_ONE).at_access(), desk.signed_in(PUBLISHER_TWO).at_access()
    assert other.get("/admin/log/file").status == other.get(PEOPLE).status == 200
    page = first.get(PEOPLE)
    form = next(
        form
        for form in page.forms(f"{PEOPLE}/role")
        if (form["email"], form["role"]) == (PUBLISHER_TWO, "editor")
    )
    assert first.post(f"{PEOPLE}/role", form).location == f"{PEOPLE}?done=role"
    assert other.get("/admin/log/file").status == other.get(PEOPLE).status == 403
    assert other.get("/admin/log").status == 200


def test_a_role_given_counts_at_the_next_click(desk):
    editor = desk.signed_in(EDITOR_ONE).at_access()
    assert editor.get("/admin/log/file").status == editor.get(PEOPLE).status == 403
    desk.cognito.admin_add_user_to_group(UserPoolId=desk.pool, Username=EDITOR_ONE, GroupName=PUBLISHER)
    assert editor.get("/admin/log/file").status == editor.get(PEOPLE).status == 200


def test_what_was_typed_is_kept_when_the_session_ended_meanwhile(desk):
    editor = desk.signed_in(PUBLISHER_ONE)
    form = editor.get("/admin/text?d=template/public/page.html").forms("/admin/text")[0]
    typed = {**form, "text": "a line\nanother <b>line</b> &amp; more\n"}
    held = dict(editor.jar)
    editor.jar.clear()
    page = editor.post("/admin/text", typed)
    assert page.status == 401
    fields = page.forms("/admin/text")[0]
    assert fields["text"].replace("\r\n", "\n") == typed["text"]
    editor.sign_in()
    assert editor.jar != held
    again = editor.post("/admin/text", fields)
    assert again.status == 403  # the form is of no session; it is shown with a token of this one
    saved = editor.submit(again, "/admin/text")
    assert saved.status == 303
    opened = editor.get("/admin/text?d=template/public/page.html").forms("/admin/text")[0]
    assert opened["text"] == typed["text"]


def test_what_was_typed_stands_on_the_page_of_an_error(desk):
    editor = desk.signed_in(EDITOR_ONE)
    csrf = editor.get("/admin/contact").forms("/admin/contact")[0]["csrf"]
    typed = {
        "csrf": csrf,
        "c": "taken-out",
        "what": "A long <b>sentence</b> about\nthe office.",
        "name": "Casa",
    }
    page = editor.post("/admin/contact", typed)
    assert page.status == 404
    assert "A long <b>sentence</b> about the office." in page.words
    assert csrf not in page.words
    assert "What you typed" not in editor.get("/admin/contact?c=taken-out").words


NO_FORMS = [
    (b"csrf=%ff", FORM, 400),
    (b"{}", "application/json", 415),
    (b"a=" + b"x" * 1_000_001, FORM, 413),
]


def test_what_is_no_form_of_ours_gets_a_page_that_says_so(desk):
    editor = desk.signed_in(EDITOR_ONE)
    for body, kind, status in NO_FORMS:
        page = editor.ask("POST", "/admin/sentences", body, {"Content-Type": kind, "Origin": ORIGIN})
        assert page.status == status
        assert page.tree is not None
