"""People who file their reports by the form, over HTTP, to a site whose process is killed under them."""

from __future__ import annotations

import html
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from urllib.parse import urlencode

from tools.chaos.people import ANEW, PATIENCE, Filed, fields_for, report_id_of

PATH = "/en/us/note"
AT_ONCE = 12  # forms that are open side by side, while each is "read" for longer than a robot would
READING = 3.3  # seconds; a form that comes back sooner is held as hasty
_TOKEN = re.compile(r'name="t"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*name="t"')
_TAGS = re.compile("<[^>]+>")  # each digit of a code is in an element of its own
_CODE = re.compile(r"(?<!\d)\d{4}(?:\s\d{4}){4}(?!\d)")


@dataclass(slots=True)
class _Open:
    """A form in somebody's browser."""

    number: int
    token: str
    since: float
    fields: dict[str, list[str]] = field(repr=False)


def file_by_form(address: str, seed: int, numbers: Sequence[int], attempt: int) -> Iterator[Filed]:
    """File these reports by the form at `address`, a dozen people at a time."""
    for first in range(0, len(numbers), AT_ONCE):
        opened = [
            _opened(address, number, fields_for(seed, number, attempt))
            for number in numbers[first : first + AT_ONCE]
        ]
        for form in opened:
            tries = attempt
            time.sleep(max(0.0, form.since + READING - time.monotonic()))
            while not (report_id := _sent(address, form)):
                tries += ANEW
                form.fields = fields_for(seed, form.number, tries)
            yield Filed(form.number, tries, report_id)


def _opened(address: str, number: int, fields: dict[str, list[str]]) -> _Open:
    patience = time.monotonic() + PATIENCE
    while time.monotonic() < patience:
        _, page = _asked(address, None)
        if token := _token(page):
            return _Open(number, token, time.monotonic(), fields)
        time.sleep(0.2)
    raise TimeoutError("no form was to be had")


def _sent(address: str, form: _Open) -> str:
    """Press "send" until a receipt is shown; return the report's id. The words stay as they are.

    Returns "" where a press may have been taken, and the form that came back is a new one: file another.
    """
    patience, doubtful = time.monotonic() + PATIENCE, False
    while time.monotonic() < patience:
        fields = [
            *((name, value) for name, values in form.fields.items() for value in values),
            ("t", form.token),
        ]
        status, page = _asked(address, urlencode(fields).encode())
        if status == 200 and (code := _CODE.search(_TAGS.sub("", page))):
            return report_id_of("".join(code.group().split()))
        before = form.token
        form.token = _token(page) or before  # the page that came back has a form of its own
        if doubtful and form.token != before:
            return ""
        doubtful = doubtful or not status or status >= 500
        time.sleep(0.2)
    raise TimeoutError("no receipt was to be had")


def _asked(address: str, body: bytes | None) -> tuple[int, str]:
    """Return the status and the page; 0 and nothing when the line broke."""
    asked = urllib.request.Request(address + PATH, body)
    try:
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return answer.status, answer.read().decode("utf-8")
        except urllib.error.HTTPError as error:  # a page as well, whose line may break too
            with error:
                return error.code, error.read().decode("utf-8", "replace")
    except (OSError, HTTPException):
        return 0, ""


def _token(page: str) -> str:
    found = _TOKEN.search(page)
    return html.unescape(found.group(1) or found.group(2)) if found else ""
