"""Children of the stack see the settings the stack has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from kring.settings import FeedSource, FolderSource, Settings, WebSettings, WorkerSettings, load_settings
from services.prefect_env import environment_for_others, environment_of, prefect_environment, server_environment

HOSTILE = {
    "KRING_WEB__PORT": "1",
    "KRING_BUCKET": "another",
    "KRING_CONFIG": "kring.toml",
    "AWS_ENDPOINT_URL": "http://elsewhere",
    "MEILI_URL": "http://elsewhere",
    "PREFECT_PROFILE": "mine",
    "PREFECT_HOME": "/home/somebody/.prefect",
    "PATH": "/usr/bin",
}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in HOSTILE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KRING_CONFIG", os.devnull)
    return load_settings(data_dir=tmp_path / "data").model_copy(
        update={
            "bucket": "123",
            "web": WebSettings(host="::1", port=9999, public_url="https://kring.example"),
            "worker": WorkerSettings(limit=7),
            "sources": (
                FolderSource(name="Mappe æøå", path=tmp_path / "in"),
                FeedSource(name="Feed", url="https://example.org/rss", circle="personvern"),
            ),
            "s3_endpoint": "http://127.0.0.1:8333",
            "s3_access_key": "key",
            "s3_secret_key": SecretStr("se:cr{et"),
            "prefect_api_url": "http://127.0.0.1:4200/api",
            "prefect_auth_string": SecretStr("kring:se:cr{et"),
        }
    )


def test_load_settings_in_a_child_gives_the_same_settings(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kring.toml").write_text("bucket = 'from-the-file'\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    environment = environment_of(settings, HOSTILE)
    for name in HOSTILE:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings
    assert environment["PATH"] == os.environ["PATH"] == "/usr/bin"


def test_prefect_keeps_to_the_data_folder_and_calls_nobody(settings: Settings) -> None:
    environment = environment_of(settings, HOSTILE)
    home = str(settings.data_dir / "prefect")
    assert environment["PREFECT_HOME"] == home
    assert environment["PREFECT_PROFILES_PATH"].startswith(home)
    assert "PREFECT_PROFILE" not in environment
    assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environment["DO_NOT_TRACK"] == "1"
    assert environment["PREFECT_API_URL"] == "http://127.0.0.1:4200/api"


def test_prefect_itself_reads_these_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import Settings as PrefectSettings

    for name, value in (prefect_environment(settings) | server_environment()).items():
        monkeypatch.setenv(name, value)
    read = PrefectSettings()
    assert read.home == settings.data_dir / "prefect"
    assert read.profiles_path == settings.data_dir / "prefect" / "profiles.toml"
    assert read.api.url == settings.prefect_api_url
    assert read.api.auth_string == settings.prefect_auth_string
    assert read.server.analytics_enabled is False
    assert read.server.ui.show_promotional_content is False
    assert read.server.database.timeout == 60
    assert read.server.services.foreman.enabled is False
    assert read.server.services.scheduler.enabled is True
    assert read.server.ephemeral.enabled is False
    assert read.logging.to_api.when_missing_flow == "ignore"


def test_no_proxy_stands_between_the_parts(settings: Settings) -> None:
    environment = prefect_environment(
        settings, {"no_proxy": "intranet.example,localhost", "HTTP_PROXY": "http://proxy"}
    )
    assert environment["NO_PROXY"] == environment["no_proxy"] == "intranet.example,localhost,127.0.0.1,::1"


def test_programs_of_others_get_no_secret_of_ours(settings: Settings) -> None:
    environment = environment_for_others(environment_of(settings, HOSTILE))
    assert environment["PATH"] == "/usr/bin"
    assert "se:cr{et" not in str(environment)
    assert not [name for name in environment if name.startswith(("KRING_", "AWS_", "PREFECT_", "MEILI_"))]
