"""What goes wrong in ffmpeg leaves nothing that looks whole, and costs no more than it may."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from kring.errors import Conflict, DiskFull, NotMedia, SetupError
from kring.settings import MediaLimits
from tests.support.media.files import ffmpeg, make_set
from tests.support.patience import PATIENCE
from transcribe.media import ffmpeg as guarded
from transcribe.media.probe import probe
from transcribe.rendering.render import render
from transcribe.sandbox import confined

LIMITS = MediaLimits(spare_disk_mb=0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_set(tmp_path_factory.mktemp("made"))


def test_a_full_disk_is_said_before_and_while(made: Path, tmp_path: Path) -> None:
    media = probe(made / "sound.wav", LIMITS)
    with pytest.raises(DiskFull, match="GB are free") as raised:
        render(made / "sound.wav", media, tmp_path / "out", MediaLimits(spare_disk_mb=10**9))
    assert raised.value.transient
    assert list((tmp_path / "out").iterdir()) == []
    node = guarded.output([guarded.source("wav", seconds=9).audio], "file:/dev/full", f="flac")
    full = Path("/dev/full")
    finished = guarded.run(guarded.arguments(node), made / "sound.wav", LIMITS, timeout=30, writes=full, written_mb=10)
    with pytest.raises(DiskFull, match="became full"):  # ffmpeg 5 ends with status 0 where only its last write failed
        guarded.check(finished, LIMITS)


def test_nothing_stays_of_a_run_that_was_stopped(made: Path, tmp_path: Path) -> None:
    def lost(_: float) -> None:
        raise Conflict("another worker has it")

    before = psutil.Process().children(recursive=True)
    with pytest.raises(Conflict):
        render(made / "front.mp4", probe(made / "front.mp4", LIMITS), tmp_path / "out", LIMITS, lost)
    assert list((tmp_path / "out").iterdir()) == []
    assert psutil.Process().children(recursive=True) == before


def test_a_title_cannot_pass_for_an_error(made: Path, tmp_path: Path) -> None:
    titled = tmp_path / "x.mp4"
    ffmpeg("-i", made / "front.mp4", "-c", "copy", "-metadata", "title=x\nNo space left on device", titled)
    files = render(titled, probe(titled, LIMITS), tmp_path / "out", LIMITS)
    assert files.playback.exists()


def test_damage_behind_a_good_header_is_found(made: Path, tmp_path: Path) -> None:
    whole = tmp_path / "x.flac"
    ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=10", "-c:a", "flac", whole)
    media = probe(whole, LIMITS)
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) // 3] + b"\0" * (len(data) * 2 // 3))
    with pytest.raises(NotMedia):
        render(whole, media, tmp_path / "out", LIMITS)
    assert list((tmp_path / "out").iterdir()) == []


def test_time_and_size_have_limits(made: Path, tmp_path: Path) -> None:
    node = guarded.output([guarded.source("wav", seconds=9).audio], f"file:{tmp_path / 'x.wav'}", f="wav")
    with pytest.raises(guarded.TooSlow):
        guarded.run(guarded.arguments(node), made / "sound.wav", LIMITS, timeout=0.01)
    finished = guarded.run(
        guarded.arguments(node), made / "sound.wav", LIMITS, timeout=30, writes=tmp_path, written_mb=0
    )
    assert finished.status != 0
    assert not (tmp_path / "x.wav").exists() or (tmp_path / "x.wav").stat().st_size == 0


def test_no_ffmpeg_at_all_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "")
    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", lambda: (_ for _ in ()).throw(RuntimeError))
    with pytest.raises(SetupError, match="apt install ffmpeg"):
        guarded.binary()


def test_the_child_is_limited() -> None:
    program = """
import os, resource as r
limits = (r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_FSIZE, r.RLIMIT_CORE)
print(*(r.getrlimit(what)[0] for what in limits), os.getpriority(os.PRIO_PROCESS, 0))"""
    command = confined.command(
        [sys.executable, "-I", "-S", "-c", program],
        memory_mb=700,
        cpu_seconds=9,
        file_mb=3,
        reads=confined.python_reads(),
    )
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    assert told.stdout.split()[:4] == [str(700 << 20), "9", str(3 << 20), "0"]
    assert int(told.stdout.split()[4]) >= 10


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal")
def test_the_child_dies_with_its_parent() -> None:
    program = """
import subprocess, sys
from transcribe.sandbox import confined
waits = [sys.executable, "-I", "-S", "-c", "import time; print('ready', flush=True); time.sleep(60)"]
command = confined.command(waits, memory_mb=700, cpu_seconds=9, file_mb=3, reads=confined.python_reads())
child = subprocess.Popen(command, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs([child], timeout=PATIENCE)
    assert alive == []
