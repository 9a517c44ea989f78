"""`kill -9` anywhere: afterwards there is one original, one transcript, and what an undisturbed run would have made."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kring.corrections.changes import Correction, LineChange
from kring.local_stack import worker_ready_file
from kring.model import ADDRESS, Manifest, SourceRef, State, Step, now
from kring.settings import FetchSettings, Settings
from services.intake import describe
from storage.keys import correction_key, manifest_key
from storage.verify.verify import verify
from tests.support.http.web_server import serve
from tests.support.repository import REPOSITORY
from tests.support.stack.running import Kring, eventually, running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SPEECH = REPOSITORY / "samples" / "privacy-shared-services.m4a"
SECONDS = "12"

FFMPEG = shutil.which("ffmpeg") or "ffmpeg"


@pytest.fixture(scope="module")
def hold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hold")


@pytest.fixture(scope="module")
def kring(tmp_path_factory: pytest.TempPathFactory, hold: Path) -> Iterator[Kring]:
    os.environ["KRING_TEST_HOLD"] = str(hold)
    settings = Settings(data_dir=tmp_path_factory.mktemp("crash") / "data", fetch=FetchSettings(allow_private=True))
    worker = [
        "env",
        f"KRING_TEST_HOLD={hold}",
        f"PYTHONPATH={REPOSITORY}",
        sys.executable,
        "-m",
        "tests.support.stack.held_worker",
    ]
    with running(settings, commands={"worker": worker}) as kring:
        yield kring


@contextmanager
def held(hold: Path, step: Step) -> Iterator[Callable[[], bool]]:
    """While the block runs, runs stop in the middle of `step`; yields whether one is there."""
    reached = hold / f"{step.value}.reached"
    reached.unlink(missing_ok=True)
    (hold / step.value).touch()
    try:
        yield reached.exists
    finally:
        (hold / step.value).unlink()


def same_sound(folder: Path, name: str) -> Path:
    """The same speech in a file with other bytes: another recording with, word for word, the same transcript."""
    path = folder / f"{name}.m4a"
    copy = ["-t", SECONDS, "-c", "copy", "-metadata", f"title={name}"]
    subprocess.run([FFMPEG, "-v", "error", "-i", str(SPEECH), *copy, str(path)], check=True)
    return path


def add(kring: Kring, path: Path, *more: str, circle: str = "privacy") -> Manifest:
    title = path.stem
    done = kring.run("add", str(path), "--circle", circle, "--title", title, "--language", "en", *more)
    assert done.returncode == 0, done.stdout + done.stderr
    return kring.recording(title)


def passages(kring: Kring, recording_id: str) -> list[tuple[float, float, str]]:
    from index.passages.build import passages_of

    manifest = kring.ports.archive.manifest(recording_id)
    assert manifest.transcript is not None
    circle = kring.ports.archive.circle("privacy")
    made = passages_of(manifest, circle, kring.ports.archive.transcript(manifest.transcript.key))
    return [(passage.start, passage.end, passage.text) for passage in made]


def is_searchable(kring: Kring, manifest: Manifest) -> bool:
    current = kring.ports.archive.manifest(manifest.id)
    return (
        current.state is State.PUBLISHED
        and current.problem is None
        and kring.ports.index.versions().get(manifest.id) == current.version
    )


@pytest.fixture(scope="module")
def undisturbed(kring: Kring, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[float, float, str]]:
    manifest = add(kring, same_sound(tmp_path_factory.mktemp("calm"), "undisturbed"))
    found = passages(kring, manifest.id)
    assert len(found[0][2].split()) > 10
    return found


@pytest.mark.parametrize("step", [Step.PROBE, Step.RENDER, Step.TRANSCRIBE, Step.PUBLISH, Step.INDEX])
def test_a_worker_killed_in_a_step(
    kring: Kring, hold: Path, tmp_path: Path, undisturbed: list[tuple[float, float, str]], step: Step
) -> None:
    (hold / "transcriptions").write_text("")
    with held(hold, step) as reached:
        manifest = add(kring, same_sound(tmp_path, f"killed in {step}"), "--no-wait")
        eventually(reached, what=f"the run to be in {step}")
        worker = kill_worker(kring, manifest.id)
    eventually(lambda: restarted(kring, worker), what="the worker to be started again")
    done = kring.run("reconcile")
    assert done.returncode == 0, done.stderr
    eventually(lambda: is_searchable(kring, manifest), what="the recording to be searchable")

    sha256 = manifest.original.sha256
    store = kring.ports.archive.store
    assert len(list(store.list(f"transcripts/{sha256}/"))) == 1
    assert [info.size for info in store.list(manifest.original.key)] == [manifest.original.size]
    assert passages(kring, manifest.id) == undisturbed
    times = 2 if step is Step.TRANSCRIBE else 1  # held before the transcript was stored, it had to be made again
    assert (hold / "transcriptions").read_text() == "x" * times
    assert verify(kring.ports.archive).missing == ()


def test_a_worker_killed_while_it_receives(
    kring: Kring, hold: Path, tmp_path: Path, undisturbed: list[tuple[float, float, str]]
) -> None:
    path = same_sound(tmp_path, "killed in receive")
    with serve() as site:
        site.files["/talk.m4a"] = path.read_bytes()
        url = f"{site.address}/talk.m4a"
        with held(hold, Step.RECEIVE) as reached:
            done = kring.run("add", url, "--circle", "privacy", "--title", path.stem, "--language", "en", "--no-wait")
            assert done.returncode == 0, done.stderr
            eventually(reached, what="the run to be storing the original")
            recording_id = SourceRef(source=ADDRESS, external_id=url).recording_id
            worker = kill_worker(kring, recording_id)
        eventually(lambda: restarted(kring, worker), what="the worker to be started again")
        done = kring.run("reconcile")
        assert done.returncode == 0, done.stderr
        key = manifest_key(recording_id)
        eventually(lambda: kring.ports.archive.store.exists(key), what="the recording to be received")
        manifest = kring.ports.archive.manifest(recording_id)
        eventually(lambda: is_searchable(kring, manifest), what="the recording to be searchable")
    assert passages(kring, recording_id) == undisturbed
    assert manifest.original.sha256 == describe(path).sha256


def test_a_worker_killed_while_it_transcribes_again(kring: Kring, hold: Path, tmp_path: Path) -> None:
    assert kring.run("circle", "add", "again", "--name", "Again", "--network", "n").returncode == 0
    first = add(kring, same_sound(tmp_path, "killed in another transcription"), circle="again")
    assert first.transcript is not None
    store = kring.ports.archive.store
    old = store.get_bytes(first.transcript.key).data
    said = LineChange(start=0, end=2, before="", text="Somebody wrote this.")
    kring.ports.archive.correct(
        first.id, lambda _: Correction(recording_id=first.id, number=1, by="somebody", at=now(), change=said)
    )
    correction = store.get_bytes(correction_key(first.id, 1)).data
    assert kring.run("circle", "change", "again", "--add-term", "privacy impact assessment").returncode == 0
    with held(hold, Step.TRANSCRIBE) as reached:
        asked = kring.run("retranscribe", "--circle", "again", "--no-wait")
        assert asked.returncode == 0, asked.stdout + asked.stderr
        eventually(reached, what="the run to be transcribing again")
        worker = kill_worker(kring, first.id)
    eventually(lambda: restarted(kring, worker), what="the worker to be started again")
    meanwhile = kring.ports.archive.manifest(first.id)
    assert (meanwhile.again, meanwhile.state, meanwhile.transcript) == (True, State.PUBLISHED, first.transcript)
    assert kring.run("reconcile").returncode == 0
    eventually(lambda: not kring.ports.archive.manifest(first.id).again, what="the new transcript")
    eventually(lambda: is_searchable(kring, first), what="the recording to be searchable")
    after = kring.ports.archive.manifest(first.id)
    assert after.transcript is not None
    assert after.transcript.fingerprint != first.transcript.fingerprint
    assert after.former == first.transcript
    assert len(list(store.list(f"transcripts/{first.original.sha256}/"))) == 2
    assert store.get_bytes(first.transcript.key).data == old
    assert store.get_bytes(correction_key(first.id, 1)).data == correction
    corrected = kring.ports.archive.transcript_of(after)
    assert corrected is not None
    assert [line.text for line in corrected.segments if line.corrected] == ["Somebody wrote this."]
    assert first.transcript.key in {info.key for info in verify(kring.ports.archive).older}


def kill_worker(kring: Kring, recording_id: str) -> int:
    """The worker's process id, once it and the held run are gone: a run let go too early would write what it holds."""
    activity = kring.ports.leases.read(recording_id)
    assert activity is not None
    worker = int(worker_ready_file(kring.ports.settings).read_text())
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: not kring.ports.leases.is_alive(activity), what="the killed worker's run to be gone")
    return worker


