"""Settings of the web application."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from kring.addresses import check_web_address, is_loopback
from kring.settings.section import Section

IN_A_LINK = r"[A-Za-z0-9_-]{16,200}"
"""What `web.link_secret` may be: it stands in an address."""


class WebSettings(Section):
    """The web application."""

    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=0, le=65_535)
    """Their port, that one and no other (0: any that is free); None: `WEB_PORT`, or the next that is free."""
    proxies: tuple[str, ...] = ()
    """Addresses (or networks: `10.0.0.0/8`) of proxies in front of the pages, whose `X-Forwarded-For` and
    `X-Forwarded-Proto` are believed; so each visitor is counted by an address of their own."""
    public_url: str = ""
    """Address people use, for links; empty: the address it listens on."""
    facilitators: Literal["link", "all", "nobody"] = "link"
    """Who may see and change everything without an account: `link` (or `local`, its former name): people who have
    opened the operator's link, which `kring link` shows; `all`: all who reach the pages. `nobody`: nobody, and nobody
    else changes anything either: the pages are read-only."""
    anonymous_reading: bool = True
    """Public recordings are shown to people who have not signed in."""
    session_idle_hours: float = Field(default=72, gt=0, le=10_000)
    """Whoever has not used Kring for so long signs in again …"""
    session_days: float = Field(default=30, gt=0, le=400)
    """… and so does everyone after so many days."""
    link_secret: SecretStr | None = None
    """The secret in that link; None or empty: one that is made once for the data folder (`kring.link`)."""
    uploads_to: str = ""
    """The object store's address as browsers reach it, for uploads that go there directly; empty: through the pages."""

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        return check_web_address(url, "setting web.public_url", "https://kring.example.org")

    @field_validator("uploads_to")
    @classmethod
    def _is_the_stores_address(cls, url: str) -> str:
        return check_web_address(url, "setting web.uploads_to", "https://objects.example.org")

    @field_validator("proxies")
    @classmethod
    def _are_addresses(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            try:
                ip_network(proxy)
            except ValueError:
                raise ValueError(
                    "The setting web.proxies may only have addresses such as 10.0.0.7 and networks such as 10.0.0.0/8 "
                    "(with nothing but zeros after the network's part)."
                ) from None
        return proxies

    @field_validator("facilitators", mode="before")
    @classmethod
    def _called_as_before(cls, who: Any) -> Any:
        return "link" if who == "local" else who

    @field_validator("link_secret")
    @classmethod
    def _fits_into_a_link(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is None or not secret.get_secret_value():
            return None
        if not re.fullmatch(IN_A_LINK, secret.get_secret_value()):
            raise ValueError(
                "The setting web.link_secret must be 16 to 200 letters, digits, hyphens and underscores: "
                "`openssl rand -hex 24` makes a good one."
            )
        return secret

    @model_validator(mode="after")
    def _open_under_a_name(self) -> Self:
        if not self.public_url and not is_loopback(self.host):
            raise ValueError(
                "With web.host as it is, others can reach the pages, so web.public_url must say by which address they "
                "come (such as https://kring.example.org); without it, leave web.host at 127.0.0.1."
            )
        return self
