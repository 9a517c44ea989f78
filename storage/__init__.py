"""The bucket: the port, its S3 adapter (the only place that knows boto3), keys, manifests and leases."""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from kring.errors import Conflict, DiskFull, SetupError
from kring.settings import Settings
from storage.keys import INCOMING, PROBES

if TYPE_CHECKING:
    from storage.parts import PartStore
    from storage.port import ObjectStore
    from storage.s3.store import S3Store

CRASHED_UPLOAD = timedelta(days=2)
"""An upload by a program of ours that has not ended after so long never will: it sends without a pause."""
BROUGHT_UPLOAD = timedelta(days=7)
"""People who upload in a browser close the laptop on Friday and go on with what was sent on Monday."""

_opened: set[tuple[str, str]] = set()
_opening = threading.Lock()


def open_store(settings: Settings) -> ObjectStore:
    """The bucket that `settings` name, made if there is none.

    The first time in a process, the server is tried for conditional writes, on which manifests and leases rest.
    Raises StorageDown if it does not answer, SetupError if address, credentials or server are not fit.
    """
    from storage.s3.store import S3Store
    from storage.seaweed import program as seaweed

    if settings.s3_endpoint is None:
        raise SetupError("No object store is known. Start one with `kring up`, or set AWS_ENDPOINT_URL.")
    is_ours = seaweed.is_local(settings.data_dir, settings.s3_access_key)
    try:
        store = S3Store(
            endpoint=settings.s3_endpoint,
            bucket=settings.bucket,
            access_key=settings.s3_access_key,
            secret_key=settings.s3_secret_key.get_secret_value() if settings.s3_secret_key else None,
            region=settings.s3_region,
            out_of_room=lambda: is_ours and seaweed.out_of_room(settings.data_dir),
        )
    except ValueError:  # boto3's word for an address that is none; its text may hold credentials
        raise SetupError("AWS_ENDPOINT_URL is not an address such as http://127.0.0.1:8333.") from None
    with _opening:
        if (store.endpoint, store.bucket) not in _opened:
            store.ensure_bucket()
            _check_conditional_writes(store)
            store.abandon_uploads(patience)
            _opened.add((store.endpoint, store.bucket))
    return store


def open_parts(store: ObjectStore, reached_at: str = "") -> PartStore:
    """Objects that arrive in parts, on the server of `store`; `reached_at`: its address as browsers reach it."""
    from storage.memory.store import MemoryStore

    if isinstance(store, MemoryStore):
        from storage.memory.multipart import MemoryParts

        return MemoryParts(store, reached_at)
    from storage.s3.multipart import S3Parts
    from storage.s3.store import S3Store

    if not isinstance(store, S3Store):
        raise TypeError(f"{type(store).__name__} takes no parts")
    return S3Parts(store, reached_at)


def patience(key: str) -> timedelta:
    """How long an upload to this key may take."""
    return BROUGHT_UPLOAD if key.startswith(INCOMING) else CRASHED_UPLOAD


def _check_conditional_writes(store: S3Store) -> None:
    key = f"{PROBES}{secrets.token_hex(8)}"
    try:
        store.put_bytes(key, b"first", media_type="text/plain", if_absent=True)
    except DiskFull:
        return  # a full store can still be read, and every write will say that it is full
    try:
        refused = 0
        for condition in ({"if_absent": True}, {"if_match": '"0"'}):
            try:
                store.put_bytes(key, b"second", media_type="text/plain", **condition)
            except (Conflict, DiskFull):
                refused += 1
    finally:
        store.delete(key)
    if refused == 2:
        return
    raise SetupError(
        f"The object store at {store.endpoint} ignores conditions, so two writers could overwrite each other. "
        "Use one that honours conditional writes (SeaweedFS 4.48, MinIO, Ceph, AWS)."
    )
