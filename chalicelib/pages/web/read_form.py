"""Form parsing, strict about encoding and size, so that nothing a person wrote changes on the way."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import parse_qs, unquote_plus

from chalicelib.pages.body_limits import FORM_BYTES
from chalicelib.pages.errors import FormTooLarge, UnreadableForm, WrongContentType
from chalicelib.pages.web.gateway_answers import headers_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chalice.app import Request

MOST_BYTES = FORM_BYTES
MOST_FIELDS = 60
FORM = "application/x-www-form-urlencoded"
SWITCH = "l"  # the button that was pressed only asks for the same form in another language
_LONGEST_NAME = 20
_CUT_SIGN = re.compile(rb"%[0-9A-Fa-f]?$")  # half of an encoded byte


def read_form(
    request: Request, most_bytes: int = MOST_BYTES, most_fields: int = MOST_FIELDS
) -> Mapping[str, Sequence[str]]:
    """Parse a request's form and return its fields.

    Raises WrongContentType, FormTooLarge, or UnreadableForm when it is not UTF-8 or has far too many fields.
    """
    kind, _, _ = headers_of(request.to_original_event()).get("content-type", "").partition(";")
    if kind.strip().lower() != FORM:
        raise WrongContentType("not a form")
    body = body_of(request)
    if len(body) > most_bytes:
        raise FormTooLarge(f"{len(body)} bytes")
    try:
        fields = parse_qs(
            body.decode("utf-8"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=most_fields,
        )
    except ValueError:
        raise UnreadableForm("not UTF-8, or too many fields") from None
    return fields


def read_large_form(
    request: Request, most_bytes: int = MOST_BYTES, most_fields: int = MOST_FIELDS
) -> tuple[Mapping[str, Sequence[str]], Collection[str]]:
    """Parse what can be read of a form too large for `read_form`; return it, and the fields that are cut off.

    Each field is read as far as a whole form may go. Nothing of it is stored: it goes back to its writer.
    """
    fields: dict[str, list[str]] = {}
    cut = set()
    for pair in body_of(request).split(b"&", most_fields)[:most_fields]:
        name, _, value = pair.partition(b"=")
        if len(name) > _LONGEST_NAME:
            continue
        named = unquote_plus(name.decode("ascii", "ignore"))
        if len(value) > most_bytes:
            cut.add(named)
            value = _CUT_SIGN.sub(b"", value[:most_bytes])
        # The end may be half a letter; what else is not UTF-8 is seen when the form is sent again.
        words = unquote_plus(value.decode("utf-8", "ignore"), errors="ignore")
        fields.setdefault(named, []).append(words)
    return fields, cut


def body_of(request: Request) -> bytes:
    """Return the bytes of a request's body. Raises UnreadableForm."""
    try:
        raw = request.raw_body
        return raw.encode("utf-8") if isinstance(raw, str) else bytes(raw)
    except (ValueError, TypeError):
        # Never chained: the text of a UnicodeError quotes the body.
        raise UnreadableForm("the body is not base64, or not text") from None
