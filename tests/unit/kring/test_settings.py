"""What stops the start: a misspelt setting, a name that cannot be, an engine, model, file or folder that is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.preflight import check_start
from kring.errors import SetupError
from kring.settings import Settings, load_settings
from tests.support.repository import REPOSITORY


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("KRING_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SetupError) as caught:
        load_settings()
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("KRING_WEB__PROT", "KRING_WEB__PORT"),
        ("KRING_TRANSCRIB__MODEL", "KRING_TRANSCRIBE__MODEL"),
        ("KRING_WEB_PORT", "KRING_WEB__PORT"),
        ("KRING_DATADIR", "KRING_DATA_DIR"),
        ("KRING_CONFG", "KRING_CONFIG"),
        ("kring_bukcet", "KRING_BUCKET"),
        ("KRING_MEILI_URL", "MEILI_URL"),
        ("KRING_AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL"),
        ("KRING_S3_ENDPOINT", "AWS_ENDPOINT_URL"),
        ("KRING_WORKER__LIMITS", "KRING_WORKER__LIMIT"),
    ],
)
def test_a_misspelt_variable(monkeypatch: pytest.MonkeyPatch, given: str, meant: str) -> None:
    sentence = refused(monkeypatch, **{given: "1234567"})
    assert f"did you mean {meant}?" in sentence
    assert "1234567" not in sentence


def test_a_variable_that_is_like_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(monkeypatch, KRING_XYZZY="1") == "There is no setting KRING_XYZZY. See docs/settings.md."


def test_variables_that_are_no_settings_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KRING_TEST_HOLD", "KRINGLE", "MY_KRING_PORT"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("KRING_CONFIG", os.devnull)
    monkeypatch.setenv("KRING_WEB__PORT", "9")
    monkeypatch.setenv("KRING_WORKER", '{"limit": 3}')
    settings = load_settings()
    assert (settings.web.port, settings.worker.limit) == (9, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[web]\nprot = 1", "There is no setting web.prot; did you mean web.port?"),
        ("[wbe]\nport = 1", "There is no setting wbe; did you mean web?"),
        ("port = 1", "There is no setting port; did you mean web.port?"),
        ("buket = 'x'", "There is no setting buket; did you mean bucket?"),
        ("bucket = 1", "The setting bucket is wrong"),
        ("[search]\nengine = 'tantivi'", "The setting search.engine is wrong"),
        ("[[sources]]\nkind = 'folder'\nname = 'a'\npth = '/'", "did you mean path?"),
        ("[[sources]]\nkind = 'ftp'\nname = 'a'", "The setting sources.0 is wrong"),
        ("bucket = ", "kring.toml cannot be read"),
    ],
)
def test_kring_toml(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str) -> None:
    (folder / "kring.toml").write_text(text)
    assert said in refused(monkeypatch)


@pytest.mark.parametrize("value", ["gone.toml", "/nowhere/kring.toml"])
def test_a_file_with_settings_that_is_not_there(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert "KRING_CONFIG names" in refused(monkeypatch, KRING_CONFIG=value)


def test_a_folder_is_no_file_with_settings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "is a folder" in refused(monkeypatch, KRING_CONFIG=str(folder))


def test_json_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "KRING_WEB is not the JSON" in refused(monkeypatch, KRING_WEB="port: 1")


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "Kring",
        "kring_archive",
        "-kring",
        "kring-",
        "kr..ing",
        "192.168.1.1",
        "kring/x",
        "øre",
        "xn--kring",
        "kring-s3alias",
        "",
    ],
)
def test_a_bucket_that_s3_does_not_allow(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    sentence = refused(monkeypatch, KRING_BUCKET=name)
    assert "The setting bucket is no name that S3 allows" in sentence


@pytest.mark.parametrize("name", ["abc", "a" * 63, "kring-archive", "kring.example.org", "1a1"])
def test_buckets_that_s3_allows(name: str) -> None:
    assert Settings(bucket=name).bucket == name


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.4", "kring.example.org"])
def test_open_to_others_only_under_a_name(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert "web.public_url must say" in refused(monkeypatch, KRING_WEB__HOST=host)
    monkeypatch.setenv("KRING_WEB__PUBLIC_URL", "https://kring.example.org")
    assert load_settings().web.host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "localhost"])
def test_to_this_machine_without(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("KRING_WEB__HOST", host)
    assert load_settings().web.host == host


@pytest.mark.parametrize("url", ["kring.example.org", "ftp://kring.example.org", "https://"])
def test_a_public_address_that_is_none(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert "web.public_url is no address" in refused(monkeypatch, KRING_WEB__PUBLIC_URL=url)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"transcribe": {"engine": "fast-whisper"}}, "There is no engine “fast-whisper”"),
        ({"transcribe": {"model": "bsae"}}, "did you mean “base”"),
        ({"transcribe": {"model": "/nowhere/model"}}, "There is no file or folder"),
        ({"sources": [{"kind": "folder", "name": "a", "path": "/nowhere"}]}, "does not exist"),
        ({"sources": [{"kind": "folder", "name": "a", "path": __file__}]}, "is not a folder"),
        ({"sources": [{"kind": "folder", "name": "a", "path": "/"}] * 2}, "taken by another source"),
    ],
)
def test_what_is_looked_at_before_the_start(settings: dict[str, object], said: str) -> None:
    with pytest.raises(SetupError, match=said):
        check_start(load_settings(**settings))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "variables"),
    [
        (["cli.main", "up"], {"KRING_TRANSCRIBE__ENGINE": "whisperer"}),
        (["cli.main", "up"], {"KRING_SOURCES": '[{"kind": "folder", "name": "a", "path": "/nowhere"}]'}),
        (["cli.main", "demo"], {"KRING_TRANSCRIBE__MODEL": "huge"}),
        (["cli.main", "status"], {"KRING_WEB__PROT": "1"}),
        (["cli.main", "check"], {"KRING_BUCKET": "Kring"}),
        (["search_ui"], {"KRING_CONFIG": "gone.toml"}),
        (["search_ui"], {"KRING_WEB__HOST": "0.0.0.0"}),
        (["flows.worker"], {"KRING_TRANSCRIBE__MODEL": "huge", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}),
        (["flows.worker"], {"KRING_WRKER__LIMIT": "1"}),
    ],
)
def test_each_program_stops_with_one_sentence(folder: Path, command: list[str], variables: dict[str, str]) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("KRING_", "AWS_", "MEILI_"))}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        env={**clean, "PYTHONPATH": str(REPOSITORY), "KRING_DATA_DIR": str(folder / "data"), **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.rstrip().endswith((".", "?")), done.stderr
    assert not (folder / "data").exists()


BROKEN = [
    "https://[",
    "https://x:99999",
    "https://x:0",
    "https://x:port",
    "https://",
    "ftp://x",
    "x.example",
    "http://x y",
]


@pytest.mark.parametrize("url", BROKEN)
@pytest.mark.parametrize(
    ("variable", "named"),
    [
        ("KRING_WEB__PUBLIC_URL", "setting web.public_url"),
        ("KRING_WEB__UPLOADS_TO", "setting web.uploads_to"),
        ("AWS_ENDPOINT_URL", "variable AWS_ENDPOINT_URL"),
        ("PREFECT_API_URL", "variable PREFECT_API_URL"),
        ("MEILI_URL", "variable MEILI_URL"),
    ],
)
def test_an_address_that_is_none(monkeypatch: pytest.MonkeyPatch, variable: str, named: str, url: str) -> None:
    sentence = refused(monkeypatch, **{variable: url})
    assert sentence.startswith(f"The {named} is no address such as https://")
    assert url not in sentence.removesuffix("https://host.example.org.") or url in ("https://", "x.example")


@pytest.mark.parametrize("proxies", ['["*"]', '["proxy"]', '["10.0.0.1/8"]', '["10.0.0.7", ""]', '["10.0.0.0/99"]'])
def test_proxies_are_addresses_and_networks(monkeypatch: pytest.MonkeyPatch, proxies: str) -> None:
    assert refused(monkeypatch, KRING_WEB__PROXIES=proxies).startswith(
        "The setting web.proxies may only have addresses"
    )


def test_addresses_and_proxies_that_are_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRING_WEB__PROXIES", '["10.0.0.7", "10.0.0.0/8", "::1", "fd00::/8"]')
    for name in ("KRING_WEB__UPLOADS_TO", "AWS_ENDPOINT_URL", "PREFECT_API_URL", "MEILI_URL"):
        monkeypatch.setenv(name, "http://user:secret@[::1]:8333/api")
    settings = load_settings()
    assert settings.s3_endpoint == settings.web.uploads_to == "http://user:secret@[::1]:8333/api"
    assert len(settings.web.proxies) == 4


def test_an_empty_variable_of_somebody_elses_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign = {str(field.validation_alias) for field in Settings.model_fields.values() if field.validation_alias}
    assert len(foreign) == 10
    for name in foreign:
        monkeypatch.delenv(name, raising=False)
    unset = load_settings()
    for name in foreign:
        monkeypatch.setenv(name, "")
    assert load_settings() == unset
    assert unset.s3_region == "us-east-1"
