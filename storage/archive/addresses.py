"""Whole addresses, with the secrets in them, of recordings that are yet to be fetched. At `addresses/<id>.json`."""

from __future__ import annotations

from kring.errors import NotFound
from kring.model import SCHEMA_VERSION, Frozen
from storage.documents import JSON, read_document, write_document
from storage.keys import address_key
from storage.port import ObjectStore


class WholeAddress(Frozen):
    """Where a recording is to be fetched, with all that has to stay secret."""

    schema_version: int = SCHEMA_VERSION
    location: str
    captions_location: str | None = None


def keep_address(store: ObjectStore, recording_id: str, address: WholeAddress) -> None:
    """Over an older one: tokens expire, and the newest is the one to fetch with."""
    if find_address(store, recording_id) != address:
        store.put_bytes(address_key(recording_id), write_document(address), media_type=JSON)


def find_address(store: ObjectStore, recording_id: str) -> WholeAddress | None:
    """None if none was kept, or it was fetched meanwhile."""
    key = address_key(recording_id)
    try:
        return read_document(WholeAddress, key, store.get_bytes(key).data)
    except NotFound:
        return None


def forget_address(store: ObjectStore, recording_id: str) -> None:
    """Once everything was fetched."""
    store.delete(address_key(recording_id))
