"""The bench of transcription counts, compares and draws what it says."""

from __future__ import annotations

import gzip
import json
import sys
import wave
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from bench import speech
from bench.speech import RATE, Said, Speech, cut, given
from bench.transcribe import measure
from bench.transcription import prompts, word_times
from bench.transcription.chart import Bar, svg
from bench.transcription.engines import Cost, Engine, Transcription, measured
from bench.transcription.results import Row, figures, missed, ratios
from bench.transcription.word_errors import each_normal, error_rate, normal, recognised
from kring.errors import SetupError
from kring.model import Segment, Transcript, Word

pytestmark = pytest.mark.slow  # OpenAI's normaliser of text loads all of Whisper


def row(name: str, speed: float, wer: float = 0.05) -> Row:
    return Row(name, name.removesuffix(" int8"), speed, None, 6.0, wer, 500.0)


def test_spelling_is_no_error() -> None:
    assert normal("Press one, colour's fine!") == normal("press 1 color is fine")
    assert error_rate("Please press one.", "please press 1") == 0


def test_errors_are_words_put_in_left_out_and_mistaken() -> None:
    assert error_rate("one fine day we met", "one fine day") == pytest.approx(2 / 5)
    assert error_rate("the circle meets today", "the circle meets us to day") == pytest.approx(3 / 4)


def test_recognised_words_keep_their_places() -> None:
    assert recognised(["a", "b", "c"], ["x", "a", "c"]) == {0: 1, 2: 2}
    assert each_normal(["I'm", "-", "here."]) == [("i", 0), ("am", 0), ("here", 2)]


def test_ratios_are_with_the_fastest_variant() -> None:
    rows = [row("kring", 16), row("faster-whisper", 4), row("faster-whisper int8", 8), row("openai-whisper", 1)]
    assert ratios(rows) == {"faster-whisper": 2, "openai-whisper": 16}
    assert ratios(rows[1:]) == {}


def test_a_missed_target_is_a_sentence() -> None:
    rows = [row("kring", 6, wer=0.06), row("faster-whisper", 4, wer=0.05), row("openai-whisper", 0.5)]
    slow, wrong = missed(rows, ratios(rows))
    assert slow == "Kring is 1.50 times as fast as faster-whisper; it should be 2 times."
    assert "6.00 %" in wrong
    assert "5.00 % of faster-whisper" in wrong
    assert missed([row("kring", 8, wer=0.054), *rows[1:]], {"faster-whisper": 2.0}) == []


def test_each_listens_every_round_and_the_slow_one_once() -> None:
    walls = {"kring": iter([2.0, 9.0, 1.0]), "openai-whisper": iter([30.0])}
    order: list[str] = []

    def listener(name: str) -> Engine:
        def hear(_audio: Path) -> Transcription:
            order.append(name)
            return Transcription(Cost(next(walls[name]), 4.0, 100_000_000), "we met here", seconds=1.0)

        return Engine(name, name, hear)

    known = Speech(Path("x.flac"), 60.0, (Said(0, 9, "We met"), Said(10, 20, "there")))
    rows = measure(known, [listener("kring"), listener("openai-whisper")], rounds=3, slow_rounds=1)
    assert order == ["kring", "openai-whisper", "kring", "kring"]
    assert [(one.speed, one.cpu, one.listening) for one in rows] == [(30, 4, 60), (2, 4, 60)]
    written = figures(rows, ratios(rows), known)
    assert written["audio_seconds"] == 60
    assert written["ratio"] == {"openai-whisper": 15}
    assert {"name", "speed", "wer", "rss_mb"} <= written["rows"][0].keys()
    assert written["rows"][0]["wer"] == pytest.approx(1 / 3, abs=0.001)


def test_a_process_is_measured_whole() -> None:
    cost = measured([sys.executable, "-c", "held = b'x' * 80_000_000; sum(range(3_000_000))"])
    assert cost.rss > 80_000_000
    assert cost.cpu > 0
    assert cost.wall > 0


def test_what_a_failed_process_said_is_told() -> None:
    with pytest.raises(SetupError, match="no such luck"):
        measured([sys.executable, "-c", "raise SystemExit('no such luck')"])


