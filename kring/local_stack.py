"""What the local stack tells its neighbours: the addresses and keys in `<data>/stack.json` (mode 0600)."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import BaseModel, SecretStr

from kring.errors import SetupError
from kring.settings import WEB_PORT, Settings

WORKER_READY = "run/worker.ready"
"""Under the data folder; the worker writes its process id there once it serves."""


class LocalStack(BaseModel):
    """Addresses of the parts a `kring up` on this machine runs; None: that part runs elsewhere."""

    pid: int
    s3_endpoint: str | None = None
    s3_access_key: str | None = None
    s3_secret_key: str | None = None
    prefect_api_url: str | None = None
    prefect_auth_string: str | None = None
    meili_url: str | None = None
    meili_master_key: str | None = None
    web_url: str | None = None


def worker_ready_file(settings: Settings) -> Path:
    """Where a worker says that it serves."""
    return settings.data_dir / WORKER_READY


def write_private(path: Path, text: str) -> None:
    """Replace `path` in one move; only its owner may read it, from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)


def read_stack(settings: Settings) -> LocalStack | None:
    """What the running stack wrote down, or None if none runs on this data folder."""
    try:
        stack = LocalStack.model_validate_json(settings.stack_file.read_text(encoding="utf-8"))
        return stack if _is_alive(stack.pid) else None
    except FileNotFoundError:
        return None
    except ValueError:  # not UTF-8, not JSON, or not ours
        raise SetupError(f"{settings.stack_file} is damaged; stop Kring, delete the file and run `kring up`.") from None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:  # it was killed and could not take its file away
        return False
    except PermissionError:
        return True
    return True


def write_stack(settings: Settings, stack: LocalStack) -> None:
    write_private(settings.stack_file, json.dumps(stack.model_dump(), indent=2))


def known_locally(settings: Settings) -> Settings:
    """Settings with the addresses of the local stack, as far as one runs, filled in if nothing else was said."""
    stack = read_stack(settings)
    missing: dict[str, object] = {}
    if stack is not None:
        if settings.s3_endpoint is None and stack.s3_endpoint is not None:
            missing["s3_endpoint"] = stack.s3_endpoint
            missing["s3_access_key"] = stack.s3_access_key
            missing["s3_secret_key"] = SecretStr(stack.s3_secret_key or "")
        if settings.prefect_api_url is None and stack.prefect_api_url is not None:
            missing["prefect_api_url"] = stack.prefect_api_url
            missing["prefect_auth_string"] = SecretStr(stack.prefect_auth_string or "")
        if settings.meili_url is None and stack.meili_url is not None:
            missing["meili_url"] = stack.meili_url
            missing["meili_master_key"] = SecretStr(stack.meili_master_key or "")
    return settings.model_copy(update=missing)


def connect_locally(settings: Settings) -> Settings:
    """As `known_locally`.

    Raises SetupError if neither the environment nor a local stack says where the object store is.
    """
    connected = known_locally(settings)
    if connected.s3_endpoint is None:
        raise SetupError(
            f"No Kring is running for the data folder {settings.data_dir}. "
            "Start it with `kring up`, or set AWS_ENDPOINT_URL to your object store."
        )
    return connected


def public_address(settings: Settings) -> str:
    """Where people find the web pages, without a trailing slash."""
    if settings.web.public_url:
        return settings.web.public_url.rstrip("/")
    stack = read_stack(settings)
    if stack is not None and stack.web_url:
        return stack.web_url.rstrip("/")
    host = f"[{settings.web.host}]" if ":" in settings.web.host else settings.web.host
    return f"http://{host}:{settings.web.port or WEB_PORT}"
