"""What an S3 server, or the way to it, says went wrong, in the words of `kring.errors`."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    IncompleteReadError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ResponseStreamingError,
)
from s3transfer.exceptions import RetriesExceededError
from urllib3.exceptions import HTTPError, ProtocolError

from kring.errors import Conflict, DiskFull, KringError, NotFound, SetupError, StorageDown

READS = frozenset({"GetObject", "HeadObject", "ListObjectsV2"})
"""What needs no room on the server."""


@contextmanager
def as_kring_errors(
    endpoint: str, bucket: str, key: str = "", out_of_room: Callable[[], bool] = lambda: False
) -> Iterator[None]:
    """Turn every error of boto3 inside the block into one of ours, with the server's host and no secret.

    `out_of_room` is asked when the server speaks of an internal error: SeaweedFS says no more than that when full.
    """
    host = urlsplit(endpoint).netloc.rpartition("@")[2] or endpoint
    try:
        yield
    except ParamValidationError:  # a mistake in this program
        raise
    except ClientError as error:
        raise _translate(error, host, bucket, key, out_of_room) from None
    except (NoCredentialsError, PartialCredentialsError):
        raise SetupError(
            f"There are no credentials for the object store at {host}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        ) from None
    except Boto3Error as error:  # the transfer manager wraps what the server said
        if isinstance(error.__context__, ClientError):
            raise _translate(error.__context__, host, bucket, key, out_of_room) from None
        raise _down(host, type(error).__name__) from None
    except RetriesExceededError as error:  # of a file that was fetched in parts
        raise _down(host, type(error.last_exception).__name__) from None
    except (BotoCoreError, HTTPError, ConnectionError, TimeoutError) as error:
        raise _down(host, type(error).__name__) from None
    except OSError as error:
        if error.errno in {errno.EPIPE, errno.ECONNRESET, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH}:
            raise _down(host, type(error).__name__) from None
        raise


def error_code(error: ClientError) -> str:
    """The server's own short word for it, such as `NoSuchKey`; `404` if it gave none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def broke_off(down: StorageDown) -> bool:
    """Whether the server was there and failed over this one answer: an internal error, or fewer bytes than promised.

    SeaweedFS does so for an object whose bytes no longer have their checksum, which no waiting mends.
    """
    cause = down.__context__
    if isinstance(cause, RetriesExceededError):
        cause = cause.last_exception
    if isinstance(cause, ClientError):
        return _meta(cause).get("HTTPStatusCode") == HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(cause, IncompleteReadError | ResponseStreamingError | ProtocolError)


def retries(error: ClientError) -> int:
    """How often the request was sent again before this answer."""
    return int(_meta(error).get("RetryAttempts", 0))


def _translate(error: ClientError, host: str, bucket: str, key: str, out_of_room: Callable[[], bool]) -> KringError:
    code, status = error_code(error), int(_meta(error).get("HTTPStatusCode", 0))
    kind: type[KringError]
    match code, status:
        case "NoSuchBucket", _:
            kind, text = SetupError, f"The bucket {bucket} does not exist at {host}; check KRING_BUCKET."
        case ("NoSuchKey" | "NotFound", _) | (_, 404):
            kind, text = NotFound, f"There is no object {key} in the bucket {bucket}."
        case _, 409 | 412:
            kind, text = Conflict, f"Somebody else changed {key} first; read it again and try again."
        case ("InsufficientStorage" | "XMinioStorageFull" | "QuotaExceeded", _) | (_, 507):
            kind, text = _full(host)
        case "InternalError", _ if error.operation_name not in READS and out_of_room():
            kind, text = _full(host)
        case "RequestTimeTooSkewed", _:
            kind, text = SetupError, f"The clocks of this machine and of {host} differ; set them right."
        case _, 401 | 403:
            kind, text = (
                SetupError,
                (
                    f"The object store at {host} refuses the credentials ({code}); check AWS_ACCESS_KEY_ID, "
                    "AWS_SECRET_ACCESS_KEY and the rights on the bucket."
                ),
            )
        case ("RequestTimeout" | "SlowDown", _):
            return _down(host, code)
        case _, 301 | 307 | 400:
            kind, text = SetupError, f"The object store at {host} refuses the request for {key or bucket} ({code})."
        case _:
            return _down(host, code or str(status))
    return kind(text)


def _full(host: str) -> tuple[type[KringError], str]:
    return DiskFull, f"The object store at {host} has no room left; make room on its disk and try again."


def _down(host: str, reason: str) -> StorageDown:
    return StorageDown(f"The object store at {host} does not answer: {reason}. Check that it runs, then try again.")


def _meta(error: ClientError) -> dict[str, Any]:
    return dict(error.response.get("ResponseMetadata", {}))
