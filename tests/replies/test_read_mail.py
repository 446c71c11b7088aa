"""Reading a mail: whatever a mail program, a gateway or a stranger made of it."""

from __future__ import annotations

import base64
import struct

import pytest

from chalicelib.replies.conversation import EMPTY, ENCRYPTED, FILES_ONLY, HUMAN, TNEF, UNREADABLE
from chalicelib.replies.read_mail import read_mail
from tests.support.stored_mails import OFFICER, mail, source, stored

PLAIN = b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
PDF = b"Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=letter.pdf\r\n\r\n%PDF\r\n"


def mixed(*parts: bytes, kind: str = "mixed", end: bytes = b"--b--\r\n", **headers: str) -> bytes:
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + end
    return source(body, f'multipart/{kind}; boundary="b"', **headers)


def test_a_mail_is_read_with_all_that_the_rules_need() -> None:
    parsed = read_mail(stored(mail("We have it.\n", References="<a@x> <ours@email.amazonses.com>")))
    assert parsed.kind == HUMAN
    assert parsed.sender == OFFICER
    assert parsed.text.strip() == "We have it."
    assert parsed.message_id == "<one@agency.example>"
    assert parsed.in_reply_to == ("<ours@email.amazonses.com>",)
    assert parsed.references == ("<a@x>", "<ours@email.amazonses.com>")
    assert parsed.subject == "Re: Porchlight report PL-7K2M-9QXR"
    assert parsed.date == "Sun, 29 Nov 2026 10:00:00 +0000"
    assert parsed.body == b"We have it.\r\n"


def test_a_mail_without_a_message_id_still_has_its_body() -> None:
    first, other = read_mail(stored(mail("a", Message_ID=""))), read_mail(stored(mail("b", Message_ID="")))
    assert first.message_id == other.message_id == ""
    assert first.body != other.body


def test_the_words_of_a_mail_are_in_no_text_of_an_error() -> None:
    parsed = read_mail(stored(mail("an odd phrase", Subject="an odd subject")))
    assert "odd" not in repr(parsed)
    assert OFFICER not in repr(parsed)


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        ("It’s “fine” – José".encode("cp1252"), "iso-8859-1"),
        ("It’s “fine” – José".encode(), "iso-8859-1"),
        ("It’s “fine” – José".encode(), "us-ascii"),
        ("It’s “fine” – José".encode("cp1252"), ""),
        ("It’s “fine” – José".encode(), ""),
        ("It’s “fine” – José".encode(), "x-unknown"),
        ("It’s “fine” – José".encode("cp1252"), "unicode_escape"),
        ("It’s “fine” – José".encode("utf-16"), "utf-16"),
    ],
)
def test_a_wrong_or_missing_charset_is_readable(content: bytes, charset: str) -> None:
    kind = f"text/plain; charset={charset}" if charset else "text/plain"
    assert read_mail(source(content, kind)).text == "It’s “fine” – José"


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("我们已经看到了", "gb2312"),
        ("我們已經看到了", "big5"),
        ("メールを読みました", "iso-2022-jp"),
        ("메일을 읽었습니다", "ks_c_5601-1987"),
        ("لقد قرأنا رسالتكم", "windows-1256"),
        ("Мы прочитали", "koi8-r"),
    ],
)
def test_the_charsets_of_our_languages_are_read(text: str, charset: str) -> None:
    assert read_mail(source(text.encode(charset), f"text/plain; charset={charset}")).text == text


def test_a_text_that_was_cut_inside_a_letter_stays_utf_8() -> None:
    assert (
        read_mail(source("José".encode() * 9 + b"\xc3", "text/plain; charset=utf-8")).text[:9] == "JoséJoséJ"
    )


def test_a_missing_last_boundary_ends_with_the_mail() -> None:
    parsed = read_mail(mixed(PLAIN + b"We have it.", PDF, end=b""))
    assert (parsed.text.strip(), parsed.files) == ("We have it.", 1)


def test_inner_parts_that_end_early_leave_the_outer_ones_whole() -> None:
    inner = b'Content-Type: multipart/alternative; boundary="i"\r\n\r\n--i\r\n' + PLAIN + b"We have it.\r\n"
    parsed = read_mail(mixed(inner, PDF))
    assert (parsed.text.strip(), parsed.files) == ("We have it.", 1)


