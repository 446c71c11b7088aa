"""The authenticator that our tests hold in their hand shows what RFC 6238 says."""

from __future__ import annotations

import base64

import pytest

from tests.support.authenticator import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()
# RFC 6238, appendix B, the rows of SHA-1.
VECTORS = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}


@pytest.mark.parametrize("seconds", VECTORS)
def test_the_codes_are_those_of_the_standard(seconds):
    assert totp(SECRET, seconds, digits=8) == VECTORS[seconds]
    assert totp(SECRET, seconds) == VECTORS[seconds][-6:]


def test_a_secret_without_padding_and_in_small_letters_is_the_same():
    assert totp("gezdgnbvgy3tqojqgezdgnbvgy3tqojq", 59) == "287082"
    assert len(totp("asdfasdfasdf", 59)) == 6
