"""What the one style sheet must keep: an exit in sight, contrast in any colours, and nothing from outside."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chalicelib.domain.documents import STOPS, TELLS, Problem

STYLE = "template/public/page.css"
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3: text
LEAST_EDGE = 3.0  # 1.4.11: borders of fields and boxes

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_HEX = re.compile(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})(?![0-9a-fA-F])")
_OUTSIDE = re.compile(r"url\s*\(|@import|@font-face|image-set\s*\(|</|expression\s*\(", re.IGNORECASE)
_LOST = (
    (r"#exit\s*\{[^}]*position:\s*sticky", "The exit must stay in sight: #exit needs position: sticky."),
    (
        r"#exit:focus:not\(:focus-visible\)\s*~\s*\*\s*\{[^}]*visibility:\s*hidden",
        "A tap on the exit must blank the page: the rule #exit:focus:not(:focus-visible) ~ * is missing.",
    ),
    (
        r"\.gone\s+body\s*\{[^}]*display:\s*none",
        "Leaving must blank the page: the rule .gone body is missing.",
    ),
    (
        r"scroll-padding-block-start:\s*[0-9.]+rem",
        "What has the focus must not lie under the exit: scroll-padding-block-start is missing.",
    ),
    (r"color-scheme:\s*light dark", "The page must follow a dark or light phone: color-scheme is missing."),
    (r":focus-visible\s*\{[^}]*outline:", "Who uses a keyboard must see where they are: :focus-visible."),
)


def check_style(text: str) -> list[Problem]:
    """Return what is wrong with the style sheet, with its lines."""
    plain = _COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment[0]), text)
    found = [Problem(STYLE, 0, sentence) for pattern, sentence in _LOST if not re.search(pattern, plain)]
    for outside in _OUTSIDE.finditer(plain):
        sentence = f"“{outside[0]}” is not allowed: the page loads nothing, from us or from outside."
        found.append(Problem(STYLE, _line(plain, outside.start()), sentence))
    if plain.count("{") != plain.count("}"):
        found.append(Problem(STYLE, 0, "The brackets { and } do not match."))
    rules = list(_RULE.finditer(plain))
    grounded = {one for rule in rules if _ground(_values(rule[2])) for one in _selectors(rule[1])}
    for rule in rules:
        start = rule.start() + len(rule[0]) - len(rule[0].lstrip())
        # What a rule draws its edge on may be said by another rule for the same parts of the page.
        on_its_own = set(_selectors(rule[1])) <= grounded
        told = _of_rule(rule[1].strip(), _values(rule[2]), on_its_own)
        found += [Problem(STYLE, _line(plain, start), *one) for one in told]
    return found


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours like "#14395f" or "#fff", from 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _of_rule(selector: str, values: Mapping[str, str], on_its_own: bool) -> list[tuple[str, str]]:
    """Return what is wrong with a rule; `on_its_own`: on a background of its own, not the page's."""
    found = []
    ink, ground = _colour(values.get("color")), _ground(values)
    if bool(ink) != bool(ground):
        found.append(("Set color and background together: phones show the page in dark or light.", STOPS))
    elif ink and ground and contrast(ink, ground) < LEAST_CONTRAST:
        ratio = f"{contrast(ink, ground):.1f}"
        found.append((f"{ink} on {ground} is hard to read: contrast {ratio}, at least 4.5 is needed.", STOPS))
    for name, value in values.items():
        colour = _colour(value)
        edge = name.startswith(("--", "border", "outline"))
        if (
            edge
            and colour
            and not on_its_own
            and min(contrast(colour, "#fff"), contrast(colour, "#121212")) < LEAST_EDGE
        ):
            found.append((f"{colour} cannot be seen well on a light and on a dark page alike.", STOPS))
        if name == "outline" and value in ("none", "0"):
            found.append(("Never take the outline away: it shows where a keyboard is.", STOPS))
        if name in ("letter-spacing", "text-transform"):
            found.append((f"{name} breaks letters of Arabic and other scripts.", TELLS))
        if name == "font-size" and value.endswith("px"):
            found.append(("Use rem for letters, so that they grow when a reader asks for it.", TELLS))
        if re.fullmatch(r"(margin|padding|border)-(left|right)|left|right", name):
            found.append((f"{name} is wrong in Arabic; use the inline-start and inline-end names.", TELLS))
        if name == "position" and value == "fixed":
            found.append((f"“{selector}” would lie over the page when letters are large.", TELLS))
    return found


def _values(body: str) -> dict[str, str]:
    pairs = (declaration.partition(":") for declaration in body.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _selectors(text: str) -> list[str]:
    return [" ".join(one.split()) for one in text.split(",")]


def _ground(values: Mapping[str, str]) -> str:
    return _colour(values.get("background", values.get("background-color")))


def _colour(value: str | None) -> str:
    match = _HEX.search(value or "")
    return match[0].lower() if match else ""


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[index : index + 2], 16) / 255 for index in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
