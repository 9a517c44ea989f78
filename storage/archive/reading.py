"""Reading the documents of one kind, each held against the name in its key."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TypeVar

from pydantic import BaseModel

from kring.errors import KringError, NotFound, TransientError
from kring.intake.uploads import Upload
from kring.model import Circle, Manifest
from kring.model.erased import Erasure
from kring.people.accounts import Account
from storage.documents import DamagedDocument, read_document
from storage.port import ObjectStore

NoteDamage = Callable[[str, KringError], None]
"""Called with the key of a document that cannot be read, and why."""

Document = TypeVar("Document", bound=BaseModel)
_log = logging.getLogger(__name__)


def fetch_document(
    store: ObjectStore, kind: type[Document], key_of: Callable[[str], str], name: str
) -> tuple[Document, str]:
    """A document and its etag. Raises NotFound, also if `name` cannot be part of a key, and DamagedDocument."""
    try:
        key = key_of(name)
    except ValueError as error:
        raise NotFound(str(error)) from None
    fetched = store.get_bytes(key)
    return named(read_document(kind, key, fetched.data), key), fetched.etag


def all_documents(
    store: ObjectStore, kind: type[Document], prefix: str, damaged: NoteDamage | None
) -> Iterator[Document]:
    """Every document under `prefix` that can be read; the others go to `damaged`, or into the log."""
    for info in store.list(prefix):
        try:
            document = named(read_document(kind, info.key, store.get_bytes(info.key).data), info.key)
        except NotFound:
            continue  # erased since it was listed
        except TransientError:
            raise
        except KringError as error:
            (damaged or log_damaged)(info.key, error)
        else:
            yield document


def named(document: Document, key: str) -> Document:
    """The document itself. Raises DamagedDocument if it is not the one that its key names."""
    match document:
        case Manifest() | Upload() | Account() | Erasure():
            name = document.id
        case Circle():
            name = document.slug
        case _:
            return document
    if name != key.rpartition("/")[2].removesuffix(".json"):
        raise DamagedDocument(
            f"{key} in the object store is damaged (it is another's); `kring verify` says whose it is."
        )
    return document


def log_damaged(key: str, error: KringError) -> None:
    """Note that a document was left out of a listing."""
    _log.warning("left out %s: %s", key, error)
