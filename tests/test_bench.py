"""The bench measures what it says. How fast anything is, no test asserts."""

from __future__ import annotations

import json

import boto3
import pytest

from bench import events, pages, table, targets
from bench.bucket import RELEASE, Bucket
from bench.runtime import Function, FunctionFailed
from bench.stub import Stub
from bench.targets import BARE, PORCHLIGHT
from chalicelib.pages.page_files import hashes_in, path_of
from chalicelib.shared.net.public_files import FetchFailed, HttpConnection


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def runtime(work):
    return targets.runtime(work, ["awslambdaric"])


@pytest.fixture(scope="module")
def bare(work):
    (target,) = targets.baselines(work, only=[BARE])
    return target


def test_one_target_is_measured(bare, runtime):
    cost = pages.PageCost()
    for _ in range(2):
        pages.one_round(bare, runtime, events.page(), 20, cost)

    figures = cost.figures()
    assert set(figures) == {
        "cold_cpu_ms",
        "cold_rss_mb",
        "warm_p50_us",
        "warm_p99_us",
        "warm_cpu_us",
        "alone_p50_us",
        "requests_per_second_per_core",
    }
    assert all(value > 0 for value in figures.values())


def test_a_function_answers_what_its_handler_returns(bare, runtime):
    with Function(bare.folder, bare.handler, {}, runtime.site_packages) as function:
        answer = function.invoke(events.page())

    assert answer.content["statusCode"] == 200
    assert answer.content["body"] == (bare.folder / "page.html").read_text()
    assert 11_000 < len(answer.content["body"].encode()) < 13_000


def test_a_function_that_cannot_start_is_told_with_its_log(bare, runtime):
    with (
        pytest.raises(FunctionFailed, match="nowhere"),
        Function(bare.folder, "nowhere.handler", {}, runtime.site_packages) as function,
    ):
        function.invoke(events.page())


def test_the_variables_of_a_path_are_in_the_event():
    event = json.loads(events.form("/{locale}/{place}/note", "/es/los-banos-ca/note/", "a=b"))

    assert event["pathParameters"] == {"locale": "es", "place": "los-banos-ca"}
    assert event["requestContext"]["resourcePath"] == "/{locale}/{place}/note"


def test_the_stub_stores_once_and_gives_back():
    stub = Stub({})
    try:
        client = boto3.client("dynamodb", endpoint_url=stub.address)
        item = {"pk": {"S": "report#1"}, "version": {"N": "0"}, "due_shard": {"S": "0"}, "due_at": {"N": "5"}}
        client.put_item(TableName="t", Item=item, ConditionExpression="attribute_not_exists(pk)")
        with pytest.raises(client.exceptions.ConditionalCheckFailedException):
            client.put_item(TableName="t", Item=item, ConditionExpression="attribute_not_exists(pk)")
        assert client.get_item(TableName="t", Key={"pk": {"S": "report#1"}})["Item"] == item
    finally:
        stub.close()


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(1.0, "aim"), (1.15, "aim"), (1.2, "must"), (1.75, "must"), (1.76, "MISSED"), (None, "-")],
)
def test_a_goal_is_met_or_missed(value, verdict):
    assert table.Goal("cold start", "x", must=1.75, aim=1.15, value=value).verdict == verdict


def test_the_table_holds_each_goal_with_what_must_be():
    page = dict.fromkeys(
        (
            "cold_instructions_m",
            "cold_cpu_ms",
            "cold_rss_mb",
            "warm_instructions_k",
            "warm_p50_us",
            "warm_p99_us",
            "alone_p50_us",
            "requests_per_second_per_core",
        ),
        10.0,
    )
    found = {
        "about": {
            "python": "3",
            "processor": "x",
            "processors": 2,
            "rounds": 1,
            "quick": True,
            "seconds": 1.0,
            "load": 0.0,
        },
        "pages": {BARE: page, PORCHLIGHT: {**page, "cold_instructions_m": 20.0}},
        "first_views": {"en": 5000, "es": 6000},
        "header_bytes": 600,
        "sizes": {"code": 400_000, "pages": 90_000, "packages": 9_000_000, "zip": 9_500_000},
    }
    shown = table.show(found)

    lines = {line.split("|")[1].strip(): line for line in shown.splitlines() if line.startswith("|")}
    assert "2.00 x bare" in lines["page: cold start, instructions"]
    assert lines["page: cold start, instructions"].rstrip(" |").endswith("MISSED")
    assert "6.00 KB" in lines["page: first view, worst language"]
    assert lines["report: warm p50"].rstrip(" |").endswith("-")


def test_the_bucket_gives_the_pages_of_a_package_as_a_release(tmp_path):
    pages = tmp_path / "chalicelib" / "built_pages"
    (pages / "en").mkdir(parents=True)
    (pages / "index.json").write_text('{"locales": ["en"], "places": ["us"]}')
    (pages / "en" / "us.b64").write_text("H4sIpage")
    bucket = Bucket(tmp_path)
    try:
        line = HttpConnection(bucket.address, 5.0)
        current = json.loads(line.get("current.json"))
        assert (current["release"], current["index"]["locales"]) == (RELEASE, ["en"])
        path = path_of(RELEASE, *hashes_in(current["index"]), "en", "us")
        assert line.get(f"{path}.b64") == b"H4sIpage"
        with pytest.raises(FetchFailed):
            line.get("releases/1/en/us.b64")
        line.close()
    finally:
        bucket.close()
