"""What a stranger on this machine gets from the object store: nothing, on any of its ports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml
from cryptography import x509

from storage.s3.store import S3Store
from storage.seaweed import inner_tls, program as server
from tests.contract.storage.test_object_store import BYTES
from tests.support.repository import REPOSITORY
from tests.support.stack.port_scan import LOOPBACK, ask, listeners, speaks_grpc, ways_into_an_inner_port, ways_into_s3
from tests.support.stack.ports import free_port
from tests.support.stack.running import eventually
from tests.support.stack.seaweed import Weed


@pytest.fixture
def weed(tmp_path: Path) -> Iterator[Weed]:
    """A server of one's own, not yet started."""
    weed = Weed(tmp_path / "weed")
    yield weed
    if weed.process is not None:
        weed.kill()


def inner_ports(pid: int) -> dict[int, str]:
    """The inner ports the server was given: port to flag."""
    flags = dict(part.removeprefix("-").split("=", 1) for part in psutil.Process(pid).cmdline() if "=" in part)
    return {int(value): name for name, value in flags.items() if ".port" in name and name != "s3.port" and value != "0"}


def all_there(pid: int) -> bool:
    """Whether it listens on all its inner ports; the last come after S3."""
    return inner_ports(pid).keys() <= {port for _, port in listeners(pid)}


def test_every_port_is_known_and_on_loopback(seaweed: Weed) -> None:
    eventually(lambda: all_there(seaweed.pid), what="all its ports")
    assert {port for _, port in listeners(seaweed.pid)} <= {seaweed.port, *inner_ports(seaweed.pid)}
    assert {address for address, _ in listeners(seaweed.pid)} == {LOOPBACK}


def test_a_stranger_gets_nothing(seaweed: Weed, tmp_path: Path) -> None:
    store = seaweed.store()
    store.put_bytes("secret", b"secret", media_type=BYTES)
    eventually(lambda: all_there(seaweed.pid), what="all its ports")
    found = list(ways_into_s3(seaweed.port, store.bucket, "secret"))
    for port in inner_ports(seaweed.pid):
        found += ways_into_an_inner_port(port, tmp_path)
    assert not found
    assert [info.key for info in store.list()] == ["secret"]
    store.close()


def test_its_sockets_are_where_nobody_else_can_take_their_names(seaweed: Weed, tmp_path: Path) -> None:
    assert {"s3.sock", "filer.sock"} <= {path.name for path in seaweed.folder.iterdir()}
    assert not list(server.SOCKETS.glob(f"seaweedfs-s3-{seaweed.port}.sock"))
    wanted = server.prepare(tmp_path).ports["filer.port.grpc"]
    squatted = server.SOCKETS / f"seaweedfs-filer-grpc-{wanted}.sock"
    if os.getuid() != 0:
        pytest.skip("only root can make a file that belongs to somebody else")
    squatted.touch()
    try:
        os.chown(squatted, 12345, 12345)
        assert wanted not in server.prepare(tmp_path).ports.values()
    finally:
        squatted.unlink()


def test_the_probe_sees_an_open_server(weed: Weed, tmp_path: Path) -> None:
    """It would not be worth much if it called every server closed."""
    kept = server.prepare(weed.folder)
    flags = [
        flag for flag in server.command(weed.folder, weed.port, kept) if not flag.startswith(("-disable", "-s3.c"))
    ]
    with (tmp_path / "log").open("wb") as log:
        weed.process = subprocess.Popen(
            flags, stdout=log, stderr=log, env=os.environ | {"HOME": str(tmp_path)}, cwd=weed.folder
        )
    eventually(lambda: server.seaweed_healthy(weed.endpoint), what="the open server")
    for name, port in kept.ports.items():
        eventually(lambda port=port: (LOOPBACK, port) in listeners(weed.pid), what=name)  # type: ignore[misc]
        assert list(ways_into_an_inner_port(port, tmp_path)), name
    assert speaks_grpc(kept.ports["filer.port.grpc"])
    ask(weed.port, "PUT", "/kring")
    ask(weed.port, "PUT", "/kring/secret", body=b"x")
    assert any("GET /kring/secret" in way for way in ways_into_s3(weed.port, "kring", "secret"))


