"""What the pool of people and the reader of its tokens promise: the fakes and the adapters on moto alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.cognitoidp.responses import CognitoIdpJsonWebKeyResponse

from chalicelib.desk.adapters.cognito_people import CognitoPeople, client_definition, pool_definition
from chalicelib.desk.adapters.pool_tokens import PoolTokens
from chalicelib.desk.errors import (
    PasswordRefused,
    PersonKnown,
    SessionOver,
    SignInExpired,
    WrongCode,
    WrongSignIn,
)
from chalicelib.desk.people import (
    ACTIVE,
    CODE,
    EDITOR,
    INVITED,
    NEW_PASSWORD,
    PUBLISHER,
    ROLES,
    SET_UP,
    SHUT_OUT,
    SIGNED_IN,
    Step,
)
from chalicelib.desk.ports import People, TokenReader
from chalicelib.shared.errors import EntryMissing
from tests.conftest import REGION
from tests.support.authenticator import StrictPool, totp
from tests.support.fake_people import FakePeople, FakeTokens
from tests.support.fakes import FixedClock

ANA, BEN = "ana@desk.example", "ben@desk.example"
FIRST, PASSWORD = "first-password-1", "correct horse battery"


@dataclass
class Pool:
    """A pool with nobody in it, the reader of its tokens, its clock, and an operator's switch."""

    people: People
    tokens: TokenReader
    clock: FixedClock
    shut_out: Callable[[str], None]

    def code(self, secret: str) -> str:
        return totp(secret, self.clock.now().timestamp())

    def come_in(self, email: str = ANA, role: str = PUBLISHER) -> Step:
        """Invite somebody and choose their password; return the step after it."""
        self.people.invite(email, role, FIRST)
        return self.people.set_password(self.people.begin(email, FIRST), PASSWORD)

    def set_up(self, step: Step) -> tuple[str, Step]:
        """Set up an authenticator; return its secret and the step after it."""
        secret, step = self.people.new_authenticator(step)
        step = self.people.confirm_authenticator(step, self.code(secret))
        self.clock.forward(seconds=61)  # its next code is a fresh one
        return secret, step


@pytest.fixture(scope="module")
def cognito() -> Iterator[Any]:
    """A client of moto's pools, made once: that takes longer than any test."""
    with mock_aws():
        yield boto3.client("cognito-idp", region_name=REGION)


def on_moto(cognito: Any, clock: FixedClock, must: bool) -> Pool:
    name = str(cognito.create_user_pool(**pool_definition("people", False))["UserPool"]["Id"])
    made = cognito.create_user_pool_client(**client_definition(name))["UserPoolClient"]["ClientId"]
    for role in ROLES:
        cognito.create_group(UserPoolId=name, GroupName=role)
    strict = StrictPool(cognito, lambda: clock.now().timestamp(), must)
    keys: Any = json.loads(CognitoIdpJsonWebKeyResponse.json_web_key)
    return Pool(
        CognitoPeople(lambda: strict, name, made),
        PoolTokens(lambda: "https://pool.example", name, made, lambda url: keys),
        clock,
        lambda email: cognito.admin_disable_user(UserPoolId=name, Username=email),
    )


@pytest.fixture(params=["fake", "moto"])
def make_pool(request: pytest.FixtureRequest) -> Callable[[bool], Pool]:
    """Return what makes a pool; it is told whether a second factor is a must."""
    clock = FixedClock(datetime.now(UTC))
    if request.param == "moto":
        cognito = request.getfixturevalue("cognito")
        return lambda must: on_moto(cognito, clock, must)

    def fake(must: bool) -> Pool:
        people = FakePeople(clock, must)
        return Pool(people, FakeTokens(people), clock, people.shut_out)

    return fake


@pytest.fixture
def pool(make_pool: Callable[[bool], Pool]) -> Pool:
    return make_pool(False)


@pytest.fixture
def strict(make_pool: Callable[[bool], Pool]) -> Pool:
    return make_pool(True)


