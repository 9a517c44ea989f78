"""The whole way on the running stack, as people go it: the command line, a watched folder, a feed, bad input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from flows.steps import steps
from kring.errors import DiskFull
from kring.model import State
from kring.settings import FeedSource, FetchSettings, FolderSource, Settings, WorkerSettings
from services.runs.port import STOPPED
from tests.support.http.web_server import Site, serve
from tests.support.media.short_files import VTT, make_playlist, make_silent_video, make_text, make_truncated, tone
from tests.support.media.speech import JFK, RULES, Spoken, of
from tests.support.patience import PATIENCE
from tests.support.stack.ports import free_port
from tests.support.stack.running import Kring, eventually, running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serve() as site:
        site.files["/feed.xml"] = b'<rss version="2.0"><channel><title>Empty</title></channel></rss>'
        yield site


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("watched")


@pytest.fixture(scope="module")
def kring(tmp_path_factory: pytest.TempPathFactory, site: Site, watched: Path) -> Iterator[Kring]:
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("whole") / "data",
        worker=WorkerSettings(discover_seconds=5),
        fetch=FetchSettings(allow_private=True),
        sources=(
            FolderSource(name="shared drive", path=watched, circle="privacy", settle_seconds=1),
            FeedSource(
                kind="feed",
                name="podcast",
                url=f"{site.address}/feed.xml",
                circle="privacy",
                language="en",
                allow_private=True,
            ),
        ),
    )
    with running(settings) as kring:
        yield kring


def search(kring: Kring, text: str) -> list[dict[str, object]]:
    response = httpx.get(f"{kring.address}/api/search", params={"q": text}, timeout=PATIENCE, trust_env=False)
    response.raise_for_status()
    return list(response.json()["recordings"])


@pytest.mark.parametrize(
    ("spoken", "title", "words", "begins", "said"),
    of(
        (JFK, "Inaugural address", "ask not what your country", 0.3, 3.3),
        (RULES, "Rules for sharing", "decide who is responsible", 0.5, 7.2),
    ),
)
def test_speech_is_found_where_it_was_said(
    kring: Kring, tmp_path: Path, spoken: Spoken, title: str, words: str, begins: float, said: float
) -> None:
    """`begins`, `said`: when the recording's first words and these are heard, in seconds."""
    speech = spoken.write(tmp_path / f"{spoken.path.stem}.flac")
    done = kring.run("add", str(speech), "--circle", "privacy", "--title", title, "--date", "1961-01-20")
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = search(kring, words)
    assert found["title"] == [{"text": title, "hit": False}]
    passages = found["passages"]
    assert isinstance(passages, list)
    assert abs(passages[0]["start"] - begins) <= 1.0
    assert abs(passages[0]["hit_at"] - said) <= 1.0


def test_the_platforms_transcript_is_used_with_its_speakers(kring: Kring, tmp_path: Path) -> None:
    path = tone(tmp_path / "2025-06-01 møte.mp3")
    path.with_suffix(".vtt").write_text(VTT, encoding="utf-8")
    done = kring.run("add", str(path), "--circle", "privacy", "--language", "nb")
    assert done.returncode == 0, done.stdout + done.stderr
    manifest = kring.recording("møte")
    assert manifest.details.date.isoformat() == "2025-06-01"
    assert manifest.transcript is not None
    transcript = kring.ports.archive.transcript(manifest.transcript.key)
    assert [segment.speaker for segment in transcript.segments] == ["Kari Nordmann", "Bjørn Ås"]
    assert [found["id"] for found in search(kring, "personvernombudet hilser")] == [manifest.id]


def test_the_same_file_again_is_the_same_recording(kring: Kring, tmp_path: Path) -> None:
    path = tone(tmp_path / "once.mp3", "-metadata", "title=once")
    for _ in range(2):
        done = kring.run("add", str(path), "--circle", "privacy", "--language", "en")
        assert done.returncode == 0, done.stdout + done.stderr
    assert sum(manifest.details.title == "once" for manifest in kring.ports.archive.manifests()) == 1