def test_a_mail_that_names_no_boundary_is_its_text() -> None:
    assert read_mail(source(b"We have it.", "multipart/mixed")).text == "We have it."
    assert read_mail(source(b"We have it.", 'multipart/mixed; boundary="b"')).text == "We have it."


def test_a_file_written_out_inside_the_text_is_a_file() -> None:
    text = b"We have it.\r\nbegin 644 map.gif\r\nM1TE&.#EA``$``?\\``\r\n`\r\nend\r\nThanks.\r\n"
    parsed = read_mail(source(text))
    assert (parsed.text, parsed.files) == ("We have it.\nThanks.\n", 1)


def test_files_alone_are_not_an_answer_and_are_counted() -> None:
    parsed = read_mail(mixed(PDF, PDF))
    assert (parsed.kind, parsed.files) == (FILES_ONLY, 2)
    whole = source(b"%PDF", "application/pdf; name=letter.pdf")
    assert (read_mail(whole).kind, read_mail(whole).files) == (FILES_ONLY, 1)


@pytest.mark.parametrize(
    "raw", [source(b""), source(b" \r\n\r\n"), source(b"<p>&nbsp;</p>", "text/html"), mixed(PLAIN)]
)
def test_a_mail_without_a_word_is_empty(raw: bytes) -> None:
    assert read_mail(raw).kind == EMPTY


def test_a_letterhead_in_the_page_is_no_file() -> None:
    image = b"Content-Type: image/png\r\nContent-ID: <a@b>\r\n\r\nx"
    page = b"Content-Type: text/html\r\n\r\n<p>We have it.</p><img src='cid:a@b'>"
    assert read_mail(mixed(page, image, kind="related")).files == 0
    assert read_mail(mixed(page, image)).files == 1


def test_a_forwarded_mail_is_a_file_and_none_of_its_words_are_the_answer() -> None:
    inner = b"Content-Type: message/rfc822\r\n\r\nFrom: x@y.example\r\n\r\nOther words"
    parsed = read_mail(mixed(PLAIN + b"We have it.", inner))
    assert (parsed.text.strip(), parsed.files) == ("We have it.", 1)


@pytest.mark.parametrize("coding", ["base64", "BASE64 "])
def test_broken_base64_is_read_as_far_as_it_goes(coding: str) -> None:
    content = base64.encodebytes(b"We have it.").strip(b"=\n") + b"!\r\n"
    parsed = read_mail(source(content, Content_Transfer_Encoding=coding))
    assert parsed.text.startswith("We have it")


def test_flowed_lines_are_joined_and_quotes_stay_apart() -> None:
    text = b"We have \r\nit.\r\n> a quote \r\n> goes on\r\n-- \r\nAna\r\n"
    parsed = read_mail(source(text, "text/plain; format=flowed"))
    assert parsed.text == "We have it.\n> a quote goes on\n-- \nAna\n"


def test_a_signed_mail_is_its_first_part() -> None:
    signature = b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nMII"
    parsed = read_mail(mixed(PLAIN + b"We have it.", signature, kind="signed"))
    assert (parsed.kind, parsed.text.strip(), parsed.files) == (HUMAN, "We have it.", 0)


def der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


SIGNED_OID = der(6, bytes.fromhex("2a864886f70d010702"))
DATA_OID = der(6, bytes.fromhex("2a864886f70d010701"))


def signed(octets: bytes) -> bytes:
    fields = der(2, b"\1") + der(0x31, b"") + der(0x30, DATA_OID + der(0xA0, octets)) + der(0x31, b"")
    return der(0x30, SIGNED_OID + der(0xA0, der(0x30, fields)))


INSIDE = PLAIN + b"We have it, signed." + b" " * 200


@pytest.mark.parametrize(
    "content",
    [
        signed(der(4, INSIDE)),
        signed(der(0x24, der(4, INSIDE[:50]) + der(4, INSIDE[50:]))),
        b"\x30\x80" + SIGNED_OID + b"\xa0\x80\x30\x80" + der(2, b"\1") + der(0x31, b"")
        + b"\x30\x80" + DATA_OID + b"\xa0\x80\x24\x80" + der(4, INSIDE) + b"\0\0" * 7,
    ],
)  # fmt: skip
def test_an_opaque_signed_mail_is_what_it_holds(content: bytes) -> None:
    kind = "application/pkcs7-mime; smime-type=signed-data; name=smime.p7m"
    parsed = read_mail(source(base64.encodebytes(content), kind, Content_Transfer_Encoding="base64"))
    assert (parsed.kind, parsed.text.strip()) == (HUMAN, "We have it, signed.")


