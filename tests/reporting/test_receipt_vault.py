"""Key derivation: codes lead to records slowly (argon2id), and the other secrets come from one seed."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chalicelib.reporting.adapters.receipt_vault import SeededVault
from chalicelib.shared.errors import SecretMissing

CODE = "12345678901234567894"
SEED = b"a seed of the tests, long enough for anybody"
vault = SeededVault(lambda: SEED)


def test_a_code_leads_to_the_same_keys_each_time_and_another_to_others() -> None:
    keys = vault.keys_of(CODE)
    assert vault.keys_of(CODE) == keys
    other = vault.keys_of(CODE[::-1])
    assert other.report_id != keys.report_id
    assert other.public_key != keys.public_key


def test_an_id_is_thirty_two_hex_digits_and_the_key_a_point() -> None:
    keys = vault.keys_of(CODE)
    assert len(keys.report_id) == 32
    assert set(keys.report_id) <= set("0123456789abcdef")
    assert len(X25519PublicKey.from_public_bytes(keys.public_key).public_bytes_raw()) == 32


def test_keys_show_neither_code_nor_seed() -> None:
    assert CODE not in repr(vault.keys_of(CODE))


def test_a_code_costs_one_argon2id_of_32_mebibytes_and_two_passes() -> None:
    # Worked out anew with the parameters written down: no cheaper way leads to the same record.
    def hkdf(root: bytes, purpose: bytes) -> bytes:
        return HKDF(SHA256(), 32, None, b"porchlight/v1|" + purpose).derive(root)

    root = Argon2id(
        salt=hkdf(SEED, b"site secret: receipt salt")[:16],
        length=32,
        iterations=2,
        lanes=1,
        memory_cost=32 * 1024,
        secret=hkdf(SEED, b"site secret: receipt pepper"),
    ).derive(CODE.encode())
    assert vault.keys_of(CODE).report_id == hkdf(root, b"report id")[:16].hex()


def test_the_codes_people_hold_go_on_leading_to_their_records() -> None:
    # Whoever changes this strands every code that was ever given out.
    assert vault.keys_of(CODE).report_id == "9e9e5933342e4afe1ef2cb6c04622707"


def test_a_code_leads_elsewhere_under_another_seed() -> None:
    other = SeededVault(lambda: b"another seed of the tests, as long as the one")
    assert other.keys_of(CODE).report_id != vault.keys_of(CODE).report_id


def test_each_purpose_has_a_secret_of_its_own() -> None:
    secrets = {vault.form_secret(), vault.receipt_secret()}
    assert len(secrets) == 2
    assert {len(secret) for secret in secrets} == {32}


def test_a_seed_that_is_not_there_is_said_to_be_missing() -> None:
    def missing() -> bytes:
        raise SecretMissing("none yet")

    empty = SeededVault(missing)
    for ask in (empty.form_secret, empty.receipt_secret, lambda: empty.keys_of("1")):
        with pytest.raises(SecretMissing):
            ask()
