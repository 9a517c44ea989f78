"""Downloads a file from an address. Interrupted downloads resume; size and time are limited."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import httpx

from flows.sources.http.pace import Pace, Speed
from flows.sources.http.public import is_public
from flows.sources.http.web import BROKEN, Answer, get
from flows.sources.port import Progress
from kring.errors import SourceDown, SourceError
from services.scratch import disk_full

__all__ = ["SPEED", "download", "is_public"]

SPEED = Speed()
_VALIDATOR = re.compile(r"(?!W/)[\x21-\x7e][\x20-\x7e]{0,299}")


def download(
    url: str,
    dest: Path,
    *,
    allow_private: bool,
    max_bytes: int,
    progress: Progress | None = None,
    speed: Speed = SPEED,
) -> None:
    """Fetch `url` into `dest`. Resumes a partial file with Range if the server's copy is unchanged.

    Raises SourceError (gone, too large, too slow overall), SourceDown (also if the server breaks off), SlowSource (it
    resumes later) and DiskFull.
    """
    memo = _Memo(dest)
    known = memo.validator
    have = dest.stat().st_size if dest.exists() and known else 0
    pace = Pace(speed, have, memo.seconds)
    try:
        headers = {"Range": f"bytes={have}-", "If-Range": known} if have else None
        with get(url, allow_private=allow_private, limit=pace, headers=headers) as answer:
            _keep(answer, dest, have, memo, pace, max_bytes, progress)
    finally:
        memo.keep_seconds(pace.spent)
    memo.forget()


def _keep(
    answer: Answer, dest: Path, have: int, memo: _Memo, pace: Pace, max_bytes: int, progress: Progress | None
) -> None:
    """Append to the `have` bytes that exist or write the whole file, depending on the answer's status."""
    going_on = answer.status == httpx.codes.PARTIAL_CONTENT
    content_range = answer.headers.get("content-range", "")
    if answer.status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and have and content_range == f"bytes */{have}":
        return  # the file was complete already
    if answer.status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE or (
        going_on and not content_range.startswith(f"bytes {have}-")
    ):
        dest.unlink(missing_ok=True)
        raise SourceDown("{host} has another file than before; it is fetched from the start.", host=answer.host)
    if not going_on:
        have = 0
        dest.unlink(missing_ok=True)  # before the validator is replaced: both must always belong to the same file
    length = _length(answer)
    total = None if length is None else have + length
    if total is not None and total > max_bytes:
        raise SourceError(
            "The file has {size} GB; this archive takes up to {most} GB.",
            size=f"{total / 1e9:.1f}",
            most=f"{max_bytes / 1e9:.0f}",
        )
    memo.keep_validator(_validator(answer))
    pace.begin(have, resumable=bool(memo.validator) and (going_on or _takes_ranges(answer)))
    _write(answer, dest, have, total, max_bytes, pace, progress)


class _Memo:
    """Notes about a partial file, stored beside it."""

    def __init__(self, dest: Path) -> None:
        self._validator = dest.with_name(dest.name + ".validator")
        self._seconds = dest.with_name(dest.name + ".seconds")

    @property
    def validator(self) -> str:
        """The ETag or date that identifies this version of the file; empty if the server gave none."""
        return self._validator.read_text(encoding="utf-8") if self._validator.exists() else ""

    @property
    def seconds(self) -> float:
        """Seconds that all attempts have taken so far."""
        try:
            return float(self._seconds.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return 0.0

    def keep_validator(self, validator: str) -> None:
        _put(self._validator, validator)

    def keep_seconds(self, seconds: float) -> None:
        if self._seconds.parent.exists():
            _put(self._seconds, f"{seconds:.1f}")

    def forget(self) -> None:
        self._validator.unlink(missing_ok=True)
        self._seconds.unlink(missing_ok=True)


def _put(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _validator(answer: Answer) -> str:
    """The validator for resuming; empty if it is weak (RFC 9110, 13.1.5) or cannot be sent back in a header."""
    candidates = (answer.headers.get(name, "").strip() for name in ("etag", "last-modified"))
    return next((validator for validator in candidates if validator and _VALIDATOR.fullmatch(validator)), "")


def _takes_ranges(answer: Answer) -> bool:
    return str(answer.headers.get("accept-ranges", "")).strip().lower() == "bytes"


def _length(answer: Answer) -> int | None:
    """Bytes of the body as announced; None if not announced or implausible."""
    length = answer.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) <= 18 else None


def _write(
    answer: Answer,
    dest: Path,
    have: int,
    total: int | None,
    max_bytes: int,
    pace: Pace,
    progress: Progress | None,
) -> None:
    try:
        with dest.open("ab" if have else "wb") as file:
            for chunk in answer.body:
                file.write(chunk)
                have += len(chunk)
                pace.received(len(chunk))
                if have > max_bytes:
                    most = f"{max_bytes / 1e9:.0f}"
                    raise SourceError("The file is larger than this archive takes ({most} GB).", most=most)
                if progress:
                    progress(have, total)
    except BROKEN as error:
        if pace.left() <= 0:
            raise pace.error(answer.host) from None
        raise SourceDown(
            "{host} stopped sending after {size} MB ({why}).",
            host=answer.host,
            size=f"{have / 1e6:.1f}",
            why=type(error).__name__,
        ) from None
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise disk_full() from None
        raise
    if total is not None and have != total:
        raise SourceDown("{host} sent {size} of {total} bytes.", host=answer.host, size=have, total=total)
