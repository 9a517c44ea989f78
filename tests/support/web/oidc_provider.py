"""A real provider of accounts on this machine, whose people and clock a test can change."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from kring.settings import Provider, RoleRule
from tests.support.patience import PATIENCE
from tests.support.stack.ports import free_port

SCRIPT = Path(__file__).with_name("oidc_provider.mjs")
SECRET = "of-the-client-of-the-tests"
NAME = "Fjordane kommune"


@dataclass
class OidcProvider:
    """`issuer` is on another host name than the pages, as it is in life: cookies of both lie apart."""

    issuer: str
    file: Path
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    redirects: dict[str, list[str]] = field(default_factory=dict)

    def settings(self, *rules: RoleRule) -> Provider:
        return Provider(
            name=NAME,
            issuer=self.issuer,
            client_id="kring",
            client_secret=SecretStr(SECRET),
            scopes=("openid", "profile", "email", "groups"),
            rules=rules,
        )

    def serve(self, origin: str) -> None:
        """Begin, for pages at this address."""
        back = f"{origin}/sign-in/fjordane-kommune/back"
        self.redirects = {"redirect_uris": [back], "post_logout_redirect_uris": [f"{origin}/"]}
        self.behave()
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["node", str(SCRIPT), self.issuer, str(self.file)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate(timeout=PATIENCE)
            self.process = None

    def behave(self, *, skew: int = 0, **people: Mapping[str, Any]) -> None:
        """Who its people are from now on, by their logins, and by how many seconds its clock is wrong."""
        self.people |= {login: dict(claims) for login, claims in people.items()}
        client = {"client_id": "kring", "client_secret": SECRET, **self.redirects}
        said = {"clients": [client], "people": self.people, "skew": skew}
        self.file.write_text(json.dumps(said), encoding="utf-8")


@contextmanager
def oidc_provider(folder: Path) -> Iterator[OidcProvider]:
    """One that does not serve yet."""
    provider = OidcProvider(f"http://localhost:{free_port()}", folder / "provider.json")
    try:
        yield provider
    finally:
        provider.stop()
