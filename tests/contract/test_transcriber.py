"""One promise (`transcribe.port.Transcriber`), every engine: the fake and both real ones on the base weights."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from kring.errors import NotFound, NotMedia, UnknownLanguage
from kring.model import Segment, Transcript, Word
from kring.settings import Settings, Transcribe
from transcribe.engines import ENGINES, open_transcriber
from transcribe.fake import FakeTranscriber, Said
from transcribe.hallucinations import plain
from transcribe.port import Transcriber
from transcribe.speech import RATE, find_speech, read_blocks

AUDIO = Path(__file__).parents[2].parent / "shared" / "audio"
JFK = "jfk_en_11s.flac"
JFK_SAID = "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
JFK_WORDS = JFK_SAID.split()
JFK_STARTS = {"and": (0.33, 1.0), "ask": (3.22, 1.2)}
"""When a word is first said, by where the waveform's silence ends, and how far off an engine may be, in seconds. The
alignment gives a part of a pause to the word after it: “ask” comes 0.5 s to 1.1 s early.
"""
DANISH = ("danish_read_u0042009.wav", "danish_read_u0042011.wav")
MEETING = "ami_meeting_dev00_30s.wav"

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file.*tiktoken:ResourceWarning")  # whisper/tokenizer.py


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache of weights for both engines, filled from the weights package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        return tmp_path_factory.mktemp("transcriber")


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Real speech, or what a filter of ffmpeg makes, as `transcribe.render` would prepare it: 16 kHz mono FLAC."""
    folder = tmp_path_factory.mktemp("speech")

    def prepared(name: str) -> Path:
        target = folder / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}.flac"
        if target.exists():
            return target
        if "=" in name:
            source = ["-f", "lavfi", "-i", name]
        elif (AUDIO / name).is_file():
            source = ["-i", str(AUDIO / name)]
        else:
            pytest.skip(f"real speech is needed: no {AUDIO / name}")
        command = ["ffmpeg", "-nostdin", "-v", "error", *source, "-ac", "1", "-ar", "16000", "-sample_fmt", "s16"]
        subprocess.run([*command, str(target)], check=True)
        return target

    return prepared


@pytest.fixture(scope="session", params=["fake", *ENGINES])
def transcriber(request: pytest.FixtureRequest, data_dir: Path, speech: Callable[[str], Path]) -> Transcriber:
    if request.param != "fake":
        return open_transcriber(Settings(data_dir=data_dir, transcribe=Transcribe(engine=request.param, threads=2)))
    fake = FakeTranscriber()
    if AUDIO.is_dir():
        fake.tell(speech(JFK), "en", Said(0.3, 3.0, " ".join(JFK_WORDS[:5])), Said(3.3, 10.6, " ".join(JFK_WORDS[5:])))
        for name in DANISH:
            fake.tell(speech(name), "da", Said(0.4, 4.6, "Han løb en tur"))
        fake.tell(speech(MEETING), "en", Said(1.8, 3.9, "We are ready to begin"), Said(20.5, 23.6, "Go for it"))
    return fake


@pytest.fixture(scope="session")
def progress() -> dict[tuple[int, str], list[float]]:
    """What was told while listening, by engine and recording."""
    return {}


@pytest.fixture(scope="session")
def transcript(
    transcriber: Transcriber, speech: Callable[[str], Path], progress: dict[tuple[int, str], list[float]]
) -> Callable[[str], Transcript]:
    """What the engine hears by itself, heard once a session."""
    heard: dict[str, Transcript] = {}

    def of(name: str) -> Transcript:
        audio = speech(name)
        if name not in heard:
            told = progress.setdefault((id(transcriber), name), [])
            heard[name] = transcriber.transcribe(audio, progress=told.append)
        return heard[name]

    return of


