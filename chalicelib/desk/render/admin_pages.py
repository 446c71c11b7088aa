"""Templates of the admin site's pages: plain HTML, one inline style, no script at all."""

from __future__ import annotations

import base64
import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from chalicelib.desk.audit import plain_line
from chalicelib.pages.render.templates import tight_css
from chalicelib.shared.days import day_in_words, in_words
from chalicelib.shared.time_zones import ZoneOf, in_utc, local_time
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
        self._environment.filters.update(day=day, minute=minute, month=month, line=plain_line)
        self._environment.globals.update(style=self._style, site_version=version)

    def render(self, template: str, /, **names: Any) -> str:
        """Render a template.

        Its times are those of the zones that `zone_of` among the names gives, of the default place for "";
        without it they are those of Greenwich.
        """
        return self._environment.get_template(template).render(**names)

    def policy(self) -> str:
        """Return the Content-Security-Policy of every admin page."""
        digest = base64.b64encode(hashlib.sha256(str(self._style).encode("utf-8")).digest()).decode("ascii")
        return (
            f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; frame-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )


@pass_context
def day(context: Context, when: date | datetime | str | None, place: str = "") -> str:
    """Format a date in words, or return nothing; a time gives the day that it is then in a place.

    A text that holds a date as documents write it is read; any other comes back as it is.
    """
    if isinstance(when, datetime):
        when = _local(context, when, place)
    return in_words(when) if isinstance(when, date) else day_in_words(when or "")


@pass_context
def minute(context: Context, when: datetime | None, place: str = "") -> str:
    """Format a time, to the minute as clocks show it in a place, with its zone; or return nothing."""
    if when is None:
        return ""
    local = _local(context, when, place)
    zone = f"{local:%Z}".replace("UTC", "GMT")
    # Zones without letters of their own are called by what they are ahead of Greenwich.
    return f"{in_words(local)}, {local:%H:%M} {zone if zone.isalpha() else f'GMT{zone}'}"


def month(text: str) -> str:
    """Format a month like "2026-11" in words."""
    return f"{date.fromisoformat(f'{text}-01'):%B %Y}"


def _local(context: Context, when: datetime, place: str) -> datetime:
    zone_of: ZoneOf = context.get("zone_of") or in_utc
    return local_time(when, zone_of(place))


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