def test_the_chart_says_everything_in_words_too() -> None:
    drawn = svg([Bar("kring", 20, 0.031), Bar("a & b", 10, 0.03)], "kring", "11 minutes <of speech>")
    root = ElementTree.fromstring(drawn)
    space = "{http://www.w3.org/2000/svg}"
    assert root.findtext(f"{space}title")
    assert "a & b 10.0 times real time, word error rate 3.0 %" in (root.findtext(f"{space}desc") or "")
    wide, short = (float(bar.get("width", 0)) for bar in root.findall(f"{space}g/{space}rect"))
    assert wide == pytest.approx(2 * short, abs=0.1)
    assert "prefers-color-scheme: dark" in drawn


def test_a_prompt_begins_where_its_sound_does() -> None:
    tone = 0.3 * np.sin(np.arange(RATE) * 0.2).astype(np.float32)
    breath = np.full(RATE // 2, 0.001, np.float32)
    piece = cut(np.concatenate([breath, tone, np.zeros(RATE, np.float32)]), "Tone")
    assert (piece.start, piece.end) == pytest.approx((0.04, 1.04), abs=0.011)
    assert len(piece.sound) / RATE == pytest.approx(piece.end + 0.1, abs=0.01)
    assert 20 * np.log10(np.sqrt(np.mean(piece.sound[1000:15000] ** 2))) == pytest.approx(speech.LEVEL, abs=0.3)


def test_prompts_whose_words_can_be_counted(tmp_path: Path) -> None:
    listed = {
        "fine": "Please enter your number and wait.",
        "twice": "please enter  your number, and wait",
        "short": "Please wait.",
        "tone": "Please wait for the tone [simple tone]",
        "keypad": "Use the 7 key for Q and wait",
        "digits": "Please dial the number 8500 and wait",
        "vm-review": "Press 3 to rerecord your message now",
        "silent": "There is no sound of this one",
    }
    texts = tmp_path / "prompts" / "usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"
    texts.parent.mkdir(parents=True)
    texts.write_bytes(gzip.compress("".join(f"{name}: {text}\n" for name, text in listed.items()).encode()))
    sounds = tmp_path / "prompts" / "usr/share/asterisk/sounds/en_US_f_Allison"
    sounds.mkdir(parents=True)
    for name in listed.keys() - {"silent"}:
        (sounds / f"{name}.g722").touch()
    assert [prompt.name for prompt in prompts.prompts(tmp_path)] == ["fine"]


def test_without_debian_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match=r"no apt-get.*--audio"):
        prompts.prompts(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_words_of_your_own(tmp_path: Path) -> None:
    audio = tmp_path / "a.wav"
    with wave.open(str(audio), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(bytes(2 * RATE * 3))
    plain, timed, wrong = tmp_path / "a.txt", tmp_path / "a.json", tmp_path / "b.json"
    plain.write_text("We met.\nWe spoke.", "utf-8")
    timed.write_text(json.dumps({"seconds": 3, "said": [[0.5, 1, "We met."], [2, 3, "We spoke."]]}), "utf-8")
    wrong.write_text("[]", "utf-8")
    assert given(audio, plain).seconds == pytest.approx(3, abs=0.01)
    assert normal(given(audio, plain).text) == normal(given(audio, timed).text)
    assert given(audio, timed).said[1] == Said(2, 3, "We spoke.")
    with pytest.raises(SetupError, match="neither"):
        given(audio, wrong)


def test_times_are_compared_with_where_prompts_begin() -> None:
    said = [Said(1.0, 3.0, "Welcome everybody."), Said(40.0, 41.0, "Press one."), Said(80.0, 81.0, "Goodbye now.")]
    segments = (
        Segment(start=0.7, end=3, text="Welcome, body.", words=(Word(0.7, 2, " Welcome,"), Word(2, 3, " body."))),
        Segment(start=40.1, end=41, text="Press 1.", words=(Word(40.1, 40.5, " Press"), Word(40.5, 41, " 1."))),
        Segment(start=80, end=81, text="Good now.", words=(Word(80, 80.5, " Good"), Word(80.5, 81, " now."))),
    )
    transcript = Transcript(fingerprint="x", engine="e", model="m", language="en", duration=90, segments=segments)
    words, passages, own = word_times.times(said, transcript)
    assert words.late == pytest.approx((-0.3, 0.1))
    assert (words.all, words.within(0.2)) == (3, 0.5)
    assert passages.late[0] == pytest.approx(-0.3)
    assert own.late == pytest.approx((0.0,) * own.all)
    assert word_times.figures([words])["words"]["compared"] == 2
    assert word_times.table([words, word_times.Times("none", 0, ())]).row_count == 2
