"""The object store on any S3 server; the only place that imports boto3."""

from __future__ import annotations

import hashlib
import io
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import quote

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError, IncompleteReadError

from kring.errors import Conflict, Damaged, DiskFull, NotFound, SetupError, StorageDown
from storage.files import arriving
from storage.keys import PROBES
from storage.port import Fetched, ObjectInfo, Progress
from storage.s3.errors import broke_off, error_code, in_our_words, retries

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART_BYTES = 16 * 1024 * 1024
"""Files above this size travel in parts of it; at most four at a time, so memory does not grow with the file."""
TRANSFER = TransferConfig(
    multipart_threshold=PART_BYTES,
    multipart_chunksize=PART_BYTES,
    max_concurrency=4,
    max_io_queue=8,
    preferred_transfer_client="classic",
)
CONNECT_SECONDS = 5
READ_SECONDS = 60
ATTEMPTS = 4
REMEMBERED_SECONDS = 60.0
"""How long an object that could not be read is not asked for again: it may be restored from a backup."""
SHA256 = "sha256"
"""Name of the metadata that say what the bytes were when they were stored."""


@dataclass(frozen=True, slots=True)
class _Break:
    """Where an object cannot be read on, and when that was seen (on the monotonic clock)."""

    info: ObjectInfo
    at: int
    seen_at: float


