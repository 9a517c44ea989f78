"""One promise (`transcribe.port.Transcriber`), every engine: the fake and both real ones on the base weights."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from kring.errors import NotFound, NotMedia, UnknownLanguage
from kring.model import Segment, Transcript, Word
from kring.settings import MediaLimits, Settings, TranscribeSettings
from tests.support.media import timed_speech
from tests.support.media.sound_tracks import make_tracks
from tests.support.media.speech import DANISH, JFK, MEETING, RULES, VISIT, Spoken, needs, of
from tests.support.media.synthetic_sounds import SOUNDS, Sound, hum, white_noise
from tests.support.repository import REPOSITORY
from transcribe.captions.line_breaking import LONGEST, fits
from transcribe.engines.memory import FakeTranscriber
from transcribe.engines.openai_whisper import OpenAIWhisper
from transcribe.engines.registry import ENGINES, open_transcriber
from transcribe.media.probe import probe
from transcribe.pipeline.hallucinations import plain
from transcribe.pipeline.vad import read_blocks
from transcribe.port import Transcriber
from transcribe.rendering.render import render

SILENCE = "anullsrc=r=16000:cl=mono:d=20"

pytestmark = pytest.mark.filterwarnings("ignore:unclosed file.*tiktoken:ResourceWarning")  # whisper/tokenizer.py


def engine_of(heard: Transcript) -> str:
    return heard.engine


def text_of(heard: Transcript) -> str:
    return plain(" ".join(segment.text for segment in heard.segments))


def is_slow(transcriber: Transcriber) -> bool:
    return isinstance(transcriber, OpenAIWhisper)


def word_error_rate(expected: list[str], heard: list[str]) -> float:
    """Levenshtein's distance in words, as a share of the expected ones."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(expected, start=1):
        before, row = row, [number]
        for at, other in enumerate(heard, start=1):
            row.append(min(before[at] + 1, row[at - 1] + 1, before[at - 1] + (word != other)))
    return row[-1] / len(expected)


@pytest.mark.parametrize("spoken", of(JFK, RULES, VISIT))
def test_it_hears_the_words_that_were_said(transcript: Callable[[Spoken | str], Transcript], spoken: Spoken) -> None:
    heard = transcript(spoken)
    assert word_error_rate(spoken.words, text_of(heard).split()) <= 0.1
    assert heard.language == "en"
    assert heard.duration == pytest.approx(spoken.seconds or 11.0, abs=0.1)


@pytest.mark.parametrize("spoken", of(JFK, RULES, VISIT))
def test_words_have_the_time_they_were_said_at(
    transcript: Callable[[Spoken | str], Transcript], spoken: Spoken
) -> None:
    words = [word for segment in transcript(spoken).segments for word in segment.words]
    if [plain(word.text) for word in words] != spoken.words or engine_of(transcript(spoken)) == "fake":
        pytest.skip("it heard other words, or was told them without times")
    assert {number: words[number].start for number in spoken.starts} == pytest.approx(spoken.starts, abs=0.5)


@pytest.mark.parametrize("spoken", of(JFK, *DANISH, MEETING, RULES, VISIT))
def test_segments_and_words_follow_each_other(transcript: Callable[[Spoken | str], Transcript], spoken: Spoken) -> None:
    heard = transcript(spoken)
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
        if heard.engine != "fake":
            assert segment.end - segment.start <= LONGEST
            assert fits(segment.text)
    assert heard.speech is None or 0 < heard.speech <= heard.duration
    assert all(0 <= hole.start < hole.end <= heard.duration for hole in heard.holes)


@pytest.mark.parametrize("spoken", of(*DANISH))
def test_danish_is_danish_without_being_told(transcript: Callable[[Spoken | str], Transcript], spoken: Spoken) -> None:
    assert transcript(spoken).language == "da"


@pytest.mark.parametrize("spoken", of(DANISH[0], VISIT))
def test_a_language_that_is_set_is_obeyed(
    transcriber: Transcriber, speech: Callable[[Spoken | str], Path], spoken: Spoken
) -> None:
    heard = transcriber.transcribe(speech(spoken), language="nb-NO")
    assert heard.language == "nb"
    assert heard.fingerprint == transcriber.fingerprint("nb")
    assert heard.segments