def restarted(kring: Kring, killed: int) -> bool:
    ready = worker_ready_file(kring.ports.settings)
    return ready.exists() and int(ready.read_text() or killed) != killed


def test_the_object_store_killed_during_an_upload(kring: Kring, tmp_path: Path) -> None:
    big = tmp_path / "big.wav"
    sound = ["-af", "apad=whole_dur=30", "-ar", "192000", "-ac", "8", "-c:a", "pcm_s32le"]
    subprocess.run([FFMPEG, "-v", "error", "-t", SECONDS, "-i", str(SPEECH), *sound, str(big)], check=True)
    original = describe(big)
    assert original.size > 100_000_000
    killed, before = threading.Event(), stored_bytes(kring)

    def kill() -> None:
        # The object store packs this file to about a tenth.
        eventually(lambda: stored_bytes(kring) > before + 2_000_000, what="the upload to be under way")
        os.kill(kring.stack.pids()["objects"], signal.SIGKILL)
        killed.set()

    killer = threading.Thread(target=kill)
    killer.start()
    first = kring.run("add", str(big), "--circle", "privacy", "--title", "big", "--language", "en")
    killer.join()
    assert killed.is_set(), first.stdout + first.stderr
    if first.returncode != 0:  # it gave up before the store was back: it said so, and the same command goes on
        assert "object store" in first.stderr, first.stderr
        add(kring, big)
    done = kring.run("reconcile")
    assert done.returncode == 0, done.stderr
    manifest = kring.recording("big")
    eventually(lambda: is_searchable(kring, manifest), what="the recording to be searchable")
    assert manifest.original.sha256 == original.sha256
    report = verify(kring.ports.archive, deep=True)
    assert (report.missing, report.damaged) == ((), ())


def stored_bytes(kring: Kring) -> int:
    """What lies in the object store's volumes."""
    return sum(path.stat().st_size for path in (kring.ports.settings.data_dir / "objects").rglob("*.dat"))
