"""The body of the place search's POST, as API Gateway hands it to a function."""

import base64
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.pages.errors import FormTooLarge, UnreadableForm, WrongContentType
from chalicelib.pages.web.read_place import FIELD, FORM, MOST_BYTES, read_place


def event(body, packed=False, kind=FORM, **more):
    if packed:
        body = base64.b64encode(body.encode()).decode()
    return {"headers": {"Content-Type": kind}, "body": body, "isBase64Encoded": packed, **more}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("typed", ["93635", "Los Baños", "٩٣٦٣٥", "a&b=c;d", "100% +1", "😀", "", "x" * 200])
def test_what_was_typed_comes_out_as_a_browser_sent_it(typed, packed):
    assert read_place(event(urlencode({FIELD: typed}), packed)) == typed


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_text_comes_out_as_it_was(typed):
    assert read_place(event(urlencode({FIELD: typed}))) == typed


@pytest.mark.parametrize(
    ("body", "typed"),
    [
        ("other=1&place=Merced", "Merced"),
        ("place=Merced&place=Fresno", "Merced"),
        ("places=Fresno", ""),
        ("", ""),
        (None, ""),
        ("place", ""),
        ("place=%", "%"),
        ("place=%4", "%4"),
        ("place=%zz", "%zz"),
        ("place=Los+Ba%F1os", "Los Ba\ufffdos"),
        ("place=Los Baños", "Los Baños"),
    ],
)
def test_what_no_browser_sends_is_read_as_far_as_it_goes(body, typed):
    assert read_place(event(body)) == typed


def test_the_body_alone_is_looked_at():
    asked = event(
        "",
        path="/en/find/place=Merced",
        queryStringParameters={FIELD: "Merced"},
        multiValueQueryStringParameters={FIELD: ["Merced"]},
        pathParameters={FIELD: "Merced"},
    )
    asked["headers"] |= {FIELD: "Merced", "Cookie": "place=Merced"}
    assert read_place(asked) == ""


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data; boundary=x", "application/json"])
def test_only_a_form_is_read(kind):
    with pytest.raises(WrongContentType):
        read_place(event("place=Merced", kind=kind))
    with pytest.raises(WrongContentType):
        read_place({"body": "place=Merced"})


@pytest.mark.parametrize("kind", [f"{FORM}; charset=UTF-8", FORM.upper()])
def test_a_form_is_known_however_its_kind_is_written(kind):
    assert read_place(event("place=Merced", kind=kind)) == "Merced"


class Undecodable(str):
    """Text that must not be decoded: it is too large to look into."""

    __slots__ = ()

    def encode(self, *_args, **_kwargs):
        raise AssertionError("it was decoded")


@pytest.mark.parametrize("packed", [False, True])
def test_a_large_body_is_refused_before_it_is_decoded(packed):
    body = Undecodable("A" * 2_000_000)
    with pytest.raises(FormTooLarge):
        read_place({"headers": {"Content-Type": FORM}, "body": body, "isBase64Encoded": packed})


@pytest.mark.parametrize("packed", [False, True])
def test_the_limit_is_of_the_body_and_not_of_its_packing(packed):
    whole = f"{FIELD}=".ljust(MOST_BYTES, "a")
    assert len(read_place(event(whole, packed))) == MOST_BYTES - len(FIELD) - 1
    with pytest.raises(FormTooLarge):
        read_place(event(whole + "a", packed))
    with pytest.raises(FormTooLarge):
        read_place(event(f"{FIELD}=" + "ñ" * (MOST_BYTES - 10)))


@pytest.mark.parametrize("body", ["Los Baños", "A", "A===", "!!!!", "cGxh Y2U9", 7, ["x"]])
def test_what_says_base64_and_is_not_is_unreadable_and_no_error_holds_it(body):
    asked = {"headers": {"Content-Type": FORM}, "body": body, "isBase64Encoded": True}
    with pytest.raises(UnreadableForm) as caught:
        read_place(asked)
    assert str(body) not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
