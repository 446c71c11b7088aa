"""HTML templates in a sandboxed Jinja2, minified, with a CSP for one inline style and one inline script."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from jinja2 import FunctionLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from chalicelib.pages.render.catalogs import Sentences
from chalicelib.pages.render.contexts import LayoutContext

# What stands between quotes is a value, whatever it looks like.
_QUOTED = r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_CSS_COMMENT = re.compile(_QUOTED + r"|/\*.*?\*/", re.DOTALL)
_CSS_SPACE = re.compile(_QUOTED + r"|\s*([{};,>])\s*|: ", re.DOTALL)
_CSS_LAST = re.compile(_QUOTED + r"|;(?=\})", re.DOTALL)
_INDENT = re.compile(r"\n\s+")
# What a page with a form needs beside page.css, and whatever somebody made of that: the languages are buttons
# there, and look as they do elsewhere; one button is for the Enter key alone.
_FORM_STYLE = """
.first { position: absolute; inset-block-end: 100% }
.row button { padding: .5rem 0; border: 1px solid transparent }
.row button { background: none; color: var(--press, LinkText) }
.row button { min-inline-size: 2.75rem; text-align: start }
.row button:not([aria-current]) { font-weight: 400; text-decoration: underline }
.row [aria-current] { color: var(--ink, CanvasText) }
summary { cursor: pointer }
"""


class PageTemplates:
    """The public templates of a directory, compiled once."""

    def __init__(self, directory: Path) -> None:
        self._environment = environment(directory)
        self.style = tight_css((directory / "page.css").read_text(encoding="utf-8"))
        self.script = tight_js((directory / "page.js").read_text(encoding="utf-8"))
        # Pages with a form have more of both. The first view must not carry it.
        self.form_style = self.style + tight_css(_FORM_STYLE)
        self.form_script = self.script + "\n" + tight_js((directory / "form.js").read_text(encoding="utf-8"))

    def render(self, name: str, context: LayoutContext, sentences: Sentences) -> str:
        """Fill a template with the names of its context and with sentences in the context's language."""
        names = {field: getattr(context, field) for field in context.__dataclass_fields__}
        return self._environment.get_template(name).render(names, **sentences.helpers())


def environment(directory: Path) -> SandboxedEnvironment:
    """Return the public templates' sandbox (Jinja2): no file, module or private name is in reach."""
    # Read once, here: whoever renders what somebody else wrote may then be shut off from all files.
    sources = {path.name: path.read_text(encoding="utf-8") for path in directory.glob("*.html")}
    jinja = SandboxedEnvironment(
        loader=FunctionLoader(lambda name: (sources[name], name, None) if name in sources else None),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    jinja.globals.clear()  # range, dict, cycler and their like: no page needs them
    jinja.globals["bdi"] = bdi
    jinja.newstyle_gettext = True  # type: ignore[attr-defined]
    jinja.policies["ext.i18n.trimmed"] = True
    return jinja


def bdi(text: object) -> Markup:
    """Isolate a number, code or address (bidi): it keeps its order in a right-to-left page.

    A browser that translates pages leaves it alone, digits and all.
    """
    return Markup('<bdi dir="ltr" translate="no">%s</bdi>') % text


def squeeze(html: str) -> str:
    """Minify a page: drop the indentation of its source. Not for pages that hold what a person typed."""
    return _INDENT.sub("\n", html)


def tight_css(source: str) -> Markup:
    """Minify a style sheet: drop comments and needless space."""
    plain = _CSS_COMMENT.sub(lambda match: match[1] or " ", source)
    tight = _CSS_SPACE.sub(lambda match: match[1] or match[2] or ":", plain)
    tight = _CSS_LAST.sub(lambda match: match[1] or "", tight)
    return Markup(tight.strip())  # noqa: S704 - a file of ours, and escaping would change its hash


def tight_js(source: str) -> Markup:
    """Minify a script: drop comment lines and indentation, nothing cleverer, so that it stays readable."""
    lines = (line.strip() for line in source.splitlines())
    tight = "\n".join(line for line in lines if line and not line.startswith("//"))
    return Markup(tight)  # noqa: S704 - a file of ours, and escaping would change its hash


def csp(script: str, *styles: str) -> str:
    """Return the CSP (Content-Security-Policy): only this script and these styles, and nothing loaded."""
    looks = " ".join(f"'{_hash(style)}'" for style in styles)
    return (
        f"default-src 'none'; style-src {looks}; script-src '{_hash(script)}'; connect-src 'self'; "
        "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
