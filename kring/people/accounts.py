"""People who have an account: their roles, how they come in, and how long they stay signed in. Pure types.

A secret is never kept: links, sessions and keys are stored under the hash of theirs (`hash_of`).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, StringConstraints, TypeAdapter, ValidationError

from kring.access import Access, Role, Viewer, ViewerKind
from kring.model import SCHEMA_VERSION, Circle, Frozen, Line, RecordingId, Slug

MOST_ROLES = 1000
"""Circles, and networks, in which one person has a role."""
MOST_FEED = 30_000
"""Characters of the path and the parameters of a feed."""

AccountId = RecordingId
"""16 hexadecimal digits, drawn by chance."""


def _role(value: Any) -> Any:
    return Role[value.upper()] if isinstance(value, str) and value.upper() in Role.__members__ else value


RoleByName = Annotated[Role, BeforeValidator(_role), PlainSerializer(lambda role: role.name.lower())]
RolesBySlug = Annotated[Mapping[Slug, RoleByName], Field(max_length=MOST_ROLES)]


class Roles(Frozen):
    """What somebody is in circles and networks (see `kring.access.Viewer`)."""

    circles: RolesBySlug = Field(default_factory=dict)
    networks: RolesBySlug = Field(default_factory=dict)
    operator: bool = False

    def __or__(self, other: Roles) -> Roles:
        """The higher role of both, everywhere."""
        return Roles(
            circles=_highest(self.circles, other.circles),
            networks=_highest(self.networks, other.networks),
            operator=self.operator or other.operator,
        )


def _highest(one: Mapping[str, Role], other: Mapping[str, Role]) -> dict[str, Role]:
    return {slug: max(role for role in (one.get(slug), other.get(slug)) if role) for slug in {**one, **other}}


_NAME: TypeAdapter[str] = TypeAdapter(Line)
NAMELESS = "?"
"""Who is called nothing that could be stored."""


def name_in(text: str) -> str | None:
    """The name in it, as it can be stored; None if there is none, or one that is too long."""
    try:
        return _NAME.validate_python(text)
    except ValidationError:
        return None


class ProviderLogin(Frozen):
    """How somebody is known to a provider. An e-mail address is none: it can be somebody else's tomorrow."""

    issuer: str
    subject: str
    by_rules: Roles = Roles()
    """What the provider's rules gave at the last sign-in; the next one replaces it."""

    @property
    def hash(self) -> str:
        """What names this login, whatever it is worth at the moment."""
        return hash_of(f"{self.issuer}\n{self.subject}")


class Passkey(Frozen):
    """What is known of a key that one of their devices keeps; it signs, and never leaves the device."""

    id: str
    public_key: str
    """Both in base64url, as WebAuthn has them."""
    sign_count: int = 0
    """Of the signatures it says it has made; one that falls back may be a copy."""
    device: Line | None = None
    """On which it was made."""
    made_at: datetime


class Account(Frozen):
    """A person who can sign in. Stored at `people/<id>.json`."""

    schema_version: int = SCHEMA_VERSION
    id: AccountId
    name: Line
    given: Roles = Roles()
    """By people: with an invitation, or afterwards."""
    logins: Annotated[tuple[ProviderLogin, ...], Field(max_length=20)] = ()
    passkeys: Annotated[tuple[Passkey, ...], Field(max_length=20)] = ()
    made_at: datetime
    blocked: bool = False
    """They cannot sign in, and are signed out."""
    sessions_from: datetime
    """Sessions that began before are over: they signed out everywhere."""

    @property
    def roles(self) -> Roles:
        """By people and by rules."""
        return reduce(or_, (login.by_rules for login in self.logins), self.given)

    @property
    def viewer(self) -> Viewer:
        """What they may see and change once they have signed in."""
        roles = self.roles
        return Viewer(ViewerKind.PERSON, roles.circles, roles.networks, operator=roles.operator)


class Invitation(Frozen):
    """A link that lets one person in, once. Stored at `invitations/<hash of its code>.json`.

    `account_id`: of who is let in again; None: an account is made, with these roles.
    """

    schema_version: int = SCHEMA_VERSION
    name: Line
    roles: Roles = Roles()
    account_id: AccountId | None = None
    by: Line
    """Who made it, for people to read."""
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class Session(Frozen):
    """A browser in which somebody has signed in. Stored at `sessions/<hash of its secret>.json`."""

    schema_version: int = SCHEMA_VERSION
    account_id: AccountId
    begun_at: datetime
    seen_at: datetime
    """About when it was used last."""
    browser: Line | None = None
    """What the browser calls itself."""
    provider: Line | None = None
    """Slug of the provider they have signed in at, so that they can sign out there too …"""
    id_token: str | None = None
    """… by what the provider said of them."""


class KeyScope(StrEnum):
    """What a key may be used for; each as far as its owner may."""

    READ = "read"
    UPLOAD = "upload"
    CORRECT = "correct"


