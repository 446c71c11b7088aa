"""Rendering in a function of its own: what travels there and back, and what becomes of what goes wrong."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from chalicelib.directory.errors import DocumentInvalid
from chalicelib.pages.render.packing import pack, pack_brotli
from chalicelib.publishing import render_calls
from chalicelib.publishing.answer_render_calls import AnswerRenderCalls
from chalicelib.publishing.documents import ASKS, Problem
from chalicelib.publishing.errors import RenderStopped
from chalicelib.publishing.page_blocks import Block, Run
from chalicelib.publishing.page_marks import SENTENCE, Mark
from chalicelib.publishing.ports import MarkedPage, PlaceInputs, RenderedPage, RenderedPlace, SiteLook
from chalicelib.publishing.render.render_cache import Lru
from chalicelib.publishing.render_calls import MOST, TooMuch
from chalicelib.shared.errors import StoreBusy, StoreUnavailable
from tests.support.fake_lambda import NAME, PACKAGE, FakeLambda, renderer_over

ODD = "Ñandú \ud800 😀 ‏"  # a lone surrogate too: an editor's text may hold anything
HTML = "<!DOCTYPE html><title>Llame ahora · ਫ਼ੋਨ</title>"
PAGE = RenderedPage("es/town", HTML, pack(HTML), {}, pack_brotli(HTML))
ON_REQUEST = RenderedPage("es/town/note", HTML, pack(HTML))
PREVIEW = RenderedPage("es/town", HTML, "", {"Content-Security-Policy": "default-src 'none'"})
MARKED = MarkedPage(
    "es/town", HTML, HTML + "marked", [Block("h1", (Run(ODD, Mark(SENTENCE, "0" * 16)), Run("x", None)))]
)
SAID: dict[str, list[tuple[str, int]]] = {ODD: [("contacts", 3), ("template/public/page.html", 0)]}
PROBLEM = Problem("contacts", 7, ODD, ASKS, "es/town")
LOOK = SiteLook(
    {"locales": ["en", "es"], "places": ["town"], "brotli": True},
    SAID,
    [PROBLEM],
    {"report": {"en": "Please read.", "es": ODD}},
)
NO_LOOK = SiteLook({}, {}, [PROBLEM], renders=False)
INPUTS = [PlaceInputs("town", '{"places": []}'), PlaceInputs("", "{}")]
PLACES = [RenderedPlace("town", [PAGE, ON_REQUEST], [PROBLEM]), RenderedPlace("", [], [])]


class Answers:
    """A renderer that was asked something, and answers or raises what it is told to."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer
        self.asked: list[tuple[Any, ...]] = []

    def _told(self, *asked: Any) -> Any:
        self.asked.append(asked)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    def look(self, texts: Mapping[str, str]) -> Any:
        return self._told("look", texts)

    def places(self, texts: Mapping[str, str], inputs: Sequence[PlaceInputs]) -> Any:
        return self._told("places", texts, inputs)

    def page(self, texts: Mapping[str, str], name: str) -> Any:
        return self._told("page", texts, name)

    def marked(self, texts: Mapping[str, str], name: str) -> Any:
        return self._told("marked", texts, name)

    def sentences(self, texts: Mapping[str, str]) -> Any:
        return self._told("sentences", texts)

    def mail(self, texts: Mapping[str, str], name: str, recipient: str, sample: int = 0) -> Any:
        return self._told("mail", texts, name, recipient, sample)


class Function:
    """The function, with a renderer that answers what it is told."""

    def __init__(self, answer: Any, package: str = PACKAGE) -> None:
        self.renderer = Answers(answer)
        self.patient: list[bool] = []
        self.client = FakeLambda(AnswerRenderCalls(self._for, lambda: package))

    @contextmanager
    def _for(self, patient: bool) -> Iterator[Answers]:
        self.patient.append(patient)
        yield self.renderer


TEXTS = {"catalog/es": ODD, "template/public/page.html": "<p>"}
EVERYTHING: list[tuple[str, tuple[Any, ...], Any]] = [
    ("look", (TEXTS,), LOOK),
    ("look", (TEXTS,), NO_LOOK),
    ("places", (TEXTS, INPUTS), PLACES),
    ("page", (TEXTS, "es/town"), PREVIEW),
    ("marked", (TEXTS, "es/town"), MARKED),
    ("sentences", (TEXTS,), SAID),
    ("mail", (TEXTS, "report", "police", 3), b"To: you\r\n\r\n\xff"),
]
NAMES = [one[0] for one in EVERYTHING]


