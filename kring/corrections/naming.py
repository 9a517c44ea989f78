"""Where a person's name stands in one recording, and the corrections that put another in its place. Pure.

A name is found as whole words, in any case of its letters and whatever space is between its words; one of several
words also with the s of a genitive ("Kari Nordlis"). Only the name gives way, and what stands beside it stays: the
speaker "Kari Nordli (Fjordane)" becomes "Participant (Fjordane)". What is not found: a first name by itself, which is
looked for by itself, and a name that begins in one line of a transcript and ends in the next.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from kring.corrections.apply import Chapter
from kring.corrections.changes import (
    AttachmentChange,
    Change,
    ChapterChange,
    DetailsChange,
    NameChange,
    SpeakerChange,
)
from kring.corrections.segments import whole_words
from kring.errors import InputError
from kring.model import Attachment, Details, Labels, Segment
from kring.people.accounts import name_in
from kring.text import normalized

SHORTEST, LONGEST = 2, 100
"""Characters of a name."""
LINE = 300
"""Characters of a line: a title, a label."""
NO_NAME = "Write a name of 2 to 100 characters, with letters in it."
SAME_NAME = "“{to}” holds the name “{name}” itself; choose another word to stand in its place."


@dataclass(frozen=True)
class SoughtName:
    """A name that is looked for. Made by `sought`."""

    text: str

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        genitive = "(?P<genitive>s?)" if " " in self.text else "(?P<genitive>)"
        return re.compile(whole_words(self.text, genitive), re.IGNORECASE)

    def count(self, text: str) -> int:
        """How often it stands there."""
        return sum(1 for _ in self._pattern.finditer(text))

    def is_in(self, text: str | None) -> bool:
        return text is not None and self._pattern.search(text) is not None

    def spellings(self, text: str) -> Iterator[tuple[str, str]]:
        """How it is written there, with single spaces; and the s of its genitive, or nothing."""
        for match in self._pattern.finditer(text):
            yield " ".join(normalized("NFC", match[0]).split()), match["genitive"]

    def replaced(self, text: str, to: str) -> str:
        """The line with `to` in its place."""
        return self._pattern.sub(lambda match: to + match["genitive"], text)[:LINE].strip()


def sought(text: str) -> SoughtName:
    """Raises InputError for what is no name."""
    return SoughtName(_name(text))


def replacement(name: SoughtName, text: str) -> str:
    """What is to stand in the name's place. Raises InputError for what is no name, and for the name itself."""
    to = _name(text)
    if name.is_in(to):
        raise InputError(SAME_NAME, name=name.text, to=to)
    return to


def _name(text: str) -> str:
    name = name_in(text)
    if name is None or not SHORTEST <= len(name) <= LONGEST or not any(map(str.isalpha, name)):
        raise InputError(NO_NAME)
    return name


@dataclass(frozen=True)
class RecordingText:
    """All that a recording says, as people have corrected it."""

    details: Details
    attachments: tuple[Attachment, ...] = ()
    segments: tuple[Segment, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    english: tuple[Segment, ...] = ()
    """Of the English track, which nobody corrects."""
    pages: Sequence[tuple[Attachment, Sequence[str]]] = ()
    """The text of the documents."""
    file_names: tuple[str, ...] = ()
    """Of what came in."""


@dataclass(frozen=True)
class Mentions:
    """Where a name stands in one recording."""

    speakers: dict[str, int] = field(default_factory=dict)
    """Name of a speaker → number of their lines."""
    presenters: Labels = ()
    title: bool = False
    labels: Labels = ()
    """Organisations, topics, and the legal basis."""
    chapters: Labels = ()
    documents: Labels = ()
    """Titles of documents."""
    said: int = 0
    """How often in the text of the transcript."""
    english: int = 0
    """How often in the English track, where no correction reaches it."""
    written: Labels = ()
    """Titles of the documents in whose pages it stands, where no correction reaches it."""
    file_names: Labels = ()
    """Of what came in, where no correction reaches it."""

    @property
    def can_be_replaced(self) -> bool:
        return bool(
            self.speakers
            or self.presenters
            or self.title
            or self.labels
            or self.chapters
            or self.documents
            or self.said
        )

    @property
    def stays(self) -> bool:
        """Whether it stands where only erasing takes it away."""
        return bool(self.english or self.written or self.file_names)

    def __bool__(self) -> bool:
        return self.can_be_replaced or self.stays


def mentions(name: SoughtName, of: RecordingText) -> Mentions:
    details = of.details
    labels = (*details.organisations, *details.topics, *([details.legal_basis] if details.legal_basis else []))
    speakers = Counter(segment.speaker for segment in of.segments if segment.speaker)
    return Mentions(
        speakers={speaker: count for speaker, count in speakers.items() if name.is_in(speaker)},
        presenters=_having(name, details.presenters),
        title=name.is_in(details.title),
        labels=_having(name, labels),
        chapters=_having(name, (chapter.title for chapter in of.chapters)),
        documents=_having(name, (attachment.title for attachment in of.attachments)),
        said=sum(name.count(segment.text) for segment in of.segments),
        english=sum(name.count(segment.text) + name.is_in(segment.speaker) for segment in of.english),
        written=tuple(attachment.title for attachment, pages in of.pages if any(map(name.is_in, pages))),
        file_names=_having(name, of.file_names),
    )


def replacing(name: SoughtName, to: str, of: RecordingText) -> Iterator[Change]:
    """The changes after which `to` stands wherever a correction can put it in the name's place."""
    details = _renamed_details(name, to, of.details)
    if details != of.details:
        yield DetailsChange(before=of.details, after=details)
    for speaker in dict.fromkeys(segment.speaker for segment in of.segments):
        if speaker is not None and name.is_in(speaker):
            yield SpeakerChange(name=speaker, to=name.replaced(speaker, to))
    spellings = dict.fromkeys(pair for segment in of.segments for pair in name.spellings(segment.text))
    for spelling, genitive in spellings:
        yield NameChange(find=spelling, replace=to + genitive)
    for chapter in of.chapters:
        if name.is_in(chapter.title):
            title = name.replaced(chapter.title, to)
            yield ChapterChange(start=chapter.start, before=chapter.title, title=title)
    for attachment in of.attachments:
        if name.is_in(attachment.title):
            title = name.replaced(attachment.title, to)
            yield AttachmentChange(sha256=attachment.original.sha256, before=attachment.title, title=title)


def _renamed_details(name: SoughtName, to: str, details: Details) -> Details:
    def labels(those: Labels) -> Labels:
        return tuple(dict.fromkeys(name.replaced(label, to) for label in those)) if _having(name, those) else those

    return details.model_copy(
        update={
            "title": name.replaced(details.title, to),
            "presenters": labels(details.presenters),
            "organisations": labels(details.organisations),
            "topics": labels(details.topics),
            "legal_basis": name.replaced(details.legal_basis, to) if details.legal_basis else details.legal_basis,
        }
    )


def _having(name: SoughtName, lines: Iterable[str]) -> Labels:
    return tuple(line for line in lines if name.is_in(line))
