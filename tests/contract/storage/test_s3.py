"""S3 on a real SeaweedFS where it goes wrong: no server, no rights, no room, killed half-way; and what it costs."""

from __future__ import annotations

import gc
import json
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from kring.errors import DiskFull, SetupError, StorageDown
from storage import open_store
from storage.s3.store import S3Store
from storage.seaweed.program import LOOPBACK, prepare
from tests.contract.storage.test_object_store import BYTES, MB, random_file, sha256
from tests.support.stack.ports import free_port
from tests.support.stack.seaweed import Weed


@pytest.fixture
def weed(tmp_path: Path) -> Iterator[Weed]:
    """A server of one's own, to be killed."""
    weed = Weed(tmp_path / "weed").start()
    yield weed
    if weed.process is not None:
        weed.kill()


@contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[Path]:
    """A file system of so many megabytes; skips where this machine does not allow mounts."""
    path.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", path], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def test_secrets_are_in_private_files_only(seaweed: Weed) -> None:
    for name in ("seaweed.json", "s3.json"):
        assert (seaweed.folder / name).stat().st_mode & 0o777 == 0o600
    assert seaweed.secret_key not in " ".join(psutil.Process(seaweed.pid).cmdline())
    assert "-master.telemetry=false" in psutil.Process(seaweed.pid).cmdline()


def test_credentials_and_ports_stay_the_same_and_taken_ports_move(tmp_path: Path) -> None:
    first = prepare(tmp_path)
    assert prepare(tmp_path) == first
    with socket.socket() as taken:
        taken.bind((LOOPBACK, first.ports["filer.port"]))
        taken.listen()
        second = prepare(tmp_path)
    assert {name for name in first.ports if first.ports[name] != second.ports[name]} == {"filer.port"}
    assert second.secret_key == first.secret_key


def test_data_survive_kill_and_other_inner_ports(weed: Weed, tmp_path: Path) -> None:
    store = weed.store("kept")
    store.put_bytes("a", b"1" * 300_000, media_type=BYTES)
    weed.kill()
    weed.start()
    assert store.get_bytes("a").data == b"1" * 300_000
    weed.stop()
    kept = weed.folder / "seaweed.json"
    kept.write_text(json.dumps(json.loads(kept.read_text()) | {"ports": {}}))
    weed.start()
    assert store.get_bytes("a").data == b"1" * 300_000
    store.put_bytes("b", b"2", media_type=BYTES)
    store.close()


def test_no_server(tmp_path: Path) -> None:
    store = S3Store(
        endpoint=f"http://{LOOPBACK}:{free_port()}", bucket="kring", access_key="a", secret_key="hidden", region="x"
    )
    (tmp_path / "f").write_bytes(b"x" * 100)
    for attempt in (
        lambda: store.put_file("k", tmp_path / "f", media_type=BYTES),
        lambda: store.get_bytes("k"),
        lambda: store.get_file("k", tmp_path / "g"),
        lambda: list(store.list()),
    ):
        with pytest.raises(StorageDown, match=r"at 127\.0\.0\.1:\d+ does not answer") as down:
            attempt()
        assert "hidden" not in str(down.value)
    store.close()


def test_wrong_credentials(seaweed: Weed) -> None:
    store = seaweed.store("kring", secret_key="not-this-one")
    with pytest.raises(SetupError, match="refuses the credentials") as refused:
        store.put_bytes("k", b"x", media_type=BYTES)
    assert "not-this-one" not in str(refused.value)
    store.close()


def test_no_bucket(seaweed: Weed) -> None:
    store = seaweed.store()
    store.bucket = "no-such-bucket"
    with pytest.raises(SetupError, match="bucket no-such-bucket does not exist"):
        list(store.list())
    with pytest.raises(SetupError, match="bucket no-such-bucket does not exist"):
        store.get_bytes("k")
    store.close()


def test_opening_makes_the_bucket_and_leaves_nothing_in_it(seaweed: Weed, tmp_path: Path) -> None:
    settings = seaweed.settings(tmp_path)
    assert list(open_store(settings).list()) == []
    open_store(settings).put_bytes("k", b"x", media_type=BYTES)
    assert [info.key for info in open_store(settings).list()] == ["k"]


def test_a_server_without_conditional_writes_is_refused(
    seaweed: Weed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = S3Store.put_bytes

    def ignorant(self: S3Store, key: str, data: bytes, *, media_type: str, **_: object) -> str:
        return real(self, key, data, media_type=media_type)

    monkeypatch.setattr(S3Store, "put_bytes", ignorant)
    with pytest.raises(SetupError, match="ignores conditions"):
        open_store(seaweed.settings(tmp_path))


def test_a_presigned_address_reads_without_credentials(seaweed: Weed) -> None:
    store = seaweed.store()
    store.put_bytes("k", b"0123456789", media_type="video/mp4")
    url = store.presign("k", expires=60, download_name='møte "<b>"\r\nX: y.mp4')
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Range": "bytes=2-4"})) as answer:
        assert (answer.status, answer.read()) == (206, b"234")
        assert answer.headers["Content-Type"] == "video/mp4"
        disposition = answer.headers["Content-Disposition"]
    assert disposition == (
        "attachment; filename=\"m_te __b____X_ y.mp4\"; filename*=UTF-8''m%C3%B8te%20%22%3Cb%3E%22%0D%0AX%3A%20y.mp4"
    )
    assert "AWS4-HMAC-SHA256" in url
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url.replace("/k?", "/other?"))
    refused.value.close()
    assert refused.value.code == 403
    store.close()


