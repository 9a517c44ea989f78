"""Who a proxy in front of the pages says that somebody is, by headers that count on its own connections only."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Scope

from kring.people.accounts import NAMELESS, Account, ProviderLogin, name_in
from kring.people.rules import roles_from
from kring.settings import TrustedProxy
from search_ui.recent import Recent
from search_ui.server.protocol import PEER
from storage.archive.people import People

ISSUER = "trusted-proxy"
"""Stands for the proxy where a provider's address would."""


class ProxyAccounts:
    """Safe to share between threads."""

    def __init__(self, people: People, proxy: TrustedProxy | None) -> None:
        self._people = people
        self._proxy = proxy
        self._recent: Recent[str, Account] = Recent()

    def who(self, scope: Scope, headers: Headers) -> Account | None:
        """Who sends a request, by the proxy's headers; None if it comes from elsewhere, or the proxy names nobody.

        Raises NotAllowed for who is blocked, and StorageDown.
        """
        proxy = self._proxy
        if proxy is None or not proxy.is_peer(str(scope["state"].get(PEER, ""))):
            return None
        user = _only(headers, proxy.user_header)
        if not user:
            return None
        name = name_in((_only(headers, proxy.name_header) or user)[:300]) or NAMELESS
        groups = [group.strip() for group in _only(headers, proxy.groups_header).split(",")]
        login = ProviderLogin(issuer=ISSUER, subject=user, by_rules=roles_from(proxy.rules, {"groups": groups}))
        return self._recent.get(login.model_dump_json(), lambda _: self._people.accept_login(login, name))


def _only(headers: Headers, name: str) -> str:
    """The header's value; empty if it was not sent, or more than once: then it is not the proxy alone that wrote it."""
    values = headers.getlist(name)
    return values[0].encode("latin-1").decode("utf-8", "replace").strip() if len(values) == 1 else ""
