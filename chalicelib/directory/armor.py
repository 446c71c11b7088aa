"""ASCII armor and PEM (RFC 9580 §6, RFC 7468) of pasted keys, with whatever somebody wrote around them.

Only what stands between BEGIN and END is the key. Names, comments, attributes, quoting marks of a mail and
odd blanks around it are a person's, and say nothing about whether the key is whole.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.directory.errors import KeyUnusable

OPENPGP = "PGP PUBLIC KEY BLOCK"
X509 = "CERTIFICATE"
PRIVATE = "this is a private key: its owner must replace it, and give us the public part"

_NAMES = {OPENPGP: "OpenPGP certificate", X509: "X.509 certificate"}
_LABELS = {OPENPGP: OPENPGP, X509: X509, "X509 CERTIFICATE": X509}
_MARK = re.compile(r"-{2,} ?(BEGIN|END) ([A-Z0-9 ]+?)(?: ?-+|$)", re.MULTILINE)
# Wider than a mark: however badly it was copied, a private key is never taken for something else.
_PRIVATE_MARK = re.compile(r"\b(?:BEGIN|END)[\s_-]+(?:[A-Z0-9]+\s+)*(?:PRIVATE|SECRET)\s+KEY\b")
_HEADER = re.compile(r"[A-Za-z][\w-]*:(?: |$)")
_DASHES = dict.fromkeys((*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63, 0xFF0D), "-")  # as programs set them
_QUOTING = re.compile(r"^(?:[>|] ?| )+|^- (?=-)", re.MULTILINE)
_LEAST_LETTERS = 64  # "between BEGIN and END", written as a sentence, is no key
_CRC_LETTERS = 5


@dataclass(frozen=True, slots=True)
class Block:
    """One armored block, from BEGIN to END: `data` is the key itself. `label` is OPENPGP or X509.

    `fits` says that no checksum contradicts it.
    """

    label: str
    data: bytes
    fits: bool = True


def holds_private(text: str) -> bool:
    """Say whether a text holds a private key, by its own word."""
    # The long way only for a text that may: whole sites pass here.
    return "KEY" in text and _PRIVATE_MARK.search(_plain(text)) is not None


def without_private(text: str) -> str:
    """Return the text, or nothing when a private key is in it."""
    return "" if holds_private(text) else text


def read_block(text: str) -> Block:
    """Parse the one public key in a text. Raises KeyUnusable, saying what is amiss with it.

    The same key pasted twice is one key. Blocks of other kinds beside it are not looked at, but for private
    keys: where one stands, nothing is taken.
    """
    if holds_private(text):
        raise KeyUnusable(PRIVATE)
    bodies = list(_bodies(_plain(text)))
    long = [(label, body) for label, body in bodies if len(body) >= _LEAST_LETTERS] or bodies
    blocks = {_decoded(label, body) for label, body in long}
    if not blocks:
        raise KeyUnusable("this is neither an armored OpenPGP certificate nor a PEM X.509 certificate")
    if len(blocks) > 1:
        raise KeyUnusable(_several({block.label for block in blocks}))
    return blocks.pop()


def tidy(text: str) -> str:
    """Return a key in clean armor, nothing around it; the text as it is when there is not exactly one."""
    try:
        block = read_block(text)
    except KeyUnusable:
        return text
    if not block.fits:
        return text
    head = f"-----BEGIN {block.label}-----\n"
    tail = f"-----END {block.label}-----\n"
    if block.label == X509:
        return head + _lines(block.data) + tail
    return f"{head}\n{_lines(block.data)}={_encoded(_crc24(block.data))}\n{tail}"


def _bodies(text: str) -> Iterator[tuple[str, str]]:
    """Yield label and body of each public key."""
    opened: re.Match[str] | None = None
    beheaded, whole = "", False
    for mark in _MARK.finditer(text):
        label = _LABELS.get(mark[2])
        if label is None or (opened is not None and _is_in_a_comment(text[opened.end() : mark.start()])):
            continue
        if mark[1] == "BEGIN":
            if opened is not None and _is_long(text[opened.end() : mark.start()]):
                raise KeyUnusable(_damaged(_LABELS[opened[2]], "its last line, which says END, is missing"))
            opened = mark
        elif opened is None:
            beheaded = label
        elif _LABELS[opened[2]] != label:
            raise KeyUnusable(_damaged(_LABELS[opened[2]], "it ends like another kind of key"))
        else:
            yield label, text[opened.end() : mark.start()].strip("- \n")
            opened, whole = None, True
    if opened is not None:
        raise KeyUnusable(_damaged(_LABELS[opened[2]], "its last line, which says END, is missing"))
    if beheaded and not whole:
        raise KeyUnusable(_damaged(beheaded, "its first line, which says BEGIN, is missing"))


def _is_in_a_comment(before: str) -> bool:
    """Say whether a mark within a key stands in one of its comments: `before` is what has come of the key."""
    _, whole_lines, line = before.rpartition("\n")
    return bool(whole_lines) and _HEADER.match(line.strip()) is not None


def _is_long(text: str) -> bool:
    return len(text.strip()) >= _LEAST_LETTERS


def _decoded(label: str, body: str) -> Block:
    letters = "".join("".join(_without_headers(body.split("\n"))).split())
    checksum = ""
    if label == OPENPGP and letters[-_CRC_LETTERS:].startswith("="):
        letters, checksum = letters[:-_CRC_LETTERS], letters[1 - _CRC_LETTERS :]
    try:
        data = base64.b64decode(letters.encode("ascii"), validate=True)
        wanted = base64.b64decode(checksum.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise KeyUnusable(f"this {_NAMES[label]} is damaged") from error
    if not data:
        raise KeyUnusable(_damaged(label, "there is nothing between BEGIN and END"))
    return Block(label, data, fits=not wanted or wanted == _crc24(data))


def _without_headers(lines: list[str]) -> Iterator[str]:
    """Yield the lines that are the key: comments come first, and an empty line ends them.

    Some programs drop that empty line, others put one after each line.
    """
    rest = [line.strip() for line in lines]
    while True:
        while rest and not rest[0]:
            rest.pop(0)
        if not rest or not _HEADER.match(rest[0]):
            yield from rest
            return
        # A comment that a mail program broke over two lines goes on until the empty line.
        empty = rest.index("") if "" in rest else 1
        rest = rest[empty:]


def _plain(text: str) -> str:
    """Return the text with plain line ends and blanks, and without marks that nobody sees."""
    text = text.replace("\\r\\n", "\n").replace("\\n", "\n").replace("\r\n", "\n")
    text = re.sub("[\r\x0b\x0c\x85\u2028\u2029]", "\n", text)
    characters = (
        character
        if character == "\n"
        else " "
        if character.isspace()
        else ""
        if unicodedata.category(character) in ("Cf", "Cc")
        else character
        for character in text
    )
    text = re.sub(" +", " ", "".join(characters)).translate(_DASHES)
    return _QUOTING.sub("", text)


def _several(labels: set[str]) -> str:
    if labels == {OPENPGP}:
        return "this is not one whole OpenPGP certificate"
    if labels == {X509}:
        return "there is more than one certificate: give us the recipient's own alone"
    return "there is an OpenPGP key and an X.509 certificate: give us the one to be used"


def _damaged(label: str, why: str) -> str:
    return f"this {_NAMES[label]} is damaged: {why}"


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _lines(data: bytes) -> str:
    letters = _encoded(data)
    return "".join(f"{letters[at : at + 64]}\n" for at in range(0, len(letters), 64))


def _crc24(data: bytes) -> bytes:
    """Return the checksum of armor (RFC 9580 §6.1.1)."""
    crc = 0xB704CE
    for octet in data:
        crc ^= octet << 16
        for _ in range(8):
            crc <<= 1
            if crc & 0x1000000:
                crc ^= 0x1864CFB
    return crc.to_bytes(3, "big")
