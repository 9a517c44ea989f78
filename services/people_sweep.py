"""Deleting what is kept of people no longer than it is needed: used-up links, ended sessions, old keys, old acts, and
what somebody who was removed had given to programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from kring.errors import Damaged, NotFound
from kring.people.accounts import ApiKey, FeedToken, Invitation, Session
from kring.settings import Settings
from storage.audit import Audit
from storage.documents import read_document
from storage.keys import API_KEYS, FEED_TOKENS, INVITATIONS, SESSIONS, account_key
from storage.port import ObjectStore

EXPIRED_KEYS = timedelta(days=30)
"""For so long the owner of a key still sees that it has expired."""

LEFT_ALONE = timedelta(days=1)
"""What was written so lately is not read at every look: it counts no longer anyway, once its time is over."""

Outdated = Invitation | Session | ApiKey | FeedToken


def sweep_people(store: ObjectStore, settings: Settings, moment: datetime) -> int:
    """How many documents were deleted. Raises StorageDown."""
    swept = list(_outdated(store, settings, moment))
    for key in swept:
        store.delete(key)
    return len(swept) + Audit(store).expire(moment - timedelta(days=settings.audit_days))


def _outdated(store: ObjectStore, settings: Settings, moment: datetime) -> Iterator[str]:
    kinds: dict[str, type[Outdated]] = {
        INVITATIONS: Invitation,
        SESSIONS: Session,
        API_KEYS: ApiKey,
        FEED_TOKENS: FeedToken,
    }
    for prefix, kind in kinds.items():
        for info in store.list(prefix):
            if moment - info.modified < LEFT_ALONE:
                continue
            try:
                document = read_document(kind, info.key, store.get_bytes(info.key).data)
            except (NotFound, Damaged):  # gone meanwhile; or for `kring verify` to name
                continue
            if _is_outdated(document, settings, moment) or _is_nobodys(store, document):
                yield info.key


def _is_outdated(document: Outdated, settings: Settings, moment: datetime) -> bool:
    match document:
        case Invitation():
            return moment >= document.expires_at
        case Session():
            idle, most = timedelta(hours=settings.web.session_idle_hours), timedelta(days=settings.web.session_days)
            return moment - document.seen_at > idle or moment - document.begun_at > most
        case ApiKey():
            return document.expires_at is not None and moment - document.expires_at > EXPIRED_KEYS
        case FeedToken():
            return False  # until its owner revokes it


def _is_nobodys(store: ObjectStore, document: Outdated) -> bool:
    """Whether its owner was removed, and a crash left it behind."""
    return isinstance(document, ApiKey | FeedToken) and not store.exists(account_key(document.account_id))
