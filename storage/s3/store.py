"""The object store on any S3 server; the only place that imports boto3."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import quote

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from kring.errors import Conflict, NotFound
from storage.partial_files import atomic_file
from storage.port import Fetched, ObjectInfo, TransferProgress
from storage.s3.damage import DamageDetector
from storage.s3.errors import as_kring_errors, error_code, retries
from storage.s3.stream import ObjectStream

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
SHA256 = "sha256"
"""Name of the metadata that say what the bytes were when they were stored."""


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
        self._damage = DamageDetector(self, self.client_at(endpoint, attempts=1), bucket, self.translated_errors)

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

    def put_file(self, key: str, path: Path, *, media_type: str, progress: TransferProgress | None = None) -> None:
        with self.translated_errors(key):
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
        with self.translated_errors(key):
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
                own_write = self._own_write(key, data) if condition and retries(error) else None
                if own_write is None:
                    raise
                return own_write
            return str(answer["ETag"])

    def get_bytes(self, key: str) -> Fetched:
        with self._damage.reading(key):
            answer = self._client.get_object(Bucket=self.bucket, Key=key)
            with answer["Body"] as body:
                return Fetched(body.read(), answer["ETag"])

    def get_file(self, key: str, path: Path, *, progress: TransferProgress | None = None) -> None:
        with atomic_file(path) as file, self._damage.reading(key):
            self._client.download_fileobj(self.bucket, key, file, Callback=progress, Config=TRANSFER)

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        info = self.stat(key)
        if info is None:
            raise NotFound(f"There is no object {key} in the bucket {self.bucket}.")
        last = info.size if end is None else min(end, info.size)
        if start >= last:
            return io.BytesIO()
        with self._damage.reading(key, start, last):
            answer = self._client.get_object(
                Bucket=self.bucket, Key=key, Range=f"bytes={start}-{last - 1}", IfMatch=info.etag
            )
        # A reader over `ObjectStream` has every method of a binary file; the types do not know.
        return cast(
            BinaryIO, io.BufferedReader(ObjectStream(answer["Body"], self._damage, key, start, last), 256 * 1024)
        )

    def stat(self, key: str) -> ObjectInfo | None:
        try:
            with self.translated_errors(key):
                head = self._client.head_object(Bucket=self.bucket, Key=key)
        except NotFound:
            return None
        sha256 = head["Metadata"].get(SHA256)
        return ObjectInfo(key, head["ContentLength"], head["ETag"], head["LastModified"], sha256)

    def exists(self, key: str) -> bool:
        return self.stat(key) is not None

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        with self.translated_errors(prefix):
            infos = [
                ObjectInfo(entry["Key"], entry["Size"], entry["ETag"], entry["LastModified"])
                for page in pages
                for entry in page.get("Contents", ())
            ]
        # SeaweedFS lists folder by folder (`web/a` before `web-1/a`), AWS by bytes. About 400 bytes of memory each.
        yield from sorted(infos, key=lambda info: info.key)

    def delete(self, key: str) -> None:
        with self.translated_errors(key):
            self._client.delete_object(Bucket=self.bucket, Key=key)

    def presign(self, key: str, *, expires: int, download_name: str | None = None) -> str:
        params: dict[str, Any] = {"Bucket": self.bucket, "Key": key}
        if download_name is not None:
            params["ResponseContentDisposition"] = content_disposition(download_name)
        with self.translated_errors(key):
            return self._client.generate_presigned_url("get_object", Params=params, ExpiresIn=expires)

    def ensure_bucket(self) -> bool:
        """Make the bucket if there is none; whether it had to be made."""
        with self.translated_errors():
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
        with self.translated_errors():
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
        self._damage.close()

    def _own_write(self, key: str, data: bytes) -> str | None:
        """The etag, if a write that was sent twice was refused because its first sending had arrived."""
        try:
            stored = self.get_bytes(key)
        except NotFound:
            return None
        return stored.etag if stored.data == data else None

    def translated_errors(self, key: str = "") -> AbstractContextManager[None]:
        """A block in which every error of boto3 becomes one of ours."""
        return as_kring_errors(self.endpoint, self.bucket, key, self._out_of_room)


def content_disposition(name: str) -> str:
    """The header that saves a download under `name` (RFC 6266); markup, quotes and line breaks cannot get out."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-()") else "_" for c in name) or "recording"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
