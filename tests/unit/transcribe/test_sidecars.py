"""Which transcript and which sidecar are a recording's own, by the names that people and platforms give."""

from __future__ import annotations

import random
import time
import unicodedata
from pathlib import Path

import pytest

from cli.commands.add import _captions_beside
from flows.sources.details import details_of
from kring.errors import BadMetadata, BadTranscript
from transcribe.sidecars import SidecarFinder, language_named

ZOOM = "GMT20240402-080000_Recording"
TEAMS = "Budsjett-20240402_100000-Meeting Recording.mp4"
LATER = "Budsjett-20240409_100000-Meeting Recording.mp4"


@pytest.mark.parametrize(
    ("recording", "beside", "taken"),
    [
        ("x.mp4", ["x.vtt"], "x.vtt"),
        ("X.MP3", ["x.Vtt"], "x.Vtt"),
        ("x.mp3", ["X.VTT", "x.vtt"], "x.vtt"),
        (unicodedata.normalize("NFC", "Årsmøte.mp4"), [unicodedata.normalize("NFD", "Årsmøte.vtt")], 0),
        ("x.mp4", ["x.mp4.vtt"], "x.mp4.vtt"),
        ("x.mp4", ["x.mp4.vtt", "x.vtt", "x.srt"], "x.vtt"),
        ("x.mp4", ["x.nb.srt", "x.nb.vtt"], "x.nb.vtt"),
        ("x.mp4", ["x.nb.vtt", "x.vtt"], "x.vtt"),
        ("x.mp4", ["x 2.vtt", "x2.vtt", "x (1).vtt", "x.draft.vtt", "xnb.vtt", "y.vtt"], None),
        ("x.mp4", ["x.nb.vtt", "x.nb.mp4"], None),
        ("x.nb.mp4", ["x.nb.vtt", "x.mp4"], "x.nb.vtt"),
        ("x (1).mp4", ["x (1).vtt", "x.vtt"], "x (1).vtt"),
        (f"{ZOOM}_1920x1080.mp4", [f"{ZOOM}.transcript.vtt"], 0),
        (f"{ZOOM}_gallery_1920x1080.mp4", [f"{ZOOM}.cc.vtt", f"{ZOOM}.transcript.vtt"], 1),
        (f"{ZOOM}_as_1600x900.mp4", [f"{ZOOM}.cc.vtt", f"{ZOOM}_640x360.mp4"], 0),
        (f"{ZOOM}.m4a", [f"{ZOOM}.transcript.vtt", f"{ZOOM}_1920x1080.mp4"], 0),
        (f"{ZOOM}_audio_only.m4a", [f"{ZOOM}.transcript.vtt"], 0),
        ("GMT20240409-080000_Recording_1920x1080.mp4", [f"{ZOOM}.transcript.vtt"], None),
        ("audio_only.m4a", [f"{ZOOM}.transcript.vtt"], None),
        (TEAMS, ["Budsjett-20240402_100000-Meeting Recording.vtt"], 0),
        (TEAMS, ["Budsjett-20240402_100000-Meeting Transcript.vtt"], 0),
        (TEAMS, ["Budsjett-20240402_100000UTC-Opptak av møte.vtt"], 0),
        (TEAMS, ["Budsjett.vtt"], 0),
        (TEAMS, ["Budsjett_2024-04-02.vtt", LATER], 0),
        (LATER, ["Budsjett_2024-04-02.vtt", TEAMS], None),
        (TEAMS, ["Budsjett.vtt", LATER], None),
        (TEAMS, ["Budsjettet.vtt", "Budsjett-20240409_100000-Meeting Recording.vtt"], None),
    ],
)
def test_a_transcript_is_known_by_its_name(recording: str, beside: list[str], taken: str | int | None) -> None:
    found = SidecarFinder([recording, *beside]).captions_of(recording)
    assert found == (beside[taken] if isinstance(taken, int) else taken)


@pytest.mark.parametrize(
    ("beside", "language", "taken"),
    [
        (["x.nb.vtt", "x.en.vtt"], "en", "x.en.vtt"),
        (["x.nb.vtt", "x.en.vtt"], "nn", "x.nb.vtt"),
        (["x.en.vtt"], "nb", None),
        (["x.en.vtt", "x.srt"], "nb", "x.srt"),
    ],
)
def test_one_in_another_language_is_not_its_transcript(beside: list[str], language: str, taken: str | None) -> None:
    assert SidecarFinder(["x.mp4", *beside]).captions_of("x.mp4", language) == taken


@pytest.mark.parametrize("beside", [["x.nb.vtt", "x.en.vtt"], ["X.vtt", "X.VTT"], ["x.nb.vtt", "x_nb.vtt"]])
def test_nobody_guesses_among_several(beside: list[str], tmp_path: Path) -> None:
    with pytest.raises(BadTranscript, match=r"Beside x\.mp4 lie several transcripts \("):
        SidecarFinder(["x.mp4", *beside]).captions_of("x.mp4")
    for name in beside:
        (tmp_path / name).touch()
    with pytest.raises(BadTranscript, match=r"keep only one of them there. Or name one with --transcript\."):
        _captions_beside(tmp_path / "x.mp4", None)


