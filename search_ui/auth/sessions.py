"""Who is signed in, by the secret their browser keeps; and for whom a program acts, by its key."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from kring.errors import Conflict, Damaged, NotFound
from kring.model import now
from kring.people.accounts import Account, ApiKey, Session, hash_of
from kring.settings import WebSettings
from search_ui.recent import Recent
from storage.archive.people import People

TOUCHED_EVERY = timedelta(minutes=10)
"""How exactly it is known when a session or a key was used last."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account and the session it is signed in with."""

    account: Account
    session_hash: str


@dataclass(frozen=True, slots=True)
class KeyInUse:
    """A key that is good, and its owner."""

    key: ApiKey
    account: Account


class Sessions:
    """Safe to share between threads. Methods raise StorageDown."""

    def __init__(self, people: People, web: WebSettings) -> None:
        self.people = people
        self._idle = timedelta(hours=web.session_idle_hours)
        self._most = timedelta(days=web.session_days)
        self._signed_in: Recent[str, SignedIn | None] = Recent()
        self._keys: Recent[str, KeyInUse | None] = Recent()

    def who(self, secret: str) -> SignedIn | None:
        """None if nobody is signed in with it, or no longer."""
        return self._signed_in.get(hash_of(secret), self._find_session)

    def key(self, key: str) -> KeyInUse | None:
        """None if it is no key, or no longer one."""
        return self._keys.get(hash_of(key), self._find_key)

    def forget(self) -> None:
        """Look everything up anew: somebody was signed out, or got another role, in this process."""
        self._signed_in.forget()
        self._keys.forget()

    def is_over(self, session: Session, account: Account) -> bool:
        """Whether it is too old, was not used for too long, or the person may not, or wants not, go on with it."""
        moment = now()
        return (
            account.blocked
            or session.begun_at < account.sessions_from
            or moment - session.begun_at > self._most
            or moment - session.seen_at > self._idle
        )

    def _find_session(self, secret_hash: str) -> SignedIn | None:
        try:
            session = self.people.session(secret_hash)
            account = self.people.account(session.account_id)
            if self.is_over(session, account):
                self.people.end_session(secret_hash)
                return None
            if _is_long_ago(session.seen_at):
                with suppress(Conflict):  # several requests touch it at once
                    self.people.change_session(secret_hash, lambda old: old.model_copy(update={"seen_at": now()}))
        except (NotFound, Damaged):  # it cannot be known whose it is: they sign in again
            return None
        return SignedIn(account, secret_hash)

    def _find_key(self, key_hash: str) -> KeyInUse | None:
        try:
            key = self.people.keys.get(key_hash)
            account = self.people.account(key.account_id)
            if account.blocked or (key.expires_at is not None and key.expires_at <= now()):
                return None
            if key.used_at is None or _is_long_ago(key.used_at):
                with suppress(Conflict):
                    self.people.keys.use(key_hash, now())
        except (NotFound, Damaged):
            return None
        return KeyInUse(key, account)


def _is_long_ago(moment: datetime) -> bool:
    return now() - moment > TOUCHED_EVERY