@pytest.mark.parametrize(("do", "given", "made"), EVERYTHING, ids=NAMES)
def test_what_is_asked_arrives_and_what_is_made_comes_back(
    do: str, given: tuple[Any, ...], made: Any
) -> None:
    function = Function(made)
    assert getattr(renderer_over(function.client), do)(*given) == made
    assert function.renderer.asked == [(do, *given)]


@pytest.mark.parametrize(("do", "given", "made"), EVERYTHING, ids=NAMES)
@pytest.mark.parametrize(
    "error",
    [
        DocumentInvalid(f"contacts, line 3: {ODD}"),
        RenderStopped("this took too long", "template/public/page.html", 12),
    ],
    ids=["invalid", "stopped"],
)
def test_an_error_of_the_texts_comes_back_as_itself(
    do: str, given: tuple[Any, ...], made: Any, error: Exception
) -> None:
    with pytest.raises(type(error)) as raised:
        getattr(renderer_over(Function(error).client), do)(*given)
    assert str(raised.value) == str(error)
    if isinstance(error, RenderStopped):
        assert isinstance(raised.value, RenderStopped)
        assert (raised.value.document, raised.value.line) == (error.document, error.line)


def test_a_pages_html_does_not_travel_where_its_gzip_does() -> None:
    function = Function(PLACES)
    renderer_over(function.client).places(TEXTS, INPUTS)
    [answer] = function.client.answered
    travelled = json.dumps(unpacked(json.loads(answer)["answer"]))
    assert PAGE.packed in travelled
    assert "Llame ahora" not in travelled


def unpacked(packed: str) -> Any:
    return json.loads(zlib.decompress(base64.b64decode(packed)))


def repacked(value: Any) -> str:
    return base64.b64encode(zlib.compress(json.dumps(value).encode())).decode()


# What is too much


def noise(size: int) -> str:
    """Return a text that no packing makes smaller than about this many bytes."""
    return base64.b85encode(hashlib.shake_256(b"noise").digest(size)).decode()


