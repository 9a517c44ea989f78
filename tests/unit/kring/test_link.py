"""The secret of the operator's link: where it is, who is told, and that nothing else holds it."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from cli.commands.people import run_link
from cli.stack.services import web_part, worker_part
from kring.errors import SetupError
from kring.link import ensure_secret, is_key, is_secret, key_of, link, renew_secret, secret_of
from kring.settings import Settings, WebSettings, load_settings
from services.prefect_env import environment_of, link_environment
from tests.support.patience import PATIENCE

GIVEN = "Zm9vYmFyYmF6-_0123456789"


def settings_in(folder: Path, **web: object) -> Settings:
    return Settings(data_dir=folder, web=WebSettings.model_validate(web))


def test_it_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "data")
    assert secret_of(settings) is None
    secret = ensure_secret(settings)
    assert ensure_secret(settings) == secret_of(settings) == secret
    assert ensure_secret(settings_in(tmp_path / "other")) != secret
    assert stat.S_IMODE(settings.link_file.stat().st_mode) == 0o600
    assert list((tmp_path / "data").iterdir()) == [settings.link_file]


def test_all_who_make_it_at_once_get_the_same(tmp_path: Path) -> None:
    start = Barrier(8)

    def make(_: int) -> str:
        start.wait(PATIENCE)
        return ensure_secret(settings_in(tmp_path))

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(make, range(8)))) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_another_one_ends_the_one_before(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    before = ensure_secret(settings)
    renew_secret(settings)
    now = ensure_secret(settings)
    assert not is_secret(settings, before)
    assert not is_key(settings, key_of(before))
    assert is_secret(settings, now)
    assert is_key(settings, key_of(now))


@pytest.mark.parametrize("given", ["", "x", "ø", "\ufffd" * 43])
def test_nothing_else_is_taken_for_it(tmp_path: Path, given: str) -> None:
    settings = settings_in(tmp_path)
    assert not is_secret(settings, given)
    assert not is_key(settings, given)
    secret = ensure_secret(settings)
    assert not is_secret(settings, given)
    assert not is_key(settings, given)
    assert not is_key(settings, secret)
    assert not is_secret(settings, key_of(secret))


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 40, b"with a space in it, and long enough"])
def test_a_damaged_file_lets_nobody_in(tmp_path: Path, content: bytes) -> None:
    settings = settings_in(tmp_path)
    settings.link_file.write_bytes(content)
    assert secret_of(settings) is None
    assert not is_secret(settings, content.decode("latin-1").strip())
    with pytest.raises(SetupError, match="kring link --new"):
        ensure_secret(settings)
    renew_secret(settings)
    assert ensure_secret(settings)


def test_as_a_setting_it_is_not_in_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRING_CONFIG", os.devnull)
    monkeypatch.setenv("KRING_WEB__LINK_SECRET", GIVEN)
    settings = load_settings(data_dir=tmp_path)
    assert link(settings) == f"http://127.0.0.1:8420/sign-in#{GIVEN}"
    assert GIVEN not in repr(settings)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SetupError, match="KRING_WEB__LINK_SECRET"):
        renew_secret(settings)
    monkeypatch.setenv("KRING_WEB__LINK_SECRET", "")  # as compose hands on what is not set
    assert load_settings(data_dir=tmp_path).web.link_secret is None
    monkeypatch.setenv("KRING_WEB__LINK_SECRET", "a b")
    with pytest.raises(SetupError, match="16 to 200 letters") as raised:
        load_settings(data_dir=tmp_path)
    assert "a b" not in str(raised.value)


def test_of_the_parts_only_the_pages_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_in(tmp_path, link_secret=GIVEN, public_url="https://kring.example.org")
    for part in (web_part(settings), worker_part(settings)):
        told = GIVEN in str(part.environment)
        assert told == (part.name == "web")
        assert "**" not in str(part.environment)
    for name in list(os.environ):
        if name.startswith("KRING_"):
            monkeypatch.delenv(name)
    for name, value in (environment_of(settings) | link_environment(settings)).items():
        monkeypatch.setenv(name, value)
    assert load_settings().web == settings.web


def test_local_is_the_former_name(tmp_path: Path) -> None:
    assert settings_in(tmp_path, facilitators="local").web == settings_in(tmp_path).web
    assert WebSettings().facilitators == "link"


def test_the_command_shows_it_and_makes_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KRING_CONFIG", os.devnull)
    monkeypatch.setenv("KRING_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("KRING_WEB__PUBLIC_URL", "https://kring.example.org/")
    shown = []
    for new in (False, False, True):
        assert run_link(new=new) == 0
        shown.append(capsys.readouterr().out.strip())
    assert shown[0] == shown[1] != shown[2]
    assert all(one.startswith("https://kring.example.org/sign-in#") for one in shown)
    for who in ("all", "nobody"):
        monkeypatch.setenv("KRING_WEB__FACILITATORS", who)
        with pytest.raises(SetupError, match=f"“{who}”"):
            run_link(new=False)
