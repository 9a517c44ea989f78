"""Objects that arrive in parts, on any S3 server: its multipart uploads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from kring.errors import Conflict, NotFound
from storage.parts import UploadPart
from storage.s3.errors import error_code
from storage.s3.store import S3Store

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

GONE = "NoSuchUpload"
CHANGED = frozenset({"InvalidPart", "InvalidPartOrder", "EntityTooSmall"})


class S3Parts:
    """Keeps the promise of `storage.parts.PartStore` with the connections of `store`."""

    def __init__(self, store: S3Store, reached_at: str = "") -> None:
        """`reached_at`: the server's address as browsers reach it, for `presign_part`; empty: as we do."""
        self._store = store
        self._client = store.client
        self._signer = store.client_at(reached_at) if reached_at else store.client

    def begin(self, key: str, *, media_type: str) -> str:
        with self._store.translated_errors(key):
            begun = self._client.create_multipart_upload(Bucket=self._store.bucket, Key=key, ContentType=media_type)
        return begun["UploadId"]

    def put_part(self, key: str, parts_id: str, number: int, data: bytes | bytearray) -> str:
        with self._store.translated_errors(key):
            body = cast(bytes, data)  # boto3 takes a bytearray as it is; the types do not know
            try:
                sent = self._client.upload_part(
                    Bucket=self._store.bucket, Key=key, UploadId=parts_id, PartNumber=number, Body=body
                )
            except ClientError as error:
                raise _gone(error, key) from None
        return sent["ETag"]

    def parts(self, key: str, parts_id: str) -> list[UploadPart]:
        pages = self._client.get_paginator("list_parts").paginate(Bucket=self._store.bucket, Key=key, UploadId=parts_id)
        with self._store.translated_errors(key):
            try:
                listed = [part for page in pages for part in page.get("Parts", ())]
            except ClientError as error:
                raise _gone(error, key) from None
        # SeaweedFS lists a part that was sent again twice, with whole seconds; the newest is the one that counts.
        newest = {part["PartNumber"]: part for part in sorted(listed, key=lambda part: part["LastModified"])}
        return [UploadPart(number, part["Size"], part["ETag"]) for number, part in sorted(newest.items())]

    def complete(self, key: str, parts_id: str, parts: Sequence[tuple[int, str]]) -> None:
        named: list[CompletedPartTypeDef] = [{"PartNumber": number, "ETag": etag} for number, etag in sorted(parts)]
        with self._store.translated_errors(key):
            try:
                self._client.complete_multipart_upload(
                    Bucket=self._store.bucket, Key=key, UploadId=parts_id, MultipartUpload={"Parts": named}
                )
            except ClientError as error:
                if error_code(error) in CHANGED:
                    raise Conflict(f"A part of {key} is not there, or is another by now; send it again.") from None
                raise _gone(error, key) from None

    def abort(self, key: str, parts_id: str) -> None:
        try:
            with self._store.translated_errors(key):
                self._client.abort_multipart_upload(Bucket=self._store.bucket, Key=key, UploadId=parts_id)
        except NotFound:
            return

    def presign_part(self, key: str, parts_id: str, number: int, *, expires: int) -> str:
        params: dict[str, Any] = {
            "Bucket": self._store.bucket,
            "Key": key,
            "UploadId": parts_id,
            "PartNumber": number,
        }
        with self._store.translated_errors(key):
            return self._signer.generate_presigned_url("upload_part", Params=params, ExpiresIn=expires)


def _gone(error: ClientError, key: str) -> Exception:
    """The error itself, or ours if it says that the parts are no longer there."""
    return NotFound(f"The parts of {key} are gone; begin again.") if error_code(error) == GONE else error