def test_the_key_is_private_new_at_every_start_and_never_ends(tmp_path: Path) -> None:
    server.prepare(tmp_path)
    first = (tmp_path / inner_tls.KEY).read_text()
    for name in (inner_tls.KEY, inner_tls.CERTIFICATE):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    certificate = x509.load_pem_x509_certificate((tmp_path / inner_tls.CERTIFICATE).read_bytes())
    assert certificate.not_valid_after_utc.year == 9999
    kept = server.prepare(tmp_path)
    assert (tmp_path / inner_tls.KEY).read_text() != first
    secrets = [line for line in first.splitlines() if not line.startswith("---")]
    given = json.dumps([server.command(tmp_path, 1, kept), server.environment(tmp_path, kept)])
    assert not any(line in given for line in secrets)


def test_an_older_archive_is_closed_at_its_next_start_and_keeps_its_recordings(weed: Weed, tmp_path: Path) -> None:
    kept = server.prepare(weed.folder)
    older = [flag for flag in server.command(weed.folder, weed.port, kept) if flag != "-disableHttp"]
    signing = {name: key.get_secret_value() for name, key in kept.inner_keys.items()}
    with (tmp_path / "log").open("wb") as log:  # as Kring started it before its inner parts had keys
        weed.process = subprocess.Popen(older, stdout=log, stderr=log, env=os.environ | signing, cwd=weed.folder)
    weed.access_key, weed.secret_key = kept.access_key, kept.secret_key.get_secret_value()
    eventually(lambda: server.seaweed_healthy(weed.endpoint), what="the older server")
    store = weed.store("kring")
    store.put_bytes("recording", b"1" * 5_000_000, media_type=BYTES)
    weed.stop()
    for name in (inner_tls.KEY, inner_tls.CERTIFICATE):
        (weed.folder / name).unlink()
    weed.start()
    assert store.get_bytes("recording").data == b"1" * 5_000_000
    eventually(lambda: all_there(weed.pid), what="all its ports")
    assert not [way for port in inner_ports(weed.pid) for way in ways_into_an_inner_port(port, tmp_path)]
    store.close()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The object store as the containers run it; here it is called localhost, and listens on loopback only."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KRING_"))}
    environment |= {"KRING_DATA_DIR": str(tmp_path / "data"), "KRING_CONFIG": os.devnull}
    environment |= {"AWS_ACCESS_KEY_ID": "ours", "AWS_SECRET_ACCESS_KEY": "our-secret"}
    services = yaml.safe_load((REPOSITORY / "deploy" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    python, *command = [
        {"objects": "localhost", "8333": str(port)}.get(word, word) for word in services["objects"]["command"]
    ]
    assert python == "python"
    command = [sys.executable, *command, LOOPBACK]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=REPOSITORY)
    yield process, port
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_the_service_of_the_containers_is_closed_too(
    service: tuple[subprocess.Popen[bytes], int], tmp_path: Path
) -> None:
    process, port = service
    eventually(lambda: server.seaweed_healthy(f"http://{LOOPBACK}:{port}"), what="the service")
    store = S3Store(
        endpoint=f"http://localhost:{port}", bucket="kring", access_key="ours", secret_key="our-secret", region="x"
    )
    store.ensure_bucket()
    store.put_bytes("secret", b"1" * 300_000, media_type=BYTES)
    assert store.get_bytes("secret").data == b"1" * 300_000
    eventually(lambda: all_there(process.pid), what="all its ports")
    found = list(ways_into_s3(port, "kring", "secret"))
    for _, other in listeners(process.pid) - {(LOOPBACK, port)}:
        found += ways_into_an_inner_port(other, tmp_path)
    assert not found
    store.close()


def test_the_service_says_what_is_missing(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KRING_"))}
    environment |= {"KRING_DATA_DIR": str(tmp_path), "KRING_CONFIG": os.devnull}
    command = [sys.executable, "-m", "storage.seaweed.server", "localhost", "1"]
    ended = subprocess.run(command, env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Set AWS_ACCESS_KEY_ID")
