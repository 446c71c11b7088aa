"""Mail that waits for the desk: rows by day, never a word; on the fake, on moto and on dynalite."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.replies.adapters.dynamo_mistyped import DynamoMistypedMails
from chalicelib.replies.mistyped import (
    A_DAY,
    DIGEST,
    HELD,
    LISTED_FOR,
    MISTYPED,
    OF_A_DOMAIN,
    MistypedMail,
    MistypedMails,
)
from chalicelib.shared.aws.dynamo_values import read
from chalicelib.shared.aws.sdk import client
from tests.support.fake_replies import FakeMistypedMails
from tests.support.fakes import NOON
from tests.support.store_fixtures import new_table

pytestmark = pytest.mark.takes(15)

TYPO = MistypedMail("1" * 32, NOON, "town.example", ("dmarc=gray", "spf=pass"), MISTYPED)
TO_MANY = MistypedMail("2" * 32, NOON - timedelta(days=2), "county.example", (), DIGEST)
WAITS = MistypedMail("3" * 32, NOON + timedelta(minutes=1), "vendor.example", (), HELD, "PL-1A2B-3C4D")


@pytest.fixture(params=["fake", "moto", "dynalite"])
def mails(request: pytest.FixtureRequest) -> MistypedMails:
    """No rows yet: the fake, then the adapter on each DynamoDB."""
    if request.param == "fake":
        return FakeMistypedMails()
    if request.param == "moto":
        request.getfixturevalue("aws")
        dynamodb = client("dynamodb")
    else:
        dynamodb = request.getfixturevalue("dynalite_client")
    return DynamoMistypedMails(lambda: dynamodb, new_table(dynamodb))


def test_rows_come_back_as_they_were_stored_newest_first(mails: MistypedMails) -> None:
    assert mails.listed(NOON) == []
    assert all([mails.add(TO_MANY), mails.add(WAITS), mails.add(TYPO)])
    assert mails.listed(NOON + timedelta(hours=1)) == [WAITS, TYPO, TO_MANY]


def test_the_same_mail_twice_has_one_row(mails: MistypedMails) -> None:
    assert mails.add(TYPO)
    assert not mails.add(TYPO)
    assert mails.listed(NOON) == [TYPO]


def test_a_flood_fills_its_day_and_neither_another_nor_what_is_held(mails: MistypedMails) -> None:
    for number in range(A_DAY):
        assert mails.add(replace(TYPO, id=f"{number:032x}", domain=f"{number}.example"))
    assert not mails.add(TYPO)
    assert mails.add(TO_MANY)
    assert mails.add(WAITS)
    assert len(mails.listed(NOON + timedelta(hours=1))) == A_DAY + 2


def test_of_one_domain_few_find_a_place_and_what_is_held_is_not_counted(mails: MistypedMails) -> None:
    here = [mails.add(replace(TYPO, id=f"{number:032x}")) for number in range(OF_A_DOMAIN + 2)]
    assert here == [True] * OF_A_DOMAIN + [False] * 2
    assert mails.add(replace(TYPO, at=NOON + timedelta(days=1), id="a" * 32))
    assert mails.add(replace(TO_MANY, at=NOON))
    assert all(mails.add(replace(WAITS, id=f"{number:032x}")) for number in range(OF_A_DOMAIN + 2))


def test_a_row_is_listed_for_fourteen_days_to_the_minute(mails: MistypedMails) -> None:
    mails.add(TYPO)
    end = NOON + LISTED_FOR
    assert mails.listed(end - timedelta(minutes=1)) == [TYPO]
    assert mails.listed(end) == []


def test_the_item_of_a_day_outlives_its_last_row_and_holds_nothing_sealed(aws: object) -> None:
    dynamodb = client("dynamodb")
    table = new_table(dynamodb)
    DynamoMistypedMails(lambda: dynamodb, table).add(TYPO)
    [item] = dynamodb.scan(TableName=table)["Items"]
    stored = {name: read(value) for name, value in item.items()}
    assert stored["pk"] == f"mistyped#{NOON.date()}"
    assert stored["expires_at"] >= (NOON.replace(hour=23, minute=59) + LISTED_FOR).timestamp()
    assert {*stored} == {"pk", "mails", "ids", "expires_at"}
    assert {*stored["mails"][0]} == {"id", "at", "domain", "verdicts", "why", "case_number"}
