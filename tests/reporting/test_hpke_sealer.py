"""Sealing with HPKE: an independent implementation opens what we sealed; nothing changed or moved opens."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

from chalicelib.delivery.adapters.delivery_keys import DeliveryKey, new_delivery_key
from chalicelib.delivery.adapters.hpke_opener import HpkeOpener, kid_of
from chalicelib.delivery.errors import SealBroken
from chalicelib.reporting.adapters.hpke_sealer import HpkeSealer
from chalicelib.reporting.padding import SIZES, unpad
from chalicelib.reporting.report import LINE_LIMIT, STORY_LIMIT, Report
from chalicelib.shared.errors import SecretMissing
from tests.support.fakes import NOON

DESK = new_delivery_key(NOON)
REPORT_ID = "0123456789abcdef0123456789abcdef"
SUITE = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305)

sealer = HpkeSealer(lambda: (DESK.kid, DESK.public))
opener = HpkeOpener(lambda: {DESK.kid: DESK.private})


def raw(key: str) -> bytes:
    """Return a key's 32 bytes."""
    return base64.urlsafe_b64decode(key)


def opened_independently(sealed: bytes, info: bytes) -> bytes:
    """Open a seal with pyhpke, reading our header by what the docs say of it."""
    version, suite, length = sealed[:3]
    assert (version, suite) == (1, 1)
    assert sealed[3 : 3 + length] == DESK.kid.encode()
    box = sealed[3 + length :]
    private = KEMKey.from_pyca_cryptography_key(X25519PrivateKey.from_private_bytes(raw(DESK.private)))
    return SUITE.create_recipient_context(box[:32], private, info=info).open(box[32:])


def test_the_independent_implementation_agrees_with_the_standard() -> None:
    # RFC 9180, A.2.1: base mode, our suite, sequence number 0.
    # `cryptography` takes no `aad` and so cannot be asked itself; the tests below tie it to this one.
    private = bytes.fromhex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")
    encapsulated = bytes.fromhex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a")
    sealed = bytes.fromhex(
        "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"
    )
    key = KEMKey.from_pyca_cryptography_key(X25519PrivateKey.from_private_bytes(private))
    context = SUITE.create_recipient_context(encapsulated, key, info=b"Ode on a Grecian Urn")
    assert context.open(sealed, aad=b"Count-0") == b"Beauty is truth, truth beauty"


def test_an_independent_implementation_opens_what_we_sealed() -> None:
    sealed = sealer.seal("Vi algo \U0001f600\n".encode(), REPORT_ID)
    padded = opened_independently(sealed, b"porchlight/v1|report|" + REPORT_ID.encode())
    assert unpad(padded) == "Vi algo \U0001f600\n".encode()


def test_we_open_what_an_independent_implementation_sealed() -> None:
    public = KEMKey.from_pyca_cryptography_key(
        X25519PrivateKey.from_private_bytes(raw(DESK.private)).public_key()
    )
    encapsulated, context = SUITE.create_sender_context(
        public, info=b"porchlight/v1|report|" + REPORT_ID.encode()
    )
    padded = (5).to_bytes(4, "big") + b"words" + bytes(1024 - 9)
    header = bytes((1, 1, len(DESK.kid))) + DESK.kid.encode()
    assert opener.open(header + encapsulated + context.seal(padded), REPORT_ID) == b"words"


def test_a_seal_moved_to_another_record_does_not_open() -> None:
    sealed = sealer.seal(b"words", REPORT_ID)
    with pytest.raises(SealBroken):
        opener.open(sealed, REPORT_ID[::-1])


def test_the_same_words_never_give_the_same_seal() -> None:
    assert sealer.seal(b"words", REPORT_ID) != sealer.seal(b"words", REPORT_ID)


def test_a_seal_changed_in_any_byte_or_cut_anywhere_does_not_open() -> None:
    sealed = sealer.seal(b"words", REPORT_ID)
    for position in [*range(80), len(sealed) // 2, len(sealed) - 1]:
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SealBroken):
            opener.open(bytes(changed), REPORT_ID)
    for length in [*range(80), len(sealed) - 1]:
        with pytest.raises(SealBroken):
            opener.open(sealed[:length], REPORT_ID)


