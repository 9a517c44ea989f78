"""A real Meilisearch for tests: the one at KRING_TEST_MEILI_URL, or one of our own from the program on the PATH."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

import pytest
from pydantic import SecretStr

from cli.stack import meilisearch
from index.meili.client import MeiliRefusal, MeiliServer
from index.meili.search_key import key_uid
from kring.errors import SearchDown
from tests.support.stack.ports import free_port

MISSING = "Meilisearch was not tested: set KRING_TEST_MEILI_URL, or put a meilisearch binary on the PATH."
START_SECONDS = 120.0


@dataclass(frozen=True)
class Meili:
    url: str
    key: str | None

    @property
    def server(self) -> MeiliServer:
        return MeiliServer(self.url, self.key, setting="KRING_TEST_MEILI_KEY")

    def index(self) -> str:
        """The uid of an index of one's own."""
        return f"test-{uuid4().hex[:12]}"

    def indexes(self, index: str) -> list[str]:
        """What there is of this index and its rebuilds."""
        listed = self.server.ask("get", "indexes?limit=1000")["results"]
        return sorted(one["uid"] for one in listed if one["uid"].startswith(index))

    def forget(self, index: str) -> None:
        """Delete the index, what rebuilds left of it, and its key."""
        for uid in self.indexes(index):
            self.server.submit("delete", f"indexes/{uid}")
        if self.key is not None:
            with suppress(MeiliRefusal):  # it has none
                self.server.ask("delete", f"keys/{key_uid(index)}")


@pytest.fixture(scope="session")
def meili(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meili]:
    """Shared by the whole run: use an index of your own. Skips the test where there is none."""
    url = os.environ.get("KRING_TEST_MEILI_URL")
    if url:
        yield Meili(url, os.environ.get("KRING_TEST_MEILI_KEY"))
        return
    program = meilisearch.program()
    if program is None:
        pytest.skip(MISSING)
    folder, port = tmp_path_factory.mktemp("meilisearch"), free_port()
    key = meilisearch.prepare(folder)
    with (folder / "meilisearch.log").open("ab") as log:
        process = subprocess.Popen(
            meilisearch.command(program, folder, port),
            env=meilisearch.environment(os.environ, key),
            cwd=folder / "meilisearch",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _answering(process, f"http://127.0.0.1:{port}", key)
    finally:
        process.kill()  # nobody needs its data any more
        process.wait()


def _answering(process: subprocess.Popen[bytes], url: str, key: SecretStr) -> Meili:
    meili = Meili(url, key.get_secret_value())
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            meili.server.ask("get", "health")
        except SearchDown:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return meili
