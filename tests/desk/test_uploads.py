"""Forms with a file in them: read whole, refused when cut short, and never longer than a request may be."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from chalice.app import Request
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.desk.web.uploads import MOST_BYTES, MULTIPART, UploadedFile, read_upload
from chalicelib.pages.errors import FormTooLarge, UnreadableForm, WrongContentType


def request(body: bytes, kind: str = f"{MULTIPART}; boundary=xyz") -> Request:
    event: dict[str, Any] = {
        "headers": {"content-type": kind},
        "multiValueHeaders": {"content-type": [kind]},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
        "httpMethod": "POST",
        "pathParameters": None,
        "multiValueQueryStringParameters": None,
        "stageVariables": None,
        "requestContext": {"resourcePath": "/", "httpMethod": "POST"},
    }
    return Request(event, None)


def read(body: bytes, **how: Any) -> tuple[Mapping[str, Sequence[str]], UploadedFile | None]:
    return read_upload(request(body, **how), 60)


def part(name: str, value: bytes, file: str | None = None) -> bytes:
    named = f'; filename="{file}"' if file is not None else ""
    kind = "\r\nContent-Type: text/csv" if file is not None else ""
    head = f'--xyz\r\nContent-Disposition: form-data; name="{name}"{named}{kind}\r\n\r\n'
    return head.encode() + value + b"\r\n"


END = b"--xyz--\r\n"


def test_fields_and_the_file_are_read_as_they_were_sent() -> None:
    body = (
        part("p", b"town")
        + part("yes", b"a")
        + part("yes", "ñ".encode())
        + part("file", b"\xff\r\n--xy", "a.csv")
    )
    fields, file = read(body + END)
    assert fields == {"p": ["town"], "yes": ["a", "ñ"]}
    assert file == UploadedFile("a.csv", b"\xff\r\n--xy")


@given(data=st.binary(min_size=1, max_size=300).filter(lambda data: b"\r\n--xyz" not in b"\r\n" + data))
def test_whatever_bytes_a_file_has_they_come_whole(data: bytes) -> None:
    _, file = read(part("file", data, "x") + END)
    assert file is not None
    assert file.data == data


def test_no_file_chosen_is_no_file() -> None:
    assert read(part("p", b"town") + part("file", b"", "") + END) == ({"p": ["town"]}, None)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("C:\\clerk\\list.csv", "list.csv"),
        ("../../etc/x.csv", "x.csv"),
        ("", "file"),
        ("a\x07b.csv", "ab.csv"),
    ],
)
def test_a_file_s_name_is_a_name_and_no_path(sent: str, shown: str) -> None:
    _, file = read(part("file", b"x", sent) + END)
    assert file is not None
    assert file.name == shown


@pytest.mark.parametrize(
    "body",
    [b"", b"x", part("p", b"town"), part("p", b"\xff") + END, b"--xyz\r\n\r\nno name\r\n" + END,
     b"--xyz\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + END, part("p", b"x") * 70 + END],
)  # fmt: skip
def test_what_is_cut_short_or_of_another_form_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableForm):
        read(body)


def test_what_does_not_say_where_its_parts_end_is_refused() -> None:
    with pytest.raises(UnreadableForm):
        read(part("p", b"x") + END, kind=MULTIPART)


def test_more_than_a_request_holds_is_refused() -> None:
    with pytest.raises(FormTooLarge):
        read(part("file", b"x" * MOST_BYTES, "x") + END)


def test_another_form_is_read_as_always() -> None:
    assert read(b"p=town&yes=a", kind="application/x-www-form-urlencoded") == (
        {"p": ["town"], "yes": ["a"]},
        None,
    )
    with pytest.raises(WrongContentType):
        read(b"{}", kind="application/json")