@pytest.mark.parametrize("language", [None, "nb", "da", "nl", "en"])
@pytest.mark.parametrize("sound", SOUNDS)
def test_where_nobody_speaks_nothing_is_heard(
    transcriber: Transcriber, joined: Callable[..., Path], sound: str, language: str | None
) -> None:
    if is_slow(transcriber) and language is not None:
        pytest.skip("too slow for all languages")
    heard = transcriber.transcribe(joined(sound, SOUNDS[sound](60.0)), language=language)
    assert heard.segments == ()
    assert heard.language == (language or "und")
    assert heard.duration == 60.5
    assert all(one.reason for one in heard.dropped)


@pytest.mark.parametrize("what", [*of(MEETING, RULES), SILENCE])
def test_progress_only_grows_and_ends_at_one(
    transcriber: Transcriber,
    transcript: Callable[[Spoken | str], Transcript],
    progress: dict[tuple[int, Spoken | str], list[float]],
    what: Spoken | str,
) -> None:
    transcript(what)
    told = progress[id(transcriber), what]
    assert told == sorted(set(told))
    assert told[-1] == 1.0
    assert all(0 <= fraction <= 1 for fraction in told)


GLOSSARY = ("databeskyttelse", "risikovurdering", "innkjøp", "Datatilsynet", "KS Digital")


@pytest.mark.parametrize("spoken", of(JFK, RULES))
def test_the_glossary_does_not_appear_where_nobody_says_it(
    transcriber: Transcriber, speech: Callable[[Spoken | str], Path], spoken: Spoken
) -> None:
    heard = transcriber.transcribe(speech(spoken), language="en", glossary=GLOSSARY)
    assert word_error_rate(spoken.words, text_of(heard).split()) <= 0.1
    assert heard.fingerprint == transcriber.fingerprint("en", GLOSSARY)


def test_the_glossary_does_not_appear_where_nobody_speaks(
    transcriber: Transcriber, joined: Callable[..., Path]
) -> None:
    if is_slow(transcriber):
        pytest.skip("of 3 s of music it makes minutes of tries")
    noise = transcriber.transcribe(joined("plucked", SOUNDS["plucked"](60.0)), language="nb", glossary=GLOSSARY)
    assert noise.segments == ()


def test_fingerprints_tell_configurations_apart(transcriber: Transcriber) -> None:
    names = [
        transcriber.fingerprint(language, glossary, english=english)
        for language in (None, "nb", "nn")
        for glossary in ((), ("personvern",), ("innkjøp",), ("personvern", "innkjøp"), ("innkjøp", "personvern"))
        for english in (False, True)
    ]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)
    assert transcriber.fingerprint("no", ()) == transcriber.fingerprint("nb")
    assert transcriber.fingerprint("nb", ["KS  Digital", "KS Digital"]) == transcriber.fingerprint("nb", ["KS Digital"])


@pytest.mark.parametrize("spoken", of(DANISH[0], RULES))
def test_english_is_another_transcript(
    transcriber: Transcriber,
    transcript: Callable[[Spoken | str], Transcript],
    speech: Callable[[Spoken | str], Path],
    spoken: Spoken,
) -> None:
    told: list[float] = []
    heard = transcriber.transcribe(speech(spoken), english=True, progress=told.append)
    assert heard.language == "en"
    assert all(segment.language is None for segment in heard.segments)
    assert heard.fingerprint == transcriber.fingerprint(None, english=True)
    assert heard.fingerprint != transcript(spoken).fingerprint
    assert told[-1] == 1.0
    assert heard.segments
    if not isinstance(transcriber, FakeTranscriber):
        words = set(text_of(heard).split())
        assert words & {"the", "a", "and", "of", "to", "in", "is", "was", "he", "it"}
        assert not words & {"og", "det", "er", "på", "som", "han", "en", "af"}
        assert not set(text_of(heard)) & set("æøå")


@pytest.mark.parametrize(
    ("spoken", "phrases", "seconds"),
    of((JFK, ("fellow americans", "for your country"), 6.5), (RULES, ("one service", "personal data"), 9.5)),
)
def test_what_is_said_again_is_heard_again(
    real: Transcriber, joined: Callable[..., Path], spoken: Spoken, phrases: Sequence[str], seconds: float
) -> None:
    """`seconds`: of them speech, each time."""
    if is_slow(real):
        pytest.skip("66 s")
    heard = real.transcribe(joined(f"{spoken.path.stem}-six-times", *[spoken] * 6))
    for phrase in phrases:
        assert 5 <= text_of(heard).count(phrase) <= 7
    assert word_error_rate(spoken.words * 6, text_of(heard).split()) <= 0.15
    assert heard.holes == ()
    assert heard.speech == pytest.approx(6 * seconds, abs=4)


