"""The data folder, its lock, its logs."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cli.stack import data_folder as folder
from cli.stack.data_folder import Lock, last_lines, prepare
from kring.errors import Conflict, DiskFull, SetupError
from kring.local_stack import LocalStack, read_stack, write_stack
from kring.settings import Settings


def test_the_folder_is_made_private(tmp_path: Path) -> None:
    prepare(tmp_path / "new" / "data")
    assert stat.S_IMODE((tmp_path / "new" / "data").stat().st_mode) == 0o700
    prepare(tmp_path / "new" / "data")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"a file where the folder should be")
    with pytest.raises(SetupError, match="cannot write to its data folder"):
        prepare(tmp_path / "data")


def test_a_full_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "LEAST_FREE_MB", 10**9)
    with pytest.raises(DiskFull, match=r"Only \d+ MB are free"):
        prepare(tmp_path)


def test_one_stack_per_folder(tmp_path: Path) -> None:
    prepare(tmp_path)
    lock = Lock(tmp_path)
    with pytest.raises(Conflict, match=f"already runs .*process {os.getpid()}"):
        Lock(tmp_path)
    lock.release()
    Lock(tmp_path).release()


def test_the_lock_is_waited_for_while_parts_of_a_killed_stack_end(tmp_path: Path) -> None:
    prepare(tmp_path)
    lock = Lock(tmp_path)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    os.pwrite(lock.descriptor, f"{ended.pid}\n".encode(), 0)
    guardian = subprocess.Popen(["sleep", "0.5"], pass_fds=[lock.descriptor])
    lock.release()
    Lock(tmp_path, patience=10).release()
    assert guardian.wait() == 0


def test_the_address_file_of_a_dead_stack_counts_as_none(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    write_stack(settings, LocalStack(pid=ended.pid, s3_endpoint="http://127.0.0.1:1"))
    assert read_stack(settings) is None
    write_stack(settings, LocalStack(pid=os.getpid()))
    assert read_stack(settings) == LocalStack(pid=os.getpid())


def test_last_lines_are_of_this_start_only(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(b"earlier\n" + b"x\xff\n" + b"y\n")
    assert last_lines(log, since=8) == ["x\ufffd", "y"]
    assert last_lines(log, count=1) == ["y"]
    assert last_lines(log, since=500) == ["earlier", "x\ufffd", "y"]  # set aside since
    assert last_lines(tmp_path / "none.log") == []