def test_killed_in_the_middle_of_an_upload(weed: Weed, tmp_path: Path) -> None:
    original, back = tmp_path / "in", tmp_path / "out"
    digest = random_file(original, 160 * MB)
    store = weed.store()
    sent, lock = [0], threading.Lock()

    def kill_at_half(count: int) -> None:
        with lock:
            sent[0] += count
            if sent[0] > 64 * MB and weed.process is not None:
                weed.kill()

    with pytest.raises(StorageDown, match="does not answer"):
        store.put_file("originals/x", original, media_type=BYTES, progress=kill_at_half)
    weed.start()
    assert store.stat("originals/x") is None
    assert list(store.list()) == []
    store.put_file("originals/x", original, media_type=BYTES)
    store.get_file("originals/x", back)
    assert sha256(back) == digest
    assert store.abandon_uploads(lambda _: timedelta(days=1)) == 0
    assert store.abandon_uploads(lambda _: timedelta(0)) == 1
    assert store.abandon_uploads(lambda _: timedelta(0)) == 0
    assert [info.key for info in store.list()] == ["originals/x"]
    store.close()


def test_killed_in_the_middle_of_a_download(weed: Weed, tmp_path: Path) -> None:
    original, folder = tmp_path / "in", tmp_path / "folder"
    random_file(original, 100 * MB)
    store = weed.store()
    store.put_file("k", original, media_type=BYTES)
    with store.open("k") as stream:
        assert len(stream.read(MB)) == MB
        weed.kill()
        with pytest.raises(StorageDown):
            stream.read()
    with pytest.raises(StorageDown):
        store.get_file("k", folder / "out")
    assert list(folder.iterdir()) == []
    store.close()


# Where the disk is full, s3transfer lets go of the answers it was reading without closing them.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_download_to_a_full_disk(seaweed: Weed, tmp_path: Path) -> None:
    original = tmp_path / "in"
    random_file(original, 24 * MB)
    store = seaweed.store()
    store.put_file("k", original, media_type=BYTES)
    with small_disk(tmp_path / "disk", 8) as disk:
        with pytest.raises(DiskFull, match="no room in"):
            store.get_file("k", disk / "out")
        assert list(disk.iterdir()) == []
    store.close()
    gc.collect()  # so that what was let go of shows here and in no other test


def test_a_server_on_a_small_disk_that_fills_up(tmp_path: Path) -> None:
    original, back = tmp_path / "in", tmp_path / "out"
    digest = random_file(original, 60 * MB)
    with small_disk(tmp_path / "disk", 300) as disk:
        weed = Weed(disk / "weed").start()
        try:
            store = weed.store()
            stored = [f"originals/{number}" for number in range(4)]
            for key in stored:
                store.put_file(key, original, media_type=BYTES)
            with pytest.raises(DiskFull, match="has no room left"):
                store.put_file("originals/one-too-many", original, media_type=BYTES)
            with pytest.raises(DiskFull, match="has no room left"):
                store.put_bytes("originals/small", b"x" * 10_000, media_type=BYTES)
            assert [info.key for info in store.list("originals/")] == stored
            for key in stored:
                store.get_file(key, back)
                assert sha256(back) == digest
            store.close()
        finally:
            weed.kill()


COST = """
import sys, resource
from storage.s3.store import S3Store
from pathlib import Path
endpoint, bucket, access, path = sys.argv[1:]
store = S3Store(endpoint=endpoint, bucket=bucket, access_key=access, secret_key=sys.stdin.read(), region="us-east-1")
small = Path(path + ".small"); small.write_bytes(b"x"); store.put_file("small", small, media_type="a/b")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
store.put_file("big", Path(path), media_type="a/b")
store.get_file("big", Path(path + ".back"))
with store.open("big") as stream:
    while stream.read(1 << 20): pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_memory_does_not_grow_with_the_file(seaweed: Weed, tmp_path: Path) -> None:
    original = tmp_path / "in"
    digest = random_file(original, 300 * MB)
    store = seaweed.store()
    measured = subprocess.run(
        [sys.executable, "-c", COST, seaweed.endpoint, store.bucket, seaweed.access_key, str(original)],
        input=seaweed.secret_key,
        capture_output=True,
        text=True,
        check=True,
    )
    assert sha256(Path(f"{original}.back")) == digest
    assert int(measured.stdout) < 150, "megabytes more than before"
    store.close()
