"""The delivery keys: one command makes a new one, and destroying an old one shreds what it sealed."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.delivery.adapters.delivery_keys import DeliveryKeys
from chalicelib.delivery.adapters.hpke_opener import HpkeOpener, kid_of
from chalicelib.delivery.errors import SealBroken
from chalicelib.reporting.adapters.delivery_key_item import DeliveryKeyItem
from chalicelib.reporting.adapters.dynamo_reports import DynamoReports, table_definition
from chalicelib.reporting.adapters.hpke_sealer import HpkeSealer
from chalicelib.reporting.adapters.reporter_secret import ReporterSecret
from chalicelib.reporting.cases import (
    DELIVERED,
    QUEUED,
    Delivery,
    SealedReport,
)
from chalicelib.shared.aws.sdk import client
from chalicelib.shared.aws.secrets import JsonSecret
from chalicelib.shared.errors import SecretMissing
from tests.support.fakes import NOON
from tools.aws.keys import DeskKeys, Refused, main
from tools.local.where import Where

SITE = Where("a site of the tests", "reports", "reporter", "desk")


@pytest.fixture
def keys(aws: None) -> DeskKeys:
    """The keys of a site as a new stack has them: a seed, and nothing else."""
    SITE.dynamodb().create_table(**table_definition("reports"))
    SITE.secrets().create_secret(Name="reporter", SecretString=json.dumps({"seed": "s" * 40}))
    SITE.secrets().create_secret(Name="desk", SecretString="{}")
    return DeskKeys(SITE)


def secret(name: str) -> JsonSecret:
    return JsonSecret(partial(client, "secretsmanager"), name)


def seal(words: bytes, report_id: str) -> bytes:
    return HpkeSealer(ReporterSecret(secret("reporter")).delivery_key).seal(words, report_id)


def opened(sealed: bytes, report_id: str) -> bytes:
    return HpkeOpener(DeliveryKeys(secret("desk")).private_keys).open(sealed, report_id)


def store(report_id: str, sealed: bytes, state: str) -> None:
    when = NOON if state == QUEUED else None
    DynamoReports(SITE.dynamodb, "reports").add(
        SealedReport(report_id, sealed, b"k", "town", NOON, (Delivery("police", state, NOON, when),))
    )


def test_the_first_rotation_sets_a_new_stack_up(keys: DeskKeys) -> None:
    kid = keys.rotate(NOON)
    assert kid.startswith("2026-11-")
    assert (keys.current(), keys.kids()) == (kid, [kid])
    assert opened(seal(b"words", "0" * 32), "0" * 32) == b"words"
    assert secret("reporter").content()["seed"] == "s" * 40


def test_who_takes_replies_finds_the_public_key_beside_the_reports(keys: DeskKeys) -> None:
    item = DeliveryKeyItem(SITE.dynamodb, "reports")
    with pytest.raises(SecretMissing):
        item.current()
    for _ in range(2):
        kid = keys.rotate(NOON)
        assert item.current() == ReporterSecret(secret("reporter")).delivery_key()
        assert opened(HpkeSealer(item.current).seal(b"words", "0" * 32), "0" * 32) == b"words"
        assert item.current()[0] == kid


def test_what_was_sealed_before_a_rotation_stays_readable(keys: DeskKeys) -> None:
    first = keys.rotate(NOON)
    old = seal(b"old words", "1" * 32)
    second = keys.rotate(NOON + timedelta(days=31))
    new = seal(b"new words", "2" * 32)
    assert (kid_of(old), kid_of(new)) == (first, second)
    assert (opened(old, "1" * 32), opened(new, "2" * 32)) == (b"old words", b"new words")


def test_a_worker_that_remembers_the_keys_finds_a_new_one_at_once(keys: DeskKeys) -> None:
    keys.rotate(NOON)
    desk = DeliveryKeys(secret("desk"))
    opener = HpkeOpener(desk.private_keys, desk.forget)
    assert opener.open(seal(b"words", "1" * 32), "1" * 32) == b"words"
    keys.rotate(NOON)
    assert opener.open(seal(b"words", "2" * 32), "2" * 32) == b"words"


def test_destroying_a_key_makes_what_it_sealed_unreadable(keys: DeskKeys) -> None:
    first = keys.rotate(NOON)
    sealed = seal(b"words", "1" * 32)
    keys.rotate(NOON)
    keys.destroy(first)
    with pytest.raises(SealBroken):
        opened(sealed, "1" * 32)
    assert first not in keys.kids()


def every_secret() -> list[str]:
    """All that Secrets Manager can give out, of every version, labelled or not."""
    client = SITE.secrets()
    texts = []
    for one in client.list_secrets(IncludePlannedDeletion=True)["SecretList"]:
        versions = client.list_secret_version_ids(SecretId=one["Name"], IncludeDeprecated=True)["Versions"]
        for version in versions:
            asked = {"SecretId": one["Name"], "VersionId": version["VersionId"]}
            texts.append(client.get_secret_value(**asked)["SecretString"])
    return texts


def test_a_destroyed_key_is_in_no_version_of_any_secret(keys: DeskKeys) -> None:
    first = keys.rotate(NOON)
    private = DeliveryKeys(secret("desk")).private_keys()[first]
    keys.rotate(NOON)
    assert private in " ".join(every_secret())
    keys.destroy(first)
    assert private not in " ".join(every_secret())
    assert len(SITE.secrets().list_secrets(IncludePlannedDeletion=True)["SecretList"]) == 3


@pytest.mark.parametrize("act", ["rotate", "destroy"])
@pytest.mark.parametrize("calls", range(5))
def test_stopped_in_the_middle_no_key_is_lost_and_the_next_call_destroys_what_was_left(
    keys: DeskKeys, monkeypatch: pytest.MonkeyPatch, calls: int, act: str
) -> None:
    first = keys.rotate(NOON)
    old = seal(b"old words", "1" * 32)
    private = DeliveryKeys(secret("desk")).private_keys()[first]
    second = keys.rotate(NOON)
    new = seal(b"new words", "2" * 32)
    left = calls

    def writes_no_more(name: str) -> Any:
        real = getattr(SITE.secrets(), name)

        def call(**arguments: Any) -> Any:
            nonlocal left
            if left == 0:
                raise KeyboardInterrupt
            left -= 1
            return real(**arguments)

        return call

    with monkeypatch.context() as stopped:
        for name in ("put_secret_value", "create_secret", "delete_secret"):
            stopped.setattr(SITE.secrets(), name, writes_no_more(name))
        with pytest.raises(KeyboardInterrupt):
            DeskKeys(SITE).destroy(first)
    assert opened(new, "2" * 32) == b"new words"
    after = DeskKeys(SITE)
    if act == "rotate":
        after.rotate(NOON)
    if first in after.kids():
        assert opened(old, "1" * 32) == b"old words"
        after.destroy(first)
    else:
        with pytest.raises(Refused, match="no key"):
            after.destroy(first)
    assert second in after.kids()
    assert opened(new, "2" * 32) == b"new words"
    assert private not in " ".join(every_secret())
    assert len(SITE.secrets().list_secrets(IncludePlannedDeletion=True)["SecretList"]) == 3


def test_a_worker_that_remembers_where_the_keys_lay_finds_where_they_lie_now(keys: DeskKeys) -> None:
    first = keys.rotate(NOON)
    keys.rotate(NOON)
    sealed = seal(b"words", "1" * 32)
    index = secret("desk")
    index.content()  # and is asked for the keys only after they have moved
    keys.destroy(first)
    assert HpkeOpener(DeliveryKeys(index).private_keys).open(sealed, "1" * 32) == b"words"


def test_the_current_key_and_unknown_ones_are_not_destroyed(keys: DeskKeys) -> None:
    kid = keys.rotate(NOON)
    for wrong in (kid, "2020-01-000000", ""):
        with pytest.raises(Refused):
            keys.destroy(wrong)
    assert keys.kids() == [kid]


def test_a_key_is_kept_while_somebody_still_waits_for_what_it_sealed(keys: DeskKeys) -> None:
    first = keys.rotate(NOON)
    store("1" * 32, seal(b"words", "1" * 32), QUEUED)
    store("2" * 32, seal(b"words", "2" * 32), DELIVERED)
    keys.rotate(NOON)
    assert keys.sealed() == ({first: 1}, {first: 1})
    with pytest.raises(Refused, match="1 reports that somebody has not got yet"):
        keys.destroy(first)
    keys.destroy(first, even_so=True)
    assert first not in keys.kids()


def test_the_command_says_what_it_did(
    keys: DeskKeys, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.aws.keys.where", lambda: SITE)
    assert main({"DO": "rotate"}) == 0
    kid = keys.current()
    assert main({}) == 0
    assert main({"DO": "destroy", "KID": kid}) == 1
    assert main({"DO": "dance"}) == 1
    told = capsys.readouterr()
    assert f"{kid} is the current key now" in told.out
    assert f"{kid}  0 undelivered reports, 0 delivered ones  current" in told.out
    assert told.err.splitlines() == [
        f"{kid} is the current key: rotate first.",
        "DO must be one of list, rotate, destroy, and is 'dance'.",
    ]


def test_no_private_key_is_ever_printed(
    keys: DeskKeys, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.aws.keys.where", lambda: SITE)
    main({"DO": "rotate"})
    main({})
    private = DeliveryKeys(secret("desk")).private_keys()
    told = capsys.readouterr()
    assert private
    assert all(key not in told.out + told.err for key in private.values())
