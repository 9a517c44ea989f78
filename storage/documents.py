"""JSON documents in the bucket: one of our types each, refused when they are anything else."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from kring.errors import Conflict, Damaged, NotFound, SetupError
from kring.model import SCHEMA_VERSION
from storage.migrations import upgraded, version_of
from storage.port import ObjectStore

ATTEMPTS = 16
"""Times a change is tried again because another process wrote the same document in between."""

JSON = "application/json"

Document = TypeVar("Document", bound=BaseModel)
_log = logging.getLogger(__name__)


class NewerDocument(SetupError):
    """A newer Kring made a document in the bucket: it is whole, and this program cannot read it."""


class DamagedDocument(Damaged):
    """A document in the bucket is not what its key says; an operator has to look at it."""


def read_document(kind: type[Document], key: str, data: bytes) -> Document:
    """The document as this program writes it, also if an older one wrote it.

    Raises DamagedDocument or NewerDocument, each naming `key`.
    """
    try:
        return _validated(kind, key, data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "document"
        raise _damaged(key, f"{where}: {first['msg']}") from None


def read_replaceable(store: ObjectStore, kind: type[Document], key: str) -> tuple[Document | None, str | None]:
    """A document that the next writer may replace, and its etag. If it cannot be read, its etag alone is returned, so
    that the next writer can replace it. Neither if there is none."""
    try:
        fetched = store.get_bytes(key)
        return read_document(kind, key, fetched.data), fetched.etag
    except NotFound:
        return None, None
    except Damaged:
        info = store.stat(key)
        return None, info.etag if info else None


def write_document(document: BaseModel, *, compact: bool = False) -> bytes:
    """One field a line, for people; `compact` if there are so many that only programs read them."""
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
    """The document as `change` makes it; nothing is written if nothing changed.

    `fetch` reads it and its etag. `change` is called again with the newer document if another process wrote in
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


def _validated(kind: type[Document], key: str, data: bytes) -> Document:
    try:
        document = kind.model_validate_json(data)
        if getattr(document, "schema_version", SCHEMA_VERSION) == SCHEMA_VERSION:
            return document
    except ValidationError:
        _log.debug("%s is older, newer or damaged", key)
    plain = plain_document(key, data)
    _refuse_newer(version_of(plain), key)
    return kind.model_validate_json(json.dumps(upgraded(plain) if "schema_version" in kind.model_fields else plain))


def plain_document(key: str, data: bytes) -> Mapping[str, Any]:
    """What its JSON says; empty if that is no document of any kind. Raises DamagedDocument if it is no JSON."""
    try:
        plain = json.loads(data)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, or nested without end
        raise _damaged(key, "it is not JSON") from None
    return plain if isinstance(plain, dict) else {}


def _refuse_newer(version: int, key: str) -> None:
    if version > SCHEMA_VERSION:
        raise NewerDocument(f"{key} was made by a newer Kring (schema {version}); update this one.")


def _damaged(key: str, reason: str) -> DamagedDocument:
    return DamagedDocument(f"{key} in the object store is damaged ({reason}); `kring verify` says whose it is.")
