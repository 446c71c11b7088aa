"""Templates of the admin site's pages: plain HTML, one inline style, no script at all."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chalicelib.desk.audit import plain_line
from chalicelib.pages.render.templates import tight_css
from chalicelib.shared.version import VERSION


class AdminPages:
    """The admin templates of a directory. They come with the package; nobody edits them."""

    def __init__(self, directory: Path, version: str = VERSION) -> None:
        """`version` stands at the foot of each page."""
        self._style = tight_css((directory / "desk.css").read_text(encoding="utf-8"))
        self._environment = Environment(
            loader=FileSystemLoader(directory),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters.update(day=day, minute=minute, line=plain_line)
        self._environment.globals.update(style=self._style, version=version)

    def render(self, template: str, /, **names: Any) -> str:
        """Render a template."""
        return self._environment.get_template(template).render(**names)

    def policy(self) -> str:
        """Return the Content-Security-Policy of every admin page."""
        digest = base64.b64encode(hashlib.sha256(str(self._style).encode("utf-8")).digest()).decode("ascii")
        return (
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; frame-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )


def day(when: date | datetime | None) -> str:
    """Format a date, or return nothing."""
    return "" if when is None else f"{when:%Y-%m-%d}"


def minute(when: datetime | None) -> str:
    """Format a time, to the minute in UTC, or return nothing."""
    return "" if when is None else f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def authenticator_square(secret: str, email: str) -> Markup:
    """Return the QR code that an authenticator app reads, as SVG."""
    import segno  # a tenth of a second, which not every start of the desk has to pay

    code = segno.make(authenticator_address(secret, email), error="m")
    # Black on white in dark mode too: apps cannot read it the other way round.
    svg = code.svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=False)
    return Markup(svg)  # noqa: S704 (made of numbers by segno)


def authenticator_address(secret: str, email: str) -> str:
    """Return the otpauth URL of a TOTP secret: by default SHA-1, six digits, thirty seconds (RFC 6238)."""
    return f"otpauth://totp/{quote('Porchlight:' + email)}?secret={secret}&issuer=Porchlight"
