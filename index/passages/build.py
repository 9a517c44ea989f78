"""From a transcript, and from what is attached, to passages: short enough to land in, long enough to be understood."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from index.passages.attachments import pieces
from index.port import Passage
from kring.access import audience_of
from kring.model import Attachment, Circle, Manifest, Pages, Segment, Transcript, Word

SHORTEST = 20.0
"""Seconds; a passage is shorter only if what follows would make it too long, or nothing follows."""
LONGEST = 60.0
"""Seconds; a passage is longer only if one segment without times of its words is."""
_IDEAL = 40.0
_PAUSE = 1.0  # seconds of silence that a listener hears as a break
_PIECE = 20.0  # seconds of the pieces a segment longer than LONGEST is cut into
_SENTENCE_ENDS = (".", "?", "!", "…")


def passages_of(
    manifest: Manifest,
    circle: Circle,
    transcript: Transcript | None,
    attached: Sequence[tuple[Attachment, Pages]] = (),
) -> list[Passage]:
    """The passages of one recording, in order; every segment with text is in exactly one of them.

    The first passage carries the presenters as speakers too, so that a recording is found by who presents.
    If there is no speech (or no transcript yet), one passage with an empty text stands for the recording.
    After what is said come the pages of what is attached.
    """
    spoken = _spoken(manifest, circle, transcript)
    return [*spoken, *_written(spoken[0], len(spoken), attached)]


def _spoken(manifest: Manifest, circle: Circle, transcript: Transcript | None) -> list[Passage]:
    duration = manifest.duration or (transcript.duration if transcript else 0.0)
    language = (transcript.language if transcript else manifest.details.language or circle.language) or ""
    segments = transcript.segments if transcript else ()
    stretches = [_stretch(group) for group in _groups(_pieces(segments))] or [_Stretch(0.0, duration, "", (), ())]
    return [
        Passage(
            id=f"{manifest.id}-{number}",
            recording_id=manifest.id,
            version=manifest.version,
            start=stretch.start,
            end=stretch.end,
            text=stretch.text,
            starts=stretch.starts,
            title=manifest.details.title,
            circle=circle.slug,
            network=circle.network,
            language=language,
            date=manifest.details.date,
            speakers=_merged(stretch.speakers, manifest.details.presenters if number == 0 else ()),
            has_video=bool(manifest.media and manifest.media.has_video),
            poster=manifest.renditions.poster if manifest.renditions else None,
            duration=duration,
            topics=manifest.details.topics,
            organisations=manifest.details.organisations,
            audience=audience_of(manifest.details),
        )
        for number, stretch in enumerate(stretches)
    ]


def _written(like: Passage, first: int, attached: Iterable[tuple[Attachment, Pages]]) -> Iterator[Passage]:
    """What is attached, numbered from `first`; all that is said of the recording is said of this too."""
    texts = (
        (attachment, number, text)
        for attachment, text_of in attached
        for number, page in enumerate(text_of.pages, start=1)
        for text in pieces(page)
    )
    for number, (attachment, page, text) in enumerate(texts, start=first):
        yield replace(
            like,
            id=f"{like.recording_id}-{number}",
            start=0.0,
            end=0.0,
            text=text,
            starts=(),
            speakers=(),
            attachment=attachment.original.sha256,
            attachment_title=attachment.title,
            page=page,
        )


def by_recording(passages: Iterable[Passage]) -> Iterator[list[Passage]]:
    """Those of one recording after another; they must come together."""
    for _, of_one in groupby(passages, key=lambda passage: passage.recording_id):
        yield list(of_one)


@dataclass(frozen=True, slots=True)
class _Stretch:
    start: float
    end: float
    text: str
    starts: tuple[tuple[int, float], ...]
    speakers: tuple[str, ...]


def _pieces(segments: Sequence[Segment]) -> list[Segment]:
    """Segments with text in order of time, those longer than LONGEST cut between words."""
    spoken = sorted((segment for segment in segments if segment.text.strip()), key=lambda segment: segment.start)
    return [piece for segment in spoken for piece in _cut(segment)]


def _cut(segment: Segment) -> Iterator[Segment]:
    if segment.end - segment.start <= LONGEST or not segment.words:
        yield segment
        return
    piece: list[Word] = []
    for word in segment.words:
        if piece and word.end - piece[0].start > _PIECE:
            yield _of_words(piece, segment.speaker)
            piece = []
        piece.append(word)
    yield _of_words(piece, segment.speaker)


def _of_words(words: Sequence[Word], speaker: str | None) -> Segment:
    spaced = any(word.text[:1].isspace() for word in words)  # Whisper's words bring their spaces, captions' do not
    text = ("" if spaced else " ").join(word.text for word in words)
    end = max(word.end for word in words)
    return Segment(start=words[0].start, end=end, text=text, speaker=speaker, words=tuple(words))


def _groups(segments: Sequence[Segment]) -> Iterator[Sequence[Segment]]:
    first = 0
    finish = max((segment.end for segment in segments), default=0.0)
    while first < len(segments):
        after = _best_break(segments, first, finish)
        yield segments[first:after]
        first = after


def _best_break(segments: Sequence[Segment], first: int, finish: float) -> int:
    """The index after the last segment of the passage that begins with `first`; `finish` is when all is said."""
    best, best_worth = first + 1, float("-inf")
    end = 0.0
    for after in range(first + 1, len(segments) + 1):
        end = max(end, segments[after - 1].end)
        length = end - segments[first].start
        if length > LONGEST:
            break
        if length < SHORTEST:
            best = after
            continue
        worth = _break_worth(segments, after) - abs(length - _IDEAL) / 20
        if after < len(segments) and finish - segments[after].start < SHORTEST:
            worth -= 2  # what is left over would be too short to stand alone
        if worth >= best_worth:
            best, best_worth = after, worth
    return best


def _break_worth(segments: Sequence[Segment], after: int) -> float:
    """How natural a break before `segments[after]` is."""
    if after == len(segments):
        return 3.0
    before, behind = segments[after - 1], segments[after]
    return (
        2.0 * (before.speaker != behind.speaker)
        + 1.5 * (behind.start - before.end >= _PAUSE)
        + 1.0 * before.text.rstrip().endswith(_SENTENCE_ENDS)
    )


def _stretch(segments: Sequence[Segment]) -> _Stretch:
    texts: list[str] = []
    starts: dict[int, float] = {}
    began = 0  # where the segment begins in the whole text
    for segment in segments:
        text = " ".join(segment.text.split())
        starts[began] = segment.start
        cursor = 0
        for start, _, spoken, _ in segment.words:
            word = spoken.strip()
            offset = text.find(word, cursor)
            if offset >= 0 and word:
                starts[began + offset] = start
                cursor = offset + len(word)
        texts.append(text)
        began += len(text) + 1
    return _Stretch(
        start=segments[0].start,
        end=max(segment.end for segment in segments),
        text=" ".join(texts),
        starts=tuple(sorted(starts.items())),
        speakers=_merged(segment.speaker for segment in segments if segment.speaker),
    )


def _merged(*groups: Iterable[str]) -> tuple[str, ...]:
    """All names once, in order of appearance."""
    return tuple(dict.fromkeys(name for group in groups for name in group))