@pytest.fixture(scope="session")
def bilingual(joined: Callable[..., Path]) -> Path:
    return joined("bilingual", JFK, JFK, JFK, *DANISH, DANISH[0])


@needs(JFK, *DANISH)
def test_a_change_of_language_is_followed(real: Transcriber, bilingual: Path) -> None:
    if is_slow(real):
        pytest.skip("75 s")
    heard = real.transcribe(bilingual)
    assert {heard.language, *(one.language for one in heard.segments if one.language)} == {"en", "da"}
    for one in heard.segments:
        if one.end < 34.0:
            assert (one.language or heard.language) == "en", one
        if one.start > 36.0:
            assert (one.language or heard.language) == "da", one
    english = plain(" ".join(one.text for one in heard.segments if one.end < 35.0))
    assert english.count("fellow americans") == 3
    assert any(set("æøå") & set(one.text) for one in heard.segments if one.start > 35.0)


@needs(JFK, *DANISH)
def test_a_language_that_is_set_holds_to_the_end(real: Transcriber, bilingual: Path) -> None:
    if is_slow(real):
        pytest.skip("75 s")
    heard = real.transcribe(bilingual, language="en")
    assert heard.language == "en"
    assert heard.language_probability is None
    assert all(one.language is None for one in heard.segments)
    assert text_of(heard).count("fellow americans") == 3
    assert any(one.start > 36.0 for one in heard.segments)


@pytest.mark.parametrize("sound", ["plucked", "white_noise", "singing"])
@pytest.mark.parametrize(("first", "second"), of(DANISH, (RULES, VISIT)))
def test_what_is_played_before_the_meeting_is_not_taken_for_its_language(
    real: Transcriber, joined: Callable[..., Path], sound: str, first: Spoken, second: Spoken
) -> None:
    if is_slow(real) and sound != "plucked":
        pytest.skip("too slow for all sounds")
    audio = joined(f"{sound}-first-{first.language}", SOUNDS[sound](40.0), first, second)
    heard = real.transcribe(audio)
    assert heard.language == first.language
    assert heard.segments
    assert min(one.start for one in heard.segments) > 40.0


@pytest.mark.parametrize(("spoken", "ends"), of((JFK, 310.6), (RULES, 310.55)))
def test_speech_in_noise_has_its_times_from_the_start_of_the_recording(
    real: Transcriber, joined: Callable[..., Path], spoken: Spoken, ends: float
) -> None:
    """Five minutes of noise before it: across the seams of the blocks, and through the pauses left out."""
    heard = real.transcribe(joined(f"late-{spoken.path.stem}", white_noise(299.5) * 0.02, spoken))
    words = [word for one in heard.segments for word in one.words]
    assert words[0].start == pytest.approx(300.0 + spoken.starts[0], abs=0.5)
    assert words[-1].end == pytest.approx(ends, abs=0.7)


@pytest.mark.parametrize("spoken", of(JFK, VISIT))
def test_words_after_a_jingle_in_other_channels_have_the_time_of_the_original(
    real: Transcriber, spoken: Spoken, tmp_path: Path
) -> None:
    """Two MP3 put together: four seconds in stereo, then a voice in mono, at another rate."""
    if is_slow(real):
        pytest.skip("the sound is the same for every engine")
    stereo, mono = tmp_path / "1.mp3", tmp_path / "2.mp3"
    timed_speech.ffmpeg("-f", "lavfi", "-i", "sine=f=440:d=4,volume=-20dB", "-ar", "44100", "-ac", "2", stereo)
    timed_speech.ffmpeg("-i", spoken.write(tmp_path / "spoken.flac"), "-ar", "22050", "-ac", "1", "-b:a", "128k", mono)
    original, limits = timed_speech.joined(tmp_path / "x.mp3", stereo, mono), MediaLimits(spare_disk_mb=0)
    made = render(original, probe(original, limits), tmp_path / "out", limits)
    words = [word for one in real.transcribe(made.speech, language="en").segments for word in one.words]
    assert [plain(word.text) for word in words] == spoken.words
    times = {number: 4.0 + start for number, start in spoken.starts.items()}
    assert {number: words[number].start for number in times} == pytest.approx(times, abs=0.5)


