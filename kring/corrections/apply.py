"""What people have changed, applied to what a machine heard. Pure.

Corrections name stretches of time and texts, never numbers of segments: so they hold for whatever transcript the
recording has, also one with other borders. They are applied in order of their numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kring.corrections.changes import (
    AttachmentChange,
    ChapterChange,
    Correction,
    DetailsChange,
    LineChange,
    NameChange,
    SpeakerChange,
    Undo,
)
from kring.corrections.segments import put_line, rename_speaker, replace_name
from kring.model import Attachment, Cut, Details, Segment, Transcript

NEAR = 0.5
"""Seconds within which two chapters are the same one."""


class Chapter(NamedTuple):
    """In seconds."""

    start: float
    title: str


def active(corrections: Iterable[Correction]) -> tuple[Correction, ...]:
    """Those that count, in order: without those taken back, and without the Undos, which change nothing else."""
    ordered = sorted(corrections, key=lambda correction: correction.number)
    undone_numbers = undone(ordered)
    return tuple(
        correction
        for correction in ordered
        if correction.number not in undone_numbers and not isinstance(correction.change, Undo)
    )


def undone(corrections: Iterable[Correction]) -> frozenset[int]:
    """Numbers of those that count no longer; an Undo can be among them. It reaches only those before it."""
    undone_numbers: set[int] = set()
    for correction in sorted(corrections, key=lambda correction: correction.number, reverse=True):
        if (
            isinstance(correction.change, Undo)
            and correction.number not in undone_numbers
            and correction.change.number < correction.number
        ):
            undone_numbers.add(correction.change.number)
    return frozenset(undone_numbers)


def corrected(transcript: Transcript, corrections: Iterable[Correction]) -> Transcript:
    """The transcript as people have corrected it; itself if nothing changes it."""
    segments = transcript.segments
    for _, after in steps(transcript, corrections):
        segments = after
    return transcript if segments is transcript.segments else transcript.model_copy(update={"segments": segments})


def lies_in(correction: Correction, cuts: Iterable[Cut]) -> bool:
    """Whether it is about a passage that was to be cut after somebody made it."""
    match correction.change:
        case LineChange(start=start, end=end):
            pass
        case ChapterChange(start=start):
            end = start
        case _:
            return False
    return any(cut.touches(start, end) and (cut.done_at is None or correction.at <= cut.at) for cut in cuts)


def steps(
    transcript: Transcript, corrections: Iterable[Correction]
) -> Iterator[tuple[Correction, tuple[Segment, ...]]]:
    """Each correction that counts, with the segments as they are after it."""
    segments = transcript.segments
    for correction in active(corrections):
        match correction.change:
            case LineChange() as line:
                segments = put_line(segments, line)
            case NameChange(find=find, replace=replace):
                segments = replace_name(segments, find, replace)
            case SpeakerChange(name=name, to=to):
                segments = rename_speaker(segments, name, to)
            case _:
                pass  # about something else than the transcript
        yield correction, segments


def chapters(corrections: Iterable[Correction]) -> tuple[Chapter, ...]:
    """In order of time."""
    made: list[Chapter] = []
    for correction in active(corrections):
        change = correction.change
        if isinstance(change, ChapterChange):
            present = chapter_at(made, change.start)
            if present is not None:
                made.remove(present)
            if change.title is not None:
                made.append(Chapter(change.start, change.title))
    return tuple(sorted(made))


def chapter_at(made: Iterable[Chapter], start: float) -> Chapter | None:
    """The chapter that begins there, or so near that it is the same."""
    near = [chapter for chapter in made if abs(chapter.start - start) <= NEAR]
    return min(near, key=lambda chapter: abs(chapter.start - start), default=None)


def detailed(details: Details, corrections: Iterable[Correction]) -> Details:
    """The details as people have corrected them, whether `details` are those from before, or have been corrected.

    A field that was not changed here is as `details` have it; any other is what it was before the first change, with
    the changes that count. So taking one back needs no memory of the details as they were.
    """
    known = sorted(corrections, key=lambda correction: correction.number)
    values: dict[str, object] = {}
    for correction in known:
        for name, (before, _) in changed_fields(correction).items():
            values.setdefault(name, before)
    for correction in active(known):
        values |= {name: after for name, (_, after) in changed_fields(correction).items()}
    return details.model_copy(update=values) if values else details


def titled(attachments: tuple[Attachment, ...], corrections: Iterable[Correction]) -> tuple[Attachment, ...]:
    """The documents with the titles that people have given them; taking one back works as it does in `detailed`."""
    known = sorted(corrections, key=lambda correction: correction.number)
    titles: dict[str, str] = {}
    for correction in known:
        if isinstance(correction.change, AttachmentChange):
            titles.setdefault(correction.change.sha256, correction.change.before)
    for correction in active(known):
        if isinstance(correction.change, AttachmentChange):
            titles[correction.change.sha256] = correction.change.title
    return tuple(
        attachment.model_copy(update={"title": titles.get(attachment.original.sha256, attachment.title)})
        for attachment in attachments
    )


def changed_fields(correction: Correction) -> dict[str, tuple[object, object]]:
    """Field of the details → what it was and what it is then."""
    change = correction.change
    if not isinstance(change, DetailsChange):
        return {}
    pairs = {name: (getattr(change.before, name), getattr(change.after, name)) for name in Details.model_fields}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