def test_an_unknown_address_a_wrong_password_and_none_are_refused_alike(pool: Pool) -> None:
    pool.come_in()
    for email, password in ((BEN, PASSWORD), (ANA, FIRST), (ANA, ""), ("", PASSWORD), ("", "")):
        with pytest.raises(WrongSignIn):
            pool.people.begin(email, password)


def test_a_first_password_is_replaced_before_anybody_is_in(pool: Pool) -> None:
    pool.people.invite(ANA, PUBLISHER, FIRST)
    step = pool.people.begin(ANA, FIRST)
    assert (step.kind, step.email, step.second_factor) == (NEW_PASSWORD, ANA, False)
    step = pool.people.set_password(step, PASSWORD)
    assert (step.kind, step.email, step.second_factor) == (SIGNED_IN, ANA, False)
    assert pool.people.begin(ANA, PASSWORD).kind == SIGNED_IN


def test_a_password_that_is_too_short_is_refused_and_the_step_goes_on(pool: Pool) -> None:
    pool.people.invite(ANA, PUBLISHER, FIRST)
    step = pool.people.begin(ANA, FIRST)
    with pytest.raises(PasswordRefused):
        pool.people.set_password(step, "thirteen sign")
    assert pool.people.set_password(step, PASSWORD).kind == SIGNED_IN


def test_no_step_goes_on_by_a_thread_that_the_pool_does_not_know(pool: Pool) -> None:
    pool.people.invite(ANA, PUBLISHER, FIRST)
    for kind, go_on in (
        (NEW_PASSWORD, lambda step: pool.people.set_password(step, PASSWORD)),
        (CODE, lambda step: pool.people.give_code(step, "123456")),
        (SET_UP, lambda step: pool.people.new_authenticator(step)),
        (SET_UP, lambda step: pool.people.confirm_authenticator(step, "123456")),
    ):
        with pytest.raises(SignInExpired):
            go_on(Step(kind, ANA, "a thread of nobody's that is long enough"))


def test_a_step_that_was_finished_is_not_finished_twice(strict: Pool) -> None:
    secret, _ = strict.set_up(strict.come_in())
    step = strict.people.begin(ANA, PASSWORD)
    strict.people.give_code(step, strict.code(secret))
    strict.clock.forward(seconds=61)
    with pytest.raises(SignInExpired):
        strict.people.give_code(step, strict.code(secret))


def test_where_a_second_factor_is_a_must_the_first_sign_in_sets_it_up(strict: Pool) -> None:
    step = strict.come_in()
    assert step.kind == SET_UP
    _, step = strict.set_up(step)
    assert (step.kind, step.second_factor) == (SIGNED_IN, True)
    assert strict.people.find(ANA).second_factor
    assert strict.people.has_authenticator(ANA)
    assert strict.people.who(step.handle).second_factor


def test_then_each_sign_in_asks_for_its_code(strict: Pool) -> None:
    secret, _ = strict.set_up(strict.come_in())
    step = strict.people.begin(ANA, PASSWORD)
    assert (step.kind, step.second_factor) == (CODE, False)
    step = strict.people.give_code(step, strict.code(secret))
    assert (step.kind, step.email, step.second_factor) == (SIGNED_IN, ANA, True)


def test_a_wrong_code_is_refused_and_may_be_mended(strict: Pool) -> None:
    secret, _ = strict.set_up(strict.come_in())
    step = strict.people.begin(ANA, PASSWORD)
    right = strict.code(secret)
    with pytest.raises(WrongCode):
        strict.people.give_code(step, f"{(int(right) + 1) % 10**6:06d}")
    assert strict.people.give_code(step, right).kind == SIGNED_IN


def test_a_code_is_good_once(strict: Pool) -> None:
    secret, _ = strict.set_up(strict.come_in())
    code = strict.code(secret)
    first, other = strict.people.begin(ANA, PASSWORD), strict.people.begin(ANA, PASSWORD)
    strict.people.give_code(first, code)
    with pytest.raises(WrongCode):
        strict.people.give_code(other, code)


