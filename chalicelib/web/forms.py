"""Read a form's body: strict about encoding and size, so that nothing a person wrote changes on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from chalicelib.domain.errors import FormTooLarge, UnreadableForm, WrongContentType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from chalice.app import Request

# 20,000 characters of four bytes, each byte as %XX, are 240 kB; the other fields add some.
MOST_BYTES = 400_000
MOST_FIELDS = 60
FORM = "application/x-www-form-urlencoded"


def read_form(
    request: Request, most_bytes: int = MOST_BYTES, most_fields: int = MOST_FIELDS
) -> Mapping[str, Sequence[str]]:
    """Return the form's fields.

    Raises WrongContentType, FormTooLarge, or UnreadableForm when it is not UTF-8 or has far too many fields.
    """
    kind, _, _ = str(request.headers.get("content-type", "")).partition(";")
    if kind.strip().lower() != FORM:
        raise WrongContentType("not a form")
    try:
        raw = request.raw_body
        body = raw.encode("utf-8") if isinstance(raw, str) else raw
    except (ValueError, TypeError):
        # Never chained: the text of a UnicodeError quotes the body.
        raise UnreadableForm("the body is not base64, or not text") from None
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