class ApiKey(Frozen):
    """A key by which a program acts for somebody. Stored at `keys/<hash of it>.json`."""

    schema_version: int = SCHEMA_VERSION
    account_id: AccountId
    name: Line
    """What it is for."""
    begins: Line
    """Its first letters, by which people tell keys apart."""
    scopes: tuple[KeyScope, ...] = (KeyScope.READ,)
    circles: Annotated[tuple[Slug, ...], Field(max_length=MOST_ROLES)] = ()
    """Only in these; none: in all of its owner's."""
    made_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None
    """About when it was used last."""

    @property
    def may_write(self) -> bool:
        return bool({KeyScope.UPLOAD, KeyScope.CORRECT} & set(self.scopes))

    def viewer(self, account: Account, circles: Mapping[str, Circle]) -> Viewer:
        """What it may see and change: never more than its owner, and nothing that only operators may."""
        owner = _without_power(account.viewer, circles)
        most = Role.FACILITATOR if self.may_write else Role.MEMBER
        roles = _roles_in(circles, owner)
        if self.circles:
            only = self.circles[0] if len(self.circles) == 1 else None
            own = {slug: roles[slug] for slug in self.circles if slug in roles}
            return Viewer(ViewerKind.API_KEY, _at_most(own, most), only_circle=only)
        return Viewer(ViewerKind.API_KEY, _at_most(roles, most), _at_most(owner.networks, most))


class FeedToken(Frozen):
    """An address by which a podcast app, which cannot sign in, follows a feed for somebody. Stored at
    `feed-tokens/<hash of the token in it>.json`."""

    schema_version: int = SCHEMA_VERSION
    account_id: AccountId
    name: Line
    """What it is called in its owner's list."""
    begins: Line
    """The token's first letters, by which people tell addresses apart."""
    feed: Annotated[str, StringConstraints(pattern=r"^/", max_length=MOST_FEED)]
    """Path and parameters of the feed that it opens: a circle's, or that of a saved search."""
    circle: Slug | None = None
    """The circle whose feed it is: it shows nothing of any other."""
    made_at: datetime
    used_at: datetime | None = None
    """About when it was used last."""

    def viewer(self, account: Account, circles: Mapping[str, Circle]) -> Viewer:
        """What it shows."""
        return feed_viewer(account, circles, self.circle)

    @property
    def page(self) -> str:
        """Path and parameters of the page on which people see the same."""
        path, mark, query = self.feed.partition("?")
        return f"{path.removesuffix('/feed.xml') or '/'}{mark}{query}"


def feed_viewer(account: Account, circles: Mapping[str, Circle], only_circle: str | None) -> Viewer:
    """Who sees what this person may see at present, of one circle or of all, and never changes anything."""
    owner = _without_power(account.viewer, circles)
    return Viewer(
        ViewerKind.FEED_TOKEN,
        _at_most(_roles_in(circles, owner), Role.MEMBER),
        _at_most(owner.networks, Role.MEMBER),
        only_circle=only_circle,
    )


def _without_power(owner: Viewer, circles: Mapping[str, Circle]) -> Viewer:
    """An operator as what they are in the circles there are: a facilitator of all. Anybody else as they are."""
    if not owner.operator:
        return owner
    networks = {circle.network for circle in circles.values()}
    return Viewer(ViewerKind.PERSON, networks=dict.fromkeys(networks, Role.FACILITATOR))


def _roles_in(circles: Mapping[str, Circle], owner: Viewer) -> dict[str, Role]:
    """In each circle there is: through the circle itself, or as a facilitator of its network."""
    access = Access(circles)
    roles = {slug: access.role_in(owner, circle) for slug, circle in circles.items()}
    return {slug: role for slug, role in roles.items() if role is not None}


def _at_most(roles: Mapping[str, Role], most: Role) -> dict[str, Role]:
    return {slug: min(role, most) for slug, role in roles.items()}


class KnownLogin(Frozen):
    """Whose account a provider's subject is. Stored at `logins/<hash of both>.json`."""

    schema_version: int = SCHEMA_VERSION
    account_id: AccountId


def new_secret() -> str:
    """256 random bits, as they stand in a link or a cookie."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """The code of an invitation; its beginning tells the page that it is good for once only."""
    return f"once-{new_secret()}"


def new_key() -> str:
    """An API key; its beginning tells programs that look for lost secrets what it is."""
    return f"kring_{new_secret()}"


def new_feed_token() -> str:
    """What stands in a private feed's address; it begins like a key, for the same programs."""
    return f"kring_feed_{new_secret()}"


def new_account_id() -> str:
    return secrets.token_hex(8)


def hash_of(secret: str) -> str:
    """What is kept of a secret. It needs no salt and no work factor: it has 256 random bits, so none can be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()
