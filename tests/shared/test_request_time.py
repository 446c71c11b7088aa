"""All calls of a request have one deadline, however the other side hangs. Seconds are scaled down here."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from chalicelib.directory.adapters.published_texts import PublishedTexts
from chalicelib.shared.aws import sdk
from chalicelib.shared.aws.faults import Table, Unreachable
from chalicelib.shared.aws.secrets import JsonSecret
from chalicelib.shared.aws.signed_calls import SignedClient
from chalicelib.shared.errors import StoreUnavailable
from chalicelib.shared.net import public_files
from chalicelib.shared.net.public_files import FetchFailed, HttpConnection
from chalicelib.shared.patience import CALLS_TAKE, PAGE_NEEDS, time_for_calls
from chalicelib.shared.request_time import THIS_REQUEST, RequestTime
from tests.support.hanging import WAYS, Hanging, hanging, seconds_of

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-west-2"}
SLACK = 0.4  # this machine may be busy


class Ticks:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_page_comes_first() -> None:
    for remaining, calls in ((25, 12), (60, 12), (15, 12), (14, 11), (4, 1), (3, 0), (1, 0), (-1, 0)):
        assert time_for_calls(timedelta(seconds=remaining)) == timedelta(seconds=calls)
    assert time_for_calls(timedelta(seconds=29), timedelta.max) == timedelta(seconds=26)
    assert timedelta(seconds=15) >= CALLS_TAKE + PAGE_NEEDS


def test_what_one_call_took_the_next_one_lacks() -> None:
    ticks = Ticks()
    request = RequestTime(ticks)
    assert request.left() == float("inf")
    with request.counted(timedelta(seconds=12)):
        ticks.now += 5
        assert request.left() == 7
        ticks.now += 9
        assert request.left() == 0
    assert request.left() == float("inf")


def test_each_thread_has_its_own_request() -> None:
    request = RequestTime(Ticks())
    seen: list[float] = []
    with request.counted(timedelta(seconds=12)):
        thread = threading.Thread(target=lambda: seen.append(request.left()))
        thread.start()
        thread.join()
        assert request.left() == 12
    assert seen == [float("inf")]


def signed(server: Hanging, **more: object) -> SignedClient:
    environ = {**KEYS, "AWS_ENDPOINT_URL": server.address}
    return SignedClient("dynamodb", environ, lambda: datetime.now(UTC), **more)  # type: ignore[arg-type]


@pytest.mark.alone
@pytest.mark.parametrize("how", WAYS)
def test_a_service_that_hangs_costs_two_tries_and_no_more(how: str) -> None:
    with hanging(how) as server, closing(signed(server, read_seconds=0.3)) as client:
        begun = time.monotonic()
        with pytest.raises(StoreUnavailable):
            Table(lambda: client, "reports").call("put_item", Item={})
        assert 0.5 < time.monotonic() - begun < 0.7 + SLACK


@pytest.mark.alone
@pytest.mark.parametrize("how", WAYS)
def test_all_services_that_hang_together_cost_no_more_than_the_request_has(how: str) -> None:
    request = RequestTime()
    with hanging(how) as server:
        clients = [signed(server, read_seconds=0.5, left=request.left) for _ in range(4)]
        texts = PublishedTexts(server.address, left=request.left)
        begun = time.monotonic()
        with request.counted(timedelta(seconds=0.8)):
            assert texts() == {}
            for client in clients:
                with pytest.raises(Unreachable):
                    client.get_item(TableName="reports")
            assert seconds_of(lambda: clients[0].get_item(TableName="reports")) < 0.2
        assert time.monotonic() - begun < 0.8 + SLACK
        for client in clients:
            client.close()


@pytest.mark.alone
@pytest.mark.parametrize("how", WAYS)
def test_a_bucket_that_hangs_costs_the_time_that_it_was_given(how: str) -> None:
    with hanging(how) as server:
        line = HttpConnection(server.address, 0.4)
        begun = time.monotonic()
        for _ in range(3):
            with pytest.raises(FetchFailed):
                line.get("current.json")
        assert time.monotonic() - begun < 0.4 + SLACK


def test_eight_addresses_that_never_accept_cost_a_try_and_not_eight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_files, "CONNECT_SECONDS", 0.2)
    with hanging("addresses") as server, closing(signed(server, read_seconds=0.3)) as client:
        assert seconds_of(lambda: client.get_item(TableName="reports")) < 0.7 + SLACK


def test_an_address_that_never_accepts_does_not_keep_from_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_files, "CONNECT_SECONDS", 0.1)
    import socket

    with hanging("accept") as deaf, socket.create_server(("127.0.0.1", 0)) as good:
        ports = [int(deaf.address.rpartition(":")[2]), good.getsockname()[1]]
        addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *asked: addresses)
        with public_files.dialled("both.example", 443, lambda: 5.0) as sock:
            assert sock.getpeername()[1] == ports[1]


@pytest.mark.alone
@pytest.mark.parametrize("how", ["silence", "drip"])
def test_a_stale_secret_that_hangs_is_used_as_it_was(how: str) -> None:
    ticks, request = Ticks(), RequestTime()

    class Fresh:
        def get_secret_value(self, **_: object) -> dict[str, str]:
            return {"SecretString": '{"seed": "kept"}'}

    with hanging(how) as server:
        environ = {**KEYS, "AWS_ENDPOINT_URL": server.address}
        slow = SignedClient("secretsmanager", environ, lambda: datetime.now(UTC), left=request.left)
        clients: list[object] = [Fresh()]
        secret = JsonSecret(lambda: clients[0], "reporter", ticks)
        assert secret.content() == {"seed": "kept"}
        clients[0] = slow
        ticks.now += 1000
        with request.counted(timedelta(seconds=0.4)):
            begun = time.monotonic()
            assert secret.content() == {"seed": "kept"}
            assert time.monotonic() - begun < 0.4 + SLACK
        slow.close()


@pytest.mark.alone
def test_the_sdk_begins_no_try_that_the_request_has_no_time_for(aws_over_http: str) -> None:
    sdk.client.cache_clear()
    dynamodb = sdk.client("dynamodb")  # a try takes four seconds at most
    with pytest.raises(ClientError):
        dynamodb.describe_table(TableName="none")
    with THIS_REQUEST.counted(timedelta(seconds=30)), pytest.raises(ClientError):
        dynamodb.describe_table(TableName="none")
    with THIS_REQUEST.counted(timedelta(seconds=3.9)):
        begun = time.monotonic()
        with pytest.raises(StoreUnavailable, match="NoTimeLeft"):
            Table(lambda: dynamodb, "none").call("get_item", Key={"pk": {"S": "x"}})
        assert time.monotonic() - begun < 1.0