def word_error_rate(expected: list[str], heard: list[str]) -> float:
    """Levenshtein's distance in words, as a share of the expected ones."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(expected, start=1):
        before, row = row, [number]
        for at, other in enumerate(heard, start=1):
            row.append(min(before[at] + 1, row[at - 1] + 1, before[at - 1] + (word != other)))
    return row[-1] / len(expected)


def test_it_hears_the_words_that_were_said(transcript: Callable[[str], Transcript]) -> None:
    heard = transcript(JFK)
    words = plain(" ".join(segment.text for segment in heard.segments)).split()
    assert word_error_rate(JFK_WORDS, words) <= 0.1
    assert heard.language == "en"
    assert heard.duration == pytest.approx(11.0, abs=0.1)


def test_words_have_the_time_they_were_said_at(transcript: Callable[[str], Transcript]) -> None:
    starts: dict[str, float] = {}
    for segment in transcript(JFK).segments:
        for word in segment.words:
            starts.setdefault(plain(word.text), word.start)
    for name, (start, tolerance) in JFK_STARTS.items():
        assert starts[name] == pytest.approx(start, abs=tolerance)
    assert transcript(JFK).segments[0].start == pytest.approx(JFK_STARTS["and"][0], abs=1.0)


@pytest.mark.parametrize("name", [JFK, *DANISH, MEETING])
def test_segments_and_words_follow_each_other(transcript: Callable[[str], Transcript], name: str) -> None:
    heard = transcript(name)
    assert heard.segments
    words = [word for segment in heard.segments for word in segment.words]
    rows: tuple[Sequence[Segment | Word], ...] = (heard.segments, words)
    for row in rows:
        for before, after in pairwise(row):
            assert before.end <= after.start
        for one in row:
            assert 0 <= one.start <= one.end <= heard.duration
    for segment in heard.segments:
        assert segment.start < segment.end
        assert segment.text == segment.text.strip() != ""
        assert (segment.words[0].start, segment.words[-1].end) == pytest.approx((segment.start, segment.end))
        assert segment.text == " ".join(word.text for word in segment.words)


@pytest.mark.parametrize("name", DANISH)
def test_danish_is_danish_without_being_told(transcript: Callable[[str], Transcript], name: str) -> None:
    assert transcript(name).language == "da"


def test_a_language_that_is_set_is_obeyed(transcriber: Transcriber, speech: Callable[[str], Path]) -> None:
    heard = transcriber.transcribe(speech(DANISH[0]), language="nb-NO")
    assert heard.language == "nb"
    assert heard.fingerprint == transcriber.fingerprint("nb", None)
    assert heard.segments


@pytest.mark.parametrize("sound", ["anullsrc=r=16000:d=20", "anoisesrc=r=16000:d=20:a=0.3:seed=1"])
def test_where_nobody_speaks_nothing_is_heard(
    transcriber: Transcriber, transcript: Callable[[str], Transcript], speech: Callable[[str], Path], sound: str
) -> None:
    heard = transcript(sound)
    assert heard.segments == ()
    assert heard.language == "und"
    assert heard.duration == 20.0
    told = transcriber.transcribe(speech(sound), language="da")
    assert (told.segments, told.language) == ((), "da")


@pytest.mark.parametrize("name", [MEETING, "anullsrc=r=16000:d=20"])
def test_progress_only_grows_and_ends_at_one(
    transcriber: Transcriber,
    transcript: Callable[[str], Transcript],
    progress: dict[tuple[int, str], list[float]],
    name: str,
) -> None:
    transcript(name)
    told = progress[id(transcriber), name]
    assert told == sorted(set(told))
    assert told[-1] == 1.0
    assert all(0 <= fraction <= 1 for fraction in told)


def test_a_prompt_does_not_appear_in_what_is_heard(transcriber: Transcriber, speech: Callable[[str], Path]) -> None:
    heard = transcriber.transcribe(speech(JFK), language="en", prompt="databeskyttelse, risikovurdering, innkjøp")
    words = plain(" ".join(segment.text for segment in heard.segments)).split()
    assert word_error_rate(JFK_WORDS, words) <= 0.1


def test_fingerprints_tell_configurations_apart(transcriber: Transcriber) -> None:
    names = [
        transcriber.fingerprint(language, prompt)
        for language in (None, "nb", "nn")
        for prompt in (None, "personvern", "innkjøp")
    ]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)
    assert transcriber.fingerprint("no", "") == transcriber.fingerprint("nb", None)


@pytest.mark.parametrize("code", ["klingon", "", "xx"])
def test_an_unknown_language_is_refused_with_the_known_ones(
    transcriber: Transcriber, speech: Callable[[str], Path], code: str
) -> None:
    with pytest.raises(UnknownLanguage, match=r"nb or no.*nn.*da.*nl.*en.*All: af, am"):
        transcriber.transcribe(speech("anullsrc=r=16000:d=20"), language=code)


def test_what_is_not_our_audio_is_refused(transcriber: Transcriber, tmp_path: Path) -> None:
    playlist = tmp_path / "speech.flac"
    playlist.write_text("ffconcat version 1.0\nfile '/etc/passwd'\n")
    with pytest.raises(NotMedia, match=r"speech\.flac is not speech audio"):
        transcriber.transcribe(playlist)
    with pytest.raises(NotFound):
        transcriber.transcribe(tmp_path / "gone.flac")


def test_speech_is_found_whole_when_it_is_read_in_pieces(speech: Callable[[str], Path]) -> None:
    said = np.concatenate(list(read_blocks(speech(JFK))))
    samples = np.concatenate([said, np.zeros(5 * RATE, dtype=np.float32), said])
    whole_total, whole = find_speech([samples])
    total, spans = find_speech(samples[at : at + 4 * RATE] for at in range(0, len(samples), 4 * RATE))
    assert total == whole_total == len(samples)
    assert len(spans) == len(whole) == 2
    assert np.array(spans) / RATE == pytest.approx(np.array(whole) / RATE, abs=0.3)
    assert spans[1][0] / RATE == pytest.approx(16.0, abs=0.6)


@pytest.mark.parametrize("engine", ENGINES)
def test_fingerprints_are_the_same_in_every_process_and_need_no_engine(engine: str, data_dir: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from kring.settings import Settings, Transcribe\n"
        "from transcribe.engines import open_transcriber\n"
        f"settings = Settings(data_dir=Path({str(data_dir)!r}), transcribe=Transcribe(engine={engine!r}))\n"
        "print(open_transcriber(settings).fingerprint('da', 'personvern'))\n"
        "assert not {'torch', 'whisper', 'faster_whisper', 'ctranslate2'} & set(sys.modules)"
    )
    other = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    settings = Settings(data_dir=data_dir, transcribe=Transcribe(engine=engine))
    here = open_transcriber(settings).fingerprint("da", "personvern")
    assert other.stdout.strip() == here
    assert here.startswith(f"{engine}-base-")


def test_engines_do_not_share_fingerprints(data_dir: Path) -> None:
    names = {
        open_transcriber(Settings(data_dir=data_dir, transcribe=Transcribe(engine=engine))).fingerprint(None, None)
        for engine in ENGINES
    }
    assert len(names) == len(ENGINES)