@pytest.mark.parametrize("spoken", of(RULES))
@pytest.mark.parametrize("case", ["opposite phase", "the first track silent", "one channel only", "hum in the other"])
def test_what_is_said_on_some_of_the_channels_and_tracks_is_written_down(
    real: Transcriber, spoken: Spoken, case: str, tmp_path: Path
) -> None:
    if is_slow(real):
        pytest.skip("the sound is the same for every engine")
    voice = np.concatenate(list(read_blocks(spoken.write(tmp_path / "spoken.flac")))).astype(np.float64)
    nothing, humming = np.zeros(len(voice)), np.resize(hum(20), len(voice))
    tracks: dict[str, tuple[str, list[Sequence[Sound]]]] = {
        "opposite phase": ("x.flac", [[voice, -voice]]),
        "the first track silent": ("x.m4a", [[nothing], [voice]]),
        "one channel only": ("x.wav", [[voice, nothing]]),
        "hum in the other": ("x.wav", [[humming, voice]]),
    }
    name, sounds = tracks[case]
    original, limits = make_tracks(tmp_path / name, *sounds), MediaLimits(spare_disk_mb=0)
    made = render(original, probe(original, limits), tmp_path / "out", limits)
    heard = real.transcribe(made.speech, language=spoken.language)
    assert word_error_rate(spoken.words, text_of(heard).split()) <= 0.1


@pytest.mark.parametrize("spoken", of(MEETING, RULES))
def test_the_same_audio_gives_the_same_transcript(
    real: Transcriber,
    transcript: Callable[[Spoken | str], Transcript],
    speech: Callable[[Spoken | str], Path],
    spoken: Spoken,
) -> None:
    assert real.transcribe(speech(spoken)) == transcript(spoken)


@pytest.mark.parametrize(("one", "other"), of((JFK, DANISH[0]), (RULES, VISIT)))
def test_two_at_once_hear_what_each_hears_alone(
    real: Transcriber,
    transcript: Callable[[Spoken | str], Transcript],
    speech: Callable[[Spoken | str], Path],
    one: Spoken,
    other: Spoken,
) -> None:
    with ThreadPoolExecutor(2) as pool:  # what goes wrong in a thread is raised here
        heard = list(pool.map(real.transcribe, [speech(one), speech(other)]))
    assert heard == [transcript(one), transcript(other)]


@pytest.mark.parametrize("code", ["klingon", "", "xx"])
def test_an_unknown_language_is_refused_with_the_known_ones(
    transcriber: Transcriber, speech: Callable[[Spoken | str], Path], code: str
) -> None:
    with pytest.raises(UnknownLanguage, match=r"nb or no.*nn.*da.*nl.*en.*All: af, am"):
        transcriber.transcribe(speech(SILENCE), language=code)


def test_what_is_not_our_audio_is_refused(transcriber: Transcriber, tmp_path: Path) -> None:
    playlist = tmp_path / "speech.flac"
    playlist.write_text("ffconcat version 1.0\nfile '/etc/passwd'\n")
    with pytest.raises(NotMedia, match=r"speech\.flac is not speech audio"):
        transcriber.transcribe(playlist)
    with pytest.raises(NotFound):
        transcriber.transcribe(tmp_path / "gone.flac")


@pytest.mark.parametrize("engine", ENGINES)
def test_fingerprints_are_the_same_in_every_process_and_need_no_engine(engine: str, data_dir: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from kring.settings import Settings, TranscribeSettings\n"
        "from transcribe.engines.registry import open_transcriber\n"
        f"settings = Settings(data_dir=Path({str(data_dir)!r}), transcribe=TranscribeSettings(engine={engine!r}))\n"
        "print(open_transcriber(settings).fingerprint('da', ['personvern']))\n"
        "assert not {'torch', 'whisper', 'faster_whisper', 'ctranslate2'} & set(sys.modules)"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPOSITORY)
    settings = Settings(data_dir=data_dir, transcribe=TranscribeSettings(engine=engine))
    here = open_transcriber(settings).fingerprint("da", ["personvern"])
    assert other.stdout.strip() == here
    assert here.startswith(f"{engine}-base-")


def test_engines_do_not_share_fingerprints(data_dir: Path) -> None:
    names = {
        open_transcriber(Settings(data_dir=data_dir, transcribe=TranscribeSettings(engine=engine))).fingerprint(None)
        for engine in ENGINES
    }
    assert len(names) == len(ENGINES)
