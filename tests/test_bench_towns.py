"""What measures publishing many places: S3's stand-in answers as moto does, places are of a real shape."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import boto3
import pytest
from botocore.exceptions import ClientError

from bench import invented_towns, many_places, towns
from bench.bucket import RELEASE
from bench.many_places import CrowdedBucket
from bench.shelf import COUNTS, Served, Shelf
from chalicelib.directory.content import read_content
from chalicelib.directory.document_ids import CONTACTS, PLACES, SITE
from chalicelib.pages.page_files import hashes_in, path_of
from chalicelib.publishing.package_by_place import PackageByPlace
from chalicelib.publishing.whole_texts import all_texts, whole_of
from chalicelib.shared.net.public_files import HttpConnection
from tests.support.rendered import shipped_files, shipped_folders

BUCKET = "pages"


@contextmanager
def running() -> Iterator[str]:
    served, is_over = Served(Shelf()), threading.Event()

    def serve() -> None:
        while not is_over.is_set():
            served.go_on(0.05)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{served.port}"
    finally:
        is_over.set()
        thread.join()
        served.close()


def client(address: str) -> Any:
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-west-2"}
    made = boto3.client("s3", endpoint_url=address, **keys)
    made.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    return made


@pytest.fixture(params=["moto", "ours"])
def s3(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "moto":
        request.getfixturevalue("aws")
        made = boto3.client("s3", region_name="us-west-2")
        made.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        yield made
        return
    with running() as address:
        yield client(address)


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(Bucket=BUCKET, **arguments)
    return str(refused.value.response["Error"]["Code"])


def test_an_object_is_had_back_with_what_was_said_of_it(s3: Any) -> None:
    s3.put_object(
        Bucket=BUCKET, Key="a/b.json", Body=b"{}", ContentType="application/json", Metadata={"release": "7"}
    )
    there, head = s3.get_object(Bucket=BUCKET, Key="a/b.json"), s3.head_object(Bucket=BUCKET, Key="a/b.json")
    assert there["Body"].read() == b"{}"
    for answer in (there, head):
        assert (answer["ContentType"], answer["Metadata"]) == ("application/json", {"release": "7"})
        assert answer["ContentLength"] == 2
    assert there["ETag"] == head["ETag"]
    assert refusal(s3.get_object, Key="a/c.json") == "NoSuchKey"
    assert refusal(s3.head_object, Key="a/c.json") == "404"


def test_conditions_are_kept(s3: Any) -> None:
    first = s3.put_object(Bucket=BUCKET, Key="current.json", Body=b"1", IfNoneMatch="*")["ETag"]
    assert refusal(s3.put_object, Key="current.json", Body=b"2", IfNoneMatch="*") == "PreconditionFailed"
    second = s3.put_object(Bucket=BUCKET, Key="current.json", Body=b"2", IfMatch=first)["ETag"]
    assert second != first
    assert refusal(s3.put_object, Key="current.json", Body=b"3", IfMatch=first) == "PreconditionFailed"
    assert s3.get_object(Bucket=BUCKET, Key="current.json")["Body"].read() == b"2"


def test_a_listing_comes_in_pages_and_folders(s3: Any) -> None:
    keys = [f"releases/{n}/index.json" for n in range(3)] + ["releases/1/x & y.json", "site/en/"]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="releases/", Delimiter="/")
    assert [one["Prefix"] for one in listed["CommonPrefixes"]] == [
        "releases/0/",
        "releases/1/",
        "releases/2/",
    ]
    found, more, sizes = list[str](), dict[str, str](), list[int]()
    while True:
        page = s3.list_objects_v2(Bucket=BUCKET, MaxKeys=2, **more)
        found += [one["Key"] for one in page["Contents"]]
        sizes += [one["Size"] for one in page["Contents"]]
        if not page["IsTruncated"]:
            break
        more = {"ContinuationToken": page["NextContinuationToken"]}
    assert found == sorted(keys)
    assert sizes == [len(key) for key in found]


def test_what_is_deleted_is_gone(s3: Any) -> None:
    for key in ("a", "b&c", "d"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "a"}, {"Key": "b&c"}], "Quiet": True})
    s3.delete_object(Bucket=BUCKET, Key="d")
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET)


def test_what_is_written_is_counted_where_it_arrives_and_a_refusal_is_none() -> None:
    with running() as address:
        s3 = client(address)
        s3.put_object(Bucket=BUCKET, Key="a", Body=b"12", IfNoneMatch="*")
        assert refusal(s3.put_object, Key="a", Body=b"3", IfNoneMatch="*") == "PreconditionFailed"
        s3.delete_object(Bucket=BUCKET, Key="a")
        with urlopen(f"{address}/{BUCKET}{COUNTS}") as answer:
            counts = json.loads(answer.read())
    assert (counts["put"], counts["put_bytes"], counts["refused"], counts["delete"]) == (1, 2, 1, 1)


@pytest.mark.parametrize("count", [1, 4, 26, 296, 2996])
def test_places_lie_in_counties_of_twenty_towns_and_states_of_nine_counties(count: int) -> None:
    places = invented_towns.places(count)
    assert len(places) == len({one.slug for one in places}) == count
    known = {"us": "nation"}
    for place in places:  # each behind the one that it lies in
        assert place.parent in known
        known[place.slug] = place.kind
    inside = Counter(place.parent for place in places)
    assert max(inside.values()) <= 30


def test_the_invented_site_is_one_that_can_be_published(tmp_path: Path) -> None:
    shipped = PackageByPlace(shipped_files(shipped_folders(tmp_path)))
    texts = invented_towns.documents(shipped, 50, 3)
    contacts, places, site = whole_of(all_texts(shipped, texts))
    content = read_content(places, contacts, site)
    assert len(list(content.places)) == 50
    assert len(content.site.locales) == 3
    new = {name.partition("/")[2] for name in texts} - {SITE, ""}
    assert {name for name in texts if name != SITE} == {
        f"{base}/{slug}" for base in (CONTACTS, PLACES) for slug in new
    }


def test_a_bucket_of_many_places_has_a_page_of_the_last_one(tmp_path: Path) -> None:
    pages = tmp_path / "chalicelib" / "built_pages"
    (pages / "en").mkdir(parents=True)
    (pages / "index.json").write_text('{"locales": ["en"], "places": ["us"], "default_place": "us"}')
    for ending in ("b64", "br.b64"):
        (pages / "en" / f"us.{ending}").write_text(f"H4sI{ending}")
    bucket = CrowdedBucket(tmp_path, 400)
    try:
        line = HttpConnection(bucket.address, 5.0)
        current = json.loads(line.get("current.json"))
        assert len(current["index"]["places"]) == 400
        path = path_of(RELEASE, *hashes_in(current["index"]), "en", bucket.last)
        assert line.get(f"{path}.br.b64") == b"H4sIbr.b64"
        line.close()
        assert 3_000 < many_places.most_places(bucket) < 6_000
    finally:
        bucket.close()


def test_what_is_asked_for_is_read_and_anything_else_is_refused() -> None:
    assert towns.asked(["PLACES=3000"]) == {"PLACES": 3000, "LOCALES": 10}
    for wrong in ("PLACES", "PLACES=0", "PLACES=-3", "TOWNS=4"):
        with pytest.raises(SystemExit):
            towns.asked([wrong])
