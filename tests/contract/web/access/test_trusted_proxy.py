"""A proxy that signs people in: its headers count on its own connections, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from index.memory import MemoryIndex
from kring.access import Role
from kring.settings import RoleRule, Settings, TrustedProxy, WebSettings
from search_ui.app import create_app
from search_ui.recent import Recent
from services.runs.memory import MemoryRuns
from storage.archive.archive import Archive
from storage.archive.people import People
from storage.memory.store import MemoryStore
from tests.support.patience import PATIENCE
from tests.support.web import sample_archive
from tests.support.web.browser import serving

TALK = sample_archive.TALKS[0]
RULES = (RoleRule(claim="groups", value="personvern", circle=TALK.circle, role="facilitator"),)
KARI = {"X-Remote-User": "kari", "X-Remote-Name": "Kari Ås".encode(), "X-Remote-Groups": "annet, personvern"}


@contextmanager
def house(data: Path, *peers: str, proxies: tuple[str, ...] = ()) -> Iterator[tuple[str, People]]:
    archive, index = Archive(MemoryStore()), MemoryIndex()
    sample_archive.fill(archive, index)
    proxy = TrustedProxy(peers=peers, rules=RULES)
    settings = Settings(data_dir=data, trusted_proxy=proxy, web=WebSettings(proxies=proxies))
    with serving(create_app(settings, archive, index, MemoryRuns())) as origin:
        yield origin, People(archive.store)


def status(origin: str, headers: object, path: str = f"/r/{TALK.id}") -> int:
    return httpx.get(f"{origin}{path}", headers=headers, timeout=PATIENCE).status_code  # type: ignore[arg-type]


def test_whom_the_proxy_names_is_signed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Recent, "SECONDS", 0.0)
    with house(tmp_path, "127.0.0.0/8") as (origin, people):
        assert status(origin, {}) == 404
        assert status(origin, KARI) == 200
        assert status(origin, KARI, "/upload") == 200
        [account] = people.accounts()
        assert (account.name, account.viewer.circles) == ("Kari Ås", {TALK.circle: Role.FACILITATOR})
        assert status(origin, KARI | {"X-Remote-Groups": ""}) == 404  # no longer of that group
        assert status(origin, {"X-Remote-User": "ola"}) == 404
        assert {each.name for each in people.accounts()} == {"Kari Ås", "ola"}
        people.change(account.id, lambda old: old.model_copy(update={"blocked": True}))
        assert status(origin, KARI) == 403


def test_headers_of_anybody_else_are_nothing(tmp_path: Path) -> None:
    with house(tmp_path, "10.0.0.7") as (origin, people):
        assert status(origin, KARI) == 404
        assert status(origin, KARI | {"X-Forwarded-For": "10.0.0.7"}) == 404
        assert people.accounts() == []


def test_what_a_trusted_forwarder_says_of_addresses_makes_no_peer(tmp_path: Path) -> None:
    """`web.proxies` believes who the client is; that is not who the connection comes from."""
    with house(tmp_path, "10.0.0.7", proxies=("127.0.0.1",)) as (origin, people):
        assert status(origin, KARI | {"X-Forwarded-For": "10.0.0.7"}) == 404
        assert people.accounts() == []


def test_a_client_behind_the_proxy_is_known_by_the_connection(tmp_path: Path) -> None:
    with house(tmp_path, "127.0.0.1", proxies=("127.0.0.1",)) as (origin, _):
        assert status(origin, KARI | {"X-Forwarded-For": "203.0.113.9"}) == 200


def test_a_header_that_comes_twice_is_nobodys(tmp_path: Path) -> None:
    with house(tmp_path, "127.0.0.1") as (origin, people):
        twice = [("X-Remote-User", "kari"), ("X-Remote-User", "admin"), ("X-Remote-Groups", "personvern")]
        assert status(origin, twice) == 404
        assert status(origin, {"X-Remote-User": ""}) == 404
        assert people.accounts() == []


@pytest.mark.parametrize("peers", [("localhost",), ("10.0.0.7/8",), ("",)])
def test_peers_are_addresses(peers: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"trusted_proxy\.peers"):
        TrustedProxy(peers=peers)
