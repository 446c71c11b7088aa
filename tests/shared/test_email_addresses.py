"""E-mail address validation: one rule, whoever asks."""

import pytest

from chalicelib.shared.email_addresses import LONGEST, is_address, is_everybodys, plain_address


@pytest.mark.parametrize("text", ["a@example.org", "first.last+tag@sub.example.org", "o'neil@example.org"])
def test_what_a_mail_can_be_sent_to_is_an_address(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "a@",
        "@example.org",
        "a@example",
        "a@.",
        "a@b@example.org",
        "a b@example.org",
        "a@example.org, b@example.org",
        "A <a@example.org>",
        "a@example.org\n",
        "a@exämple.org",
        "ä@example.org",
        "a\u200b@example.org",
        "a" * LONGEST + "@example.org",
    ],
)
def test_nothing_else_is_one(text: str) -> None:
    assert not is_address(text)


def test_addresses_are_compared_without_spaces_and_capitals() -> None:
    assert plain_address(" Clerk@Example.ORG ") == "clerk@example.org"


@pytest.mark.parametrize(
    ("domain", "everybodys"),
    [
        ("gmail.com", True),
        ("GMail.com", True),
        ("*.yahoo.com", True),
        ("police.example", False),
        ("notgmail.com", False),
    ],
)
def test_free_mail_is_everybodys(domain: str, everybodys: bool) -> None:
    assert is_everybodys(domain) is everybodys


@pytest.mark.parametrize(
    "domain",
    [
        *("hotmail.de", "hotmail.it", "yahoo.ca", "yahoo.co.jp", "yahoo.com.vn", "live.fr", "outlook.fr"),
        *("icloud.com.cn", "gmx.at", "yandex.kz", "aol.de", "msn.com", "ymail.com", "*.hotmail.nl"),
        *("hanmail.net", "nate.com", "bk.ru", "rambler.ru", "prodigy.net.mx", "frontier.com", "rr.com"),
        *("posteo.de", "groups.io", "googlegroups.com", "gmail.com."),
    ],
)
def test_the_same_host_under_another_ending_and_lists_that_anybody_joins_are_everybodys(domain: str) -> None:
    assert is_everybodys(domain)


@pytest.mark.parametrize(
    "domain",
    [
        "live.county.gov",
        "live.nyc.gov",
        "outlook.police.example",
        "live.a.b.c",
        "yahoo",
        "live.",
        "*.msn.town.gov",
    ],
)
def test_a_towns_host_of_the_same_first_name_is_not(domain: str) -> None:
    assert not is_everybodys(domain)
