"""JSON documents in the bucket: one of our types each, refused when they are anything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from kring.errors import Conflict, Damaged, NotFound, SetupError
from storage.port import ObjectStore

ATTEMPTS = 16
"""Times a change is tried again because somebody else wrote the same document in between."""

JSON = "application/json"
SCHEMA_VERSION = 1
"""The newest `schema_version` this program can read and write."""

Document = TypeVar("Document", bound=BaseModel)


class DamagedDocument(Damaged):
    """A document in the bucket is not what its key says; somebody has to look at it."""


def read_document(kind: type[Document], key: str, data: bytes) -> Document:
    """Raises DamagedDocument naming `key`, or SetupError where a newer Kring wrote it."""
    try:
        document = kind.model_validate_json(data)
        _refuse_newer(getattr(document, "schema_version", 1), key)
        return document
    except ValidationError as error:
        _refuse_newer(_version_of(data, key), key)
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "document"
        raise _damaged(key, f"{where}: {first['msg']}") from None


def read_replaceable(store: ObjectStore, kind: type[Document], key: str) -> tuple[Document | None, str | None]:
    """A document that whoever comes next may replace, and its etag. One that cannot be read counts as nobody's: its
    etag lets the next writer replace it. Neither where there is none."""
    try:
        found = store.get_bytes(key)
        return read_document(kind, key, found.data), found.etag
    except NotFound:
        return None, None
    except Damaged:
        info = store.stat(key)
        return None, info.etag if info else None


def write_document(document: BaseModel, *, compact: bool = False) -> bytes:
    """One field a line, for people; `compact` where there are so many that only programs read them."""
    return document.model_dump_json(indent=None if compact else 1).encode()


def create_document(store: ObjectStore, key: str, document: BaseModel, *, compact: bool = False) -> bool:
    """Whether it was stored; False: there is one at `key` already, which stays as it is."""
    try:
        store.put_bytes(key, write_document(document, compact=compact), media_type=JSON, if_absent=True)
    except Conflict:
        return False
    return True


def change_document(
    store: ObjectStore,
    key: str,
    fetch: Callable[[], tuple[Document, str]],
    change: Callable[[Document], Document],
    *,
    name: str,
) -> Document:
    """The document as `change` makes it; nothing is written where nothing changed.

    `fetch` reads it and its etag. `change` is called again with the newer document when somebody else wrote in
    between, so it does nothing but compute. Raises what `fetch` does, and Conflict, calling the document `name`, where
    others never stop writing.
    """
    for _ in range(ATTEMPTS):
        old, etag = fetch()
        new = change(old)
        if new == old:
            return old
        try:
            store.put_bytes(key, write_document(new), media_type=JSON, if_match=etag)
        except Conflict:
            continue
        return new
    raise Conflict(f"{name} is being changed by others all the time; try again later.")


def _version_of(data: bytes, key: str) -> object:
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, or nested without end
        raise _damaged(key, "it is not JSON") from None
    return plain.get("schema_version", 1) if isinstance(plain, dict) else 1


def _refuse_newer(version: object, key: str) -> None:
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise SetupError(f"{key} was written by a newer Kring (schema {version}); update Kring on this machine.")


def _damaged(key: str, reason: str) -> DamagedDocument:
    return DamagedDocument(f"{key} in the object store is damaged ({reason}); `kring verify` says whose it is.")
