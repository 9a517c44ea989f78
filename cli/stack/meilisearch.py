"""Meilisearch as a part of the local stack: how it is started, and the master key that only this machine knows."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from kring.errors import SetupError
from kring.local_stack import write_private


def program() -> str | None:
    """The program on the PATH; None if it is not installed."""
    return shutil.which("meilisearch")


def not_installed() -> SetupError:
    return SetupError(
        "search.engine is meilisearch, but there is no program `meilisearch` on the PATH. Install it, "
        "or set MEILI_URL to where one runs."
    )


def prepare(data_dir: Path) -> SecretStr:
    """Its folder, and the master key of the last start or a new one (in `meilisearch.json`, mode 0600)."""
    (data_dir / "meilisearch").mkdir(parents=True, exist_ok=True, mode=0o700)
    key_file = data_dir / "meilisearch.json"
    try:
        key = json.loads(key_file.read_text(encoding="utf-8"))["master_key"]
    except FileNotFoundError:
        key = secrets.token_urlsafe(32)
        write_private(key_file, json.dumps({"master_key": key}))
    except (ValueError, KeyError, TypeError):
        raise SetupError(f"{key_file} is damaged. Stop Kring, move that file away and start again.") from None
    return SecretStr(str(key))


def command(program: str, data_dir: Path, port: int) -> list[str]:
    """The command line that serves the folder on `port`; run it with `environment`. It holds no secret."""
    folder = data_dir / "meilisearch"
    return [
        program,
        "--env=production",
        f"--http-addr=127.0.0.1:{port}",
        f"--db-path={folder / 'data.ms'}",
        f"--dump-dir={folder / 'dumps'}",
        f"--snapshot-dir={folder / 'snapshots'}",
        "--log-level=WARN",
        "--no-analytics",
    ]


def environment(inherited: Mapping[str, str], master_key: SecretStr) -> dict[str, str]:
    """Its environment; secret, so never log it. Settings of another Meilisearch are taken out."""
    plain = {name: value for name, value in inherited.items() if not name.startswith("MEILI_")}
    # Its data are a view that any newer version may bring up to its own format.
    return plain | {"MEILI_MASTER_KEY": master_key.get_secret_value(), "MEILI_UPGRADE_DB": "true"}
