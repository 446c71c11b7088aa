"""Browser without scripts, for the fixture maker: pages are read for their forms, cookies are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import html5lib


class Stopped(Exception):
    """A step did not do what it must; the text says which."""


class Page:
    """An HTML response, read for its forms."""

    def __init__(self, path: str, response: Any) -> None:
        self.path, self.status = path, response.status_code
        self.headers, self.body = response.headers, response.body
        self.tree = html5lib.parse(self.body, namespaceHTMLElements=False)

    @property
    def words(self) -> str:
        """Return all that a reader sees, with single spaces."""
        return " ".join(" ".join(self.tree.find("body").itertext()).split())

    def has_form(self, action: str) -> bool:
        """Say whether anything on the page is sent to an address."""
        return any(form.get("action") == action for form in self.tree.iter("form"))

    def form(self, action: str, **values: str) -> dict[str, list[str]]:
        """Return what the first form to `action` that holds these values would send. Raises Stopped."""
        for form in self.tree.iter("form"):
            fields = _fields(form)
            if form.get("action") == action and all(fields.get(k) == [v] for k, v in values.items()):
                return fields
        raise Stopped(
            f"{self.path} ({self.status}) has no form to {action} with {values}: {self.words[:900]}"
        )


def _fields(form: Any) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for element in form.iter():
        name, kind = element.get("name"), element.get("type", "text")
        if not name or element.tag == "button":
            continue
        if element.tag == "textarea":
            value = "".join(element.itertext()).removeprefix("\n")
        elif element.tag == "select":
            options = list(element.iter("option"))
            chosen = next((one for one in options if one.get("selected") is not None), options[0])
            value = chosen.get("value", "".join(chosen.itertext()))
        elif kind in ("checkbox", "radio") and element.get("checked") is None:
            continue
        else:
            value = element.get("value", "")
        fields.setdefault(name, []).append(value)
    return fields


class Browser:
    """Somebody's browser, in front of the release's application: cookies are kept, no script runs."""

    def __init__(self, http: Any, site: str) -> None:
        """`http` is what asks the application, `site` its address, like "http://127.0.0.1:8000"."""
        self._http = http
        self._site = site
        self._jar: dict[str, str] = {}

    def get(self, path: str) -> Page:
        """Fetch a page."""
        return self._ask("GET", path, b"", {})

    def post(self, path: str, fields: Mapping[str, Sequence[str] | str]) -> Page:
        """Send a form, and go where it leads."""
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self._site}
        page = self._ask("POST", path, urlencode(fields, doseq=True).encode(), kind)
        return self.get(str(page.headers["Location"])) if page.status in (302, 303) else page

    def submit(self, page: Page, action: str, typed: Mapping[str, Any], **values: str) -> Page:
        """Fill in a form of a page and send it."""
        return self.post(action, {**page.form(action, **values), **typed})

    def _ask(self, method: str, path: str, body: bytes, more: Mapping[str, str]) -> Page:
        cookie = "; ".join(f"{name}={value}" for name, value in self._jar.items())
        headers = {
            "Host": self._site.partition("//")[2],
            "Sec-Fetch-Site": "same-origin",
            "Cookie": cookie,
            **more,
        }
        response = self._http.request(method, path, headers=headers, body=body)
        lines = response.headers.get("Set-Cookie", [])
        for line in [lines] if isinstance(lines, str) else lines:
            name, _, rest = line.partition("=")
            self._jar[name] = rest.partition(";")[0]
        return Page(path, response)
