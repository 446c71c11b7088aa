"""AWS Signature Version 4: the reporter signs as the SDK does, and bears what a network does to its calls."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.shared.aws import signed_calls
from chalicelib.shared.aws.faults import (
    ConditionFailed,
    Refused,
    Table,
    Unreachable,
)
from chalicelib.shared.aws.signed_calls import SignedClient, signed
from chalicelib.shared.errors import StoreBusy, StoreUnavailable
from tests.support.certificates import self_made

NOW = datetime(2026, 11, 25, 12, 30, 5, tzinfo=UTC)
KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "a/secret+of/the+tests",
}
SECRET_WORDS = "words that nobody may quote"

visible = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


@given(
    body=st.binary(max_size=300),
    key=visible,
    secret=visible,
    token=st.one_of(st.none(), visible),
    region=st.sampled_from(["us-west-2", "eu-central-1", "cn-north-1"]),
    service=st.sampled_from(["dynamodb", "secretsmanager"]),
    now=st.integers(0, 4_000_000_000).map(lambda when: datetime.fromtimestamp(when, UTC)),
)
def test_a_signature_is_the_one_that_the_sdk_makes(
    body: bytes, key: str, secret: str, token: str | None, region: str, service: str, now: datetime
) -> None:
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.PutItem"}
    host = f"{service}.{region}.amazonaws.com"
    theirs = AWSRequest("POST", f"https://{host}/", headers=headers, data=body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.auth, "get_current_datetime", lambda: now)
        botocore.auth.SigV4Auth(Credentials(key, secret, token), service, region).add_auth(theirs)
    credentials = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    if token is not None:
        credentials["AWS_SESSION_TOKEN"] = token
    ours = signed({**headers, "host": host}, body, service, region, credentials, now)
    assert ours.pop("host") == host
    assert ours == {name.lower(): value for name, value in theirs.headers.items()}


def test_a_signature_is_the_one_that_aws_publishes() -> None:
    # The example "post-vanilla" of AWS's own test suite.
    signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
    given = {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    }
    when = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    ours = signed({"host": "example.amazonaws.com"}, b"", "service", "us-east-1", given, when)
    assert ours["authorization"].endswith(f", SignedHeaders=host;x-amz-date, Signature={signature}")


@pytest.mark.parametrize("missing", sorted(KEYS))
def test_without_credentials_nothing_is_signed(missing: str) -> None:
    with pytest.raises(Unreachable, match="no credentials"):
        signed({"host": "h"}, b"", "dynamodb", "us-west-2", {**KEYS, missing: ""}, NOW)


def test_each_region_is_asked_at_its_own_address() -> None:
    def address(service: str, **environ: str) -> str:
        return SignedClient(service, environ, lambda: NOW)._address(environ.get("AWS_REGION", ""))

    assert address("dynamodb", AWS_REGION="us-west-2") == "https://dynamodb.us-west-2.amazonaws.com"
    china = address("secretsmanager", AWS_REGION="cn-north-1")
    assert china == "https://secretsmanager.cn-north-1.amazonaws.com.cn"
    elsewhere = {"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_DYNAMODB": "http://one"}
    assert (address("dynamodb", **elsewhere), address("secretsmanager", **elsewhere)) == (
        "http://one",
        "http://all",
    )
    with pytest.raises(Unreachable, match="AWS_REGION is not set"):
        address("dynamodb")


class Server:
    """Answers each request by the next of `answers`, or the last: bytes to send, then perhaps to hang up.

    An answer is called with the request's head and body. None hangs up without a word.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.responses: list[Callable[[str, bytes], bytes | None]] = []
        self.seen: list[tuple[str, bytes]] = []
        self.lines = 0
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.open: list[socket.socket] = []
        self._serving: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def close(self) -> None:
        """Hang up on everybody, and be gone."""
        with suppress(OSError):  # a test may have done so before
            self._listening.shutdown(socket.SHUT_RDWR)  # to close it would not wake who waits for a caller
        self._accepting.join()
        self._listening.close()
        self.hang_up()
        for thread in self._serving:
            thread.join(timeout=2)

    def hang_up(self) -> None:
        """End the lines that are open, and listen on."""
        while self.open:
            with suppress(OSError):  # the other side may have hung up already
                self.open.pop().shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            self.lines += 1
            self._serving.append(threading.Thread(target=self._serve, args=(line,), daemon=True))
            self._serving[-1].start()

    def _serve(self, line: socket.socket) -> None:
        with ExitStack() as at_the_end:
            at_the_end.enter_context(line)
            try:
                if self._context is not None:
                    line = at_the_end.enter_context(self._context.wrap_socket(line, server_side=True))
                self.open.append(line)
                read = at_the_end.enter_context(line.makefile("rb"))
                while head := self._head(read):
                    length = int(head.lower().partition("content-length: ")[2].split("\r\n")[0])
                    body = read.read(length)
                    self.seen.append((head, body))
                    make = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
                    response = make(head, body)
                    if response is None:
                        return
                    line.sendall(response)
            except OSError:
                return

    def _head(self, read: Any) -> str:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            part = read.readline()
            if not part:
                return ""
            head += part
        return head.decode("ascii")


