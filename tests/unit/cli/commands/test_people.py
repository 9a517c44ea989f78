"""`kring people …` and `kring audit`, typed as people type them; the archive in memory."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.commands import operate, people as commands
from cli.main import app
from kring.access import Role
from kring.errors import BadMetadata, InputError, NotFound, SetupError, UnknownCircle
from kring.model import Circle
from kring.people.accounts import Roles
from kring.settings import Provider, RoleRule, Settings
from services.ports import Ports
from storage.archive.archive import Archive
from storage.archive.people import People
from storage.documents import JSON
from storage.keys import audit_key
from storage.leases import Leases
from storage.memory.store import MemoryStore

RULE = RoleRule(claim="groups", value="staff", circle="privacy", role="facilitator")
PROVIDERS = tuple(
    Provider(name=name, issuer=f"https://{name}.example", client_id="kring", rules=(RULE,)) for name in ("One", "Two")
)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    store = MemoryStore()
    archive = Archive(store)
    archive.put_circle(Circle(slug="privacy", name="Privacy", network="north", network_name="North"))
    ports = Ports(Settings(), archive, Leases(store, lease_seconds=60))
    for module in (commands, operate):
        monkeypatch.setattr(module, "connect", lambda: ports)
    return store


def kring(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def invited(store: MemoryStore, *arguments: str) -> str:
    """The id of a person who came by the link that was printed."""
    made = kring("people", "invite", "Kari Nordli", *arguments)
    assert made.exit_code == 0, made.output
    code = re.search(r"/sign-in#(once-\S+)", made.output)
    assert code
    return People(store).accept(code[1]).id


def test_a_link_is_printed_that_lets_in_with_these_roles(store: MemoryStore) -> None:
    account = invited(store, "--circle", "privacy", "--network", "north", "--role", "facilitator")
    given = Roles(circles={"privacy": Role.FACILITATOR}, networks={"north": Role.FACILITATOR})
    assert People(store).account(account).given == given
    listed = kring("people", "list").output
    assert account in listed
    assert "facilitator of privacy" in listed


def test_only_what_there_is_can_be_given(store: MemoryStore) -> None:
    with pytest.raises(UnknownCircle):
        kring("people", "invite", "x", "--circle", "nowhere")
    with pytest.raises(BadMetadata, match="no network"):
        kring("people", "invite", "x", "--network", "nowhere")
    with pytest.raises(BadMetadata, match="role"):
        kring("people", "invite", "x", "--circle", "privacy", "--role", "none")
    assert "Nobody has an account yet" in kring("people", "list").output


def test_roles_change_and_go(store: MemoryStore) -> None:
    account = invited(store, "--circle", "privacy")
    assert (
        "facilitator of privacy"
        in kring("people", "change", account, "--circle", "privacy", "--role", "facilitator", "--operator").output
    )
    assert People(store).account(account).given.operator
    kring("people", "change", account, "--circle", "privacy", "--role", "none", "--no-operator")
    assert People(store).account(account).given == Roles()
    with pytest.raises(BadMetadata, match="what is to change"):
        kring("people", "change", account)
    with pytest.raises(NotFound):
        kring("people", "change", "f" * 16, "--operator")


def test_somebody_is_blocked_let_in_again_and_removed(store: MemoryStore) -> None:
    account, people = invited(store), People(store)
    people.begin_session(people.account(account))
    kring("people", "block", account)
    assert people.account(account).blocked
    assert people.sessions_of(account) == []
    assert "blocked" in kring("people", "list").output
    kring("people", "block", account, "--undo")
    assert not people.account(account).blocked
    assert "/sign-in#once-" in kring("people", "link", account).output
    assert "signed out" in kring("people", "sign-out", account).output
    kring("people", "remove", account)
    with pytest.raises(NotFound):
        people.account(account)


def test_what_was_typed_is_written_down(store: MemoryStore) -> None:
    account = invited(store, "--circle", "privacy")
    kring("people", "block", account)
    said = kring("audit").output
    assert "blocked" in said
    assert "Kari Nordli: member of privacy" in said
    assert "blocked" not in kring("audit", "--act", "invite").output
    entries = json.loads(kring("audit", "--json", "--who", account).output)
    assert [(entry["by"], entry["about"], entry["as_operator"]) for entry in entries] == [("command", account, True)]
    assert kring("audit", "--check").exit_code == 0
    store.put_bytes(audit_key(1), b"{}", media_type=JSON)
    broken = kring("audit", "--check")
    assert broken.exit_code == 1
    assert "not whole" in broken.output
    with pytest.raises(InputError, match="sign-in"):
        kring("audit", "--act", "nonsense")


def test_rules_are_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    claims = tmp_path / "claims.json"
    claims.write_text(json.dumps({"groups": ["staff"]}), encoding="utf-8")
    one = Settings(providers=PROVIDERS[:1])
    monkeypatch.setattr(commands, "load_settings", lambda: one)
    said = kring("people", "rules", "--try", str(claims)).output
    assert "✔ groups = staff: facilitator of privacy" in said
    assert "At a sign-in with One: facilitator of privacy." in said
    claims.write_text("[]", encoding="utf-8")
    with pytest.raises(BadMetadata, match="JSON object"):
        kring("people", "rules", "--try", str(claims))
    claims.write_text("{", encoding="utf-8")
    with pytest.raises(BadMetadata, match="not JSON"):
        kring("people", "rules", "--try", str(claims))
    monkeypatch.setattr(commands, "load_settings", lambda: Settings(providers=PROVIDERS))
    with pytest.raises(SetupError, match="One, Two"):
        kring("people", "rules", "--try", str(claims))
    monkeypatch.setattr(commands, "load_settings", Settings)
    with pytest.raises(SetupError, match="no provider"):
        kring("people", "rules", "--try", str(claims))
