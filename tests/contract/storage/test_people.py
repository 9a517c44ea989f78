"""People, the links that let them in and their sessions, over every object store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from kring.access import Role
from kring.errors import NotFound
from kring.model import now
from kring.people.accounts import Account, Invitation, Roles, hash_of
from storage.archive import people as stored_people
from storage.archive.people import LINK_TIME, People
from storage.keys import INVITATIONS, PEOPLE, SESSIONS, account_key
from storage.port import ObjectStore

ROLES = Roles(circles={"privacy": Role.FACILITATOR, "cloud": Role.MEMBER}, networks={"north": Role.MEMBER})


@pytest.fixture
def people(store: ObjectStore) -> People:
    return People(store)


def invited(people: People, name: str = "Kari Nordli") -> Account:
    return people.accept(people.invite(name, ROLES, by="Ola"))


def test_a_link_makes_an_account_with_its_roles_once(people: People) -> None:
    code = people.invite("Kari Nordli", ROLES, by="Ola")
    assert [invitation.name for invitation in people.invitations()] == ["Kari Nordli"]
    account = people.accept(code)
    assert (account.name, account.given) == ("Kari Nordli", ROLES)
    assert people.account(account.id) == account
    assert account.viewer.circles == {"privacy": Role.FACILITATOR, "cloud": Role.MEMBER}
    with pytest.raises(NotFound, match="used already"):
        people.accept(code)
    assert people.accounts() == [account]
    assert not list(people.invitations())


def test_of_many_who_use_it_at_once_one_comes_in(people: People) -> None:
    code = people.invite("Kari", ROLES, by="Ola")

    def accept(_: int) -> bool:
        try:
            people.accept(code)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(accept, range(8))) == 1
    assert len(people.accounts()) == 1


@pytest.mark.parametrize("code", ["", "x", "../people", "\ud800".encode("utf-8", "replace").decode(), "a" * 5_000])
def test_what_is_no_code_lets_nobody_in(people: People, code: str) -> None:
    with pytest.raises(NotFound, match="not valid"):
        people.accept(code)


def test_an_old_link_lets_nobody_in(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    code = people.invite("Kari", ROLES, by="Ola")
    later = now() + LINK_TIME
    monkeypatch.setattr(stored_people, "now", lambda: later)
    with pytest.raises(NotFound, match="not valid"):
        people.accept(code)
    assert not list(people.invitations())


def test_a_link_for_somebody_who_is_there_lets_in_again_and_changes_nothing(people: People) -> None:
    account = invited(people)
    again = people.accept(people.invite("whatever", Roles(operator=True), by="Ola", account_id=account.id))
    assert again == account
    code = people.invite("Kari", Roles(), by="Ola", account_id=account.id)
    people.change(account.id, lambda old: old.model_copy(update={"blocked": True}))
    with pytest.raises(NotFound, match="not valid"):
        people.accept(code)


def test_sessions_begin_are_used_and_end(people: People) -> None:
    account = invited(people)
    secret = people.begin_session(account, "Firefox")
    session = people.session(hash_of(secret))
    assert (session.account_id, session.browser) == (account.id, "Firefox")
    later = now() + timedelta(hours=1)
    assert (
        people.change_session(hash_of(secret), lambda old: old.model_copy(update={"seen_at": later})).seen_at == later
    )
    assert people.sessions_of(account.id) == [(hash_of(secret), people.session(hash_of(secret)))]
    people.end_session(hash_of(secret))
    people.end_session(hash_of(secret))
    for used in (people.session, lambda each: people.change_session(each, lambda old: old)):
        with pytest.raises(NotFound):
            used(hash_of(secret))


def test_signing_out_everywhere_ends_ones_own_sessions_only(people: People) -> None:
    account, other = invited(people), invited(people, "Mette Holm")
    secrets = [people.begin_session(account) for _ in range(3)]
    kept = people.begin_session(other)
    signed_out = people.sign_out_everywhere(account.id)
    assert signed_out.sessions_from > account.sessions_from
    assert not people.sessions_of(account.id)
    for secret in secrets:
        with pytest.raises(NotFound):
            people.session(hash_of(secret))
    assert people.session(hash_of(kept)).account_id == other.id


def test_who_is_removed_is_gone_with_all_sessions(people: People, store: ObjectStore) -> None:
    account = invited(people)
    people.begin_session(account)
    people.remove(account.id)
    for use in (people.account, people.remove, people.sign_out_everywhere):
        with pytest.raises(NotFound, match="kring people list"):
            use(account.id)
    assert not [info.key for prefix in (PEOPLE, INVITATIONS, SESSIONS) for info in store.list(prefix)]


def test_no_secret_lies_in_the_bucket(people: People, store: ObjectStore) -> None:
    code = people.invite("Kari", ROLES, by="Ola")
    secret = people.begin_session(invited(people))
    kept = b"".join(info.key.encode() + store.get_bytes(info.key).data for info in store.list(""))
    assert code.encode() not in kept
    assert secret.encode() not in kept


def test_roles_are_stored_by_their_names(people: People, store: ObjectStore) -> None:
    account = invited(people)
    assert b'"privacy": "facilitator"' in store.get_bytes(account_key(account.id)).data
    assert people.account(account.id).given == ROLES


def test_the_higher_role_counts() -> None:
    both = ROLES | Roles(circles={"privacy": Role.MEMBER, "cloud": Role.FACILITATOR}, operator=True)
    assert both.circles == {"privacy": Role.FACILITATOR, "cloud": Role.FACILITATOR}
    assert both.networks == {"north": Role.MEMBER}
    assert both.operator


def test_an_invitation_says_nothing_of_its_code() -> None:
    assert "code" not in Invitation.model_fields