ENVELOPED = der(0x30, der(6, bytes.fromhex("2a864886f70d010703")) + der(0xA0, b"\0" * 90))


@pytest.mark.parametrize(
    "raw",
    [
        source(ENVELOPED, "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"),
        source(ENVELOPED, "application/octet-stream; name=smime.p7m"),
        mixed(b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1", kind="encrypted"),
        source(b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n"),
    ],
)
def test_an_encrypted_mail_is_known_as_one(raw: bytes) -> None:
    assert read_mail(raw).kind == ENCRYPTED


def test_the_armor_of_a_signed_text_is_taken_off() -> None:
    text = (
        b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nWe have it.\n- --\nAna\n"
        b"-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----\n"
    )
    assert read_mail(source(text)).text == "We have it.\n--\nAna"


def attribute(number: int, value: bytes) -> bytes:
    return b"\1" + struct.pack("<II", number, len(value)) + value + b"\0\0"


def tnef(*attributes: bytes) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


def text_property(kind: int, name: int, value: bytes) -> bytes:
    padded = value + b"\0" * (-len(value) % 4)
    named = struct.pack("<HHHHI", 3, 0x0E07, 0, 0, 0)[:8]  # a number before it
    return struct.pack("<I", 2) + named + struct.pack("<HHII", kind, name, 1, len(value)) + padded


LATIN = "We have it, José.".encode("cp1252")
WINMAIL = "application/ms-tnef; name=winmail.dat"


@pytest.mark.parametrize(
    "packed",
    [
        tnef(attribute(0x2800C, LATIN + b"\0")),
        tnef(
            attribute(0x69007, struct.pack("<Q", 1252)),
            attribute(0x2800C, LATIN),
        ),
        tnef(attribute(0x69003, text_property(0x1F, 0x1000, "We have it, José.".encode("utf-16-le")))),
        tnef(attribute(0x69003, text_property(0x1E, 0x1000, LATIN))),
    ],
)
def test_the_words_in_a_winmail_dat_alone_are_read(packed: bytes) -> None:
    parsed = read_mail(source(packed, WINMAIL))
    assert (parsed.kind, parsed.text) == (HUMAN, "We have it, José.")


def test_a_page_in_a_winmail_dat_is_read_too() -> None:
    packed = tnef(
        attribute(0x69003, text_property(0x102, 0x1013, b"<p>We have it.</p>")), attribute(0x6800F, b"x")
    )
    parsed = read_mail(source(packed, WINMAIL))
    assert (parsed.kind, parsed.html, parsed.files) == (HUMAN, "<p>We have it.</p>", 1)


@pytest.mark.parametrize("packed", [tnef(), tnef(attribute(0x69003, b"\xff" * 50)), b"nonsense", tnef()[:3]])
def test_a_winmail_dat_without_words_is_no_empty_answer(packed: bytes) -> None:
    assert read_mail(source(packed, WINMAIL)).kind == TNEF


def test_beside_a_text_a_winmail_dat_is_left_alone() -> None:
    packed = b"Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\n" + tnef(
        attribute(0x2800C, b"Other")
    )
    parsed = read_mail(mixed(PLAIN + b"We have it.", packed))
    assert (parsed.kind, parsed.text.strip(), parsed.files) == (HUMAN, "We have it.", 0)


@pytest.mark.parametrize("raw", [b"", b"\0" * 50, b"just words", b"\r\n\r\nwords", bytes(range(256)) * 4])
def test_what_is_no_mail_is_unreadable(raw: bytes) -> None:
    assert read_mail(raw).kind == UNREADABLE


def test_encoded_words_of_a_subject_are_read() -> None:
    raw = source(b"x", Subject="=?utf-8?Q?Jos=C3=A9?= =?iso-8859-1?B?6Q==?= =?utf-8?B?!?= =?x?Q?y?=")
    assert read_mail(raw).subject.startswith("Joséé")


def test_a_text_longer_than_is_looked_at_says_so() -> None:
    parsed = read_mail(source(b"We have it.\r\n" * 100_000))
    assert parsed.cut
    assert parsed.text.startswith("We have it.\n")
    assert not read_mail(source(b"We have it.\r\n")).cut
