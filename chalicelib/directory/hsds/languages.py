"""Language codes (ISO 639) as HSDS writes them, and back to tags such as zh-Hans."""

from __future__ import annotations

import re

# ISO 639-1, all of it.
_TWO_LETTERS = frozenset(
    re.findall(
        "..",
        "aaabaeafakamanarasavayazbabebgbhbibmbnbobrbscacechcocrcscucvcydadedvdzeeeleneoeseteufafffifj"
        "fofrfygagdglgngugvhahehihohrhthuhyhziaidieigiiikioisitiujajvkakgkikjkkklkmknkokrkskukvkwkyla"
        "lblglilnloltlulvmgmhmimkmlmnmrmsmtmynanbndnengnlnnnonrnvnyocojomorospapiplpsptqurmrnrorurwsa"
        "scsdsesgsiskslsmsnsosqsrssstsusvswtatetgthtitktltntotrtstttwtyugukuruzvevivowawoxhyiyozazhzu",
    )
)
# English names of those most spoken where this is used; others have their code alone.
NAMES = {
    "am": "Amharic", "ar": "Arabic", "ase": "American Sign Language", "bn": "Bengali", "my": "Burmese",
    "yue": "Cantonese", "zh": "Chinese", "hr": "Croatian", "prs": "Dari", "nl": "Dutch", "en": "English",
    "fa": "Persian", "fil": "Filipino", "fr": "French", "de": "German", "el": "Greek", "gu": "Gujarati",
    "ht": "Haitian Creole", "he": "Hebrew", "hi": "Hindi", "hmn": "Hmong", "hu": "Hungarian",
    "hy": "Armenian",
    "id": "Indonesian", "ilo": "Ilocano", "it": "Italian", "ja": "Japanese", "kn": "Kannada", "km": "Khmer",
    "ko": "Korean", "ku": "Kurdish", "lo": "Lao", "cmn": "Mandarin", "mix": "Mixtec", "mn": "Mongolian",
    "nah": "Nahuatl", "ne": "Nepali", "om": "Oromo", "ps": "Pashto", "pl": "Polish", "pt": "Portuguese",
    "pa": "Punjabi", "quc": "K'iche'", "mam": "Mam", "ro": "Romanian", "ru": "Russian", "sm": "Samoan",
    "sr": "Serbian", "sk": "Slovak", "so": "Somali", "es": "Spanish", "sw": "Swahili", "tl": "Tagalog",
    "ta": "Tamil", "te": "Telugu", "th": "Thai", "ti": "Tigrinya", "to": "Tongan", "tr": "Turkish",
    "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek", "vi": "Vietnamese", "yo": "Yoruba", "zap": "Zapotec",
}  # fmt: skip
_CODES = {name.casefold(): code for code, name in NAMES.items()} | {
    "asl": "ase", "creole": "ht", "farsi": "fa", "mandarin chinese": "cmn", "sign language": "ase",
    "español": "es", "espanol": "es", "spanish language": "es",
}  # fmt: skip
_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")


def is_code(code: str) -> bool:
    """Say whether a text is a code of ISO 639-1, or of the form of those with three letters."""
    return code in _TWO_LETTERS or bool(re.fullmatch(r"[a-z]{3}", code))


def code_of(tag: str) -> str:
    """Return the code of a tag's language, without its script."""
    return tag.partition("-")[0]


def tag_of(code: str, name: str = "", note: str = "") -> str:
    """Return the tag of a language said by code, name or our own note; "" when nobody can tell."""
    wanted = code.strip()
    if _TAG.fullmatch(note) and code_of(note) == wanted:
        return note
    parts = wanted.replace("_", "-").split("-")
    primary = parts[0].lower()
    if is_code(primary):
        script = next((one.title() for one in parts[1:] if len(one) == 4 and one.isalpha()), "")
        return f"{primary}-{script}" if script else primary
    return _CODES.get(name.strip().casefold()) or _CODES.get(wanted.casefold(), "")
