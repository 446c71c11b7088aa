"""The charset of a mail: bytes become text that can be read, whatever their label says."""

from __future__ import annotations

import re

# Names that mails use, by what Python calls them. No other codec is ever asked for: some take forever.
_KNOWN = re.compile(
    r"(?:utf[-_]?(?:8|16|16le|16be|32|7)|(?:iso[-_]?)?8859[-_]\d{1,2}|iso[-_]8859[-_]\d{1,2}(?:[-_][ei])?"
    r"|(?:windows[-_]?|cp|x-cp)(?:125\d|874|932|936|949|950|437|850|866)|koi8[-_][ru]|gb(?:2312|k|18030)"
    r"|x-gbk|big5(?:[-_]?hkscs)?|shift[-_]jis|euc[-_](?:jp|kr)|iso[-_]2022[-_](?:jp|kr)(?:-\d)?"
    r"|ks_c_5601[-_]1987|tis[-_]620|macintosh|x-mac-\w{1,12}|us[-_]ascii|ascii|latin[-_]?1)\Z",
    re.IGNORECASE,
)
_MEANT = {
    # What says one of these mostly is its bigger brother.
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252",
    "us-ascii": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030",
    "cp936": "gb18030", "windows-936": "gb18030", "ks_c_5601-1987": "cp949", "euc-kr": "cp949",
    "shift_jis": "cp932", "shift-jis": "cp932", "macintosh": "mac_roman", "iso-8859-8-i": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6", "iso-8859-9": "cp1254", "tis-620": "cp874",
}  # fmt: skip
_OWN_SHAPE = ("utf-16", "utf-32", "utf-7", "iso-2022", "utf16", "utf32", "utf7")
# Signs that nobody sees, or that turn the order of others around; and our own marks of the HTML reader.
_GONE = {
    **dict.fromkeys(range(32)), **dict.fromkeys(range(0x7F, 0xA0)), **dict.fromkeys(range(0xE000, 0xE010)),
    **dict.fromkeys([0xAD, 0xFEFF, 0xFFFC, 0x202D, 0x202E]), **dict.fromkeys(range(0xD800, 0xE000)),
    9: "\t", 10: "\n", 11: "\n", 12: "\n", 13: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n",
    0xA0: " ", 0x2007: " ", 0x202F: " ", 0x3000: " ",
}  # fmt: skip


def decode(content: bytes, charset: str) -> str:
    """Return bytes as text. Never raises: what no charset can read becomes a question mark."""
    name = charset.strip().strip("'\"").lower()
    if not name.startswith(_OWN_SHAPE):
        try:
            return content.decode("utf-8")  # words of no other charset happen to be this
        except UnicodeDecodeError:
            pass
    if _KNOWN.match(name) and not name.startswith(("utf-8", "utf8")):
        python_name = _MEANT.get(name.replace("_", "-"), _MEANT.get(name, name.removeprefix("x-")))
        try:
            return content.decode(python_name, "replace")
        except (LookupError, UnicodeError):
            pass
    if name.startswith(("utf-8", "utf8")) and _mostly_utf8(content):
        return content.decode("utf-8", "replace")
    return content.decode("cp1252", "replace")


def cleaned(text: str) -> str:
    """Return a text with one kind of line end and of space, and without signs that nobody sees."""
    return text.replace("\r\n", "\n").translate(_GONE)


def _mostly_utf8(content: bytes) -> bool:
    """Say whether bytes are UTF-8 with a flaw, cut in the middle of a letter, say, and no other charset."""
    read = content.decode("utf-8", "replace")
    return read.count("\ufffd") * 4 <= sum(not sign.isascii() for sign in read[:100_000]) + 4
