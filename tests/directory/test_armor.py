"""ASCII armor of keys as people paste them: only what stands between BEGIN and END is the key."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from chalicelib.directory.armor import (
    OPENPGP,
    X509,
    holds_private,
    read_block,
    tidy,
    without_private,
)
from chalicelib.directory.errors import KeyUnusable

KEYS = Path(__file__).with_name("keys")
PLAIN = (KEYS / "plain.asc").read_text()
COMMENTED = (KEYS / "comment-with-umlaut.asc").read_text()
PRINTED = (KEYS / "certificate-text-with-umlaut.pem").read_text()
ALONE = PRINTED[PRINTED.index("-----BEGIN") :]
DATA = {OPENPGP: read_block(PLAIN).data, X509: read_block(ALONE).data}

AROUND = {
    "as it is": lambda key: key,
    "a sentence before": lambda key: f"Grüße aus Zürich! Hier unser Schlüssel:\n{key}",
    "a sentence on the same line": lambda key: f"Our key: {key}",
    "a sentence behind": lambda key: f"{key}\nViele Grüße, Zoë — the desk",
    "a sentence that names the marks": lambda key: (
        f"All between -----BEGIN {label(key)}----- and -----END {label(key)}-----, please:\n{key}"
    ),
    "a mark of order": lambda key: f"\ufeff{key}",
    "blanks that do not break": lambda key: f"\u00a0\u2003{key}\u202f\u3000",
    "blanks that do not break, on every line": lambda key: "\u00a0" + key.replace("\n", "\u00a0\n\u00a0"),
    "blanks nobody sees": lambda key: key.replace("\n", "\u200b\n\u2060"),
    "lines that end like Windows": lambda key: key.replace("\n", "\r\n"),
    "lines that end like an old Mac": lambda key: key.replace("\n", "\r"),
    "lines that end as a web page breaks them": lambda key: key.replace("\n", "\u2028"),
    "quoted in a mail": lambda key: "".join(f"> {line}\n" for line in key.splitlines()),
    "quoted twice": lambda key: "".join(f">> {line}\n" for line in key.splitlines()),
    "quoted by another program": lambda key: "".join(f"> > {line}\n" for line in key.splitlines()),
    "quoted with bars": lambda key: "".join(f"| {line}\n" for line in key.splitlines()),
    "indented": lambda key: "".join(f"\t    {line}\n" for line in key.splitlines()),
    "in a signed mail": lambda key: re.sub("^-----", "- -----", key, flags=re.MULTILINE),
    "an empty line after each line": lambda key: key.replace("\n", "\n\n"),
    "dashes of a word processor": lambda key: key.replace("-----", "\u2014\u2013-"),
    "dashes as wide as Chinese signs": lambda key: key.replace("-----", "\uff0d" * 5),
    "no newline at the end": lambda key: key.rstrip("\n"),
    "cut short by a dash": lambda key: key.rstrip("\n-") + "---",
    "blanks behind lines": lambda key: key.replace("\n", "  \n"),
    "without the checksum": lambda key: re.sub(r"\n=[A-Za-z0-9+/]{4}\n", "\n", key),
    "broken at other places": lambda key: wrapped(key, 40),
    "on long lines": lambda key: wrapped(key, 5000),
    "typed into JSON twice": lambda key: key.replace("\n", "\\n"),
    "pasted twice": lambda key: key + "\n" + key,
}
OF_OPENPGP = {
    "comments of Kleopatra": lambda key: COMMENTED,
    "a version": lambda key: headed(key, "Version: GnuPG v2\nComment: "),
    "comments without blank": lambda key: headed(key, "Comment:"),
    "a comment broken over two lines": lambda key: headed(
        key, "Comment: Zoë Müller of the desk at the\ncounty"
    ),
    "comments that name the marks": lambda key: headed(
        key,
        "Comment: from -----BEGIN PGP PUBLIC KEY BLOCK-----\nComment: to -----END PGP PUBLIC KEY BLOCK-----",
    ),
    "a comment and no empty line": lambda key: headed(key, "Comment: Zoë").replace("Zoë\n\n", "Zoë\n"),
    "no empty line": lambda key: key.replace("-----\n\n", "-----\n"),
}
OF_X509 = {
    "printed with its text": lambda key: PRINTED,
    "bag attributes": lambda key: (
        "Bag Attributes\n    localKeyID: 8B 12\n    friendlyName: Zoë Müller\n"
        f"subject=CN = Zoë Müller\n\nissuer=CN = Bezirk Köln\n\n{key}"
    ),
    "the label of old programs": lambda key: key.replace(" CERTIFICATE", " X509 CERTIFICATE"),
    "its bare public key beside it": lambda key: (
        f"-----BEGIN PUBLIC KEY-----\n{'A' * 64}\n-----END PUBLIC KEY-----\n{key}"
    ),
    "on one line": lambda key: key.replace("\n", " "),
}


def label(key: str) -> str:
    return OPENPGP if OPENPGP in key else X509


def wrapped(key: str, width: int) -> str:
    start, body, end = re.fullmatch(r"(-+BEGIN[^\n]+\n\n?)(.*\n)(-+END.*)", key, re.DOTALL).groups()
    body, checksum = re.fullmatch(r"(.*?)(=[^=\n]{4}\n)?", body, re.DOTALL).groups()
    letters = body.replace("\n", "")
    lines = [letters[at : at + width] for at in range(0, len(letters), width)]
    return start + "\n".join(lines) + "\n" + (checksum or "") + end


def headed(key: str, headers: str) -> str:
    return key.replace("-----\n\n", f"-----\n{headers}\n\n", 1)


@pytest.mark.parametrize(
    ("key", "around"),
    [(key, way) for key in (PLAIN, ALONE) for way in AROUND.values()]
    + [(PLAIN, way) for way in OF_OPENPGP.values()]
    + [(ALONE, way) for way in OF_X509.values()],
    ids=[f"{kind}: {way}" for kind in ("OpenPGP", "X.509") for way in AROUND]
    + [f"OpenPGP: {way}" for way in OF_OPENPGP]
    + [f"X.509: {way}" for way in OF_X509],
)
def test_only_what_stands_between_begin_and_end_is_the_key(key, around):
    pasted = around(key)
    block = read_block(pasted)
    assert block.label == label(key)
    assert block.data == DATA[block.label]
    assert read_block(tidy(pasted)) == block
    assert tidy(pasted).isascii()


def test_a_tidied_key_is_what_the_program_itself_writes():
    assert tidy(COMMENTED) == tidy(PLAIN) == PLAIN
    assert tidy(PRINTED) == ALONE


def changed_letter(key: str) -> str:
    lines = key.splitlines()
    at = len(lines) // 2
    lines[at] = lines[at][:9] + ("A" if lines[at][9] != "A" else "B") + lines[at][10:]
    return "\n".join(lines)


DAMAGED = [
    (PLAIN.replace("-----END PGP PUBLIC KEY BLOCK-----", ""), "its last line, which says END, is missing"),
    (ALONE.replace("-----END CERTIFICATE-----", ""), "its last line, which says END, is missing"),
    (ALONE.replace("-----END CERTIFICATE-----", "") + ALONE, "its last line, which says END, is missing"),
    (
        PLAIN.replace("-----BEGIN PGP PUBLIC KEY BLOCK-----", ""),
        "its first line, which says BEGIN, is missing",
    ),
    (ALONE.replace("END CERTIFICATE", "END PGP PUBLIC KEY BLOCK"), "it ends like another kind of key"),
    ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", "there is nothing between BEGIN and END"),
    (
        PLAIN.replace("mDME", "mDM\u00f1"),
        "is damaged",
    ),
    (PLAIN.replace("mDME", "mDM\ud800"), "is damaged"),
]


@pytest.mark.parametrize(("text", "reason"), DAMAGED)
def test_damage_is_told_with_its_reason(text, reason):
    with pytest.raises(KeyUnusable, match=r"this (OpenPGP|X\.509) certificate is damaged") as refused:
        read_block(text)
    assert reason in str(refused.value)
    assert tidy(text) == text


@pytest.mark.parametrize("text", [changed_letter(PLAIN), PLAIN.replace("=IEtS", "=AAAA")])
def test_a_checksum_that_does_not_fit_is_seen_and_never_mended(text):
    assert not read_block(text).fits
    assert tidy(text) == text


def test_two_keys_are_none_and_the_reason_is_told():
    other = ALONE.replace(base64.b64encode(DATA[X509]).decode()[:8], "MIIDZDCD")
    for both, reason in (
        (PLAIN + ALONE, "there is an OpenPGP key and an X.509 certificate"),
        (ALONE + other, "there is more than one certificate"),
    ):
        with pytest.raises(KeyUnusable, match=reason):
            read_block(both)


PRIVATE_LABELS = (
    "PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "RSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "DSA PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
    "SSH2 ENCRYPTED PRIVATE KEY",
    "PGP PRIVATE KEY BLOCK",
    "PGP SECRET KEY BLOCK",
)


@pytest.mark.parametrize("kind", PRIVATE_LABELS)
@pytest.mark.parametrize("beside", ["", PLAIN, ALONE])
@pytest.mark.parametrize("way", [way for way in AROUND if "names the marks" not in way])
def test_a_private_key_is_refused_wherever_it_stands(kind, beside, way):
    private = f"-----BEGIN {kind}-----\n{'A' * 64}\n-----END {kind}-----\n"
    for text in (AROUND[way](private + beside), AROUND[way](beside + private)):
        with pytest.raises(KeyUnusable, match="this is a private key"):
            read_block(text)
        assert tidy(text) == text
        assert without_private(text) == ""


def test_half_a_private_key_is_one_and_words_about_one_are_none():
    assert holds_private("-----BEGIN PRIVATE KEY-----\nAAAA")
    assert holds_private("AAAA\n-----END RSA PRIVATE KEY-----")
    assert not holds_private(f"This is not my PRIVATE KEY, of course:\n{PLAIN}")
    assert read_block(f"I keep the PRIVATE KEY at home.\n{ALONE}").data == DATA[X509]
    assert not holds_private(COMMENTED)