def test_a_watched_folder_and_a_feed_bring_recordings_in(
    kring: Kring, site: Site, watched: Path, tmp_path: Path
) -> None:
    tone(watched / "from the folder.mp3", "-metadata", "title=folder")
    (watched / "from the folder.vtt").write_text(VTT.replace("Personvernombudet", "Mappevakten"), encoding="utf-8")
    site.files["/episode.mp3"] = tone(tmp_path / "episode.mp3", "-metadata", "title=feed").read_bytes()
    site.files["/feed.xml"] = (
        '<rss version="2.0"><channel><title>F</title><item><title>From the feed</title><guid>1</guid>'
        f'<enclosure url="{site.address}/episode.mp3" type="audio/mpeg" length="1"/></item></channel></rss>'
    ).encode()

    def both() -> bool:
        states = {manifest.details.title: manifest.state for manifest in kring.ports.archive.manifests()}
        return all(states.get(title) is State.PUBLISHED for title in ("from the folder", "From the feed"))

    eventually(both, what="folder and feed to be taken in")
    eventually(lambda: len(search(kring, "Mappevakten")) == 1, what="the folder's recording to be found")
    assert len([path for path, _ in site.requests if path == "/episode.mp3"]) == 1
    eventually(
        lambda: any(etag for etag, _ in site.conditions), seconds=60, what="the feed to be asked for changes only"
    )


def test_what_is_not_there_at_first_is_taken_though_the_feed_stays_as_it_is(
    kring: Kring, site: Site, tmp_path: Path
) -> None:
    address = "/late.mp3?token=t"
    site.files["/feed.xml"] = (
        '<rss version="2.0"><channel><title>F</title><item><title>Late</title><guid>late</guid>'
        "<pubDate>Tue, 04 Mar 2025 00:30:00 +0200</pubDate>"
        f'<enclosure url="{address}" type="audio/mpeg" length="1"/></item></channel></rss>'
    ).encode()
    eventually(lambda: any(path == address for path, _ in site.requests), seconds=120, what="it to be missed")
    asked = len([path for path, _ in site.requests if path == "/feed.xml"])
    site.files[address] = tone(tmp_path / "late.mp3", "-metadata", "title=late").read_bytes()

    def published() -> bool:
        return any(
            one.details.title == "Late" and one.state is State.PUBLISHED for one in kring.ports.archive.manifests()
        )

    eventually(published, seconds=180, what="the recording to be taken in")
    feeds = [
        condition for (path, _), condition in zip(site.requests, site.conditions, strict=True) if path == "/feed.xml"
    ]
    assert all(etag for etag, _ in feeds[asked:])
    assert str(kring.recording("Late").details.date) == "2025-03-04"


def test_a_token_in_an_address_is_used_and_kept_nowhere(kring: Kring, site: Site, tmp_path: Path) -> None:
    """Neither that of an address given by hand nor that of a feed's enclosure."""
    token = "s3cret-t0ken"
    for name in ("by hand", "by feed"):
        file = tone(tmp_path / f"{name}.mp3", "-metadata", f"title={name}")
        site.files[f"/{name.replace(' ', '-')}.mp3?token={token}"] = file.read_bytes()
    site.files["/feed.xml"] = (
        '<rss version="2.0"><channel><title>F</title><item><title>by feed</title>'
        f'<enclosure url="{site.address}/by-feed.mp3?token={token}" type="audio/mpeg" length="1"/>'
        "</item></channel></rss>"
    ).encode()
    address = f"{site.address}/by-hand.mp3?token={token}"
    added = kring.run("add", address, "--circle", "privacy", "--title", "by hand")
    assert added.returncode == 0, added.stderr

    def published() -> bool:
        states = {manifest.details.title: manifest.state for manifest in kring.ports.archive.manifests()}
        return all(states.get(title) is State.PUBLISHED for title in ("by hand", "by feed"))

    eventually(published, what="both to be taken in")
    assert token not in added.stdout + added.stderr + kring.run("status").stdout
    for title, path in (("by hand", "/by-hand.mp3"), ("by feed", "/by-feed.mp3")):
        recording = kring.recording(title)
        assert recording.source.external_id == f"{site.address}{path}"
        (run,) = kring.ports.runs.runs(recording.id)
        assert run.parameters["item"]["location"] == f"{site.address}{path}"
        assert token not in str(run)
    store, folder = kring.ports.archive.store, kring.stack.settings.data_dir
    documents = (info.key for info in store.list() if info.key.endswith(".json"))
    assert not any(token.encode() in store.get_bytes(key).data for key in documents)
    for file in folder.rglob("*"):  # the object store frees what was deleted later
        if file.is_file() and not file.is_relative_to(folder / "objects"):
            assert token.encode() not in file.read_bytes(), file


