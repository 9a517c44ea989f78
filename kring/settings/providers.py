"""Providers of accounts: whose sign-in is believed (OpenID Connect), and what their claims are worth here."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from kring.addresses import is_loopback
from kring.errors import SetupError
from kring.model import Line, Slug
from kring.settings.section import Section


class RoleRule(Section):
    """Who has this value in this claim has this role."""

    claim: Line
    """Name of a claim; dots lead inside: `realm_access.roles`."""
    value: Line
    """The claim's value, or one of its values."""
    circle: Slug | None = None
    network: Slug | None = None
    role: Literal["member", "facilitator", "operator"] = "member"

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        places = (self.circle is not None) + (self.network is not None)
        if places != (self.role != "operator"):
            raise ValueError(
                f"The rule for {self.claim} = {self.value} must name one circle or one network; "
                "only the role operator goes without."
            )
        return self


class TrustedProxy(Section):
    """A proxy in front of the pages that signs people in, and says in headers who they are."""

    peers: tuple[str, ...]
    """Addresses (or networks) from which connections of the proxy come, and nobody else's: only there the headers
    count. It must take them out of what browsers send."""
    user_header: Line = "X-Remote-User"
    """Who it is, by a name that is never given to another."""
    name_header: Line = "X-Remote-Name"
    """As people call them."""
    groups_header: Line = "X-Remote-Groups"
    """With commas between; the claim `groups` of the rules."""
    rules: tuple[RoleRule, ...] = Field(default=(), max_length=1000)

    @field_validator("peers")
    @classmethod
    def _are_addresses(cls, peers: tuple[str, ...]) -> tuple[str, ...]:
        for peer in peers:
            try:
                ip_network(peer)
            except ValueError:
                raise ValueError(
                    "The setting trusted_proxy.peers may only have addresses such as 10.0.0.7 and networks such as "
                    "10.0.0.0/8 (with nothing but zeros after the network's part)."
                ) from None
        return peers

    def is_peer(self, address: str) -> bool:
        """Whether a connection from this address is the proxy's."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in ip_network(peer) for peer in self.peers)


class Provider(Section):
    """A provider of accounts: Entra ID, Keycloak, or any other that speaks OpenID Connect."""

    name: Line
    """As people know it: it stands on the button."""
    issuer: str
    """Its address, exactly as its documents say; `/.well-known/openid-configuration` lies under it."""
    client_id: Line
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    """A file with the secret in it; without either, Kring is a public client."""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    rules: tuple[RoleRule, ...] = Field(default=(), max_length=1000)

    @property
    def slug(self) -> str:
        """Its name as it stands in addresses."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.casefold()).strip("-") or "provider"

    @property
    def secret(self) -> str | None:
        """Raises SetupError if its file cannot be read."""
        if self.client_secret is not None:
            return self.client_secret.get_secret_value()
        if self.client_secret_file is None:
            return None
        try:
            return self.client_secret_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SetupError(f"The secret of the provider {self.name} cannot be read: {error}.") from None

    @field_validator("issuer")
    @classmethod
    def _is_an_issuer(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        if not safe or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("A provider's issuer must be an address that begins with https://.")
        return issuer

    @field_validator("scopes")
    @classmethod
    def _asks_who(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        return scopes if "openid" in scopes else ("openid", *scopes)
