"""Files in an S3 bucket: conditional writes, listings and deletions, for releases and their copies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.shared.aws.faults import code_of, store_faults
from chalicelib.shared.errors import StoreBusy, StoreUnavailable

# A conditional write that lost: it was decided, it ran beside another, or what was live is gone.
MOVED_ON = {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}
GONE = ("404", "NoSuchKey", "NotFound")  # how S3 says that an object is not there
_AT_A_TIME = 1000  # keys that S3 deletes in one request
_TRIES = 4


class S3Files:
    """The files of one bucket."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def _file(self, key: str) -> bytes | None:
        with store_faults():
            try:
                answer = self._client().get_object(Bucket=self._bucket, Key=key)
                return bytes(answer["Body"].read())
            except ClientError as error:
                if code_of(error) in GONE:
                    return None
                raise

    def _put_once(
        self, client: Any, key: str, body: bytes, *, unless_there: bool, saved_as: str = ""
    ) -> None:
        """Write a file that never changes; one that is there already has these bytes, as its name says.

        Who fetches it saves it as `saved_as` (Content-Disposition).

        A write or a deletion that ran beside it (409) may have left nothing there: it is tried again, and
        so it is where something is said to be there (412) that is not.
        """
        how = {"IfNoneMatch": "*"} if unless_there else {}
        if saved_as:
            how["ContentDisposition"] = f'attachment; filename="{saved_as}"'
        for _ in range(_TRIES):
            try:
                client.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=body,
                    **_kind(key),
                    CacheControl="public, max-age=31536000, immutable",
                    **how,
                )
            except ClientError as error:
                if code_of(error) not in MOVED_ON:
                    raise
                if unless_there and self._release_of(client, key)[1]:
                    return
            else:
                return
        raise StoreBusy("others write the same pages")

    def _write_newer(self, client: Any, key: str, body: bytes, kind: str, number: int) -> None:
        for _ in range(_TRIES):
            there, mark = self._release_of(client, key)
            if there >= number:
                return
            condition = {"IfMatch": mark} if mark else {"IfNoneMatch": "*"}
            with store_faults():
                try:
                    client.put_object(
                        Bucket=self._bucket,
                        Key=key,
                        Body=body,
                        ContentType=kind,
                        CacheControl="no-store",
                        Metadata={"release": str(number)},
                        **condition,
                    )
                except ClientError as error:
                    if code_of(error) not in MOVED_ON:
                        raise
                else:
                    return
        raise StoreBusy("others write the same pages")

    def _release_of(self, client: Any, key: str) -> tuple[int, str]:
        """Return which release an object is of, and its mark: (0, mark) for old ones, (0, "") for none."""
        with store_faults():
            try:
                answer = client.head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if code_of(error) in GONE:
                    return 0, ""
                raise
        number = str(answer.get("Metadata", {}).get("release", ""))
        return int(number) if number.isascii() and number.isdecimal() else 0, str(answer["ETag"])

    def _drop_older(self, key: str, number: int) -> bool:
        there, mark = self._release_of(self._client(), key)
        if not mark or there >= number:
            return False
        with store_faults():
            try:
                self._client().delete_object(Bucket=self._bucket, Key=key, IfMatch=mark)
            except ClientError as error:
                if code_of(error) in MOVED_ON:
                    return False
                raise
        return True

    def _keys(self, prefix: str) -> list[str]:
        with store_faults():
            answers = self._listed(Prefix=prefix)
            return [one["Key"] for answer in answers for one in answer.get("Contents", ())]

    def _listed(self, **wanted: str) -> Iterator[Any]:
        more: dict[str, str] = {}
        while True:
            answer = self._client().list_objects_v2(Bucket=self._bucket, **wanted, **more)
            yield answer
            if not answer.get("IsTruncated"):
                return
            more = {"ContinuationToken": answer["NextContinuationToken"]}

    def _delete_all(self, prefix: str, may: Callable[[], bool] = lambda: True) -> None:
        for keys in _in_batches(self._keys(prefix)):
            if not may():
                return
            with store_faults():
                answer = self._client().delete_objects(
                    Bucket=self._bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
                )
            if answer.get("Errors"):
                raise StoreUnavailable("not all files of a release could be deleted")


def _in_batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + _AT_A_TIME] for start in range(0, len(keys), _AT_A_TIME))


def _kind(name: str) -> dict[str, str]:
    """Return how a file is sent. What is packed is unpacked by whoever reads it."""
    plain = name.rpartition("/")[2].removesuffix(".gz")
    kinds = {".json": "application/json", ".csv": "text/csv; charset=utf-8", "": "application/octet-stream"}
    ending = f".{plain.rpartition('.')[2]}" if "." in plain else ""
    kind = {"ContentType": kinds.get(ending, "text/plain; charset=us-ascii")}
    return kind | ({"ContentEncoding": "gzip"} if name.endswith(".gz") else {})
