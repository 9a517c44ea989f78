"""Logs of the parts: date and time on every line, a limit to their size, no secrets, and never in a part's way."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cli.stack import guardian
from cli.stack.log_file import LogFile, secrets_of
from tests.support.patience import PATIENCE

DATED = re.compile(r"(\x1b\[\d+m)*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
PRINTED = [
    "I1127 12:10:11.123456 filer.go:12] as SeaweedFS prints it",
    "12:10:11.123 | INFO    | Flow run 'brave' - as Prefect prints it",
    "INFO:     Started server process [12]",
    "Traceback (most recent call last):",
    '  File "x.py", line 1, in <module>',
    "2026-11-27T12:10:11.123456Z ERROR meilisearch: as Meilisearch prints it",
    "2026-11-27 12:10:11.123 UTC [12] LOG:  as PostgreSQL prints it",
    "blåbærsyltetøy",
]


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_every_line_has_date_and_time_once(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "a.log", {})
    data = "\n".join([*PRINTED, "", "and the last without an end"]).encode()
    for at in range(0, len(data), 7):  # pieces end anywhere
        log.take(data[at : at + 7])
    log.close()
    found = lines(tmp_path / "a.log")
    assert len(found) == len(PRINTED) + 1
    assert all(DATED.match(line) for line in found)
    assert [line for line in found if len(re.findall(r"\d{4}-\d\d-\d\d", line)) > 1] == []
    for printed, line in zip([*PRINTED, "and the last without an end"], found, strict=True):
        assert line.endswith(printed)


def test_it_is_set_aside_while_the_part_runs(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    log = LogFile(path, {}, limit=2000, kept=3)
    for number in range(400):
        log.take(f"line {number}\n".encode())
    log.close()
    there = sorted(path.name for path in tmp_path.iterdir())
    assert there == ["a.log", "a.log.1", "a.log.2", "a.log.3"]
    assert all((tmp_path / name).stat().st_size <= 2000 for name in there)
    kept = [line for name in ("a.log.3", "a.log.2", "a.log.1", "a.log") for line in lines(tmp_path / name)]
    numbers = [int(line.rpartition(" ")[2]) for line in kept]
    assert numbers == list(range(numbers[0], 400))
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_secrets_of_the_environment_are_left_out(tmp_path: Path) -> None:
    environment = {
        "AWS_SECRET_ACCESS_KEY": "very-secret-key",
        "MEILI_MASTER_KEY": "master-of-all",
        "PREFECT_SERVER_API_AUTH_STRING": "kring:hush-hush",
        "HF_TOKEN": "hf_abcdefgh",
        "HOME": "/home/somebody",
        "EMPTY_SECRET": "",
    }
    log = LogFile(tmp_path / "a.log", environment)
    log.take(f"{' '.join(environment.values())}\nhttp://x:very-secret-key@host\n".encode())
    log.close()
    text = (tmp_path / "a.log").read_text()
    assert [secret for secret in secrets_of(environment) if secret in text] == []
    assert "/home/somebody" in text


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("PREFECT_SERVER_DATABASE_CONNECTION_URL", "postgresql+asyncpg://kring:{}@db.example:5432/prefect"),
        ("MEILI_URL", "https://somebody:{}@search.example"),
        ("HTTPS_PROXY", "http://:{}@proxy.example:3128/"),
        ("ANYTHING", "--at redis://x:{}@host --more"),
    ],
)
@pytest.mark.parametrize(
    ("written", "meant"), [("hush-hush", "hush-hush"), ("p%40ss%2Fword", "p@ss/word"), ("a@b:c", "a@b:c")]
)
def test_passwords_in_addresses_are_left_out(tmp_path: Path, name: str, address: str, written: str, meant: str) -> None:
    log = LogFile(tmp_path / "a.log", {name: address.format(written), "HOME": "/home/somebody"})
    log.take(f"cannot reach {address.format(written)}: password {meant} of /home/somebody is wrong\n".encode())
    log.close()
    text = (tmp_path / "a.log").read_text()
    assert written not in text
    assert meant not in text
    assert address.format("***") in text
    assert "/home/somebody" in text


def test_a_line_without_end_is_cut(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "a.log", {})
    log.take(b"x" * 200_000)
    assert (tmp_path / "a.log").stat().st_size > 100_000
    log.close()
    assert sum(line.count("x") for line in lines(tmp_path / "a.log")) == 200_000


def guarded(tmp_path: Path, log: Path, script: str) -> int:
    """The exit status of a part that runs this."""
    command = [sys.executable, "-I", "-S", guardian.__file__, "5", "15", "-", str(tmp_path / "pid"), str(log)]
    process = subprocess.Popen([*command, "bash", "-c", script], stdin=subprocess.PIPE)
    try:
        return process.wait(PATIENCE)
    finally:
        process.kill()
        assert process.stdin is not None
        process.stdin.close()


MUCH = "for i in $(seq 20000); do echo out $i; echo err $i >&2; done"


@pytest.mark.parametrize("script", [f"{MUCH}; exit 7", f"({MUCH}) & wait $!; exit 7"])
def test_all_that_a_part_prints_is_there_when_it_has_ended(tmp_path: Path, script: str) -> None:
    assert guarded(tmp_path, tmp_path / "part.log", script) == 7
    found = lines(tmp_path / "part.log")
    assert len(found) == 40_000
    assert all(DATED.match(line) for line in found)


def test_a_log_that_cannot_be_written_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / "part.log").mkdir()
    assert guarded(tmp_path, tmp_path / "part.log", f"{MUCH}; exit 7") == 7