def test_a_file_on_the_command_line_has_its_transcript_beside_it_too(tmp_path: Path) -> None:
    (tmp_path / f"{ZOOM}.transcript.vtt").touch()
    assert _captions_beside(tmp_path / f"{ZOOM}_1920x1080.mp4", None) == tmp_path / f"{ZOOM}.transcript.vtt"
    assert _captions_beside(tmp_path / "x.mp4", None) is None


@pytest.mark.parametrize(
    ("captions", "recording", "language"),
    [
        ("x.nb.vtt", "x.mp4", "nb"),
        ("X.NB.VTT", "x.mp4", "nb"),
        ("x_nb.vtt", "x.mp4", "nb"),
        ("x-da.vtt", "x.mp4", "da"),
        ("x nl.vtt", "x.mp4", "nl"),
        ("x.nb-NO.srt", "x.mp4", "nb"),
        ("x.nb_NO.srt", "x.mp4", "nb"),
        ("x.no.srt", "x.mp4", "nb"),
        ("x.nor.srt", "x.mp4", "nb"),
        ("x.zh-Hans.vtt", "x.mp4", "zh"),
        ("x (Norwegian).vtt", "x.mp4", "nb"),
        ("x (norsk nynorsk).vtt", "x.mp4", "nn"),
        ("x [Dutch].vtt", "x.mp4", "nl"),
        ("x - Nederlands.vtt", "x.mp4", "nl"),
        ("x (English (auto-generated)).srt", "x.mp4", "en"),
        ("x.mp4.en.vtt", "x.mp4", "en"),
        ("x.nb.sdh.srt", "x.mp4", "nb"),
        ("x.nb.hi.srt", "x.mp4", "nb"),
        ("x.en-orig.vtt", "x.mp4", "en"),
        (f"{ZOOM}.transcript.nb.vtt", f"{ZOOM}_1920x1080.mp4", "nb"),
        (f"{ZOOM}.transcript.vtt", f"{ZOOM}_1920x1080.mp4", None),
        ("hva_er_it.vtt", "hva_er_it.mp4", None),
        ("x.vtt", "x.mp4", None),
        ("subs.nb-NO.vtt", "x.mp4", "nb"),
        ("subs_nb.vtt", "x.mp4", "nb"),
        ("subs (Danish).vtt", "x.mp4", "da"),
        ("hva_er_it.vtt", "x.mp4", None),
        ("captions", "x.mp4", None),
        (".vtt", "x.mp4", None),
    ],
)
def test_a_name_says_its_language(captions: str, recording: str, language: str | None) -> None:
    assert language_named(captions, recording) == language


@pytest.mark.parametrize("name", ["x.toml", "X.TOML", "x.mp4.toml"])
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_sidecar_is_found_and_read_however_it_was_saved(tmp_path: Path, name: str, coding: str) -> None:
    recording = tmp_path / "x.mp4"
    recording.touch()
    (tmp_path / name).write_bytes('title = "Årsmøte"\r\n'.encode(coding))
    assert details_of(recording, circle="privacy").title == "Årsmøte"


def test_one_sidecar_says_what_all_views_of_a_meeting_are() -> None:
    views = [f"{ZOOM}_1920x1080.mp4", f"{ZOOM}_gallery_1920x1080.mp4", f"{ZOOM}.m4a"]
    beside = SidecarFinder([*views, f"{ZOOM}.toml"])
    assert {beside.sidecar_of(view) for view in views} == {f"{ZOOM}.toml"}
    assert SidecarFinder(["x.mp4", "y.toml", "x 2.toml"]).sidecar_of("x.mp4") is None
    assert SidecarFinder(["x.mp4", "x.toml", "X.toml"]).sidecar_of("x.mp4") == "x.toml"
    with pytest.raises(BadMetadata, match=r"Beside x\.mp4 lie several sidecars \(X\.TOML, X\.toml\)"):
        SidecarFinder(["x.mp4", "X.TOML", "X.toml"]).sidecar_of("x.mp4")


def test_a_full_folder_is_looked_through_at_once() -> None:
    names = [f"Møte {n}{ending}" for n in range(2000) for ending in (".mp4", ".nb.vtt", ".toml")]
    random.Random(1).shuffle(names)
    started = time.process_time()
    beside = SidecarFinder(names)
    for n in range(2000):
        assert beside.captions_of(f"Møte {n}.mp4") == f"Møte {n}.nb.vtt"
        assert beside.sidecar_of(f"Møte {n}.mp4") == f"Møte {n}.toml"
    assert time.process_time() - started < 5