def test_a_call_that_lambda_would_refuse_is_not_sent() -> None:
    function = Function(PREVIEW)
    with pytest.raises(TooMuch, match=r"too much to be rendered at once: \d+\.\d MB when packed, and 6 may"):
        renderer_over(function.client).page({"site": noise(MOST * 3 // 4)}, "es/town")
    assert function.client.sent == []
    assert renderer_over(function.client).page({"site": noise(MOST // 2)}, "es/town") == PREVIEW
    assert len(function.client.sent[0]) <= MOST


def test_an_answer_that_lambda_would_refuse_is_an_error_that_says_so() -> None:
    large = RenderedPage("es/town", noise(MOST * 3 // 4), "")
    function = Function(large)
    with pytest.raises(TooMuch, match="too much for one answer"):
        renderer_over(function.client).page(TEXTS, "es/town")
    assert max(map(len, function.client.answered)) < 1000
    small = RenderedPage("es/town", noise(MOST // 2), "")
    function = Function(small)
    assert renderer_over(function.client).page(TEXTS, "es/town") == small
    assert len(function.client.answered[0]) <= MOST + 100


class MakesLargePages:
    """A renderer whose pages of three places are too much for one answer, and of two are not."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def places(self, texts: Mapping[str, str], inputs: Sequence[PlaceInputs]) -> list[RenderedPlace]:
        self.asked.append([one.place for one in inputs])
        return [
            RenderedPlace(one.place, [RenderedPage(f"en/{one.place}", noise(MOST * 2 // 7), "")], [])
            for one in inputs
        ]


def test_places_that_are_too_many_for_one_answer_come_in_several() -> None:
    renderer = MakesLargePages()

    @contextmanager
    def renderer_for(patient: bool) -> Iterator[Any]:
        yield renderer

    client = FakeLambda(AnswerRenderCalls(renderer_for, lambda: PACKAGE))
    inputs = [PlaceInputs(place, "{}") for place in "abcde"]
    made = renderer_over(client).places(TEXTS, inputs)
    assert [one.place for one in made] == [*"abcde"]
    assert renderer.asked == [[*"abcde"], [*"ab"], [*"cde"], [*"c"], [*"de"]]


def test_one_place_that_is_too_much_is_an_error() -> None:
    large = [RenderedPlace("town", [RenderedPage("en/town", noise(MOST), "")], [])]
    with pytest.raises(TooMuch):
        renderer_over(Function(large).client).places(TEXTS, INPUTS[:1])
    few = Function(PLACES)
    with pytest.raises(TooMuch):
        renderer_over(few.client).places({"catalog/es": noise(MOST)}, INPUTS)
    assert few.client.sent == []


# What is no answer


class Says:
    """A function that was taken over: it answers whatever it likes."""

    def __init__(self, made: Any) -> None:
        self._made = made

    def __call__(self, event: Mapping[str, Any]) -> Any:
        return {"answer": repacked({"made": self._made})}


BOMB = base64.b64encode(zlib.compress(b"[" * (256 * 1024 * 1024), 9)).decode()
GZIP_BOMB = base64.b64encode(zlib.compress(b" " * (64 * 1024 * 1024), 9, wbits=31)).decode()
HALF = PAGE.packed[:-8]
FLIPPED = base64.b64encode(bytes([*base64.b64decode(PAGE.packed)[:-6], 0, 0, 0, 0, 0, 0])).decode()
OTHER = pack_brotli("<p>another page")


@pytest.mark.parametrize(
    "page",
    [
        ["es/town", "", HALF, {}, ""],
        ["es/town", "", FLIPPED, {}, ""],
        ["es/town", "", PAGE.packed[:-4] + pack("more"), {}, ""],
        ["es/town", "", GZIP_BOMB, {}, ""],
        ["es/town", "", PAGE.packed, {}, OTHER],
        ["es/town", "", PAGE.packed, {}, "no brotli"],
        ["es/town", "", "*", {}, ""],
        ["es/town", 7, "", {}, ""],
        ["es/town", HTML, "", {"a": 1}, ""],
        ["es/other", HTML, "", {}, ""],
        ["es/town", HTML, ""],
        None,
    ],
)
def test_what_is_not_the_whole_page_that_was_asked_for_is_no_answer(page: Any) -> None:
    with pytest.raises(RenderStopped, match="no sensible answer"):
        renderer_over(FakeLambda(Says(page))).page(TEXTS, "es/town")


@pytest.mark.parametrize(
    "made",
    [
        [["", [], []], ["town", [], []]],
        [["town", [], []], ["town", [], []]],
        [["town", [], []], ["", [], []], ["other", [], []]],
        [["town", [], [["contacts", "7", "x", "stops", ""]]], ["", [], []]],
        {},
        None,
    ],
)
def test_other_places_than_those_that_were_asked_for_are_no_answer(made: Any) -> None:
    with pytest.raises(RenderStopped, match="no sensible answer"):
        renderer_over(FakeLambda(Says(made))).places(TEXTS, INPUTS)


@pytest.mark.parametrize(
    "answer",
    [None, [], "x", {}, {"answer": 7}, {"answer": "é"}, {"answer": "AAAA"}, {"answer": BOMB}],
    ids=lambda one: str(one)[:20],
)
def test_what_cannot_be_unpacked_is_no_answer(answer: Any) -> None:
    with pytest.raises(RenderStopped, match="no sensible answer"):
        renderer_over(FakeLambda(lambda event: answer)).sentences(TEXTS)


def test_places_that_could_not_be_made_may_lack() -> None:
    made = [RenderedPlace("", [], [PROBLEM])]
    assert renderer_over(Function(made).client).places(TEXTS, INPUTS) == made


# What goes wrong on the way


class Raises:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def invoke(self, **_: Any) -> Any:
        raise self._error


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ODD}}, "Invoke")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (refused("TooManyRequestsException"), StoreBusy),
        (refused("ServiceException"), StoreUnavailable),
        (refused("ResourceNotFoundException"), StoreUnavailable),
        (ReadTimeoutError(endpoint_url="https://x"), StoreUnavailable),
        (ConnectTimeoutError(endpoint_url="https://x"), StoreUnavailable),
    ],
)
@pytest.mark.parametrize("waits", [True, False])
def test_a_function_that_cannot_be_had_is_asked_again_later(
    error: Exception, told: type[Exception], waits: bool
) -> None:
    progress = (lambda phase, done, of: None) if waits else None
    with pytest.raises(told):
        renderer_over(Raises(error), progress=progress).page(TEXTS, "es/town")


def test_a_function_of_another_package_is_asked_again_later_and_renders_nothing() -> None:
    function = Function(PREVIEW, package="a newer one")
    with pytest.raises(StoreUnavailable, match="another package"):
        renderer_over(function.client).page(TEXTS, "es/town")
    assert function.renderer.asked == []


def test_a_fault_of_ours_says_where_it_was_and_quotes_nothing() -> None:
    function = Function(KeyError("Ana wrote this"))
    with pytest.raises(RenderStopped, match=r"ended by itself \(KeyError at test_render_function\.py:\d+\)"):
        renderer_over(function.client).page(TEXTS, "es/town")
    assert b"Ana wrote" not in function.client.answered[0]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"errorType": "Sandbox.Timedout", "errorMessage": "Ana"}, r"\(Sandbox\.Timedout\)"),
        ({"errorType": "Runtime.ExitError"}, r"\(Runtime\.ExitError\)"),
        ({"errorMessage": "Task timed out after 120.00 seconds"}, r"\(unknown\)"),
        ({"errorType": "RenderFailed", "errorMessage": "Ana wrote"}, r"\(RenderFailed\)"),
        ({"errorType": "<b>Ana</b>"}, r"\(unknown\)"),
        ("Ana", r"\(unknown\)"),
    ],
)
def test_a_function_that_ended_says_how_and_nothing_that_it_made_up(told: Any, said: str) -> None:
    class Ended:
        def invoke(self, **_: Any) -> Any:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(told).encode())}

    with pytest.raises(RenderStopped, match=said) as stopped:
        renderer_over(Ended()).page(TEXTS, "es/town")
    assert "Ana" not in str(stopped.value)


def test_an_event_that_is_no_call_is_refused_and_renders_nothing() -> None:
    function = Function(PREVIEW)
    for event in ({}, {"call": "x"}, {"call": repacked({"do": "page"})}, {"call": repacked([])}):
        assert json.loads(function.client.invoke(FunctionName=NAME, Payload=json.dumps(event).encode())[
            "Payload"
        ].read())["errorType"] == "RenderFailed"  # fmt: skip
    assert function.renderer.asked == []


def test_the_sdk_takes_the_call_and_gives_the_answer() -> None:
    function = Function(PREVIEW)
    client = boto3.client("lambda", region_name="us-west-2")
    call = render_calls.write_call(render_calls.Call("page", TEXTS, PACKAGE, False, {"name": "es/town"}))
    answer = function.client.invoke(FunctionName=NAME, Payload=call)["Payload"].read()
    with Stubber(client) as stubbed:
        body = StreamingBody(io.BytesIO(answer), len(answer))
        stubbed.add_response(
            "invoke", {"StatusCode": 200, "Payload": body}, {"FunctionName": NAME, "Payload": call}
        )
        assert renderer_over(client).page(TEXTS, "es/town") == PREVIEW
        stubbed.assert_no_pending_responses()


# Who waits


def test_a_worker_is_told_that_it_goes_on_and_what_it_raises_ends_the_wait() -> None:
    class Ends(Exception):
        pass

    told: list[tuple[str, int, int]] = []
    over = threading.Event()

    def progress(phase: str, done: int, of: int, /) -> None:
        told.append((phase, done, of))
        if len(told) == 3:
            raise Ends

    class Hangs:
        def invoke(self, **_: Any) -> Any:
            over.wait(60)

    with pytest.raises(Ends):
        renderer_over(Hangs(), progress=progress).page(TEXTS, "es/town")
    over.set()
    assert len(told) == 3


def test_the_function_has_a_publishs_patience_for_a_worker_alone() -> None:
    function = Function(PREVIEW)
    renderer_over(function.client).page(TEXTS, "es/town")
    renderer_over(function.client, progress=lambda phase, done, of: None).page(TEXTS, "es/town")
    assert function.patient == [False, True]


def test_who_looks_twice_at_the_same_does_not_wait_twice_and_a_mail_is_new_each_time() -> None:
    function, kept = Function(PREVIEW), Lru[dict[str, Any]](8)
    renderer = renderer_over(function.client, kept=kept)
    for _ in range(2):
        assert renderer.page(TEXTS, "es/town") == PREVIEW
    assert len(function.client.sent) == 1
    renderer.page({**TEXTS, "site": "changed"}, "es/town")
    assert len(function.client.sent) == 2
    mails = Function(b"mail")
    for _ in range(2):
        renderer_over(mails.client, kept=kept).mail(TEXTS, "report", "police", 1)
    assert len(mails.client.sent) == 2
    wrong = Function(DocumentInvalid("no such page"))
    for _ in range(2):
        with pytest.raises(DocumentInvalid):
            renderer_over(wrong.client, kept=kept).page(TEXTS, "es/nowhere")
    assert len(wrong.client.sent) == 2
