"""All calls of a request have one deadline, however the other side hangs. Seconds are scaled down here."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from datetime import timedelta

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.directory.adapters.published_texts import PublishedTexts
from chalicelib.shared.aws import sdk
from chalicelib.shared.aws.faults import Table
from chalicelib.shared.aws.sdk import InTime, client_in_time
from chalicelib.shared.aws.secrets import JsonSecret
from chalicelib.shared.errors import StoreUnavailable
from chalicelib.shared.net import public_files
from chalicelib.shared.net.public_files import FetchFailed, HttpConnection
from chalicelib.shared.patience import CALLS_TAKE, PAGE_NEEDS, time_for_calls
from chalicelib.shared.request_time import THIS_REQUEST, RequestTime
from tests.support.hanging import WAYS, Hanging, hanging, seconds_of

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


def test_while_the_clock_is_stopped_nothing_ends_and_no_time_goes_by() -> None:
    ticks = Ticks()
    request = RequestTime(ticks)
    with request.counted(timedelta(seconds=12)):
        ticks.now += 5
        with request.stopped():
            ticks.now += 600
            assert request.left() == float("inf")
        assert request.left() == 7
    with request.stopped():
        assert request.left() == float("inf")
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


def test_what_a_request_has_read_it_reads_no_second_time_and_the_next_one_does() -> None:
    request, reads = RequestTime(Ticks()), iter(range(9))

    def read() -> int:
        return request.once("live", lambda: next(reads))

    assert [read(), read()] == [0, 1]  # outside of a request nothing is kept
    with request.counted(timedelta(seconds=9)):
        assert [read(), read(), request.once("other", lambda: 7)] == [2, 2, 7]
        with request.counted(timedelta(seconds=1)):
            assert read() == 3  # a call of its own thread, or a request within: it begins anew
        assert read() == 2
        request.forget("live")
        assert read() == 4
    request.forget("live")  # outside there is nothing to forget
    with request.counted(timedelta(seconds=9)):
        assert read() == 5


def test_what_could_not_be_read_is_read_again() -> None:
    request, answers = RequestTime(Ticks()), iter([StoreUnavailable("away"), 5])

    def read() -> int:
        answer = next(answers)
        if isinstance(answer, StoreUnavailable):
            raise answer
        return answer

    with request.counted(timedelta(seconds=9)):
        with pytest.raises(StoreUnavailable):
            request.once("live", read)
        assert request.once("live", read) == 5


@pytest.fixture(autouse=True)
def _a_tenth(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the seconds of a client that a visitor waits for."""
    for name in ("CONNECT_SECONDS", "READ_SECONDS", "CALL_SECONDS"):
        monkeypatch.setattr(sdk, name, getattr(sdk, name) / 10)


def called(service: str, server: Hanging) -> InTime:
    """Return a client as the form has it, of a service that hangs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", server.address)
        sdk.client_in_time.cache_clear()
        return client_in_time(service)


def get(client: InTime) -> object:
    return client.get_item(TableName="reports", Key={"pk": {"S": "x"}})


@pytest.mark.alone
@pytest.mark.parametrize("how", WAYS)
def test_a_service_that_hangs_costs_six_seconds_and_no_more(how: str) -> None:
    with hanging(how) as server, closing(called("dynamodb", server)) as client:
        begun = time.monotonic()
        with pytest.raises(StoreUnavailable):
            Table(lambda: client, "reports").call("put_item", Item={})
        assert time.monotonic() - begun < 0.6 + SLACK


@pytest.mark.alone
@pytest.mark.parametrize("how", WAYS)
def test_all_services_that_hang_together_cost_no_more_than_the_request_has(how: str) -> None:
    with hanging(how) as server:
        clients = [called("dynamodb", server) for _ in range(4)]
        texts = PublishedTexts(server.address, left=THIS_REQUEST.left)
        begun = time.monotonic()
        with THIS_REQUEST.counted(timedelta(seconds=0.8)):
            assert texts() == {}
            for client in clients:
                with pytest.raises(BotoCoreError):
                    get(client)
            assert seconds_of(lambda: get(clients[0])) < 0.2
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
    ticks = Ticks()

    class Fresh:
        def get_secret_value(self, **_: object) -> dict[str, str]:
            return {"SecretString": '{"seed": "kept"}'}

    with hanging(how) as server:
        slow = called("secretsmanager", server)
        clients: list[object] = [Fresh()]
        secret = JsonSecret(lambda: clients[0], "reporter", ticks)
        assert secret.content() == {"seed": "kept"}
        clients[0] = slow
        ticks.now += 1000
        with THIS_REQUEST.counted(timedelta(seconds=0.4)):
            begun = time.monotonic()
            assert secret.content() == {"seed": "kept"}
            assert time.monotonic() - begun < 0.4 + SLACK
        slow.close()


@pytest.mark.alone
def test_the_sdk_begins_no_try_that_the_request_has_no_time_for(aws: None) -> None:
    dynamodb = sdk.client("dynamodb")  # a try takes three seconds and a little at most
    with pytest.raises(ClientError):
        dynamodb.describe_table(TableName="none")
    with THIS_REQUEST.counted(timedelta(seconds=30)), pytest.raises(ClientError):
        dynamodb.describe_table(TableName="none")
    with THIS_REQUEST.counted(timedelta(seconds=3.0)):
        begun = time.monotonic()
        with pytest.raises(StoreUnavailable, match="NoTimeLeft"):
            Table(lambda: dynamodb, "none").call("get_item", Key={"pk": {"S": "x"}})
        assert time.monotonic() - begun < 1.0
