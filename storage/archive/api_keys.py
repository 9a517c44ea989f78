"""Keys by which programs act for people, in the bucket, each under its hash; and what they have in common with other
secrets that people give to programs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

from kring.errors import Damaged, NotFound
from kring.model import now
from kring.people.accounts import Account, ApiKey, FeedToken, KeyScope, Session, hash_of, new_key
from storage.archive.reading import fetch_document
from storage.documents import change_document, create_document
from storage.keys import API_KEYS, api_key_key
from storage.port import ObjectStore

KEY_SHOWN = 12
"""Letters of a key that are shown later."""

Owned = TypeVar("Owned", Session, ApiKey, FeedToken)
Secret = TypeVar("Secret", ApiKey, FeedToken)


class ProgramSecrets(Generic[Secret]):
    """Secrets of one kind, each stored under its hash. All methods raise StorageDown and DiskFull as the store does."""

    def __init__(self, store: ObjectStore, kind: type[Secret], prefix: str, key_of: Callable[[str], str]) -> None:
        """`key_of`: where the secret with a hash lies, under `prefix`."""
        self._store = store
        self._kind: type[Secret] = kind
        self._prefix = prefix
        self._key_of = key_of

    def add(self, secret: str, document: Secret) -> str:
        """The new secret, which is kept nowhere: the caller shows it once."""
        create_document(self._store, self._key_of(hash_of(secret)), document)
        return secret

    def get(self, secret_hash: str) -> Secret:
        """Raises NotFound."""
        return self._fetch(secret_hash)[0]

    def of(self, account_id: str) -> list[tuple[str, Secret]]:
        """By their hashes, the newest first; also those that have expired."""
        found = owned(self._store, self._prefix, self.get, account_id)
        return sorted(found, key=lambda each: each[1].made_at, reverse=True)

    def use(self, secret_hash: str, moment: datetime) -> Secret:
        """It is used now. Raises NotFound if it was revoked meanwhile, and Conflict if others never stop writing."""
        return change_document(
            self._store,
            self._key_of(secret_hash),
            lambda: self._fetch(secret_hash),
            lambda old: old.model_copy(update={"used_at": moment}),
            name="This secret",
        )

    def revoke(self, secret_hash: str) -> None:
        """Nothing happens if there is none."""
        self._store.delete(self._key_of(secret_hash))

    def _fetch(self, secret_hash: str) -> tuple[Secret, str]:
        return fetch_document(self._store, self._kind, self._key_of, secret_hash)


class ApiKeys(ProgramSecrets[ApiKey]):
    """Keys for programs."""

    def __init__(self, store: ObjectStore) -> None:
        super().__init__(store, ApiKey, API_KEYS, api_key_key)

    def make(
        self,
        account: Account,
        name: str,
        scopes: tuple[KeyScope, ...],
        circles: tuple[str, ...] = (),
        expires_at: datetime | None = None,
    ) -> str:
        """A new key."""
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
        return self.add(key, document)


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
