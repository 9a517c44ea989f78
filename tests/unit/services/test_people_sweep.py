"""What is kept of people is not kept longer than it is needed."""

from __future__ import annotations

from datetime import timedelta

from kring.model import now
from kring.people.accounts import KeyScope, Roles, hash_of
from kring.people.audit import Act
from kring.settings import Settings, WebSettings
from services.people_sweep import sweep_people
from storage.archive.people import People
from storage.audit import COMMAND, Audit
from storage.documents import JSON
from storage.keys import account_key, invitation_key
from storage.memory.store import MemoryStore

SETTINGS = Settings(web=WebSettings(session_idle_hours=72, session_days=30), audit_days=100)


def test_old_links_sessions_keys_and_acts_go() -> None:
    store = MemoryStore()
    people, audit, moment = People(store), Audit(store), now()
    account = people.accept(people.invite("Kari", Roles(), by="Ola"))
    people.invite("Mette", Roles(), by="Ola")
    used, idle = people.begin_session(account), people.begin_session(account)
    people.change_session(hash_of(used), lambda old: old.model_copy(update={"seen_at": moment + timedelta(days=6)}))
    people.keys.make(account, "expires", (KeyScope.READ,), (), moment + timedelta(days=1))
    people.keys.make(account, "lasts", (KeyScope.READ,))
    people.feed_tokens.make(account, "lasts", "/feed.xml")
    audit.record(COMMAND, Act.INVITE)
    assert sweep_people(store, SETTINGS, moment) == 0
    assert sweep_people(store, SETTINGS, moment + timedelta(days=8)) == 2  # the link, and the session not used
    assert not list(people.invitations())
    assert [known for known, _ in people.sessions_of(account.id)] == [hash_of(used)]
    assert hash_of(idle) not in {known for known, _ in people.sessions_of(account.id)}
    assert sweep_people(store, SETTINGS, moment + timedelta(days=40)) == 2  # the other session, and a key
    assert [key.name for _, key in people.keys.of(account.id)] == ["lasts"]
    assert sweep_people(store, SETTINGS, moment + timedelta(days=101)) == 1
    assert not list(audit.entries())
    assert len(people.feed_tokens.of(account.id)) == 1
    assert people.accounts() == [account]


def test_what_cannot_be_read_is_left_for_verify() -> None:
    store = MemoryStore()
    store.put_bytes(invitation_key("0" * 64), b"{", media_type=JSON)
    assert sweep_people(store, SETTINGS, now() + timedelta(days=900)) == 0
    assert store.exists(invitation_key("0" * 64))


def test_what_somebody_who_was_removed_gave_to_programs_goes_after_a_crash() -> None:
    store = MemoryStore()
    people, moment = People(store), now()
    account = people.accept(people.invite("Kari", Roles(), by="Ola"))
    people.keys.make(account, "lasts", (KeyScope.READ,))
    people.feed_tokens.make(account, "lasts", "/feed.xml")
    assert sweep_people(store, SETTINGS, moment + timedelta(days=2)) == 0
    store.delete(account_key(account.id))  # and no more: the process was killed
    assert sweep_people(store, SETTINGS, moment) == 0  # it may have been made just now
    assert sweep_people(store, SETTINGS, moment + timedelta(days=2)) == 2
    assert (people.keys.of(account.id), people.feed_tokens.of(account.id)) == ([], [])
