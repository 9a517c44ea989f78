"""Numbers of thousands of digits, wherever a text that somebody sends is turned into numbers or characters.

Python refuses to read more than 4,300 digits with an error of its own; people are told in a sentence instead.
"""

from __future__ import annotations

import contextlib
import html
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from typer.testing import CliRunner

from cli.main import app
from flows.sources.details import details_of
from index.query.parser import parse
from kring.errors import BadMetadata, BadQuery, BadTranscript, SetupError
from kring.settings import load_settings
from search_ui.http.formatting import parse_time
from search_ui.http.security import byte_count
from search_ui.recording.media import UnsatisfiableRange, parse_range
from transcribe.captions.parsing.cleaning import unescaped
from transcribe.captions.reader import read_captions
from transcribe.media.streams import parse as parse_contents

MANY = "9" * 5000
VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n{}\n"
SRT = "1\n00:00:01,000 --> 00:00:02,000\n{}\n"


@pytest.mark.parametrize("file", [VTT, SRT])
@pytest.mark.parametrize("reference", [f"&#{MANY};", f"&#{MANY}", f"&#x{MANY};", f"&#0{MANY}"])
def test_references_to_no_character_are_no_character(file: str, reference: str) -> None:
    (segment,) = read_captions(file.format(f"a{reference} b &amp; &#229;").encode()).segments
    assert segment.text == "a\ufffd b & å"


def test_a_speaker_may_be_called_so_too() -> None:
    (segment,) = read_captions(VTT.format(f"<v Kari &#{MANY};>Hei</v>").encode()).segments
    assert (segment.speaker, segment.text) == ("Kari \ufffd", "Hei")


@given(st.text(alphabet="&#xX019aF; g"))
def test_all_other_references_are_read_as_html_reads_them(text: str) -> None:
    assert unescaped(text) == html.unescape(text)


@pytest.mark.parametrize(
    "file",
    [
        f"WEBVTT\n\n{MANY}:00:01.000 --> {MANY}:00:02.000\nHei\n",
        f"WEBVTT\n\n00:00:01.{MANY} --> 00:00:02.000\nHei\n",
        f"1\n{MANY}:00:01,000 --> {MANY}:00:02,000\nHei\n",
        f"1\n00:00:01,{MANY} --> 00:00:02,000\nHei\n",
        f'{{"version":"1","segments":[{{"startTime":{MANY},"body":"Hei"}}]}}',
        f'{{"version":"1","segments":[{{"startTime":1,"endTime":{MANY},"body":"Hei"}}]}}',
        f'{{"version":"1","segments":[{{"startTime":1e{MANY},"body":"Hei"}}]}}',
        f'{{"version":{MANY},"segments":[]}}',
        f'{{"version":"1","segments":[{{"startTime":{"9" * 400},"body":"Hei"}}]}}',
    ],
)
def test_times_of_many_digits_are_none(file: str) -> None:
    with pytest.raises(BadTranscript, match=r"^Line "):
        read_captions(file.encode())


@given(
    st.sampled_from([VTT, SRT, '{{"segments":[{{"startTime":1,"body":"{}"}}]}}']),
    st.text(alphabet='&#x0;<>:.,-9 \\n"{}[]', max_size=60),
    st.integers(min_value=0, max_value=6000),
)
def test_captions_of_any_kind_are_read_or_refused_with_a_sentence(file: str, signs: str, digits: int) -> None:
    with contextlib.suppress(BadTranscript):
        read_captions(file.format(signs + "9" * digits + signs).encode())


def test_a_counter_of_many_digits_is_text() -> None:
    (segment,) = read_captions(f"{MANY}\n00:00:01,000 --> 00:00:02,000\nHei\n".encode()).segments
    assert segment.text == "Hei"