def response(content: object, status: int = 200, crc: int | None = None) -> Callable[[str, bytes], bytes]:
    """Return a response with JSON content, or with these bytes."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n"
    head += f"x-amz-crc32: {zlib.crc32(body) if crc is None else crc}\r\n\r\n"
    return lambda _head, _body: head.encode() + body


def refusal(code: str, status: int = 400) -> Callable[[str, bytes], bytes]:
    return response({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": SECRET_WORDS}, status)


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed_calls, "_PAUSE", (0.0, 0.0))


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def dynamodb(server: Server) -> Iterator[SignedClient]:
    client = SignedClient(
        "dynamodb",
        {**KEYS, "AWS_REGION": "us-west-2", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.port}"},
        lambda: NOW,
        read_seconds=0.3,
    )
    yield client
    client.close()


def put(client: SignedClient) -> Any:
    return Table(lambda: client, "reports").call(
        "put_item", Item={"pk": {"S": "x"}, "sealed": {"B": b"\0\xff"}}
    )


def test_a_call_says_what_it_wants_and_reads_what_it_gets(server: Server, dynamodb: SignedClient) -> None:
    server.responses = [response({"Item": {"sealed": {"B": "AP8="}, "B": {"S": "a name"}, "n": {"N": "1"}}})]
    assert dynamodb.get_item(TableName="reports", Key={"pk": {"S": "ñ"}}) == {
        "Item": {"sealed": {"B": b"\0\xff"}, "B": {"S": "a name"}, "n": {"N": "1"}}
    }
    put(dynamodb)
    (first, asked), (second, written) = server.seen
    assert first.startswith("POST / HTTP/1.1\r\n")
    assert "x-amz-target: DynamoDB_20120810.GetItem\r\n" in first
    assert "content-type: application/x-amz-json-1.0\r\n" in first
    assert json.loads(asked) == {"TableName": "reports", "Key": {"pk": {"S": "ñ"}}}
    assert "DynamoDB_20120810.PutItem" in second
    assert json.loads(written)["Item"]["sealed"] == {"B": "AP8="}
    assert server.lines == 1, "the line was kept"


def test_the_region_of_this_machine_counts_where_lambda_gives_none(server: Server) -> None:
    environ = {
        **KEYS,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.port}",
    }
    server.responses = [response({})]
    with closing(SignedClient("dynamodb", environ, lambda: NOW)) as client:
        put(client)
    assert "/eu-west-1/dynamodb/aws4_request" in server.seen[0][0]


def test_nobody_is_told_who_asks_but_aws_itself(server: Server, dynamodb: SignedClient) -> None:
    server.responses = [response({})]
    put(dynamodb)
    assert {line.partition(":")[0] for line in server.seen[0][0].split("\r\n")[1:] if line} == {
        "content-type", "host", "x-amz-target", "x-amz-date", "authorization", "content-length"
    }  # fmt: skip


def test_a_condition_that_does_not_hold_is_no_fault(server: Server, dynamodb: SignedClient) -> None:
    server.responses = [refusal("ConditionalCheckFailedException")]
    with pytest.raises(ConditionFailed):
        put(dynamodb)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("code", "status", "raised", "tries"),
    [
        ("ProvisionedThroughputExceededException", 400, StoreBusy, 2),
        ("ThrottlingException", 400, StoreBusy, 2),
        ("AccessDeniedException", 400, StoreUnavailable, 1),
        ("ResourceNotFoundException", 400, StoreUnavailable, 1),
        ("InternalServerError", 500, StoreUnavailable, 2),
        ("ServiceUnavailable", 503, StoreUnavailable, 2),
        ("ValidationException", 400, Refused, 1),
    ],
)
def test_what_aws_refuses_is_told_in_our_words_and_tried_twice_at_most(
    server: Server, dynamodb: SignedClient, code: str, status: int, raised: type[Exception], tries: int
) -> None:
    server.responses = [refusal(code, status)]
    with pytest.raises(raised) as error:
        put(dynamodb)
    assert len(server.seen) == tries
    assert SECRET_WORDS not in f"{error.value!r} {error.value.__cause__!r} {error.value.__context__!r}"


@pytest.mark.parametrize(
    "first",
    [
        refusal("ThrottlingException"),
        refusal("InternalServerError", 500),
        response({}, crc=1),
        response(b"<html>not JSON"),
        response([]),
        lambda *asked: b"nonsense\r\n\r\n",
        lambda *asked: b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        lambda *asked: b"",
        lambda *asked: None,
    ],
    ids=["busy", "fault", "crc", "html", "list", "nonsense", "cut off", "silence", "hung up"],
)
def test_what_goes_wrong_once_is_tried_again(
    server: Server, dynamodb: SignedClient, first: Callable[[str, bytes], bytes | None]
) -> None:
    server.responses = [first, response({"Attributes": {}})]
    assert dynamodb.update_item(TableName="t") == {"Attributes": {}}
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    "always",
    [
        response({}, crc=1),
        response(b"{"),
        lambda *asked: b"",
        lambda *asked: None,
        lambda *asked: SECRET_WORDS.encode() + b"\r\n\r\n",
    ],
    ids=["crc", "half", "silence", "hung up", "nonsense"],
)
def test_what_goes_wrong_twice_is_a_store_that_is_away(
    server: Server, dynamodb: SignedClient, always: Callable[[str, bytes], bytes | None]
) -> None:
    server.responses = [always]
    with pytest.raises(StoreUnavailable) as error:
        put(dynamodb)
    assert len(server.seen) == 2
    assert SECRET_WORDS not in f"{error.value!r} {error.value.__cause__!r}"


def test_an_answer_that_drips_is_not_waited_for(server: Server, dynamodb: SignedClient) -> None:
    # Each part comes in time, and the whole would be right: it takes two seconds where 0.3 are given.
    def dripping(head: str, body: bytes) -> None:
        line = server.open[-1]
        with suppress(OSError):  # whoever asked has given up
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{}")
            for _ in range(20):
                time.sleep(0.1)
                line.sendall(b" ")

    server.responses = [dripping, response({"Attributes": {}})]
    assert dynamodb.update_item(TableName="t") == {"Attributes": {}}
    assert len(server.seen) == 2


def test_a_server_that_is_not_there_is_a_store_that_is_away(server: Server, dynamodb: SignedClient) -> None:
    server.close()
    with pytest.raises(StoreUnavailable):
        put(dynamodb)


def test_an_answer_that_got_lost_is_found_out_by_the_second_try(
    server: Server, dynamodb: SignedClient
) -> None:
    # The write was done, and nobody heard. That the receipt is taken is then what success looks like.
    server.responses = [lambda *asked: None, refusal("ConditionalCheckFailedException")]
    with pytest.raises(ConditionFailed):
        put(dynamodb)


def test_a_line_that_was_hung_up_meanwhile_costs_no_try(server: Server, dynamodb: SignedClient) -> None:
    server.responses = [response({})]
    put(dynamodb)
    server.hang_up()
    server.responses = [refusal("InternalServerError", 500), response({})]
    put(dynamodb)
    assert len(server.seen) == 3, "both tries were left"


def test_a_server_that_wants_to_hang_up_is_not_kept(server: Server, dynamodb: SignedClient) -> None:
    server.responses = [lambda *asked: b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"]
    put(dynamodb)
    put(dynamodb)
    assert server.lines == 2


def test_many_threads_get_each_its_own_answer(server: Server, dynamodb: SignedClient) -> None:
    def echo(head: str, body: bytes) -> bytes:
        return response({"Item": json.loads(body)["Key"]})(head, body)

    server.responses = [echo]
    with ThreadPoolExecutor(16) as pool:
        numbers = [str(number) for number in range(400)]
        got = pool.map(lambda number: dynamodb.get_item(Key={"pk": {"S": number}}), numbers)
        assert [item["Item"]["pk"]["S"] for item in got] == numbers
    assert len(dynamodb._idle) <= 8


def test_a_secret_is_read_in_its_services_own_manner(server: Server) -> None:
    environ = {**KEYS, "AWS_REGION": "us-west-2", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.port}"}
    client = SignedClient("secretsmanager", {**environ, "AWS_SESSION_TOKEN": "a token"}, lambda: NOW)
    server.responses = [response({"SecretString": "{}"})]
    assert client.get_secret_value(SecretId="reporter") == {"SecretString": "{}"}
    head = server.seen[0][0]
    assert "x-amz-target: secretsmanager.GetSecretValue\r\n" in head
    assert "content-type: application/x-amz-json-1.1\r\n" in head
    assert "x-amz-security-token: a token\r\n" in head
    client.close()


# TLS


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[tuple[Server, str]]:
    """A server whose certificate says that it is localhost, and the file with its authority."""
    context, certificate = self_made(tmp_path)
    server = Server(context)
    server.responses = [response({})]
    yield server, certificate
    server.close()


def over_tls(server: Server, name: str, **roots: str) -> SignedClient:
    environ = {**KEYS, "AWS_REGION": "us-west-2", "AWS_ENDPOINT_URL": f"https://{name}:{server.port}"}
    return SignedClient("dynamodb", environ, lambda: NOW, **roots)


def test_whom_we_trust_is_asked_and_the_line_is_kept(secured: tuple[Server, str]) -> None:
    server, roots = secured
    client = over_tls(server, "localhost", roots=roots)
    for _ in range(3):
        put(client)
    assert (len(server.seen), server.lines) == (3, 1)
    client.close()


def test_an_authority_of_the_system_is_trusted_too(
    secured: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, roots = secured
    monkeypatch.setenv("SSL_CERT_FILE", roots)
    client = over_tls(server, "localhost")
    put(client)
    client.close()


def test_a_server_that_nobody_vouches_for_hears_nothing(secured: tuple[Server, str]) -> None:
    server, _ = secured
    with pytest.raises(StoreUnavailable):
        put(over_tls(server, "localhost"))
    assert server.seen == []


def test_a_server_of_another_name_hears_nothing(secured: tuple[Server, str]) -> None:
    server, roots = secured
    with pytest.raises(StoreUnavailable):
        put(over_tls(server, "127.0.0.1", roots=roots))
    assert server.seen == []


# Answers and questions in step


def early(status: int) -> bytes:
    return f"HTTP/1.1 {status} Early\r\nLink: </style.css>\r\n\r\n".encode()


def asked_for(body: bytes) -> dict[str, Any]:
    return {"Item": json.loads(body)["Key"]}


@pytest.mark.parametrize("status", [100, 101, 102, 103, 199])
@pytest.mark.parametrize("later", [0.0, 0.1])
@pytest.mark.parametrize("times", [1, 3])
def test_what_is_said_before_an_answer_is_none(
    server: Server, dynamodb: SignedClient, status: int, later: float, times: int
) -> None:
    def hinting(head: str, body: bytes) -> bytes:
        said = early(status) * times
        if not later:
            return said + response(asked_for(body))(head, body)
        server.open[-1].sendall(said)
        time.sleep(later)
        return response(asked_for(body))(head, body)

    server.responses = [hinting]
    for number in "0123":
        assert dynamodb.get_item(Key={"pk": {"S": number}}) == {"Item": {"pk": {"S": number}}}
    assert (server.lines, len(server.seen)) == (1, 4)


@pytest.mark.alone
def test_hints_without_end_are_not_waited_for(server: Server, dynamodb: SignedClient) -> None:
    def hinting(head: str, body: bytes) -> None:
        line = server.open[-1]
        with suppress(OSError):
            for _ in range(40):
                line.sendall(early(103))
                time.sleep(0.05)

    server.responses = [hinting]
    begun = time.monotonic()
    with pytest.raises(StoreUnavailable):
        put(dynamodb)
    assert time.monotonic() - begun < 1.5


@pytest.mark.parametrize(
    "bad",
    [
        lambda head, body: response(b"<html>")(head, body),
        lambda head, body: response({}, crc=1)(head, body),
        lambda head, body: response({}, 500)(head, body),
        lambda head, body: b"HTTP/1.1 204 X\r\n\r\n",
        lambda head, body: (
            response(asked_for(body))(head, body) + response({"Item": {"late": {"S": "x"}}})("", b"")
        ),
    ],
    ids=["html", "crc", "fault", "empty", "one too many"],
)
def test_a_line_whose_answer_was_not_understood_asks_nothing_more(
    server: Server, dynamodb: SignedClient, bad: Callable[[str, bytes], bytes]
) -> None:
    server.responses = [bad, lambda head, body: response(asked_for(body))(head, body)]
    for number in "012":
        assert dynamodb.get_item(Key={"pk": {"S": number}}) == {"Item": {"pk": {"S": number}}}
    assert server.lines == 2


def test_a_refusal_is_understood_and_its_line_is_kept(server: Server, dynamodb: SignedClient) -> None:
    server.responses = [refusal("ConditionalCheckFailedException"), response({})]
    with pytest.raises(ConditionFailed):
        put(dynamodb)
    put(dynamodb)
    assert server.lines == 1


# What the SDK would try again


@pytest.mark.parametrize(
    "code",
    sorted(
        {*ThrottledRetryableChecker._THROTTLED_ERROR_CODES, *TransientRetryableChecker._TRANSIENT_ERROR_CODES}
    ),
)
def test_what_the_sdk_tries_again_is_tried_again(server: Server, dynamodb: SignedClient, code: str) -> None:
    server.responses = [refusal(code), response({"Attributes": {}})]
    assert dynamodb.update_item(TableName="t") == {"Attributes": {}}
    assert len(server.seen) == 2
    server.responses = [refusal(code)]
    with pytest.raises(StoreUnavailable):
        put(dynamodb)
    assert len(server.seen) == 4


@pytest.mark.parametrize("content", [{}, {"message": "slower"}, {"__type": ""}])
def test_too_many_requests_without_a_code_is_tried_again(
    server: Server, dynamodb: SignedClient, content: dict[str, str]
) -> None:
    server.responses = [response(content, 429), response({"Attributes": {}})]
    assert dynamodb.update_item(TableName="t") == {"Attributes": {}}
