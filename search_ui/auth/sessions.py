"""Who is signed in, by the secret their browser keeps; and for whom a program acts, by its key or its feed's token."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic

from kring.errors import Conflict, Damaged, NotFound
from kring.model import now
from kring.people.accounts import Account, ApiKey, FeedToken, Session, hash_of
from kring.settings import WebSettings
from search_ui.recent import Recent
from storage.archive.api_keys import ProgramSecrets, Secret
from storage.archive.people import People

TOUCHED_EVERY = timedelta(minutes=10)
"""How exactly it is known when a session or a key was used last …"""
FEED_TOUCHED_EVERY = timedelta(hours=1)
"""… and the address of a private feed, which podcast apps ask for all day."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account and the session it is signed in with."""

    account: Account
    session_hash: str


@dataclass(frozen=True, slots=True)
class SecretInUse(Generic[Secret]):
    """A program's key, or a feed's token, that is good, and its owner."""

    secret_hash: str
    secret: Secret
    account: Account


class Sessions:
    """Safe to share between threads. Methods raise StorageDown."""

    def __init__(self, people: People, web: WebSettings) -> None:
        self.people = people
        self._idle = timedelta(hours=web.session_idle_hours)
        self._most = timedelta(days=web.session_days)
        self._signed_in: Recent[str, SignedIn | None] = Recent()
        self._keys: Recent[str, SecretInUse[ApiKey] | None] = Recent()
        self._feeds: Recent[str, SecretInUse[FeedToken] | None] = Recent()

    def who(self, secret: str) -> SignedIn | None:
        """None if nobody is signed in with it, or no longer."""
        return self._signed_in.get(hash_of(secret), self._find_session)

    def key(self, key: str) -> SecretInUse[ApiKey] | None:
        """None if it is no key, or no longer one."""
        return self._keys.get(hash_of(key), lambda known: self._find(self.people.keys, known, TOUCHED_EVERY))

    def feed(self, token: str) -> SecretInUse[FeedToken] | None:
        """None if it is no token, or no longer one."""
        return self._feeds.get(
            hash_of(token), lambda known: self._find(self.people.feed_tokens, known, FEED_TOUCHED_EVERY)
        )

    def forget(self) -> None:
        """Look everything up anew: somebody was signed out, or got another role, in this process."""
        self._signed_in.forget()
        self._keys.forget()
        self._feeds.forget()

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
            if now() - session.seen_at > TOUCHED_EVERY:
                with suppress(Conflict):  # several requests touch it at once
                    self.people.change_session(secret_hash, lambda old: old.model_copy(update={"seen_at": now()}))
        except (NotFound, Damaged):  # it cannot be known whose it is: they sign in again
            return None
        return SignedIn(account, secret_hash)

    def _find(
        self, secrets: ProgramSecrets[Secret], secret_hash: str, touched_every: timedelta
    ) -> SecretInUse[Secret] | None:
        try:
            secret = secrets.get(secret_hash)
            account = self.people.account(secret.account_id)
            if account.blocked or _has_expired(secret):
                return None
            if secret.used_at is None or now() - secret.used_at > touched_every:
                with suppress(Conflict):
                    secrets.use(secret_hash, now())
        except (NotFound, Damaged):
            return None
        return SecretInUse(secret_hash, secret, account)


def _has_expired(secret: ApiKey | FeedToken) -> bool:
    return isinstance(secret, ApiKey) and secret.expires_at is not None and secret.expires_at <= now()
