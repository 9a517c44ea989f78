"""The recordings that relevance is measured on: the samples, and 195 made ones in five languages.

A made recording is a talk from talks/<language>.toml: its few sentences on its topic are written by hand and stand
nowhere else. Around them come sentences that many talks share: an opening with who speaks and where from, what the
talk is about (said at its beginning and its end), small talk, a remark about a person or municipality that has nothing
to do with it, and a remark that names another topic in passing. Everything is drawn with the talk's name as the seed,
so the corpus is the same on every machine.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from index.passages.build import passages_of
from index.port import Passage
from kring.model import Circle, Details, Manifest, Media, Original, Segment, SourceRef, Transcript
from tests.support.passages import recording_id
from transcribe.captions.reader import transcript_from_file

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "samples"
LANGUAGES = ("nb", "nn", "da", "nl", "en")
WORDS_PER_SECOND = 1.6
BREATH = 1.2
"""Seconds between two sentences."""

SAMPLE_THEMES = {
    "co-creation-workshop": "participation-1",
    "databeskyttelse-foreningsportal": "privacy-2",
    "digital-post-for-eldre": "eid-2",
    "document-service-three-regions": "procurement-1",
    "documentdienst-samen-aankopen": "procurement-1",
    "dokumenttjenesten-tre-regioner": "procurement-1",
    "foreninger-aftaler-direkte": "clubs-1",
    "gegevensbescherming-digitaal-loket": "privacy-3",
    "personvernkonsekvenser": "privacy-1",
    "privacy-shared-services": "privacy-4",
    "risikovurdering-skytjenester": "cloud-3",
}
"""What each sample is about, in the words of the talks; numbers of their own where no talk says the same."""


@dataclass(frozen=True, slots=True)
class Recording:
    """`theme` is its topic and which side of it ("privacy-2"); talks of one theme say the same in each language."""

    name: str
    language: str
    theme: str
    speakers: tuple[str, ...]
    passages: tuple[Passage, ...]
    town: str = ""
    mentions: str = ""
    """The topic it names in passing."""

    @property
    def topic(self) -> str:
        return self.theme.rpartition("-")[0]


@cache
def corpus() -> tuple[Recording, ...]:
    """All recordings, always the same."""
    made = (recording for language in LANGUAGES for recording in _talks(language))
    return (*_samples(), *made)


def all_passages() -> list[Passage]:
    return [passage for recording in corpus() for passage in recording.passages]


def names() -> dict[str, str]:
    """Recording id → name."""
    return {recording_id(recording.name): recording.name for recording in corpus()}


def _talks(language: str) -> Iterator[Recording]:
    said = tomllib.loads((HERE / "talks" / f"{language}.toml").read_text("utf-8"))
    talks = [(theme, talk) for theme, talk in said.items() if isinstance(talk, dict) and "says" in talk]
    held = {theme.rpartition("-")[0] for theme, _ in talks}
    # A term that no talk in this language is about is in no remark either: the questions across languages ask for it,
    # and what says the very word that was asked for rightly comes first.
    topics = [topic for topic in said["terms"] if topic in held]
    for number, (theme, talk) in enumerate(talks):
        person = (number * 5 + number // 12) % len(said["people"])  # some 3 talks each, of different topics
        town = said["towns"][person % len(said["towns"])]
        mentions = topics[(number * 5 + 3) % len(topics)]
        if theme.startswith(mentions):
            mentions = topics[(number * 5 + 4) % len(topics)]
        yield _talk(language, theme, talk, said, said["people"][person], town, mentions)


def _talk(
    language: str, theme: str, talk: dict[str, Any], said: dict[str, Any], speaker: str, town: str, mentions: str
) -> Recording:
    name = f"{language}-{theme}"
    chance = Random(name)
    small = iter(chance.sample(said["small_talk"], len(said["small_talk"])))
    others = {
        "name": chance.choice([person for person in said["people"] if person != speaker]),
        "town": chance.choice([other for other in said["towns"] if other != town]),
    }
    opening = chance.choice(said["opening"]).format(name=speaker, town=town)
    aside = chance.choice(said["elsewhere"]).format(**others)
    passing = chance.choice(said["passing"]).format(term=said["terms"][mentions])
    term = said["terms"].get(theme.rpartition("-")[0])
    begins, ends = ([sentence.format(term=term)] if term else [] for sentence in said["theme"])
    first, second, third = talk["says"]
    texts = [
        [opening, *begins, next(small), first],
        [next(small), second, next(small)],
        [third, next(small), next(small), *ends],
    ]
    texts.insert(chance.randint(1, 3), [aside, passing, next(small)])
    for _ in range(chance.randint(1, 3)):
        texts.insert(chance.randint(1, len(texts)), [next(small), next(small), next(small)])
    title = f"{talk['title']} – {town}" if chance.random() < 0.5 else talk["title"]
    segments = tuple(_spoken([(speaker, sentence) for group in texts for sentence in group]))
    passages = _passages(name, title, language, segments, speaker, _day(chance))
    return Recording(name, language, theme, (speaker,), tuple(passages), town, mentions)


def _day(chance: Random) -> date:
    return date(2022, 1, 10) + timedelta(days=chance.randrange(1500))


def _spoken(sentences: Sequence[tuple[str, str]]) -> Iterator[Segment]:
    """Sentences one after another, at an even pace."""
    clock = 0.0
    for speaker, sentence in sentences:
        end = clock + len(sentence.split()) / WORDS_PER_SECOND
        yield Segment(start=clock, end=end, text=sentence, speaker=speaker)
        clock = end + BREATH


def _passages(
    name: str, title: str, language: str, segments: tuple[Segment, ...], speaker: str, day: date
) -> list[Passage]:
    circle = Circle(slug=f"ring-{language}", name=f"Ring {language}", network="ring", network_name="Ring")
    details = Details(title=title, circle=circle.slug, date=day, language=language, presenters=(speaker,))
    return passages_of(_manifest(name, details, segments[-1].end), circle, _transcript(language, segments))


def _samples() -> Iterator[Recording]:
    circles = {entry["slug"]: Circle(**entry) for entry in _toml(SAMPLES / "circles.toml")["circle"]}
    for name, theme in SAMPLE_THEMES.items():
        details = Details(**_toml(SAMPLES / f"{name}.toml"))
        assert details.language is not None
        captions = SAMPLES / f"{name}.vtt"
        transcript = (
            transcript_from_file(captions.read_bytes(), language=details.language, duration=3600.0)
            if captions.exists()
            else _transcript(details.language, tuple(_spoken(_sentences(name))))
        )
        manifest = _manifest(name, details, transcript.segments[-1].end)
        passages = tuple(passages_of(manifest, circles[details.circle], transcript))
        yield Recording(name, details.language, theme, details.presenters, passages)


def _sentences(sample: str) -> list[tuple[str, str]]:
    """What is said in an English sample, which has no captions."""
    return [
        (block["who"], sentence)
        for block in _toml(SAMPLES / "texts" / f"{sample}.toml")["say"]
        for sentence in block["text"].strip().splitlines()
    ]


def _manifest(name: str, details: Details, duration: float) -> Manifest:
    moment = datetime.combine(details.date, datetime.min.time(), tzinfo=UTC)
    return Manifest(
        id=recording_id(name),
        source=SourceRef(source="relevance", external_id=name),
        details=details,
        original=Original(sha256="0" * 64, size=1, file_name=f"{name}.mp3"),
        media=Media(duration=duration, format="mp3", audio_codec="mp3"),
        received_at=moment,
        changed_at=moment,
    )


def _transcript(language: str, segments: tuple[Segment, ...]) -> Transcript:
    return Transcript(
        fingerprint="relevance",
        engine="made",
        model="made",
        language=language,
        duration=segments[-1].end,
        segments=segments,
    )


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))