class S3Store:
    """Keeps the promise of `storage.port.ObjectStore` in one bucket of one server. Safe to share between threads."""

    def __init__(
        self,
        *,
        endpoint: str,
        bucket: str,
        access_key: str | None,
        secret_key: str | None,
        region: str,
        out_of_room: Callable[[], bool] = lambda: False,
    ) -> None:
        """Connects to nothing yet. Without keys, those boto3 finds (a role, a profile) are used.

        `out_of_room`: whether the server's disk is full, for a server that cannot say so itself.
        """
        self.endpoint, self.bucket, self.region = endpoint, bucket, region
        self._out_of_room = out_of_room
        self._session = boto3.session.Session(
            aws_access_key_id=access_key, aws_secret_access_key=secret_key, region_name=region
        )
        self._client = self.client_at(endpoint)
        # SeaweedFS tries for 13 seconds by itself before it gives up an object.
        self._impatient = self.client_at(endpoint, attempts=1)
        self._damaged: dict[str, _Break] = {}
        """What could not be read, so that the next reader is told at once."""

    @property
    def client(self) -> S3Client:
        """For other adapters on the same server; thread-safe."""
        return self._client

    def client_at(self, endpoint: str, *, attempts: int = ATTEMPTS) -> S3Client:
        """A client of this server under one of its addresses; connects to nothing yet."""
        config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=32,
            # The newer default (a CRC trailer on everything) is refused by older S3-alikes.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return self._session.client("s3", endpoint_url=endpoint, config=config)

    def put_file(self, key: str, path: Path, *, media_type: str, progress: Progress | None = None) -> None:
        with self.words(key):
            self._client.upload_file(
                str(path), self.bucket, key, ExtraArgs={"ContentType": media_type}, Callback=progress, Config=TRANSFER
            )

    def put_bytes(
        self, key: str, data: bytes, *, media_type: str, if_match: str | None = None, if_absent: bool = False
    ) -> str:
        condition: dict[str, Any] = {}
        if if_match is not None:
            condition["IfMatch"] = if_match
        if if_absent:
            condition["IfNoneMatch"] = "*"
        with self.words(key):
            try:
                answer = self._client.put_object(
                    Bucket=self.bucket,
                    Key=key,
                    Body=data,
                    ContentType=media_type,
                    Metadata={SHA256: hashlib.sha256(data).hexdigest()},
                    **condition,
                )
            except ClientError as error:
                if condition and error_code(error) == "NoSuchKey":
                    raise Conflict(f"{key} is not there any more; read it again and try again.") from None
                mine = self._own_write(key, data) if condition and retries(error) else None
                if mine is None:
                    raise
                return mine
            return str(answer["ETag"])

    def get_bytes(self, key: str) -> Fetched:
        with self.reading(key):
            answer = self._client.get_object(Bucket=self.bucket, Key=key)
            with answer["Body"] as body:
                return Fetched(body.read(), answer["ETag"])

    def get_file(self, key: str, path: Path, *, progress: Progress | None = None) -> None:
        with arriving(path) as file, self.reading(key):
            self._client.download_fileobj(self.bucket, key, file, Callback=progress, Config=TRANSFER)

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        info = self.stat(key)
        if info is None:
            raise NotFound(f"There is no object {key} in the bucket {self.bucket}.")
        last = info.size if end is None else min(end, info.size)
        if start >= last:
            return io.BytesIO()
        with self.reading(key, start, last):
            answer = self._client.get_object(
                Bucket=self.bucket, Key=key, Range=f"bytes={start}-{last - 1}", IfMatch=info.etag
            )
        # A reader over `_Stream` has every method of a binary file; the types do not know.
        return cast(BinaryIO, io.BufferedReader(_Stream(answer["Body"], self, key, start, last), 256 * 1024))

    def stat(self, key: str) -> ObjectInfo | None:
        try:
            with self.words(key):
                found = self._client.head_object(Bucket=self.bucket, Key=key)
        except NotFound:
            return None
        sha256 = found["Metadata"].get(SHA256)
        return ObjectInfo(key, found["ContentLength"], found["ETag"], found["LastModified"], sha256)

    def exists(self, key: str) -> bool:
        return self.stat(key) is not None

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        with self.words(prefix):
            found = [
                ObjectInfo(entry["Key"], entry["Size"], entry["ETag"], entry["LastModified"])
                for page in pages
                for entry in page.get("Contents", ())
            ]
        # SeaweedFS lists folder by folder (`web/a` before `web-1/a`), AWS by bytes. About 400 bytes of memory each.
        yield from sorted(found, key=lambda info: info.key)

    def delete(self, key: str) -> None:
        with self.words(key):
            self._client.delete_object(Bucket=self.bucket, Key=key)

    def presign(self, key: str, *, expires: int, download_name: str | None = None) -> str:
        wanted: dict[str, Any] = {"Bucket": self.bucket, "Key": key}
        if download_name is not None:
            wanted["ResponseContentDisposition"] = content_disposition(download_name)
        with self.words(key):
            return self._client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=expires)

    def ensure_bucket(self) -> bool:
        """Make the bucket where there is none; whether it had to be made."""
        with self.words():
            try:
                self._client.head_bucket(Bucket=self.bucket)
            except ClientError as error:
                if error_code(error) not in {"404", "NoSuchBucket", "NotFound"}:
                    raise
            else:
                return False
            place: Any = {} if self.region == "us-east-1" else {"LocationConstraint": self.region}
            try:
                self._client.create_bucket(
                    Bucket=self.bucket, **({"CreateBucketConfiguration": place} if place else {})
                )
            except ClientError as error:
                if error_code(error) != "BucketAlreadyOwnedByYou":
                    raise
                return False
        return True

    def abandon_uploads(self, patience: Callable[[str], timedelta]) -> int:
        """Free the room of uploads that never ended; how many there were. `patience`: how long one to this key may
        take."""
        moment, count = datetime.now(UTC), 0
        with self.words():
            for page in self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self.bucket):
                for upload in page.get("Uploads", ()):
                    if upload["Initiated"] < moment - patience(upload["Key"]):
                        self._client.abort_multipart_upload(
                            Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                        )
                        count += 1
        return count

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()
        self._impatient.close()

    @contextmanager
    def reading(self, key: str, start: int = 0, end: int | None = None) -> Iterator[None]:
        """A block that reads these bytes. Raises Damaged if they cannot be read the second time either, while the
        server keeps and gives back others."""
        if self._is_known_damaged(key, start, whole=start == 0 and end is None):
            raise _damaged(key)
        try:
            with self.words(key):
                yield
        except StorageDown as down:
            if not broke_off(down):
                raise
            place = self._breaks_off_again(key, start, end)
            if place is None or not self._works(key):
                raise
            self._damaged[key] = place
            raise _damaged(key) from None

    def _is_known_damaged(self, key: str, start: int, *, whole: bool) -> bool:
        """Whether reading all of it, or from `start` on, has just been found to be in vain."""
        place = self._damaged.get(key)
        if place is None or time.monotonic() - place.seen_at > REMEMBERED_SECONDS:
            return False
        return (whole or start == place.at) and place.info == self.stat(key)

    def _breaks_off_again(self, key: str, start: int, end: int | None) -> _Break | None:
        """Where reading stops again, twice at the same place: a server or a line that breaks off now and then does so
        anywhere. (Asked from the middle of a damaged chunk on, SeaweedFS gives it without a look at its checksum.)"""
        info = self.stat(key)
        if info is None:
            return None
        last = info.size if end is None else end
        try:
            got = self._readable(key, start, last)
            for_good = got < last - start and (got == 0 or self._readable(key, start, last) == got)
        except NotFound:
            return None
        return _Break(info, start + got, time.monotonic()) if for_good else None

    def _readable(self, key: str, start: int, end: int) -> int:
        """How many of these bytes one answer gives before it ends or breaks off. Raises StorageDown without one."""
        got = 0
        try:
            with self.words(key):
                answer = self._impatient.get_object(Bucket=self.bucket, Key=key, Range=f"bytes={start}-{end - 1}")
                with answer["Body"] as body:
                    while data := body.read(1024 * 1024):
                        got += len(data)
        except StorageDown as down:
            if not broke_off(down):
                raise
        return got

    def _works(self, key: str) -> bool:
        """Whether another object can be stored and read just now; or only read, if the server takes none."""
        probe = f"{PROBES}{secrets.token_hex(8)}"
        try:
            try:
                self.put_bytes(probe, probe.encode(), media_type="text/plain")
            except (DiskFull, SetupError):
                return self._reads_another(key)
            same = self._readable(probe, 0, len(probe)) == len(probe)
            self.delete(probe)
        except StorageDown:
            return False
        return same

    def _reads_another(self, key: str) -> bool:
        with self.words():
            listed = self._impatient.list_objects_v2(Bucket=self.bucket, MaxKeys=50).get("Contents", ())
        others = [one for one in listed if one["Key"] != key and one["Size"] > 0][:5]
        return any(self._readable(one["Key"], 0, min(one["Size"], 1024)) > 0 for one in others)

    def _own_write(self, key: str, data: bytes) -> str | None:
        """The etag, where a write that was sent twice was refused because its first sending had arrived."""
        try:
            there = self.get_bytes(key)
        except NotFound:
            return None
        return there.etag if there.data == data else None

    def words(self, key: str = "") -> Any:
        """A block in which every error of boto3 becomes one of ours."""
        return in_our_words(self.endpoint, self.bucket, key, self._out_of_room)


def _damaged(key: str) -> Damaged:
    return Damaged(f"{key} is damaged: the object store works, but cannot read this object any more.")


class _Stream(io.RawIOBase):
    """The body of an answer as a plain stream whose errors are ours."""

    def __init__(self, body: Any, store: S3Store, key: str, start: int, end: int) -> None:
        super().__init__()
        self._body, self._store, self._key = body, store, key
        self._at, self._end = start, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with self._store.reading(self._key, self._at, self._end):
            data = self._body.read(len(buffer))
            if not data and len(buffer) and self._at < self._end:
                raise IncompleteReadError(actual_bytes=self._at, expected_bytes=self._end)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        self._body.close()
        super().close()


def content_disposition(name: str) -> str:
    """The header that saves a download under `name` (RFC 6266); markup, quotes and line breaks cannot get out."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-()") else "_" for c in name) or "recording"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