@pytest.mark.parametrize(
    ("name", "make", "says"),
    [
        ("text.mp4", make_text, "not"),
        ("truncated.mp4", make_truncated, "end"),
        ("no sound.mp4", make_silent_video, "sound"),
        ("playlist.mp4", make_playlist, "playlist"),
    ],
)
def test_bad_media_is_kept_and_its_status_says_why(
    kring: Kring, tmp_path: Path, name: str, make: object, says: str
) -> None:
    path = tmp_path / name
    make(path)  # type: ignore[operator]
    done = kring.run("add", str(path), "--circle", "privacy", "--language", "nb")
    assert done.returncode == 1
    manifest = kring.recording(path.stem)
    assert manifest.state is State.FAILED
    assert manifest.problem is not None
    assert not manifest.problem.transient
    assert says in manifest.problem.message.lower()
    assert manifest.problem.message in done.stderr.replace("\n", " ")
    assert kring.ports.archive.store.get_bytes(manifest.original.key).data == path.read_bytes()
    assert "root:" not in done.stdout + done.stderr
    page = httpx.get(f"{kring.address}/r/{manifest.id}", timeout=PATIENCE, trust_env=False)
    assert page.status_code == 200
    assert says in page.text.lower()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--circle", "nowhere"], "privacy"),  # names the circles there are
        (["--circle", "privacy", "--language", "klingon"], "da (Danish)"),
        (["--circle", "privacy", "--transcript", "TEXT"], "WEBVTT"),
    ],
)
def test_a_wrong_wish_is_refused_before_anything_is_sent(
    kring: Kring, tmp_path: Path, arguments: list[str], says: str
) -> None:
    path = tone(tmp_path / "fine.mp3", "-metadata", f"title={says}")
    (tmp_path / "notes.txt").write_text("nothing of the kind\n")
    wish = [str(tmp_path / "notes.txt") if argument == "TEXT" else argument for argument in arguments]
    before = len(list(kring.ports.archive.store.list("originals/")))
    done = kring.run("add", str(path), *wish)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len(list(kring.ports.archive.store.list("originals/"))) == before


def test_an_empty_file_and_a_missing_one_say_so(kring: Kring, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    done = kring.run("add", str(tmp_path / "empty.mp4"), str(tmp_path / "gone.mp4"), "--circle", "privacy")
    assert done.returncode == 1
    assert "empty.mp4 is empty" in done.stderr
    assert "no file" in done.stderr


def test_markup_in_a_title_is_only_text(kring: Kring, tmp_path: Path) -> None:
    title = "<script>alert(1)</script> & [bold]Fish[/bold]"
    path = tone(tmp_path / "x.mp3", "-metadata", "title=markup")
    done = kring.run("add", str(path), "--circle", "privacy", "--language", "en", "--title", title)
    assert done.returncode == 0, done.stderr
    assert title in done.stdout
    page = httpx.get(f"{kring.address}/r/{kring.recording(title).id}", timeout=PATIENCE, trust_env=False).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_with_the_server_down_the_sentence_says_which(kring: Kring, tmp_path: Path) -> None:
    path = tone(tmp_path / "x.mp3", "-metadata", "title=down")
    dead = f"http://127.0.0.1:{free_port()}"
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "very-secret"}
    elsewhere = Kring(kring.stack, kring.ports, kring.environment | keys | {"AWS_ENDPOINT_URL": dead})
    done = elsewhere.run("add", str(path), "--circle", "privacy")
    assert done.returncode == 1
    assert dead.removeprefix("http://") in done.stderr
    assert "very-secret" not in done.stderr
    nowhere = Kring(kring.stack, kring.ports, kring.environment | {"KRING_DATA_DIR": str(tmp_path / "none")})
    assert "kring up" in nowhere.run("status").stderr


