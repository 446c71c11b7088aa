"""AWS's SDK on a bad network: what a report is stored by, what is tried again, and what hears nothing.

Each fault of a network is played by a server of this machine. What the SDK alone would take for a success is
in the list of what proves nothing.
"""

from __future__ import annotations

import json
import socket
import struct
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.retries.standard import ExponentialBackoff

from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
from chalicelib.reporting.errors import ReceiptTaken
from chalicelib.shared.aws import sdk
from chalicelib.shared.aws.faults import ConditionFailed, Table
from chalicelib.shared.aws.sdk import InTime, client_in_time
from chalicelib.shared.errors import StoreBusy, StoreUnavailable
from tests.reporting.test_store_contract import report
from tests.support.certificates import self_made
from tests.support.fakes import NOON
from tests.support.talking import SECRET_WORDS, Response, Server, named, refusal, response

BUSY = refusal("ProvisionedThroughputExceededException")
TAKEN = refusal("ConditionalCheckFailedException")


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk, "READ_SECONDS", 0.15)
    monkeypatch.setattr(sdk, "CALL_SECONDS", 1.5)
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda self, context: 0.0)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


def called(server: Server, monkeypatch: pytest.MonkeyPatch, base: str = "http://127.0.0.1") -> InTime:
    """Return the form's client, whose DynamoDB is this server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"{base}:{server.port}")
    return client_in_time("dynamodb")


@pytest.fixture
def dynamodb(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[InTime]:
    client = called(server, monkeypatch)
    yield client
    client.close()


@pytest.fixture
def store(dynamodb: InTime) -> DynamoReports:
    return DynamoReports(lambda: dynamodb, "reports")


def put(client: Any) -> Any:
    return Table(lambda: client, "reports").call("put_item", Item={"pk": {"S": "x"}})


# What a report is stored by


def cut_off(head: str, body: bytes) -> bytes:
    whole = named()(head, body)
    return whole[:-1]


def of_another_table(head: str, body: bytes) -> bytes:
    return response({"ConsumedCapacity": {"TableName": "reports-of-yesterday"}})(head, body)


def badly_summed(head: str, body: bytes) -> bytes:
    return response({"ConsumedCapacity": {"TableName": "reports"}}, crc=1)(head, body)


def with_status(status: int) -> Response:
    return lambda head, body: named()(head, body).replace(b" 200 ", b" %d " % status, 1)


def sized(length: str, headers: int = 0) -> Response:
    """Return a good response that says this of its length, with so many headers of no use."""

    def made(head: str, body: bytes) -> bytes:
        content = named()(head, body).partition(b"\r\n\r\n")[2]
        odd = "".join(f"X-{number}: x\r\n" for number in range(headers))
        return f"HTTP/1.1 200 OK\r\n{odd}Content-Length: {length}\r\n\r\n".encode() + content

    return made


PROVES_NOTHING: dict[str, Response] = {
    "html": response(b"<html>Sign in to this network</html>"),
    "nothing": response(b""),
    "empty": response({}),
    "list": response([]),
    "half": response(b'{"ConsumedCapacity": {"TableName": "rep'),
    "not text": response(b"\xff\xfe"),
    "another table": of_another_table,
    "checksum": badly_summed,
    "cut off": cut_off,
    "202": with_status(202),
    "203": with_status(203),
    "204": lambda *asked: b"HTTP/1.1 204 X\r\n\r\n",
    "103": lambda *asked: b"HTTP/1.1 103 Early\r\nLink: </style.css>\r\n\r\n",
    "moved": with_status(301),
    "HTTP/0.9": lambda *asked: b'{"ConsumedCapacity": {"TableName": "reports"}}\r\n\r\n',
    "nonsense": lambda *asked: SECRET_WORDS.encode() + b"\r\n\r\n",
    "silence": lambda *asked: b"",
    "hung up": lambda *asked: None,
    "html fault": response(b"<html>" + SECRET_WORDS.encode(), 502),
    "list fault": response([SECRET_WORDS], 500),
    "not text, fault": response(b"\xff", 500),
    "odd code": response({"__type": 7}, 400),
    "html refusal": response(b"<html>" + SECRET_WORDS.encode(), 403),
    "too many": response({}, 429),
    "too short a length": sized("20"),
    "too long a length": sized("2000"),
    "150 headers": sized("46", headers=150),
    "a huge header": lambda *asked: b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n{}",
}


@pytest.mark.parametrize("what", PROVES_NOTHING)
def test_a_report_is_stored_by_a_response_of_our_table_and_by_nothing_else(
    what: str, server: Server, store: DynamoReports
) -> None:
    server.responses = [PROVES_NOTHING[what]]
    with pytest.raises(StoreUnavailable) as error:
        store.add(report())
    told = f"{error.value!r} {error.value.__cause__!r} {error.value.__context__!r}"
    assert SECRET_WORDS not in told
    assert len(server.seen) <= 2
    server.responses = [named()]
    store.add(report())  # and nothing of what was said before comes in the way


@pytest.mark.parametrize("what", ["html", "empty", "another table", "204", "103"])
def test_a_report_is_gone_by_a_response_of_our_table_and_by_nothing_else(
    what: str, server: Server, store: DynamoReports
) -> None:
    server.responses = [PROVES_NOTHING[what]]
    with pytest.raises(StoreUnavailable):
        store.look_up(report().id, NOON)
    server.responses = [named()]
    assert store.look_up(report().id, NOON) is None


def test_a_response_that_comes_late_is_not_the_next_reports(server: Server, store: DynamoReports) -> None:
    # The first write is done, and said so after a hint; the second one is refused.
    def hinting(head: str, body: bytes) -> bytes:
        server.open[-1].sendall(b"HTTP/1.1 103 Early\r\n\r\n")
        time.sleep(0.1)
        return named()(head, body)

    server.responses = [hinting, BUSY]
    with pytest.raises(StoreUnavailable):
        store.add(report())
    with pytest.raises(StoreBusy):
        store.add(report())
    assert server.lines == 2


def test_a_refusal_that_is_not_ours_gives_no_receipt(server: Server, store: DynamoReports) -> None:
    # "Taken", and it was another call's: on a connection of its own the write is taken, or refused as busy.
    server.responses = [TAKEN, named()]
    store.add(report())
    assert (server.lines, len(server.seen)) == (2, 2)
    server.responses = [TAKEN, BUSY]
    with pytest.raises(StoreBusy):
        store.add(report())


def test_a_refusal_on_a_new_connection_is_a_report_that_is_stored_already(
    server: Server, store: DynamoReports
) -> None:
    server.responses = [named(), TAKEN]
    store.add(report())
    with pytest.raises(ReceiptTaken):
        store.add(report())
    assert (server.lines, len(server.seen)) == (2, 3)


def test_an_answer_that_got_lost_is_found_out_by_the_second_try(server: Server, dynamodb: InTime) -> None:
    # The write was done, and nobody heard. That the receipt is taken is then what success looks like.
    server.responses = [lambda *asked: None, TAKEN]
    with pytest.raises(ConditionFailed) as refused:
        put(dynamodb)
    assert refused.value.retried


# What is tried again, and what is said of it


@pytest.mark.parametrize(
    ("code", "status", "raised", "tries"),
    [
        ("ProvisionedThroughputExceededException", 400, StoreBusy, 2),
        ("ThrottlingException", 400, StoreBusy, 2),
        ("AccessDeniedException", 400, StoreUnavailable, 1),
        ("ExpiredTokenException", 400, StoreUnavailable, 1),
        ("InvalidSignatureException", 400, StoreUnavailable, 1),
        ("ResourceNotFoundException", 400, StoreUnavailable, 1),
        ("InternalServerError", 500, StoreUnavailable, 2),
        ("ServiceUnavailable", 503, StoreUnavailable, 2),
        ("ValidationException", 400, ClientError, 1),
    ],
)
def test_what_aws_refuses_is_told_in_our_words_and_tried_twice_at_most(
    server: Server, dynamodb: InTime, code: str, status: int, raised: type[Exception], tries: int
) -> None:
    server.responses = [refusal(code, status)]
    with pytest.raises(raised) as error:
        put(dynamodb)
    assert len(server.seen) == tries
    if raised is not ClientError:
        assert SECRET_WORDS not in f"{error.value!r}"


@pytest.mark.parametrize(
    "what", ["nonsense", "silence", "cut off", "hung up", "html fault", "list fault", "too many"]
)
def test_what_goes_wrong_once_is_tried_again(what: str, server: Server, dynamodb: InTime) -> None:
    server.responses = [PROVES_NOTHING[what], named()]
    put(dynamodb)
    assert len(server.seen) == 2


@pytest.mark.parametrize("what", ["html", "half", "checksum", "103", "204"])
def test_what_is_not_understood_is_not_tried_again(what: str, server: Server, dynamodb: InTime) -> None:
    # The form comes back with the words, and its next press is the second try.
    server.responses = [PROVES_NOTHING[what], named()]
    with pytest.raises(StoreUnavailable):
        put(dynamodb)
    assert len(server.seen) == 1


def in_pieces(chunks: list[bytes]) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)


@pytest.mark.parametrize(
    ("end", "stored"),
    [(b"0\r\n\r\n", True), (b"0\r\nTrailer: x\r\n\r\n", True), (b"", False), (b"zz\r\n", False)],
    ids=["whole", "trailer", "no end", "bad size"],
)
def test_a_response_in_pieces_is_read_whole_or_not_at_all(
    end: bytes, stored: bool, server: Server, dynamodb: InTime
) -> None:
    body = json.dumps({"ConsumedCapacity": {"TableName": "reports"}}).encode()
    server.responses = [lambda *asked: in_pieces([body[:9], body[9:]]) + end]
    if stored:
        put(dynamodb)
    else:
        with pytest.raises(StoreUnavailable):
            put(dynamodb)


def test_one_hundred_continue_is_no_response(server: Server, dynamodb: InTime) -> None:
    server.responses = [lambda head, body: b"HTTP/1.1 100 Continue\r\n\r\n" + named()(head, body)]
    put(dynamodb)
    put(dynamodb)
    assert server.lines == 1


def test_a_server_that_is_not_there_is_a_store_that_is_away(server: Server, dynamodb: InTime) -> None:
    server.close()
    with pytest.raises(StoreUnavailable):
        put(dynamodb)


def test_a_line_that_was_hung_up_meanwhile_costs_no_try(server: Server, dynamodb: InTime) -> None:
    server.responses = [named()]
    put(dynamodb)
    server.hang_up()
    time.sleep(0.05)
    server.responses = [refusal("InternalServerError", 500), named()]
    put(dynamodb)
    assert len(server.seen) == 3, "both tries were left"


@pytest.mark.parametrize("how", ["without a length", "after each answer", "by a reset"])
def test_a_server_that_hangs_up_loses_nothing(how: str, server: Server, dynamodb: InTime) -> None:
    def ending(head: str, body: bytes) -> None:
        line, whole = server.open[-1], named()(head, body)
        line.sendall(
            b"HTTP/1.1 200 OK\r\n\r\n" + whole.partition(b"\r\n\r\n")[2] if "length" in how else whole
        )
        if "reset" in how:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    server.responses = [ending]
    for _ in range(10):
        put(dynamodb)
    assert server.lines >= 10


def test_words_of_every_script_go_over_the_line(server: Server, dynamodb: InTime) -> None:
    server.responses = [named()]
    Table(lambda: dynamodb, "reports").call(
        "put_item", Item={"pk": {"S": "ñ រ ਪ \U0001f3e0"}, "b": {"B": b"\0\xff"}}
    )
    assert json.loads(server.seen[0][1])["Item"] == {"pk": {"S": "ñ រ ਪ \U0001f3e0"}, "b": {"B": "AP8="}}


def test_many_threads_get_each_its_own_answer(server: Server, dynamodb: InTime) -> None:
    server.responses = [lambda head, body: named(Item=json.loads(body)["Key"])(head, body)]
    table = Table(lambda: dynamodb, "reports")
    with ThreadPoolExecutor(8) as pool:
        numbers = [str(number) for number in range(100)]
        got = pool.map(lambda number: table.call("get_item", Key={"pk": {"S": number}}), numbers)
        assert [item["Item"]["pk"]["S"] for item in got] == numbers


def test_a_checksum_that_is_right_is_no_hindrance(server: Server, dynamodb: InTime) -> None:
    body = json.dumps({"ConsumedCapacity": {"TableName": "reports"}}).encode()
    server.responses = [response(body, crc=zlib.crc32(body))]
    put(dynamodb)


# A deadline for all of a call


@pytest.mark.parametrize("head", [b"Content-Length: 100\r\n\r\n{", b"X: "], ids=["content", "head"])
def test_an_answer_that_drips_is_not_waited_for(head: bytes, server: Server, dynamodb: InTime) -> None:
    # Each part comes in time, and the whole would take ten seconds.
    def dripping(*asked: Any) -> None:
        line = server.open[-1]
        with suppress(OSError):  # whoever asked has given up
            line.sendall(b"HTTP/1.1 200 OK\r\n" + head)
            for _ in range(100):
                time.sleep(0.1)
                line.sendall(b" ")

    server.responses = [dripping]
    slow = InTime(dynamodb, 0.3)
    with pytest.raises(StoreUnavailable, match="NoTimeLeft"):
        put(slow)
    server.hang_up()


def test_a_call_that_was_given_up_begins_no_second_try(server: Server, dynamodb: InTime) -> None:
    def late(*asked: Any) -> None:
        time.sleep(0.2)

    server.responses = [late]
    with (
        sdk.THIS_REQUEST.counted(timedelta(seconds=0.1)),
        pytest.raises(StoreUnavailable, match="NoTimeLeft"),
    ):
        put(dynamodb)
    time.sleep(0.3)
    assert len(server.seen) == 1


# TLS


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[tuple[Server, str]]:
    """A server whose certificate says that it is localhost, and the file with its authority."""
    context, certificate = self_made(tmp_path)
    server = Server(context)
    server.responses = [named()]
    yield server, certificate
    server.close()


def test_whom_we_trust_is_asked_and_the_line_is_kept(
    secured: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, authority = secured
    monkeypatch.setenv("AWS_CA_BUNDLE", authority)
    client = called(server, monkeypatch, "https://localhost")
    for _ in range(3):
        put(client)
    assert (len(server.seen), server.lines) == (3, 1)
    client.close()


def test_a_server_that_nobody_vouches_for_hears_nothing(
    secured: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, _ = secured
    with pytest.raises(StoreUnavailable):
        put(called(server, monkeypatch, "https://localhost"))
    assert server.seen == []


def test_a_server_of_another_name_hears_nothing(
    secured: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, authority = secured
    monkeypatch.setenv("AWS_CA_BUNDLE", authority)
    with pytest.raises(StoreUnavailable):
        put(called(server, monkeypatch, "https://127.0.0.1"))
    assert server.seen == []


def test_each_call_is_signed(server: Server, dynamodb: InTime) -> None:
    server.responses = [named()]
    put(dynamodb)
    head, _ = server.seen[0]
    assert "/us-west-2/dynamodb/aws4_request" in head
    assert "x-amz-target: DynamoDB_20120810.PutItem" in head.replace("X-Amz-Target", "x-amz-target")
