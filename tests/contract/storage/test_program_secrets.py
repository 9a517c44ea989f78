"""Keys and tokens that people give to programs, in the bucket: each alone under its hash."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kring.errors import NotFound
from kring.model import now
from kring.people.accounts import Account, KeyScope, Roles, hash_of
from storage.archive.people import People
from storage.keys import API_KEYS, FEED_TOKENS, feed_token_key
from storage.port import ObjectStore
from storage.verify.inspect import document_damage
from storage.verify.orphans import unnamed_objects
from storage.verify.versions import count_versions


@pytest.fixture
def people(store: ObjectStore) -> People:
    return People(store)


@pytest.fixture
def account(people: People) -> Account:
    return people.accept(people.invite("Kari Nordli", Roles(), by="Ola"))


def test_a_token_is_found_by_its_hash_until_it_is_revoked(people: People, account: Account) -> None:
    tokens = people.feed_tokens
    first = tokens.make(account, "On my phone", "/c/privacy/feed.xml?q=consent", "privacy")
    second = tokens.make(account, "Everything", "/feed.xml")
    assert first.startswith("kring_feed_")
    assert [known for known, _ in tokens.of(account.id)] == [hash_of(second), hash_of(first)]
    token = tokens.get(hash_of(first))
    assert (token.account_id, token.name, token.circle) == (account.id, "On my phone", "privacy")
    assert (token.page, tokens.get(hash_of(second)).page) == ("/c/privacy?q=consent", "/")
    assert token.used_at is None
    moment = now() + timedelta(hours=1)
    assert tokens.use(hash_of(first), moment).used_at == tokens.get(hash_of(first)).used_at == moment
    for _ in range(2):
        tokens.revoke(hash_of(first))
    for use in (tokens.get, lambda known: tokens.use(known, moment)):
        with pytest.raises(NotFound):
            use(hash_of(first))
    assert [known for known, _ in tokens.of(account.id)] == [hash_of(second)]
    assert tokens.of("f" * 16) == []


@pytest.mark.parametrize("no_hash", ["", "x", "../people/x", "A" * 64])
def test_what_is_no_hash_is_not_there(people: People, no_hash: str) -> None:
    with pytest.raises(NotFound):
        people.feed_tokens.get(no_hash)


def test_who_is_removed_leaves_none(people: People, account: Account, store: ObjectStore) -> None:
    other = people.accept(people.invite("Ola Berg", Roles(), by="Kari"))
    for owner in (account, other):
        people.keys.make(owner, "export", (KeyScope.READ,))
        people.feed_tokens.make(owner, "phone", "/feed.xml")
    people.remove(account.id)
    for secrets, prefix in ((people.keys, API_KEYS), (people.feed_tokens, FEED_TOKENS)):
        assert secrets.of(account.id) == []
        assert len(secrets.of(other.id)) == len(list(store.list(prefix))) == 1


def test_none_lies_in_the_bucket(people: People, account: Account, store: ObjectStore) -> None:
    made = [people.keys.make(account, "x", (KeyScope.READ,)), people.feed_tokens.make(account, "x", "/feed.xml")]
    kept = b"".join(info.key.encode() + store.get_bytes(info.key).data for info in store.list(""))
    assert all(secret.encode() not in kept for secret in made)


def test_they_are_known_and_checked(people: People, account: Account, store: ObjectStore) -> None:
    token = people.feed_tokens.make(account, "x", "/feed.xml")
    objects = {info.key: info for info in store.list("")}
    assert list(unnamed_objects([], [], objects)) == []
    counted, newer = count_versions(store, objects.values())
    assert sum(counted["private feeds"].values()) == 1
    assert newer == ()
    key = feed_token_key(hash_of(token))
    assert document_damage(store, objects[key]) is None
    store.put_bytes(key, b"{}", media_type="application/json")
    [info] = store.list(key)
    assert document_damage(store, info) is not None