def test_operators_see_each_recording_and_the_archive_is_whole(kring: Kring) -> None:
    status = kring.run("status")
    for manifest in kring.ports.archive.manifests():
        assert manifest.id in status.stdout
    verified = kring.run("verify", "--deep")
    assert verified.returncode == 0, verified.stdout
    assert "renditions/" not in verified.stdout
    assert kring.run("check").returncode == 0
    assert kring.run("reindex").returncode == 0
    assert kring.run("search", "hilser", "velkommen").returncode == 0


def test_a_mended_transcript_beside_a_known_file_is_taken(kring: Kring, tmp_path: Path) -> None:
    path = tone(tmp_path / "mended.mp3", "-metadata", "title=mended")
    path.with_suffix(".vtt").write_text(VTT.replace("Personvernombudet", "Feilhørt"), encoding="utf-8")
    assert kring.run("add", str(path), "--circle", "privacy", "--language", "nb").returncode == 0
    path.with_suffix(".vtt").write_text(VTT.replace("Personvernombudet", "Retthørt"), encoding="utf-8")
    done = kring.run("add", str(path), "--circle", "privacy", "--language", "nb")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [found["id"] for found in search(kring, "Retthørt")] == [kring.recording("mended").id]
    assert all(found["id"] != kring.recording("mended").id for found in search(kring, "Feilhørt"))


def test_asking_twice_for_a_run_gives_one_and_asking_after_it_the_next(kring: Kring) -> None:
    runs, nobody = kring.ports.runs, "0" * 16
    first = runs.start(nobody, title="Nobody", circle="privacy")
    assert runs.start(nobody, title="Nobody", circle="privacy") == first
    eventually(lambda: not runs.run(first).going, what="the run to end")
    ended = runs.run(first)
    assert (ended.state_name, set(ended.tags)) == (STOPPED, {"privacy", f"recording:{nobody}"})
    second = runs.start(nobody, title="Nobody", circle="privacy", after=first)
    assert second != first
    assert runs.start(nobody, title="Nobody", circle="privacy", after=first) == second
    assert [run.id for run in runs.runs(nobody)] == [second, first]
    runs.crash(second, "for the test")
    assert runs.run(second).state_name == "Crashed"


def test_a_circle_that_went_stops_its_recordings_and_no_others(kring: Kring, tmp_path: Path) -> None:
    assert kring.run("circle", "add", "passing", "--name", "[/red]Passing", "--network", "n").returncode == 0
    assert "[/red]Passing" in kring.run("circle", "list").stdout
    path = tone(tmp_path / "orphaned.mp3", "-metadata", "title=orphaned")
    assert kring.run("add", str(path), "--circle", "passing", "--language", "en").returncode == 0
    kring.ports.archive.store.delete("circles/passing.json")
    done = kring.run("reindex")
    assert done.returncode == 0, done.stderr
    problem = kring.recording("orphaned").problem
    assert problem is not None
    assert "kring circle add" in problem.message
    assert kring.recording("orphaned").id not in kring.run("reconcile").stdout
    assert kring.run("circle", "add", "passing", "--name", "Back", "--network", "n").returncode == 0
    assert "started again" in kring.run("reconcile", "--retry-failed").stdout
    # All that stopped in other tests of this file is tried again too, and was received before it.
    eventually(lambda: kring.recording("orphaned").problem is None, what="the recording to be mended")


def test_a_full_disk_says_so_and_the_recording_goes_on_when_there_is_room(kring: Kring, tmp_path: Path) -> None:
    path = tone(tmp_path / "full.mp3", "-metadata", "title=full")
    assert kring.run("add", str(path), "--circle", "privacy", "--language", "en").returncode == 0
    manifest = kring.recording("full")
    media = kring.ports.settings.media.model_copy(update={"spare_disk_mb": 10**9})
    full = replace(kring.ports, settings=kring.ports.settings.model_copy(update={"media": media}))
    for info in list(kring.ports.archive.store.list(f"renditions/{manifest.original.sha256}/")):
        kring.ports.archive.store.delete(info.key)
    with pytest.raises(DiskFull, match=r"are needed and 0\.0 GB can be used"):
        steps.render(steps.Job(full, manifest.id, lambda fraction, note: None))
    steps.render(steps.Job(kring.ports, manifest.id, lambda fraction, note: None))
    assert kring.run("verify").returncode == 0