def test_a_wrong_first_code_sets_nothing_up(strict: Pool) -> None:
    step = strict.come_in()
    secret, step = strict.people.new_authenticator(step)
    with pytest.raises(WrongCode):
        strict.people.confirm_authenticator(step, "000000")
    assert not strict.people.find(ANA).second_factor
    assert not strict.people.has_authenticator(ANA)
    with pytest.raises(EntryMissing):
        strict.people.has_authenticator("nobody@desk.example")
    assert strict.people.confirm_authenticator(step, strict.code(secret)).kind == SIGNED_IN


def test_somebody_inside_sets_up_an_authenticator_and_is_asked_from_then_on(pool: Pool) -> None:
    _, step = pool.set_up(pool.come_in())
    assert (step.kind, step.second_factor) == (SIGNED_IN, True)
    assert pool.people.who(step.handle).second_factor
    assert pool.people.begin(ANA, PASSWORD).kind == CODE


def test_who_is_out_gets_no_secret_inside(pool: Pool) -> None:
    step = pool.come_in()
    pool.people.sign_out(ANA)
    with pytest.raises(SessionOver):
        pool.people.new_authenticator(step)


def test_a_forgotten_authenticator_is_asked_for_no_longer_and_ends_all_sessions(pool: Pool) -> None:
    _, step = pool.set_up(pool.come_in())
    pool.people.forget_authenticator(ANA)
    with pytest.raises(SessionOver):
        pool.people.who(step.handle)
    assert not pool.people.find(ANA).second_factor
    assert pool.people.begin(ANA, PASSWORD).kind == SIGNED_IN


def test_a_token_tells_its_holder_as_they_are_now(pool: Pool) -> None:
    token = pool.come_in().handle
    known = pool.people.find(ANA)
    assert (pool.people.who(token).email, pool.people.who(token).role) == (ANA, PUBLISHER)
    assert pool.people.who(token).id == known.id
    pool.people.set_role(ANA, EDITOR)
    assert pool.people.who(token).role == EDITOR


def test_a_token_tells_nothing_after_a_sign_out_and_others_stay(pool: Pool) -> None:
    ana, ben = pool.come_in().handle, pool.come_in(BEN, EDITOR).handle
    pool.people.sign_out(ANA)
    for token in (ana, "no token"):
        with pytest.raises(SessionOver):
            pool.people.who(token)
    assert pool.people.who(ben).email == BEN
    pool.people.sign_out("nobody@desk.example")


def test_a_token_signs_its_holder_out_everywhere_and_nobody_else(pool: Pool) -> None:
    first, ben = pool.come_in().handle, pool.come_in(BEN, EDITOR).handle
    second = pool.people.begin(ANA, PASSWORD).handle
    pool.people.sign_out_by(first)
    for token in (first, second):
        with pytest.raises(SessionOver):
            pool.people.who(token)
    assert pool.people.who(ben).email == BEN
    pool.people.sign_out_by(first)  # over already, and no fault


def test_the_publishers_are_listed_with_what_a_mail_to_them_needs(pool: Pool) -> None:
    pool.come_in()
    pool.come_in(BEN, EDITOR)
    [ana] = pool.people.publishers()
    assert (ana.email, ana.role, ana.state) == (ANA, PUBLISHER, ACTIVE)
    assert ana.id == pool.people.find(ANA).id


def test_whoever_is_removed_is_out_and_unknown(pool: Pool) -> None:
    token = pool.come_in().handle
    pool.people.remove(ANA)
    with pytest.raises(SessionOver):
        pool.people.who(token)
    with pytest.raises(WrongSignIn):
        pool.people.begin(ANA, PASSWORD)
    assert list(pool.people.everybody()) == []


def test_an_invited_person_is_found_with_id_and_date(pool: Pool) -> None:
    invited = pool.people.invite(ANA, EDITOR, FIRST)
    person = pool.people.find(ANA)
    assert (person.email, person.role, person.state, person.second_factor) == (ANA, EDITOR, INVITED, False)
    assert invited.id
    assert invited.id == person.id
    assert person.invited_at is not None
    assert abs(person.invited_at - pool.clock.now()) < timedelta(minutes=1)


