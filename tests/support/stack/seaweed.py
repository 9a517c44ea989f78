"""A real SeaweedFS for tests: `seaweed` (one for the whole run), or your own to stop, kill and start again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from kring.settings import Settings
from storage.s3.store import S3Store
from storage.seaweed.program import (
    LOOPBACK,
    SMALLEST_VOLUME_MB,
    command,
    environment,
    out_of_room,
    prepare,
    seaweed_healthy,
)
from tests.support.stack.ports import free_port

START_SECONDS = 120.0
STOP_SECONDS = 20.0


def small_volumes(command: list[str]) -> list[str]:
    """Every bucket of a test takes volumes of its own, and the disk has room for so many of a size: make them small."""
    flag = "-master.volumeSizeLimitMB="
    return [f"{flag}{SMALLEST_VOLUME_MB}" if part.startswith(flag) else part for part in command]


class Weed:
    """One SeaweedFS in one folder, on its own free ports. `folder` and `port` stay the same between starts."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.endpoint = f"http://{LOOPBACK}:{self.port}"
        self.access_key = ""
        self.secret_key = ""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Weed:
        """Start and wait until it is healthy."""
        kept = prepare(self.folder)
        self.access_key, self.secret_key = kept.access_key, kept.secret_key.get_secret_value()
        with (self.folder / "weed.log").open("ab") as log:
            self.process = subprocess.Popen(
                small_volumes(command(self.folder, self.port, kept)),
                env=os.environ | environment(self.folder, kept),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_SECONDS
        while not seaweed_healthy(self.endpoint):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"SeaweedFS did not start; see {self.folder / 'weed.log'}")
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        """End it, politely at first."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def kill(self) -> None:
        """`kill -9`."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def settings(self, data_dir: Path, bucket: str | None = None) -> Settings:
        """Settings for this server and a bucket of one's own."""
        values = {
            "data_dir": data_dir,
            "bucket": bucket or f"test-{uuid4().hex[:12]}",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": SecretStr(self.secret_key),
        }
        return Settings.model_validate(values)

    def store(self, bucket: str | None = None, *, secret_key: str | None = None) -> S3Store:
        """A store on a bucket of its own, which is made."""
        store = S3Store(
            endpoint=self.endpoint,
            bucket=bucket or f"test-{uuid4().hex[:12]}",
            access_key=self.access_key,
            secret_key=secret_key or self.secret_key,
            region="us-east-1",
            out_of_room=lambda: out_of_room(self.folder),
        )
        if secret_key is None:
            store.ensure_bucket()
        return store


def flip_byte(folder: Path, content: bytes) -> None:
    """Change one bit of what a stopped server keeps of `content`, as a disk does."""
    for volume in folder.rglob("*.dat"):
        with volume.open("r+b") as file:
            at = file.read().find(content)
            if at >= 0:
                file.seek(at + len(content) // 2)
                file.write(bytes([content[len(content) // 2] ^ 1]))
                return
    raise AssertionError("that is not kept in any volume")


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weed]:
    """A SeaweedFS shared by the whole run: make buckets of your own, leave it running."""
    weed = Weed(tmp_path_factory.mktemp("seaweed"))
    weed.start()
    yield weed
    weed.kill()  # nobody needs its data any more
