"""The cache of secrets: fetched once, looked at again every five minutes, and kept while AWS is away."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.delivery.adapters.delivery_keys import DeliveryKeys
from chalicelib.reporting.adapters.reporter_secret import ReporterSecret
from chalicelib.shared.aws.sdk import client, client_in_time
from chalicelib.shared.aws.secrets import KEEP_SECONDS, RETRY_SECONDS, JsonSecret
from chalicelib.shared.errors import SecretMissing, StoreUnavailable

SEED = "s" * 40


class Ticks:
    """A stop-watch that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Away:
    """A client that can be taken away, and counts its calls."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.code = ""
        self.calls = 0
        self.exceptions = real.exceptions

    def get_secret_value(self, **arguments: Any) -> Any:
        self.calls += 1
        if self.code:
            raise ClientError({"Error": {"Code": self.code}}, "GetSecretValue")
        return self._real.get_secret_value(**arguments)


@pytest.fixture
def keep(aws: None) -> Callable[[object], None]:
    """Write the secret "site" as JSON, or as it is when it is text."""
    manager = client("secretsmanager")
    manager.create_secret(Name="site", SecretString="{}")

    def write(content: object) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        manager.put_secret_value(SecretId="site", SecretString=text)

    return write


def secret(ticks: Ticks | None = None, away: Any = None) -> JsonSecret:
    """Return the secret "site"."""
    return JsonSecret(lambda: away or client("secretsmanager"), "site", ticks or Ticks())


def test_a_secret_is_fetched_once_and_again_after_five_minutes(keep: Callable[[object], None]) -> None:
    keep({"a": 1})
    ticks, away = Ticks(), Away(client("secretsmanager"))
    site = secret(ticks, away)
    assert [site.content()["a"] for _ in range(3)] == [1, 1, 1]
    keep({"a": 2})
    ticks.seconds += KEEP_SECONDS - 1
    assert site.content()["a"] == 1
    assert away.calls == 1
    ticks.seconds += 1
    assert site.content()["a"] == 2


def test_a_secret_once_fetched_outlives_any_absence_of_aws(keep: Callable[[object], None]) -> None:
    keep({"a": 1})
    ticks, away = Ticks(), Away(client("secretsmanager"))
    site = secret(ticks, away)
    site.content()
    away.code = "InternalServiceError"
    ticks.seconds += 10 * KEEP_SECONDS
    assert site.content()["a"] == 1
    calls = away.calls
    ticks.seconds += RETRY_SECONDS - 1
    assert site.content()["a"] == 1
    assert away.calls == calls, "it does not ask at every request"
    away.code = ""
    keep({"a": 2})
    ticks.seconds += 1
    assert site.content()["a"] == 2


def test_a_secret_never_fetched_is_away_with_aws(keep: Callable[[object], None]) -> None:
    away = Away(client("secretsmanager"))
    away.code = "InternalServiceError"
    with pytest.raises(StoreUnavailable):
        secret(away=away).content()


@pytest.mark.parametrize("text", ["not json: s3cret", '"s3cret"', "[1]", "null", ""])
def test_a_secret_that_is_no_object_is_missing_and_not_quoted(aws: None, text: str) -> None:
    class Holding(Away):
        def get_secret_value(self, **arguments: Any) -> Any:
            return {"SecretString": text} if text else {"SecretBinary": b"s3cret"}

    with pytest.raises(SecretMissing) as missing:
        secret(away=Holding(client("secretsmanager"))).content()
    assert "s3cret" not in str(missing.value)
    assert missing.value.__context__ is None


def test_a_secret_that_does_not_exist_is_missing(aws: None) -> None:
    with pytest.raises(SecretMissing):
        secret().content()


def test_the_reporters_client_with_a_deadline_reads_the_same(keep: Callable[[object], None]) -> None:
    reporters = client_in_time("secretsmanager")
    with pytest.raises(SecretMissing):
        JsonSecret(lambda: reporters, "nowhere").content()
    keep({"seed": "ñ" * 40})
    assert ReporterSecret(secret(away=reporters)).seed() == ("ñ" * 40).encode()


def test_a_response_that_holds_no_secret_does_not_replace_the_one_at_hand(aws: None) -> None:
    class Empty(Away):
        def get_secret_value(self, **arguments: Any) -> Any:
            return {"ResponseMetadata": {"HTTPStatusCode": 200}} if self.code else {"SecretString": "{}"}

    ticks, away = Ticks(), Empty(client("secretsmanager"))
    site = secret(ticks, away)
    assert site.content() == {}
    away.code = "of a machine between"
    ticks.seconds += KEEP_SECONDS
    assert site.content() == {}
    with pytest.raises(StoreUnavailable):
        secret(away=away).content()


def test_what_is_written_is_read_back_at_once(keep: Callable[[object], None]) -> None:
    site = secret()
    assert site.content() == {}
    site.replace({"a": 1})
    assert site.content() == {"a": 1}
    keep({"a": 2})
    site.forget()
    assert site.content() == {"a": 2}


def test_the_reporter_secret_gives_seed_and_public_key(keep: Callable[[object], None]) -> None:
    keep({"seed": SEED, "desk_key": {"kid": "2026-11-aaaaaa", "public": "p"}})
    reporter = ReporterSecret(secret())
    assert reporter.seed() == SEED.encode()
    assert reporter.delivery_key() == ("2026-11-aaaaaa", "p")


@pytest.mark.parametrize("seed", [None, "", "short", 12345678901234567890123456789012345])
def test_a_seed_that_could_be_guessed_is_missing(keep: Callable[[object], None], seed: object) -> None:
    keep({"seed": seed})
    with pytest.raises(SecretMissing):
        ReporterSecret(secret()).seed()


@pytest.mark.parametrize("key", [None, {}, {"kid": "a"}, {"public": "p"}, "text"])
def test_a_delivery_key_that_is_not_whole_is_missing(keep: Callable[[object], None], key: object) -> None:
    keep({"seed": SEED, "desk_key": key})
    with pytest.raises(SecretMissing):
        ReporterSecret(secret()).delivery_key()


def test_the_desk_secret_gives_its_private_keys(keep: Callable[[object], None]) -> None:
    keep({"keys": {"2026-11-aaaaaa": "private"}})
    assert DeliveryKeys(secret()).private_keys() == {"2026-11-aaaaaa": "private"}
    keep({"keys": None})
    assert DeliveryKeys(secret()).private_keys() == {}


def test_the_desk_secret_may_name_the_secret_that_holds_the_keys(keep: Callable[[object], None]) -> None:
    client("secretsmanager").create_secret(Name="holder", SecretString='{"keys": {"2026-11-a": "private"}}')
    keep({"kept_in": "holder"})
    assert DeliveryKeys(secret()).private_keys() == {"2026-11-a": "private"}
    keep({"kept_in": "nowhere"})
    with pytest.raises(SecretMissing):
        DeliveryKeys(secret()).private_keys()