@pytest.mark.parametrize(
    "said",
    [
        f"title = {MANY}",
        f"date = {MANY}",
        "title = 0x" + MANY,
        f"date = {MANY}-01-01",
        f"a = 1e{MANY}",
        "a = " + "[" * 9000,
    ],
)
def test_a_sidecar_of_many_digits_is_named(tmp_path: Path, said: str) -> None:
    (tmp_path / "x.mp4").touch()
    (tmp_path / "x.toml").write_text(said)
    with pytest.raises(BadMetadata, match=r"^x\.toml") as error:
        details_of(tmp_path / "x.mp4", circle="privacy")
    assert len(str(error.value)) < 300


def test_a_sidecar_is_short(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("# " + "x" * 100_000)
    with pytest.raises(BadMetadata, match=r"^x\.toml is larger than 100 kB"):
        details_of(tmp_path / "x.mp4", circle="privacy")


@pytest.mark.parametrize(
    "query", [f"year:{MANY[:900]}", f"after:{MANY[:900]}-01", f"before:2025-{MANY[:900]}", f"year:{MANY}"]
)
def test_a_query_of_many_digits_is_refused(query: str) -> None:
    with pytest.raises(BadQuery):
        parse(query)


@pytest.mark.parametrize("read", [parse_time, byte_count])
@pytest.mark.parametrize("text", [MANY, f"{MANY}:00", f"{MANY}h", f"-{MANY}"])
def test_times_and_sizes_in_addresses_and_headers(read: Callable[[str], object], text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize("header", [f"bytes={MANY}-", f"bytes=-{MANY}", f"bytes=0-{MANY}", "bytes=²-"])
def test_a_range_of_many_digits_is_passed_over(header: str) -> None:
    assert parse_range(header, 1000) is None


def test_a_long_range_that_is_none() -> None:
    with pytest.raises(UnsatisfiableRange):
        parse_range("bytes=999999999999999999-", 1000)


def test_what_ffmpeg_prints_is_no_number_of_many_digits() -> None:
    printed = (
        f"Input #0, wav, from 'x':\n  Duration: {MANY}:00:00.00, bitrate: 1\n"
        f"  Stream #0:0: Video: h264, yuv420p, {MANY}x{MANY}, {MANY}.{MANY} fps\n"
        f"    displaymatrix: rotation of {MANY} degrees\n"
    )
    found = parse_contents("wav", printed)
    assert found.promised is None
    assert found.video is not None
    assert (found.video.shown, found.video.frame_rate) == ((0, 0), 0.0)


def test_json_keeps_its_own_numbers() -> None:
    text = json.dumps({"version": "1", "segments": [{"startTime": 1.5, "endTime": 2, "body": "Hei &#65;"}]})
    (segment,) = read_captions(text.encode()).segments
    assert (segment.start, segment.end, segment.text) == (1.5, 2.0, "Hei &#65;")


@pytest.mark.parametrize(
    "name", ["KRING_WORKER__LIMIT", "KRING_WEB__PORT", "KRING_MEDIA__MAX_GB", "KRING_MEDIA__MAX_HOURS"]
)
@pytest.mark.parametrize("value", [MANY, f"-{MANY}", f"{MANY}x"])
def test_settings_of_many_digits_are_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SetupError, match=rf"^The setting {name[6:].lower().replace('__', '.')} is wrong") as caught:
        load_settings()
    assert MANY not in str(caught.value)


def test_a_settings_file_of_many_digits_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "kring.toml").write_text(f"[worker]\nlimit = {MANY}\n")
    monkeypatch.setenv("KRING_CONFIG", str(tmp_path / "kring.toml"))
    with pytest.raises(SetupError, match=r"kring\.toml cannot be read"):
        load_settings()


@pytest.mark.parametrize("arguments", [["--date", MANY], ["--date", f"{MANY}-01-01"]])
def test_options_of_many_digits_are_refused(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, ["add", "x.mp4", "--circle", "privacy", *arguments])
    assert done.exit_code == 2
    assert not isinstance(done.exception, ValueError)
