"""The environment of the parts: the same settings the stack has, under the names all of them read.

`prefect_environment` is also for every program of ours that imports Prefect: it must be in `os.environ`
before that import, because Prefect reads its settings while it is imported.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from kring.settings import Settings

LINK_SETTING = "KRING_WEB__LINK_SECRET"
"""Only the web pages are told."""
DATABASE_SETTING = "PREFECT_SERVER_DATABASE_CONNECTION_URL"
"""Only the Prefect server is told: it may hold a password."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def prefect_home(settings: Settings) -> str:
    """Prefect's database, profiles and storage; never the user's own `~/.prefect`."""
    return str(settings.data_dir / "prefect")


def prefect_environment(settings: Settings, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What Prefect 3 must find in the environment, for its server and its clients alike.

    With it the addresses of this machine are taken out of the reach of any proxy that `inherited` names.
    """
    home = prefect_home(settings)
    beyond = inherited.get("NO_PROXY") or inherited.get("no_proxy") or ""
    direct = ",".join(dict.fromkeys([*filter(None, beyond.split(",")), *LOOPBACK]))
    environment = {
        "NO_PROXY": direct,
        "no_proxy": direct,
        "PREFECT_HOME": home,
        "PREFECT_PROFILES_PATH": f"{home}/profiles.toml",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",  # the server's heartbeat to its makers
        "DO_NOT_TRACK": "1",  # the client's own, switched off apart
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        # With no server in reach, say so; do not quietly start one inside this process.
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "INFO",
        # What our own modules say during a run belongs to that run's log.
        "PREFECT_LOGGING_EXTRA_LOGGERS": "flows,services,storage,transcribe,index",
        "PREFECT_LOGGING_COLORS": "false",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        # What its server answers while its database is away for a moment; 502 and 503 are tried again anyhow.
        "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_CLI_COLORS": "false",
    }
    if settings.prefect_api_url is not None:
        environment["PREFECT_API_URL"] = settings.prefect_api_url
    if settings.prefect_auth_string is not None:
        environment["PREFECT_API_AUTH_STRING"] = settings.prefect_auth_string.get_secret_value()
    return environment


def server_environment() -> dict[str, str]:
    """More for the Prefect server that we run ourselves."""
    return {
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        # On SQLite, writers wait for each other instead of failing with "database is locked" (seconds; default 10).
        "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
        # The foreman watches workers of work pools; the local stack has none.
        "PREFECT_SERVER_SERVICES_FOREMAN_ENABLED": "false",
        # It calls runs that wait for a place "Late", every 5 s: no news, and SQLite often has to refuse it.
        "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
        # Runs older than a month go (seconds; default: never).
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "2592000",
    }


def environment_for_others(inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """A child's environment that is no program of ours: none of our settings and secrets, nor of those we work with."""
    prefixes = ("KRING_", "AWS_", "PREFECT_", "MEILI_")
    return {name: value for name, value in inherited.items() if not name.startswith(prefixes)}


def link_environment(settings: Settings) -> dict[str, str]:
    """More for the web pages: the secret of the operator's link, if it is a setting."""
    secret = settings.web.link_secret
    return {} if secret is None else {LINK_SETTING: secret.get_secret_value()}


def environment_of(settings: Settings, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """A child's environment, in which `load_settings()` gives `settings`, wherever it runs, all but what only one part
    is told: the secret of the operator's link, and the address of Prefect's database."""
    environment = {
        name: value for name, value in inherited.items() if not name.startswith("KRING_") and name != "PREFECT_PROFILE"
    }
    # The file is left out: all that it says is in the settings already.
    environment["KRING_CONFIG"] = os.devnull
    # A child must not import what happens to lie in the folder it is started from: our names are generic.
    environment["PYTHONSAFEPATH"] = "1"
    values = settings.model_dump(mode="json", exclude={"web": {"link_secret"}})
    for field, info in Settings.model_fields.items():
        name = str(info.validation_alias or f"KRING_{field.upper()}")
        value: Any = values[field]
        if isinstance(secret := getattr(settings, field), SecretStr):
            value = secret.get_secret_value()
        if value is None or name == DATABASE_SETTING:
            environment.pop(name, None)
        else:
            environment[name] = value if isinstance(value, str) else json.dumps(value)
    return environment | prefect_environment(settings, inherited)
