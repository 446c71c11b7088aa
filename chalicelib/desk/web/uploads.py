"""Parser of a form with one file in it (multipart/form-data, RFC 7578), strict and bounded.

The file is kept in memory and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalice.app import Request

from chalicelib.pages.errors import FormTooLarge, UnreadableForm
from chalicelib.pages.web.gateway_answers import headers_of
from chalicelib.pages.web.read_form import body_of, read_form

MULTIPART = "multipart/form-data"
# A request to Lambda holds six million bytes, and a file comes in it as base64, a third longer.
MOST_BYTES = 4_400_000
_MOST_KEPT = 5_900_000  # of a form that sends the same file a second time, packed
_MOST_PARTS = 60
_LONGEST_NAME = 100
_BOUNDARY = re.compile(r'boundary="?([0-9A-Za-z\'()+_,./:=? -]{1,70})"?\s*(?:;|$)')
_PARAMETER = re.compile(rb'[; ](name|filename)="([^"\r\n]*)"')


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that somebody chose: what it is called on their machine, and its bytes."""

    name: str
    data: bytes = field(repr=False)


def read_upload(
    request: Request, most_fields: int
) -> tuple[Mapping[str, Sequence[str]], UploadedFile | None]:
    """Parse a form that may have a file in it; return its fields, and the first file that is not empty.

    Raises WrongContentType, FormTooLarge, or UnreadableForm for what is cut short or not of that form.
    """
    kind = headers_of(request.to_original_event()).get("content-type", "")
    if not kind.strip().lower().startswith(MULTIPART):
        return read_form(request, _MOST_KEPT, most_fields), None
    found = _BOUNDARY.search(kind)
    if not found:
        raise UnreadableForm("it does not say where its parts end")
    body = body_of(request)
    if len(body) > MOST_BYTES:
        raise FormTooLarge("the file is too large: bring it in parts")
    return _read(body, found[1].rstrip().encode("ascii"))


def _read(body: bytes, boundary: bytes) -> tuple[Mapping[str, Sequence[str]], UploadedFile | None]:
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary, _MOST_PARTS + 1)
    if not parts or not parts[-1].startswith(b"--"):
        raise UnreadableForm("it is cut short, or has too many parts")
    fields: dict[str, list[str]] = {}
    file: UploadedFile | None = None
    for part in parts[:-1]:
        head, blank, value = part.partition(b"\r\n\r\n")
        said = {name.decode(): text for name, text in _PARAMETER.findall(head.split(b"\r\nContent-Type")[0])}
        if not blank or "name" not in said:
            raise UnreadableForm("a part of it has no name")
        if "filename" not in said:
            fields.setdefault(_text(said["name"]), []).append(_text(value))
        elif value and file is None:
            file = UploadedFile(_file_name(said["filename"]), value)
    return fields, file


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableForm("not UTF-8") from None  # never chained: its text quotes the body


def _file_name(raw: bytes) -> str:
    name = re.split(r"[/\\]", raw.decode("utf-8", "replace"))[-1]
    return "".join(one for one in name if one.isprintable()).strip()[-_LONGEST_NAME:] or "file"
