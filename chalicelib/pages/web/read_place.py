"""Form parsing of the place search: one field, from a POST's body alone, without a framework.

It is stricter about size than the form of a report, since a town's name is short, and laxer about signs: what
is no UTF-8 only finds less. No error holds anything of the body.
"""

from __future__ import annotations

import binascii

from chalicelib.pages.errors import FormTooLarge, UnreadableForm, WrongContentType
from chalicelib.pages.web.gateway_answers import headers_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chalicelib.pages.web.gateway_answers import Event

FORM = "application/x-www-form-urlencoded"
FIELD = "place"
MOST_BYTES = 2000  # 200 characters of three bytes, each byte as %XX, and the field's name


def read_place(event: Event, content_type: str | None = None) -> str:
    """Return what was typed into the field, or nothing where the form has no such field.

    Only the body of API Gateway's event is looked at: what stands in the path, the query or a header is not
    read, but for `content_type`, which whoever has read the headers can hand in. Raises WrongContentType for
    another kind of body, FormTooLarge before anything of a large one is decoded, and UnreadableForm where it
    says base64 and is not.
    """
    if content_type is None:
        content_type = headers_of(event).get("content-type", "")
    kind, _, _ = content_type.partition(";")
    if kind.strip().lower() != FORM:
        raise WrongContentType("not a form")
    body = _body(event)
    for pair in body.split(b"&"):
        name, _, value = pair.partition(b"=")
        if name == FIELD.encode():
            return _unquoted(value)
    return ""


def _body(event: Event) -> bytes:
    sent, packed = event.get("body"), bool(event.get("isBase64Encoded"))
    if sent is None:
        return b""
    if not isinstance(sent, str):
        raise UnreadableForm("the body is not text")
    if len(sent) > (MOST_BYTES + 2) // 3 * 4 if packed else len(sent) > MOST_BYTES:
        raise FormTooLarge(f"{len(sent)} characters")
    if not packed:
        body = sent.encode("utf-8", "replace")
    else:
        try:
            body = binascii.a2b_base64(sent.encode("ascii"), strict_mode=True)
        except ValueError:  # never chained: the text of a UnicodeError quotes the body
            raise UnreadableForm("the body is not base64") from None
    if len(body) > MOST_BYTES:
        raise FormTooLarge(f"{len(body)} bytes")
    return body


def _unquoted(value: bytes) -> str:
    """Decode one value: + is a space, and %XX a byte; a % of anything else stays as it is."""
    first, *others = value.replace(b"+", b" ").split(b"%")
    return b"".join((first, *map(_byte, others))).decode("utf-8", "replace")


def _byte(part: bytes) -> bytes:
    """Decode what followed a %: a byte in two signs, and then what it is followed by."""
    try:
        return binascii.unhexlify(part[:2]) + part[2:] if len(part) > 1 else b"%" + part
    except ValueError:
        return b"%" + part
