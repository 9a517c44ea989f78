"""Keys by which programs act for people, in the bucket, each under its hash."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from kring.errors import Damaged, NotFound
from kring.model import now
from kring.people.accounts import Account, ApiKey, KeyScope, Session, hash_of, new_key
from storage.archive.reading import fetch_document
from storage.documents import change_document, create_document
from storage.keys import API_KEYS, api_key_key
from storage.port import ObjectStore

KEY_SHOWN = 12
"""Letters of a key that are shown later."""

Owned = TypeVar("Owned", Session, ApiKey)


class ApiKeys:
    """All methods raise StorageDown and DiskFull as the store does."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def make(
        self,
        account: Account,
        name: str,
        scopes: tuple[KeyScope, ...],
        circles: tuple[str, ...] = (),
        expires_at: datetime | None = None,
    ) -> str:
        """A new key, which is kept nowhere: the caller shows it once."""
        key = new_key()
        document = ApiKey(
            account_id=account.id,
            name=name,
            begins=key[:KEY_SHOWN],
            scopes=scopes,
            circles=circles,
            made_at=now(),
            expires_at=expires_at,
        )
        create_document(self._store, api_key_key(hash_of(key)), document)
        return key

    def get(self, key_hash: str) -> ApiKey:
        """Raises NotFound."""
        return self._fetch(key_hash)[0]

    def of(self, account_id: str) -> list[tuple[str, ApiKey]]:
        """By their hashes, the newest first; also those that have expired."""
        keys = owned(self._store, API_KEYS, self.get, account_id)
        return sorted(keys, key=lambda each: each[1].made_at, reverse=True)

    def use(self, key_hash: str, moment: datetime) -> ApiKey:
        """It is used now. Raises NotFound if it was revoked meanwhile, and Conflict if others never stop writing."""
        return change_document(
            self._store,
            api_key_key(key_hash),
            lambda: self._fetch(key_hash),
            lambda old: old.model_copy(update={"used_at": moment}),
            name="This key",
        )

    def revoke(self, key_hash: str) -> None:
        """Nothing happens if there is none."""
        self._store.delete(api_key_key(key_hash))

    def _fetch(self, key_hash: str) -> tuple[ApiKey, str]:
        return fetch_document(self._store, ApiKey, api_key_key, key_hash)


def owned(store: ObjectStore, prefix: str, read: Callable[[str], Owned], account_id: str) -> list[tuple[str, Owned]]:
    """The documents under `prefix` that belong to this account, by the hashes in their keys."""
    found: list[tuple[str, Owned]] = []
    for info in list(store.list(prefix)):
        secret_hash = info.key.removeprefix(prefix).removesuffix(".json")
        try:
            document = read(secret_hash)
        except (NotFound, Damaged):
            continue
        if document.account_id == account_id:
            found.append((secret_hash, document))
    return found
