"""Language markup (lang="en") for English inside another language, so that it is spoken as English."""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup, escape

# In Latin letters a machine cannot tell English from the language around it. These are what translators
# leave in English because a reader meets it so: on the phone, on a form, or on an office's own page.
_PHRASES = (
    "Homeland Security",
    "Native American",
    "Native people",
    "Portuguese",
    "human trafficking",
    "immigration",
    "immigration status",
    "interpreter",
    "sex trafficking",
    "tips",
    "trafficking",
)
# Keys, initials and names of publishers are the same in every language.
_SAME_EVERYWHERE = frozenset({"Esc", "ILO", "Polaris", "Shift", "TTY"})
_PLACEHOLDER = r"(%\(\w+\)s)"
_LATIN_WORDS = re.compile(_PLACEHOLDER + r"|[A-Za-z]+(?:[ .'’&-]+[A-Za-z]+)*")
_LEFT_IN_ENGLISH = re.compile(
    _PLACEHOLDER + "|" + r"\b(?:" + "|".join(sorted(_PHRASES, key=len, reverse=True)) + r")\b"
)


def marked(translated: str) -> Markup:
    """Return a translated sentence, escaped, with its English marked. Placeholders stay as they are.

    Where the sentence is in another script, every Latin word is English, unless it is the same everywhere.
    """
    pattern = _LATIN_WORDS if _in_another_script(translated) else _LEFT_IN_ENGLISH
    pieces, end = [], 0
    for match in pattern.finditer(translated):
        pieces.append(escape(translated[end : match.start()]))
        plain = match[1] or match[0] in _SAME_EVERYWHERE
        pieces.append(escape(match[0]) if plain else Markup('<bdi lang="en">%s</bdi>') % match[0])
        end = match.end()
    return Markup("").join([*pieces, escape(translated[end:])])


def _in_another_script(sentence: str) -> bool:
    words = re.sub(_PLACEHOLDER, "", sentence)
    return any(sign.isalpha() and "LATIN" not in unicodedata.name(sign, "LATIN") for sign in words)
