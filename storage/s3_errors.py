"""What an S3 server, or the way to it, says went wrong, in the words of `kring.errors`."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)
from urllib3.exceptions import HTTPError

from kring.errors import Conflict, DiskFull, KringError, NotFound, SetupError, StorageDown

NO_ROOM = {"InsufficientStorage", "XMinioStorageFull", "QuotaExceeded", "EntityTooLargeForQuota"}
MISSING = {"NoSuchKey", "NotFound", "404"}
TAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
PROGRAMMER = (ParamValidationError,)


@contextmanager
def in_our_words(endpoint: str, bucket: str, key: str = "") -> Iterator[None]:
    """Turn every error of boto3 inside the block into one of ours, with the server's host and no secret."""
    host = urlsplit(endpoint).netloc.rpartition("@")[2] or endpoint
    try:
        yield
    except PROGRAMMER:
        raise
    except ClientError as error:
        raise _translate(error, host, bucket, key) from None
    except (NoCredentialsError, PartialCredentialsError):
        raise SetupError(
            f"There are no credentials for the object store at {host}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        ) from None
    except Boto3Error as error:  # the transfer manager wraps what the server said
        if isinstance(error.__context__, ClientError):
            raise _translate(error.__context__, host, bucket, key) from None
        raise _down(host, type(error).__name__) from None
    except (BotoCoreError, HTTPError, ConnectionError, TimeoutError) as error:
        raise _down(host, type(error).__name__) from None
    except OSError as error:
        if error.errno in {errno.EPIPE, errno.ECONNRESET, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH}:
            raise _down(host, type(error).__name__) from None
        raise


def error_code(error: ClientError) -> str:
    """The server's own short word for it, such as `NoSuchKey`; `404` where it gave none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def retries(error: ClientError) -> int:
    """How often the request was sent again before this answer."""
    return int(_meta(error).get("RetryAttempts", 0))


def _translate(error: ClientError, host: str, bucket: str, key: str) -> KringError:
    code, status = error_code(error), int(_meta(error).get("HTTPStatusCode", 0))
    if code == "NoSuchBucket":
        return SetupError(f"The bucket {bucket} does not exist at {host}; check KRING_BUCKET or start Kring again.")
    if code in MISSING or status == 404:
        return NotFound(f"There is no object {key} in the bucket {bucket}.")
    if code in TAKEN or status in {409, 412}:
        return Conflict(f"Somebody else changed {key} first; read it again and try again.")
    if code in NO_ROOM or status == 507:
        return DiskFull(f"The object store at {host} has no room left; make room and try again.")
    if code == "RequestTimeTooSkewed":
        return SetupError(f"The clocks of this machine and of the object store at {host} differ; set them right.")
    if status in {401, 403}:
        return SetupError(
            f"The object store at {host} refuses the credentials ({code}); "
            "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the rights on the bucket."
        )
    if status in {301, 307, 400} and status != 0 and code not in {"RequestTimeout", "SlowDown"}:
        return SetupError(f"The object store at {host} refuses the request for {key or bucket} ({code}).")
    return _down(host, code or str(status))


def _down(host: str, reason: str) -> StorageDown:
    return StorageDown(f"The object store at {host} does not answer: {reason}. Check that it runs, then try again.")


def _meta(error: ClientError) -> dict[str, Any]:
    return dict(error.response.get("ResponseMetadata", {}))
