"""Events that lack members, or say headers as lists only: a load balancer's, some tools', starts by hand."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.pages.render.live_pages import LivePages
from chalicelib.pages.render.site import Site
from chalicelib.pages.web.gateway_answers import headers_of, page_function, read_request
from chalicelib.wiring.events import KEEP_WARM, opening_of, scheduled_at, whole_beat, whole_request
from tests.support.website import FORM, Answer, Website, encoded, gateway_event

Event = dict[str, Any]
ROUTES = (
    "/",
    "/{locale}",
    "/{locale}/code",
    "/{locale}/{place}",
    "/{locale}/{place}/note",
    "/x/{a}/{proxy+}",
)


def null_headers(event: Event) -> Event:
    return {**event, "headers": None}


def empty_headers(event: Event) -> Event:
    return {**event, "headers": {}}


def no_headers(event: Event) -> Event:
    return {name: value for name, value in event.items() if name != "headers"}


def null_values(event: Event) -> Event:
    return {
        **event,
        "headers": dict.fromkeys(event["headers"]),
        "multiValueHeaders": {**event["multiValueHeaders"], "X-Odd": None, "X-None": [], "X-Null": [None]},
    }


def of_a_balancer(event: Event) -> Event:
    """What a load balancer sends when it sends headers as lists."""
    return {
        "requestContext": {
            "elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:us-west-2:1:targetgroup/x/1"}
        },
        "httpMethod": event["httpMethod"],
        "path": event["path"],
        "multiValueQueryStringParameters": {},
        "multiValueHeaders": {name.lower(): value for name, value in event["multiValueHeaders"].items()},
        "body": event["body"] or "",
        "isBase64Encoded": event["isBase64Encoded"],
    }


SHAPES = [null_headers, empty_headers, no_headers, null_values, of_a_balancer]
BROWSER = {"Accept-Language": "es-MX,es;q=0.9", "Accept-Encoding": "gzip, br"}


@pytest.mark.parametrize("shape", SHAPES)
def test_headers_as_lists_alone_are_read(website: Website, shape: Callable[[Event], Event]) -> None:
    event = gateway_event(website.app, "GET", "/", BROWSER, None)
    asked = read_request(shape(event))
    assert (asked.languages, asked.gzip, asked.path) == ("es-MX,es;q=0.9", True, "/")


def test_a_header_in_several_lines_is_all_of_them_for_what_may_be_taken_and_the_last_else() -> None:
    event = {"multiValueHeaders": {"Accept-Language": ["es", "en"], "content-type": ["a", "b"], "X": "plain"}}
    assert headers_of(event) == {"accept-language": "es, en", "content-type": "b", "x": "plain"}
    assert headers_of({**event, "headers": {"Accept-Language": "hmn", "X": None}}) == {
        "accept-language": "hmn",
        "content-type": "b",
        "x": "plain",
    }


@pytest.mark.parametrize(
    "odd", [None, [], "text", 7, {}, {"headers": []}, {"multiValueHeaders": "x"}, {"requestContext": None}]
)
def test_the_page_function_answers_whatever_comes(site: Site, odd: Any) -> None:
    answer = Answer(page_function(LivePages(lambda: site), lambda line: None)(odd, None))
    assert answer.status == 200
    assert answer.is_a_page()


@pytest.mark.parametrize("shape", SHAPES)
def test_the_page_function_speaks_the_language_of_a_list(
    site: Site, website: Website, shape: Callable[[Event], Event]
) -> None:
    handle = page_function(LivePages(lambda: site), lambda line: None)
    answer = Answer(handle(shape(gateway_event(website.app, "GET", "/", BROWSER, None)), None))
    assert (answer.status, answer.lang) == (200, "es")
    assert answer.headers["Content-Encoding"] == "gzip"
    # Who asks with lists alone reads lists alone.
    told = answer.raw["multiValueHeaders"]
    assert shape is null_values or told == {name: [value] for name, value in answer.headers.items()}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_form_is_taken_however_its_headers_come(website: Website, shape: Callable[[Event], Event]) -> None:
    shown = website.get("/es/los-banos-ca/note/")
    fields = {**shown.fields(), "a": ["palabras"]}
    website.clock.forward(seconds=60)
    headers = {**BROWSER, "Content-Type": FORM}
    event = gateway_event(website.app, "POST", "/es/los-banos-ca/note/", headers, encoded(fields))
    answer = Answer(website.app(whole_request(shape(event), website.app.routes), None))
    assert (answer.status, answer.lang) == (200, "es")
    assert answer.headers["Content-Encoding"] == "gzip"
    code = gateway_event(website.app, "POST", "/es/code/", headers, encoded({"k": [answer.code]}))
    known = Answer(website.app(whole_request(shape(code), website.app.routes), None))
    assert known.status == 200


def test_what_keeps_the_form_warm_opens_one_and_any_other_event_stays_as_it_is(website: Website) -> None:
    opening = opening_of(dict(KEEP_WARM), lambda: "/en/los-banos-ca/note/")
    answer = Answer(website.app(whole_request(opening, website.app.routes), None))
    assert (answer.status, answer.lang) == (203, "en")
    assert answer.fields()["t"]
    event = gateway_event(website.app, "GET", "/", BROWSER, None)
    for other in (event, {**event, **KEEP_WARM}, {"keep_warm": "true"}, None, []):
        assert opening_of(other, lambda: "/en/los-banos-ca/note/") is other
    assert opening_of(KEEP_WARM, None) is KEEP_WARM


@pytest.mark.parametrize("odd", [None, [], "text", {}, {"requestContext": None}, {"headers": None}])
def test_an_event_that_says_nothing_is_a_page_of_ours(website: Website, odd: Any) -> None:
    answer = Answer(website.app(whole_request(odd, website.app.routes), None))
    assert answer.is_a_page()


@pytest.mark.parametrize(
    ("path", "route", "names"),
    [
        ("/", "/", {}),
        ("/en/code/", "/{locale}/code", {"locale": "en"}),
        ("/en/us", "/{locale}/{place}", {"locale": "en", "place": "us"}),
        ("/en/us/note/", "/{locale}/{place}/note", {"locale": "en", "place": "us"}),
        ("/x/y/z/zz", "/x/{a}/{proxy+}", {"a": "y", "proxy": "z/zz"}),
        ("/a/b/c/d", "/a/b/c/d", {}),
    ],
)
def test_a_route_is_found_by_its_path_where_nobody_names_it(
    path: str, route: str, names: dict[str, str]
) -> None:
    whole = whole_request({"path": path}, ROUTES)
    assert (whole["requestContext"]["resourcePath"], whole["pathParameters"]) == (route, names)


def test_what_api_gateway_sends_stays_as_it_is(website: Website) -> None:
    event = gateway_event(website.app, "GET", "/en/us/", BROWSER, None)
    assert whole_request(event, website.app.routes) == event


def test_questions_are_read_as_lists_or_alone() -> None:
    assert whole_request({"queryStringParameters": {"a": "1"}}, ())["multiValueQueryStringParameters"] == {
        "a": ["1"]
    }


# Schedules, and starts by hand

BY_HAND = [
    {},
    None,
    [],
    "",
    {"key1": "value1", "key2": "value2", "key3": "value3"},  # the console's test event
    {"time": "now"},
    {"time": "2026-11-25T12:00:00"},  # no zone: nobody's clock
]
SCHEDULER = {"time": "2026-11-25T12:00:00Z"}  # EventBridge Scheduler with <aws.scheduler.scheduled-time>


@pytest.mark.parametrize("event", BY_HAND)
def test_a_start_by_hand_names_no_time(event: Any) -> None:
    seen = whole_beat(lambda whole, context: (whole, context))(event, "context")
    assert seen[1] == "context"
    assert seen[0]["detail"] == {}
    assert scheduled_at(seen[0]["time"]) is None


def test_a_schedule_names_its_time() -> None:
    assert scheduled_at(SCHEDULER["time"]) == datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    assert scheduled_at("2026-11-25T14:00:00+02:00") == datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    for odd in (None, 7, "", "x" * 10_000, []):
        assert scheduled_at(odd) is None


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def functions(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """app.py as Lambda loads it, over an empty table."""
    from chalicelib.delivery.adapters import dynamo_wishes
    from chalicelib.directory.adapters.dynamo_recipients import DynamoRecipients
    from chalicelib.reporting.adapters.dynamo_reports import table_definition
    from chalicelib.shared.aws.sdk import client

    client("dynamodb").create_table(**table_definition("reports"))
    client("dynamodb").create_table(**dynamo_wishes.table_definition("wishes"))
    client("dynamodb").create_table(**dynamo_wishes.table_definition("access"))
    DynamoRecipients(lambda: client("dynamodb"), "access").mark_moved(datetime.now(UTC), "the deploy")
    environ = {
        "PORCHLIGHT_FUNCTION": "sweep",
        "STAGE": "dev",
        "REPORTS_TABLE": "reports",
        "WISHES_TABLE": "wishes",
        "ACCESS_TABLE": "access",
        "DESK_KEYS_SECRET": "desk",
        "SENDER_ADDRESS": "desk@porchlight.example",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delitem(sys.modules, "app", raising=False)
    yield importlib.import_module("app")
    sys.modules.pop("app", None)


def keep_something_old(now: datetime) -> None:
    from chalicelib.reporting.adapters.dynamo_reports import DynamoReports
    from chalicelib.reporting.ports import SentMail
    from chalicelib.shared.aws.sdk import client

    store = DynamoReports(lambda: client("dynamodb"), "reports")
    store.keep_mail("old", SentMail("report-x", "police", 0), now - timedelta(days=1))


@pytest.mark.parametrize(
    "event", [*BY_HAND, {"detail-type": "Scheduled Event", "time": "1970-01-01T00:00:00Z"}]
)
def test_deliver_and_sweep_start_with_any_event_and_delete_nothing_then(
    functions: Any, event: Any, caplog: pytest.LogCaptureFixture
) -> None:
    keep_something_old(datetime.now(UTC))
    assert functions.deliver(event, Context())["mails"] == 0
    assert functions.sweep(event, Context()) == {"deleted": 0}
    alarms = [json.loads(line)["alarm"] for line in caplog.messages if line.startswith('{"alarm"')]
    assert alarms in (["deleted_nothing"], ["clocks_apart"])
    assert functions.note_delivery({} if not isinstance(event, dict) else event, Context()) == {
        "batchItemFailures": []
    }


@pytest.mark.parametrize("more", [{}, {"version": "0", "detail-type": "Scheduled Event", "detail": {}}])
def test_a_sweep_with_its_schedules_time_deletes(functions: Any, more: Event) -> None:
    now = datetime.now(UTC)
    keep_something_old(now)
    assert functions.sweep({"time": f"{now:%Y-%m-%dT%H:%M:%SZ}", **more}, Context()) == {"deleted": 1}


@pytest.mark.parametrize("event", [None, [], {"Records": None}, {"Records": []}])
def test_the_function_of_notices_starts_with_nothing(functions: Any, event: Any) -> None:
    assert functions.note_delivery(event, Context()) == {"batchItemFailures": []}
    assert functions.take_reply(event, Context()) == {"batchItemFailures": []}
    assert functions.run_job(event, Context()) == {"batchItemFailures": []}
