"""The authenticator: set up on the way in, asked for, refused when wrong, old or used.

The codes are checked by a stand-in that does what Cognito does (tests/support/authenticator.py), because moto
gives everybody the same secret. One test at the end goes through moto's own check.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import segno

from chalicelib.desk.render.admin_pages import authenticator_address, authenticator_square
from chalicelib.desk.web import cookies
from chalicelib.shared.aws.sdk import client
from tests.support.authenticator import StrictPool, totp
from tests.support.desk_site import EDITOR_ONE, PASSWORD, PUBLISHER_ONE, DeskSite, Page, Person
from tests.support.fakes import FixedClock

pytestmark = pytest.mark.takes(20)

SIGN_IN = "/admin/sign-in"
ACCESS = "/admin/access/sign-in"
PEOPLE = "/admin/access/people"
OWN = "/admin/access/authenticator"


class Desk:
    """A desk in production, its clock, and the authenticator of whoever sets one up."""

    def __init__(self, make_desk, must=True, stage="prod"):
        self.clock = FixedClock(datetime.now(UTC))
        pool = StrictPool(client("cognito-idp"), lambda: self.clock.now().timestamp(), must)
        self.site: DeskSite = make_desk(stage=stage, clock=self.clock, pool_client=pool)
        self.secret = ""

    def code(self) -> str:
        return totp(self.secret, self.clock.now().timestamp())

    def set_up(self, email: str = EDITOR_ONE) -> Person:
        person = self.site.person(email)
        form = person.sign_in()
        self.secret = secret_on(form)
        assert person.follow(person.submit(form, SIGN_IN, code=self.code())).path == "/admin/"
        self.clock.forward(seconds=31)
        return person


def secret_on(page: Page) -> str:
    [form] = [form for form in page.forms(page.path) if "secret" in form]
    return form["secret"]


@pytest.fixture
def prod(make_desk) -> Desk:
    return Desk(make_desk)


def test_in_production_the_first_sign_in_sets_up_an_authenticator(prod):
    person = prod.site.person(EDITOR_ONE)
    form = person.sign_in()
    assert "Set up your authenticator" in form.words
    assert secret_on(form) in form.words
    assert cookies.SESSION not in person.jar
    prod.secret = secret_on(form)
    assert person.follow(person.submit(form, SIGN_IN, code=prod.code())).path == "/admin/"


def test_a_new_person_chooses_a_password_and_then_sets_up_an_authenticator(prod):
    prod.site.cognito.admin_set_user_password(
        UserPoolId=prod.site.pool, Username=EDITOR_ONE, Password="first-password-1", Permanent=False
    )
    person = prod.site.person(EDITOR_ONE)
    form = person.sign_in("first-password-1")
    form = person.follow(
        person.submit(form, SIGN_IN, password="a new long password", again="a new long password")
    )
    prod.secret = secret_on(form)
    assert person.follow(person.submit(form, SIGN_IN, code=prod.code())).path == "/admin/"


def test_after_that_the_code_is_asked_for_and_the_right_one_lets_in(prod):
    prod.set_up()
    person = prod.site.person(EDITOR_ONE)
    form = person.sign_in()
    assert "Code from your authenticator" in form.words
    assert cookies.SESSION not in person.jar
    spaced = f"{prod.code()[:3]} {prod.code()[3:]}"
    assert person.follow(person.submit(form, SIGN_IN, code=spaced)).path == "/admin/"


@pytest.mark.parametrize("wrong", ["000000", "12345", "", "abcdef", "１２３４５６"])
def test_a_wrong_code_is_asked_for_again_and_lets_nobody_in(prod, wrong):
    prod.set_up()
    person = prod.site.person(EDITOR_ONE)
    page = person.submit(person.sign_in(), SIGN_IN, code=wrong)
    assert page.status == 422
    assert "not the code" in page.words
    assert cookies.SESSION not in person.jar
    assert person.follow(person.submit(page, SIGN_IN, code=prod.code())).path == "/admin/"


def test_a_wrong_code_while_setting_up_keeps_the_key_that_the_app_has_read(prod):
    person = prod.site.person(EDITOR_ONE)
    form = person.sign_in()
    prod.secret = secret_on(form)
    page = person.submit(form, SIGN_IN, code="000000")
    assert (page.status, secret_on(page)) == (422, prod.secret)
    assert person.follow(person.submit(page, SIGN_IN, code=prod.code())).path == "/admin/"


def test_a_code_works_once(prod):
    prod.set_up()
    code = prod.code()
    first, other = prod.site.person(EDITOR_ONE), prod.site.person(EDITOR_ONE)
    assert first.submit(first.sign_in(), SIGN_IN, code=code).status == 303
    assert other.submit(other.sign_in(), SIGN_IN, code=code).status == 422


def test_an_old_code_does_not_work(prod):
    prod.set_up()
    code = prod.code()
    prod.clock.forward(minutes=2)
    person = prod.site.person(EDITOR_ONE)
    assert person.submit(person.sign_in(), SIGN_IN, code=code).status == 422


def test_codes_cannot_be_guessed_for_long(prod):
    prod.set_up()
    person = prod.site.person(EDITOR_ONE)
    form = person.sign_in()
    answers = [person.submit(form, SIGN_IN, code=f"{number:06d}").status for number in range(6)]
    assert answers == [422] * 5 + [429]
    again = person.get(SIGN_IN)
    assert person.submit(again, SIGN_IN, email=EDITOR_ONE, password=PASSWORD).status == 303
    form = person.get(SIGN_IN)
    assert person.submit(form, SIGN_IN, code=prod.code()).status == 429


def test_the_code_step_cannot_be_skipped_by_asking_for_a_page(prod):
    prod.set_up()
    person = prod.site.person(EDITOR_ONE)
    person.sign_in()
    assert person.get("/admin/log").location == SIGN_IN


def test_the_code_step_does_not_wait_for_ever(prod):
    prod.set_up()
    person = prod.site.person(EDITOR_ONE)
    form = person.sign_in()
    prod.clock.forward(minutes=11)
    page = person.submit(form, SIGN_IN, code=prod.code())
    assert "too long" in page.words
    assert cookies.SESSION not in person.jar


def test_one_can_begin_again_from_the_code_step(prod):
    prod.set_up()
    person = prod.site.person(EDITOR_ONE)
    form = person.sign_in()
    give_up = next(fields for fields in form.forms(SIGN_IN) if fields["step"] == "give_up")
    assert "Password" in person.follow(person.post(SIGN_IN, give_up)).words


def test_a_publisher_lets_somebody_who_lost_the_phone_set_up_another(prod):
    prod.set_up(EDITOR_ONE)
    publisher = prod.set_up(PUBLISHER_ONE)
    # in at the desk, and these screens ask for password and code once more
    form = publisher.sign_in(at=ACCESS)
    assert "Code from your authenticator" in form.words
    assert publisher.submit(form, ACCESS, code=prod.code()).status == 303
    page = publisher.get(PEOPLE)
    which = [form["email"] for form in page.forms(f"{PEOPLE}/password")].index(EDITOR_ONE)
    assert which >= 0
    csrf = page.forms(f"{PEOPLE}/password")[0]["csrf"]
    publisher.post(f"{PEOPLE}/authenticator", {"csrf": csrf, "email": EDITOR_ONE})
    assert "Set up your authenticator" in prod.site.person(EDITOR_ONE).sign_in().words


def test_where_it_is_no_must_one_can_set_it_up_at_the_desk_and_is_asked_from_then_on(make_desk):
    dev = Desk(make_desk, must=False, stage="dev")
    person = dev.site.signed_in(EDITOR_ONE).at_access()
    begun = person.submit(person.get(OWN), OWN)
    dev.secret = secret_on(begun)
    assert person.submit(begun, OWN, code="000000").status == 422
    done = person.submit(begun, OWN, code=dev.code())
    assert done.location == f"{OWN}?done=authenticator"
    dev.clock.forward(seconds=31)
    other = dev.site.person(EDITOR_ONE)
    form = other.sign_in()
    assert "Code from your authenticator" in form.words
    assert other.submit(form, SIGN_IN, code=dev.code()).status == 303


def test_the_square_holds_what_an_app_reads():
    address = authenticator_address("GEZDGNBV", "ana@desk.example")
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parse_qs(parts.query) == {"secret": ["GEZDGNBV"], "issuer": ["Porchlight"]}
    square = authenticator_square("GEZDGNBV", "ana@desk.example")
    assert square == segno.make(address, error="m").svg_inline(
        scale=5, border=4, dark="#000", light="#fff", omitsize=False
    )
    assert not re.search(r"\b(style|onload|script|href=)", square)


def test_through_motos_own_check_of_codes(desk):
    """moto's secret is the same for everybody; but the code it wants is the one of this moment."""
    person = desk.signed_in(EDITOR_ONE).at_access()
    begun = person.submit(person.get(OWN), OWN)
    now = datetime.now(UTC).timestamp()
    wrong = person.submit(begun, OWN, code=totp(secret_on(begun), now - 3600))
    assert wrong.status == 422
    codes = [totp(secret_on(begun), datetime.now(UTC).timestamp() + later) for later in (0, 1)]
    assert any(person.submit(begun, OWN, code=code).status == 303 for code in codes)
    assert "Code from your authenticator" in desk.person(EDITOR_ONE).sign_in().words
