"""The small archive with what members and facilitators add to it: topics, chapters, documents, a public circle."""

from __future__ import annotations

import hashlib
import json
import math

from index.passages.build import passages_of
from index.port import SearchIndex
from kring.corrections.changes import ChapterChange, Correction
from kring.model import Attachment, Manifest, Original, Pages, Visibility
from storage import keys
from storage.archive.archive import Archive
from storage.documents import JSON, write_document
from tests.support.web import sample_archive
from tests.support.web.sample_archive import HOSTILE, MOMENT, SECONDS, TALKS

FILM, SOUND = TALKS[0], TALKS[3]
CHAPTERS = ((0.0, "Velkommen"), (14.0, "Risikovurdering & <avtaler>"), (31.5, "Ett ombud for hele regionen"))
SOUND_CHAPTERS = ((0.0, "Hvorfor"), (20.0, "Tillid"))
TOPICS = {
    FILM.id: ("Personvern", "Skole"),
    SOUND.id: ("Frivillige", "Økonomi/regnskab"),
    TALKS[1].id: ("personvern", "Innkjøp"),
    TALKS[2].id: ("Frivillige", "Digital Post"),
    HOSTILE.id: ("<&]]> \"topic\"",),
}  # fmt: skip
SLIDES = b"%PDF-1.4 slides"
SLIDES_PAGES = ("Personvern i skolen", "Risikovurdering steg for steg", "Kontakt personvernombudet i kommunen")


def fill(archive: Archive, index: SearchIndex) -> None:
    """Everything of `web_archive`, and more of some; the circle of SOUND is public, and so is FILM."""
    sample_archive.fill(archive, index)
    circle = archive.circle(SOUND.circle)
    archive.put_circle(circle.model_copy(update={"visibility": Visibility.PUBLIC}))
    for recording_id, topics in TOPICS.items():
        _detail(archive, recording_id, topics)
    _attach(archive, FILM.id)
    measure(archive, SOUND.id)
    for talk, chapters in ((FILM, CHAPTERS), (SOUND, SOUND_CHAPTERS)):
        for start, title in chapters:
            add_chapter(archive, talk.id, start, title)
    for recording_id in TOPICS:
        reindex(archive, index, recording_id)


def add_chapter(archive: Archive, recording_id: str, start: float, title: str) -> None:
    change = ChapterChange(start=start, title=title)
    made = Correction(recording_id=recording_id, number=1, by="0" * 16, at=MOMENT, change=change)
    archive.correct(recording_id, lambda _: made)


def reindex(archive: Archive, index: SearchIndex, recording_id: str) -> None:
    manifest = archive.manifest(recording_id)
    circle = archive.circle(manifest.details.circle)
    index.replace(
        manifest.id, passages_of(manifest, circle, archive.transcript_of(manifest), archive.attached(manifest))
    )


def _detail(archive: Archive, recording_id: str, topics: tuple[str, ...]) -> None:
    more: dict[str, object] = {"topics": topics}
    if recording_id == FILM.id:
        more |= {
            "organisations": ("Fjordane kommune",),
            "presenters": ("Kari Nordli", "Ola Berg"),
            "visibility": Visibility.PUBLIC,
        }

    def change(old: Manifest) -> Manifest:
        return old.model_copy(update={"details": old.details.model_copy(update=more)})

    archive.update(recording_id, change)


def _attach(archive: Archive, recording_id: str) -> None:
    sha256 = hashlib.sha256(SLIDES).hexdigest()
    original = Original(sha256=sha256, size=len(SLIDES) + 1_234_567, file_name="lysbilder.pdf")
    archive.store.put_bytes(original.key, SLIDES, media_type="application/pdf")
    text = keys.rendition_key(sha256, "pages-1", "pages.json")
    archive.store.put_bytes(text, write_document(Pages(pages=SLIDES_PAGES)), media_type=JSON)
    one = Attachment(original=original, title="Lysbilder fra møtet", text=text)
    archive.update(recording_id, lambda old: old.model_copy(update={"attachments": (one,)}))


def measure(archive: Archive, recording_id: str) -> None:
    """A minute that swells and sinks, as `transcribe.rendering.peaks` writes it."""
    points = 1200
    loud = [
        round(110 * abs(math.sin(at / 23)) * (0.35 + 0.65 * abs(math.sin(at / 190)))) * (at % 97 > 9)
        for at in range(points)
    ]
    made = {
        "version": 2, "channels": 1, "sample_rate": 16000, "samples_per_pixel": round(SECONDS * 16000 / points),
        "bits": 8, "length": points, "data": [value for height in loud for value in (-height, height)],
    }  # fmt: skip
    manifest = archive.manifest(recording_id)
    key = keys.rendition_key(manifest.original.sha256, "web-1", "peaks.json")
    archive.store.put_bytes(key, json.dumps(made).encode(), media_type=JSON)

    def change(old: Manifest) -> Manifest:
        assert old.renditions is not None
        return old.model_copy(update={"renditions": old.renditions.model_copy(update={"peaks": key})})

    archive.update(recording_id, change)