def test_an_address_is_invited_once(pool: Pool) -> None:
    pool.people.invite(ANA, EDITOR, FIRST)
    with pytest.raises(PersonKnown):
        pool.people.invite(ANA, PUBLISHER, "another-password-2")
    assert pool.people.find(ANA).role == EDITOR
    assert pool.people.begin(ANA, FIRST).kind == NEW_PASSWORD


def test_an_id_is_never_given_twice_though_an_address_is(pool: Pool) -> None:
    first = pool.people.invite(ANA, EDITOR, FIRST)
    pool.people.remove(ANA)
    assert pool.people.invite(ANA, EDITOR, FIRST).id != first.id


def test_everybody_is_listed_by_address_as_they_are_found(pool: Pool) -> None:
    pool.people.invite(BEN, EDITOR, FIRST)
    pool.come_in()
    listed = list(pool.people.everybody())
    assert [(person.email, person.role, person.state) for person in listed] == [
        (ANA, PUBLISHER, ACTIVE),
        (BEN, EDITOR, INVITED),
    ]
    assert listed == [pool.people.find(ANA), pool.people.find(BEN)]


def test_a_new_role_takes_the_place_of_the_old_one(pool: Pool) -> None:
    pool.people.invite(ANA, PUBLISHER, FIRST)
    pool.people.set_role(ANA, EDITOR)
    assert [person.role for person in pool.people.everybody()] == [EDITOR]


def test_a_new_first_password_ends_the_old_one_and_all_sessions(pool: Pool) -> None:
    token = pool.come_in().handle
    pool.people.set_first_password(ANA, "another-password-2")
    with pytest.raises(SessionOver):
        pool.people.who(token)
    with pytest.raises(WrongSignIn):
        pool.people.begin(ANA, PASSWORD)
    assert pool.people.find(ANA).state == INVITED
    assert pool.people.begin(ANA, "another-password-2").kind == NEW_PASSWORD


def test_whoever_is_not_there_is_missing_whatever_is_asked(pool: Pool) -> None:
    pool.come_in()
    for ask in (
        pool.people.find,
        lambda who: pool.people.set_role(who, EDITOR),
        lambda who: pool.people.set_first_password(who, FIRST),
        pool.people.forget_authenticator,
        pool.people.remove,
    ):
        with pytest.raises(EntryMissing):
            ask(BEN)


def test_whoever_is_switched_off_is_listed_so_and_cannot_come_in(pool: Pool) -> None:
    pool.come_in()
    pool.shut_out(ANA)
    assert [person.state for person in pool.people.everybody()] == [SHUT_OUT]
    with pytest.raises(WrongSignIn):
        pool.people.begin(ANA, PASSWORD)


def test_a_token_is_read_without_the_pool_until_its_end(pool: Pool) -> None:
    token = pool.come_in().handle
    now = datetime.now(UTC)
    address, until = pool.tokens.read(token, now)
    assert address == ANA
    assert timedelta(minutes=58) < until - now < timedelta(minutes=62)
    assert pool.tokens.read(token, until - timedelta(seconds=1)) == (ANA, until)
    with pytest.raises(SessionOver):
        pool.tokens.read(token, until)


def test_a_token_is_read_after_a_sign_out_so_that_the_pool_must_be_asked(pool: Pool) -> None:
    token = pool.come_in().handle
    pool.people.sign_out(ANA)
    assert pool.tokens.read(token, datetime.now(UTC))[0] == ANA


def test_what_is_no_token_of_the_pool_is_over(pool: Pool, make_pool: Callable[[bool], Pool]) -> None:
    other = make_pool(False)
    stranger = other.come_in(BEN).handle
    for token in ("", "no token", "a.b.c", stranger + "x"):
        with pytest.raises(SessionOver):
            pool.tokens.read(token, datetime.now(UTC))