@given(st.binary(max_size=200))
def test_anything_else_is_no_seal(content: bytes) -> None:
    with pytest.raises(SealBroken):
        opener.open(content, REPORT_ID)


def test_an_encapsulated_key_of_zeros_is_refused() -> None:
    header = bytes((1, 1, len(DESK.kid))) + DESK.kid.encode()
    with pytest.raises(SealBroken):
        opener.open(header + bytes(32) + bytes(1040), REPORT_ID)


def test_a_seal_whose_key_was_destroyed_is_gone_for_good_and_says_which_key() -> None:
    sealed = sealer.seal(b"words", REPORT_ID)
    with pytest.raises(SealBroken, match=DESK.kid):
        HpkeOpener(lambda: {}).open(sealed, REPORT_ID)


def test_one_mangled_private_key_does_not_stop_what_another_opens() -> None:
    keys = {"2026-10-aaaaaa": "not a key", DESK.kid: DESK.private}
    sealed_to_it = sealer.seal(b"words", REPORT_ID).replace(DESK.kid.encode(), b"2026-10-aaaaaa")
    with pytest.raises(SealBroken) as broken:
        HpkeOpener(lambda: keys).open(sealed_to_it, REPORT_ID)
    assert "not a key" in str(broken.value)
    assert broken.value.__cause__ is None
    assert HpkeOpener(lambda: keys).open(sealer.seal(b"words", REPORT_ID), REPORT_ID) == b"words"


@pytest.mark.parametrize("public", ["", "AAAA", "not base64 at all", "A" * 44, "é"])
def test_a_public_key_that_is_none_is_missing_rather_than_a_crash(public: str) -> None:
    broken = HpkeSealer(lambda: (DESK.kid, public))
    with pytest.raises(SecretMissing):
        broken.seal(b"words", REPORT_ID)


def test_a_rotation_is_seen_at_once_and_both_keys_open_their_own() -> None:
    keys = [DESK]
    rotating = HpkeSealer(lambda: (keys[-1].kid, keys[-1].public))
    before = rotating.seal(b"before", REPORT_ID)
    keys.append(new_delivery_key(NOON))
    after = rotating.seal(b"after", REPORT_ID)
    assert kid_of(before) != kid_of(after)
    both = HpkeOpener(lambda: {key.kid: key.private for key in keys})
    assert (both.open(before, REPORT_ID), both.open(after, REPORT_ID)) == (b"before", b"after")


def test_the_length_of_a_seal_tells_only_a_size_class() -> None:
    overhead = 3 + len(DESK.kid) + 32 + 16
    lengths = {len(sealer.seal(bytes(size), REPORT_ID)) for size in (0, 1, 500, 1020)}
    assert lengths == {1024 + overhead}
    assert len(sealer.seal(bytes(1021), REPORT_ID)) == 2048 + overhead


@pytest.mark.parametrize("character", ["a", "\U0001f600", "\x01", '"', "\\", "\u2028", "é", "\n"])
def test_the_longest_report_fits_in_the_largest_size_whatever_it_is_written_in(character: str) -> None:
    longest = Report(
        "a-place-with-a-rather-long-name", "zh-Hant", character * STORY_LIMIT, "child",
        character * LINE_LIMIT, character * LINE_LIMIT, "yes",
    )  # fmt: skip
    sealed = sealer.seal(longest.to_bytes(), REPORT_ID)
    assert Report.from_bytes(opener.open(sealed, REPORT_ID)) == longest
    assert len(sealed) < SIZES[-1] + 100


def test_a_new_delivery_key_names_its_month_and_shows_no_private_part() -> None:
    assert DESK.kid.startswith("2026-11-")
    assert DESK.private not in repr(DESK)
    assert DeliveryKey("k", "p", "s3cret") == DeliveryKey("k", "p", "s3cret")
    assert "s3cret" not in repr(DeliveryKey("k", "p", "s3cret"))
