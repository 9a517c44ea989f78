"""People who have an account, the links that let them in, and where they are signed in, in the bucket.

Nothing is remembered here: several web processes see the same, and what is revoked is gone for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from kring.errors import Conflict, NotAllowed, NotFound
from kring.model import now
from kring.people.accounts import (
    Account,
    AccountId,
    Invitation,
    KnownLogin,
    ProviderLogin,
    Roles,
    Session,
    hash_of,
    new_account_id,
    new_code,
    new_secret,
)
from storage.archive.api_keys import ApiKeys, owned
from storage.archive.feed_tokens import FeedTokens
from storage.archive.reading import NoteDamage, all_documents, fetch_document
from storage.documents import change_document, create_document, read_document
from storage.keys import (
    INVITATIONS,
    PEOPLE,
    SESSIONS,
    account_key,
    invitation_key,
    login_key,
    session_key,
)
from storage.port import ObjectStore

LINK_TIME = timedelta(days=7)
"""How long a link lets somebody in."""

NOT_VALID = "This link is not valid, or no longer valid: it was used already, or it is too old. Ask for another."


class People:
    """All methods raise StorageDown and DiskFull as the store does."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.keys = ApiKeys(store)
        self.feed_tokens = FeedTokens(store)

    def account(self, account_id: str) -> Account:
        """Raises NotFound."""
        return self._fetch_account(account_id)[0]

    def accounts(self, damaged: NoteDamage | None = None) -> list[Account]:
        """All that can be read, by name."""
        found = all_documents(self._store, Account, PEOPLE, damaged)
        return sorted(found, key=lambda account: (account.name.casefold(), account.id))

    def change(self, account_id: str, change: Callable[[Account], Account]) -> Account:
        """The account as `change` makes it, which is called again if another process wrote in between.

        Raises NotFound, and Conflict if others never stop writing.
        """
        return change_document(
            self._store,
            f"{PEOPLE}{account_id}.json",
            lambda: self._fetch_account(account_id),
            change,
            name=f"The account {account_id}",
        )

    def remove(self, account_id: str) -> None:
        """The account, its sessions, its keys and its private feeds; what the person has uploaded and corrected stays.
        Raises NotFound."""
        account = self.account(account_id)
        for login in account.logins:
            self._store.delete(login_key(login.hash))
        self._store.delete(account_key(account_id))
        for secret_hash, _session in self.sessions_of(account_id):
            self.end_session(secret_hash)
        for secrets in (self.keys, self.feed_tokens):
            for secret_hash, _secret in secrets.of(account_id):
                secrets.revoke(secret_hash)

    def invite(self, name: str, roles: Roles, *, by: str, account_id: AccountId | None = None) -> str:
        """The code of a new link that lets one person in, which is kept nowhere: the caller shows it once."""
        code, moment = new_code(), now()
        invitation = Invitation(
            name=name, roles=roles, account_id=account_id, by=by, made_at=moment, expires_at=moment + LINK_TIME
        )
        create_document(self._store, invitation_key(hash_of(code)), invitation)
        return code

    def invitations(self, damaged: NoteDamage | None = None) -> Iterator[Invitation]:
        """Those that can still be used."""
        moment = now()
        for invitation in all_documents(self._store, Invitation, INVITATIONS, damaged):
            if _is_good(invitation, moment):
                yield invitation

    def accept(self, code: str, *, into: AccountId | None = None) -> Account:
        """Let in the person with this code, once. `into`: somebody who is signed in already gets the roles.

        Raises NotFound if it is no code, or no longer one.
        """
        key = invitation_key(hash_of(code))
        moment = now()

        def use(old: Invitation) -> Invitation:
            if not _is_good(old, moment):
                raise NotFound(NOT_VALID)
            return old.model_copy(update={"used_at": moment})

        try:
            invitation = change_document(self._store, key, lambda: self._fetch_invitation(code), use, name="This link")
        except Conflict:
            raise NotFound(NOT_VALID) from None
        account = self._account_for(invitation, moment, into)
        self._store.delete(key)
        return account

    def _account_for(self, invitation: Invitation, moment: datetime, into: AccountId | None) -> Account:
        if invitation.account_id is not None:
            account = self.account(invitation.account_id)
            if account.blocked:
                raise NotFound(NOT_VALID)
            return account
        if into is not None:
            more = invitation.roles
            return self.change(into, lambda old: old.model_copy(update={"given": old.given | more}))
        account = Account(
            id=new_account_id(), name=invitation.name, given=invitation.roles, made_at=moment, sessions_from=moment
        )
        create_document(self._store, account_key(account.id), account)
        return account

    def accept_login(self, login: ProviderLogin, name: str, *, into: AccountId | None = None) -> Account:
        """Let in the person that a provider knows; of a new one an account is made, or `into` becomes theirs.

        Raises Conflict if the login belongs to another account than `into`, and NotAllowed for who is blocked.
        """
        account_id = self._account_of(login, into)
        if into not in (None, account_id):
            raise Conflict(
                "This sign-in belongs to another account already. Sign out here and in with it, or ask the operator of "
                "Kring to remove that account."
            )

        def change(old: Account) -> Account:
            if old.blocked:
                raise NotAllowed("You cannot sign in any more. Ask the operator of Kring if that is a mistake.")
            return old.model_copy(update={"logins": (*(each for each in old.logins if each.hash != login.hash), login)})

        try:
            return self.change(account_id, change)
        except NotFound:
            moment = now()
            new = Account(id=account_id, name=name, made_at=moment, sessions_from=moment)
            create_document(self._store, account_key(account_id), new)
            return self.change(account_id, change)

    def _account_of(self, login: ProviderLogin, into: AccountId | None) -> AccountId:
        """Whose login it is from now on: as was said before, else by the accounts themselves (the document that says
        it faster may have been lost), else `into`, or somebody new."""
        key = login_key(login.hash)
        try:
            return self._fetch_login(key).account_id
        except NotFound:
            owners = (account.id for account in self.accounts() if login.hash in {each.hash for each in account.logins})
            account_id = next(owners, None) or into or new_account_id()
        new = create_document(self._store, key, KnownLogin(account_id=account_id))
        return account_id if new else self._fetch_login(key).account_id

    def _fetch_login(self, key: str) -> KnownLogin:
        return read_document(KnownLogin, key, self._store.get_bytes(key).data)

    def begin_session(
        self, account: Account, browser: str | None = None, *, provider: str | None = None, id_token: str | None = None
    ) -> str:
        """The secret of a new session, which is kept nowhere."""
        secret, moment = new_secret(), now()
        session = Session(
            account_id=account.id,
            begun_at=moment,
            seen_at=moment,
            browser=browser,
            provider=provider,
            id_token=id_token,
        )
        create_document(self._store, session_key(hash_of(secret)), session)
        return secret

    def session(self, secret_hash: str) -> Session:
        """Raises NotFound."""
        return self._fetch_session(secret_hash)[0]

    def change_session(self, secret_hash: str, change: Callable[[Session], Session]) -> Session:
        """The session as `change` makes it, under the conditions of `change`. Raises NotFound if it has ended."""
        return change_document(
            self._store,
            session_key(secret_hash),
            lambda: self._fetch_session(secret_hash),
            change,
            name="This session",
        )

    def end_session(self, secret_hash: str) -> None:
        """Nothing happens if there is none."""
        self._store.delete(session_key(secret_hash))

    def sessions_of(self, account_id: str) -> list[tuple[str, Session]]:
        """By the hashes of their secrets: those that were not ended, the last used first; also those that are too
        old."""
        sessions = owned(self._store, SESSIONS, self.session, account_id)
        return sorted(sessions, key=lambda each: each[1].seen_at, reverse=True)

    def sign_out_everywhere(self, account_id: str) -> Account:
        """Sessions that began before this moment are over, in every process. Raises NotFound."""
        moment = now()
        account = self.change(account_id, lambda old: old.model_copy(update={"sessions_from": moment}))
        for secret_hash, session in self.sessions_of(account_id):
            if session.begun_at < moment:
                self.end_session(secret_hash)
        return account

    def _fetch_account(self, account_id: str) -> tuple[Account, str]:
        try:
            return fetch_document(self._store, Account, account_key, account_id)
        except NotFound:
            raise NotFound(
                "There is nobody with the account {account}; “kring people list” shows who there is.",
                account=account_id,
            ) from None

    def _fetch_invitation(self, code: str) -> tuple[Invitation, str]:
        try:
            return fetch_document(self._store, Invitation, invitation_key, hash_of(code))
        except NotFound:
            raise NotFound(NOT_VALID) from None

    def _fetch_session(self, secret_hash: str) -> tuple[Session, str]:
        return fetch_document(self._store, Session, session_key, secret_hash)


def _is_good(invitation: Invitation, moment: datetime) -> bool:
    return invitation.used_at is None and moment < invitation.expires_at
