"""The pool's tokens: one right way to be let in, and every wrong one that we know of."""

from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chalicelib.desk.adapters.pool_tokens import PoolTokens
from chalicelib.desk.errors import SessionOver
from chalicelib.shared.errors import StoreUnavailable
from tests.support.fakes import NOON

POOL = "us-west-2_Pool"
ISSUER = f"https://cognito-idp.us-west-2.amazonaws.com/{POOL}"
CLAIMS = {
    "iss": ISSUER,
    "client_id": "client",
    "token_use": "access",
    "username": "ana@desk.example",
    "jti": "one",
    "iat": int(NOON.timestamp()) - 60,
    "exp": int(NOON.timestamp()) + 3600,
}
OURS, OTHER = (generate_private_key(65537, 2048) for _ in range(2))


def key_set(**keys: RSAPrivateKey) -> dict[str, Any]:
    return {
        "keys": [
            {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig"}
            for kid, key in keys.items()
        ]
    }


class Keys:
    """The pool's key set, as it is fetched."""

    def __init__(self, **keys: RSAPrivateKey) -> None:
        self.content = key_set(**keys)
        self.fetched: list[str] = []
        self.away = False

    def __call__(self, url: str) -> Any:
        self.fetched.append(url)
        if self.away:
            raise StoreUnavailable("away")
        return self.content


class Ticks:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def keys() -> Keys:
    return Keys(k1=OURS)


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def tokens(keys: Keys, ticks: Ticks) -> PoolTokens:
    return PoolTokens(lambda: "https://pool.example", POOL, "client", keys, ticks)


def signed(key: Any = OURS, kid: str | None = "k1", algorithm: str = "RS256", **claims: Any) -> str:
    given = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(given, key, algorithm=algorithm, headers=headers)


def unsigned(header: dict[str, Any], signature: str = "") -> str:
    def part(content: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    return f"{part(header)}.{part(CLAIMS)}.{signature}"


def test_a_token_of_the_pool_for_this_site_is_read(tokens, keys):
    address, ends = tokens.read(signed(), NOON)
    assert (address, ends) == ("ana@desk.example", NOON + timedelta(hours=1))
    assert keys.fetched == [f"https://pool.example/{POOL}/.well-known/jwks.json"]


WRONG = {
    "expired": signed(exp=int(NOON.timestamp())),
    "from the future": signed(iat=int(NOON.timestamp()) + 600),
    "of another pool": signed(iss=ISSUER + "2"),
    "of another region's pool": signed(iss=ISSUER.replace("us-west-2.", "eu-west-1.")),
    "for another client": signed(client_id="other"),
    "an id token": signed(token_use="id", client_id=None, aud="client"),
    "an id token that names the client": signed(token_use="id"),
    "a refresh token": "not.a.token",
    "signed with another key": signed(OTHER),
    "signed with another key, under a name of its own": signed(OTHER, kid="k9"),
    "without a key's name": signed(kid=None),
    "signed for another algorithm": signed(algorithm="RS512"),
    "signed with PSS": signed(algorithm="PS256"),
    "not signed at all": unsigned({"alg": "none", "kid": "k1"}),
    "not signed at all, in other letters": unsigned({"alg": "nOnE", "kid": "k1"}),
    "without a signature": signed().rpartition(".")[0] + ".",
    "without an end": signed(exp=None),
    "without a start": signed(iat=None),
    "without an address": signed(username=None),
    "without a use": signed(token_use=None),
    "without a number": signed(jti=None),
    "with an end that is no time": signed(exp="never"),
    "with its key in its head": unsigned(
        {"alg": "RS256", "kid": "k1", "jwk": key_set(k1=OTHER)["keys"][0]}, signed(OTHER).rpartition(".")[2]
    ),
    "with the address of its key in its head": unsigned(
        {"alg": "RS256", "kid": "k1", "jku": "https://bad.example/"}, signed(OTHER).rpartition(".")[2]
    ),
    "with a list for a key's name": unsigned({"alg": "RS256", "kid": ["k1"]}),
    "too long": signed(name="x" * 5000),
    "empty": "",
    "a word": "token",
    "not text that a header can hold": "ä.ö.ü",
}


@pytest.mark.parametrize("why", WRONG)
def test_a_token_is_refused_that_is(tokens, why):
    with pytest.raises(SessionOver):
        tokens.read(WRONG[why], NOON)


def test_a_token_signed_with_the_public_key_as_a_password_is_refused(tokens):
    public = OURS.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    forged = unsigned({"alg": "HS256", "kid": "k1", "typ": "JWT"}).rpartition(".")[0]
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        forged.encode(), public
    )
    with pytest.raises(SessionOver):
        tokens.read(f"{forged}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}", NOON)


def test_a_token_whose_claims_were_changed_is_refused(tokens):
    head, _, signature = signed().split(".")
    claims = base64.urlsafe_b64encode(json.dumps({**CLAIMS, "username": "eve"}).encode()).decode().rstrip("=")
    with pytest.raises(SessionOver):
        tokens.read(f"{head}.{claims}.{signature}", NOON)


def test_keys_are_fetched_once(tokens, keys):
    for _ in range(3):
        tokens.read(signed(), NOON)
    assert len(keys.fetched) == 1


def test_a_rotated_key_is_found(tokens, keys, ticks):
    tokens.read(signed(), NOON)
    keys.content = key_set(k1=OURS, k2=OTHER)
    ticks.now += 31
    assert tokens.read(signed(OTHER, kid="k2"), NOON)[0] == "ana@desk.example"


def test_a_stream_of_forged_tokens_is_no_stream_of_requests(tokens, keys):
    tokens.read(signed(), NOON)
    for number in range(50):
        with pytest.raises(SessionOver):
            tokens.read(signed(OTHER, kid=f"forged-{number}"), NOON)
    assert len(keys.fetched) == 1


def test_a_withdrawn_key_is_good_no_more_once_another_was_looked_for(tokens, keys, ticks):
    tokens.read(signed(), NOON)
    keys.content = key_set(k2=OTHER)
    ticks.now += 31
    tokens.read(signed(OTHER, kid="k2"), NOON)
    with pytest.raises(SessionOver):
        tokens.read(signed(), NOON)


def test_while_the_keys_are_away_nobody_is_let_in_and_after_a_pause_they_are_looked_for_again(
    tokens, keys, ticks
):
    keys.away = True
    with pytest.raises(StoreUnavailable):
        tokens.read(signed(), NOON)
    keys.away = False
    ticks.now += 11
    assert tokens.read(signed(), NOON)[0] == "ana@desk.example"


def test_while_the_keys_are_away_forged_tokens_are_no_stream_of_requests_and_known_keys_go_on(
    tokens, keys, ticks
):
    tokens.read(signed(), NOON)
    keys.away = True
    ticks.now += 31
    for number in range(50):
        with pytest.raises(StoreUnavailable):  # nobody is signed out by an answer that did not come
            tokens.read(signed(OTHER, kid=f"forged-{number}"), NOON)
        assert tokens.read(signed(), NOON)[0] == "ana@desk.example"
    assert len(keys.fetched) == 2


def test_before_the_first_keys_came_forged_tokens_are_no_stream_of_requests_either(tokens, keys, ticks):
    keys.away = True
    for number in range(50):
        with pytest.raises(StoreUnavailable):
            tokens.read(signed(OTHER, kid=f"forged-{number}"), NOON)
    assert len(keys.fetched) == 1
    for _ in range(5):
        ticks.now += 11
        with pytest.raises(StoreUnavailable):
            tokens.read(signed(), NOON)
    assert len(keys.fetched) == 6


@pytest.mark.parametrize("content", [{}, {"keys": []}, {"keys": None}, {"keys": ["k1"]}, [], {"keys": [{}]}])
def test_an_answer_without_keys_takes_none_away(tokens, keys, ticks, content):
    tokens.read(signed(), NOON)
    keys.content = content
    ticks.now += 31
    with pytest.raises((StoreUnavailable, SessionOver)):
        tokens.read(signed(OTHER, kid="k2"), NOON)
    assert tokens.read(signed(), NOON)[0] == "ana@desk.example"


def test_one_key_that_cannot_be_read_takes_no_other_along(tokens, keys):
    keys.content["keys"].insert(0, {"kty": "RSA", "kid": "broken", "n": "?", "e": 7})
    assert tokens.read(signed(), NOON)[0] == "ana@desk.example"


def test_of_many_at_once_one_fetches_and_all_are_served(keys, ticks):
    def slowly(url: str) -> Any:
        time.sleep(0.05)
        return keys(url)

    tokens = PoolTokens(lambda: "https://pool.example", POOL, "client", slowly, ticks)
    with ThreadPoolExecutor(20) as crowd:
        answers = list(crowd.map(lambda _: tokens.read(signed(), NOON)[0], range(40)))
    assert (set(answers), len(keys.fetched)) == ({"ana@desk.example"}, 1)


def test_keys_that_are_not_for_signing_are_not_taken(tokens, keys):
    keys.content["keys"][0]["use"] = "enc"
    with pytest.raises(SessionOver):
        tokens.read(signed(), NOON)
