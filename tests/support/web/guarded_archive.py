"""An archive with a recording for every visibility in every kind of circle, each full of words of its own, and people
of every kind. What leaks anywhere can so be told by the words in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from index.passages.build import passages_of
from index.port import SearchIndex
from kring.access import ANONYMOUS, Access, Role, Viewer, ViewerKind, audience_of
from kring.corrections.changes import ChapterChange, Correction
from kring.intake.uploads import Upload, UploadState
from kring.model import (
    Attachment,
    Circle,
    Details,
    Manifest,
    Media,
    Original,
    Pages,
    Problem,
    Renditions,
    Segment,
    SourceRef,
    State,
    Step,
    Transcript,
    TranscriptRef,
    Visibility,
    Withdrawal,
    now,
)
from kring.people.accounts import KeyScope, Roles
from storage import keys
from storage.archive.archive import Archive
from storage.archive.people import People
from storage.documents import JSON, write_document
from storage.keys import upload_key, withdrawn_key

DAY = date(2026, 3, 4)
SECRET = "hemmelig"
"""A circle with nothing for anybody else, so that nobody else knows that it is there."""
PREVIEWED = "vist"
"""A circle that lets others know what it has talked about."""
CONTACT = "Kari <Nordmann>, kari@vist.example.org"
CIRCLES = {
    slug: Circle(
        slug=slug, name=f"Navn{slug}", network=network, network_name=f"Nett{network}", visibility=visibility,
        contact=CONTACT, previews=slug == PREVIEWED,
    )
    for slug, network, visibility in (
        ("aapen", "nord", Visibility.PUBLIC),
        ("delt", "nord", Visibility.NETWORK),
        ("lukket", "nord", Visibility.CIRCLE),
        ("fjern", "sor", Visibility.CIRCLE),
        (SECRET, "skjult", Visibility.CIRCLE),
        (PREVIEWED, "vest", Visibility.NETWORK),
    )
}  # fmt: skip
PEOPLE = {
    "member of lukket": Roles(circles={"lukket": Role.MEMBER}),
    "facilitator of lukket": Roles(circles={"lukket": Role.FACILITATOR}),
    "member of delt": Roles(circles={"delt": Role.MEMBER}),
    "facilitator of aapen": Roles(circles={"aapen": Role.FACILITATOR}),
    "member of nord": Roles(networks={"nord": Role.MEMBER}),
    "facilitator of nord": Roles(networks={"nord": Role.FACILITATOR}),
    "member of fjern": Roles(circles={"fjern": Role.MEMBER}),
    "without a role": Roles(),
    "operator": Roles(operator=True),
}
KEYS = {
    "reading key of a facilitator": ("facilitator of lukket", (KeyScope.READ,), ()),
    "key for one circle of an operator": ("operator", (KeyScope.READ, KeyScope.CORRECT), ("delt",)),
}
"""Whose it is, what it is for, and the circles it is for."""
KEY_VIEWERS = {
    "reading key of a facilitator": Viewer(ViewerKind.API_KEY, {"lukket": Role.MEMBER}),
    "key for one circle of an operator": Viewer(ViewerKind.API_KEY, {"delt": Role.FACILITATOR}, only_circle="delt"),
}
FEEDS = {
    "circle feed of a member": ("member of lukket", "/c/lukket/feed.xml", "lukket"),
    "circle feed of a facilitator of its network": ("facilitator of nord", "/c/delt/feed.xml", "delt"),
    "circle feed of an operator": ("operator", f"/c/{SECRET}/feed.xml", SECRET),
    "feed of all that a member may see": ("member of delt", "/feed.xml", None),
    "feed of a member's search": ("member of lukket", "/feed.xml?q=felles&circle=lukket", None),
    "feed of two words of an operator": ("operator", "/feed.xml?q=felles+sak", None),
    "feed of a network of an operator": ("operator", "/n/nord/feed.xml", None),
}
"""Private feeds: whose each is, its feed, and the circle it is for."""
WITHDRAWN = ("aapen", "delt")
"""Circles of which a recording is withdrawn."""
LETTERS = "bdfghkmnprstvwxz"


def word_of(number: int) -> str:
    """A word that is like none of the others."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    return "".join(LETTERS[int(digit, 16)] for digit in digest[:14])


@dataclass(frozen=True)
class Guarded:
    """A recording and its words."""

    number: int
    circle: str
    visibility: Visibility | None
    state: State = State.PUBLISHED
    withdrawn: bool = False

    def seen_by(self, viewer: Viewer, access: Access) -> bool:
        """Whether the viewer may open it."""
        return access.may_see(viewer, self.details) and (not self.withdrawn or access.may_change(viewer, self.circle))

    @property
    def word(self) -> str:
        """In all that is said of it and in it; in PREVIEWED not in what people call its subject."""
        return word_of(self.number)

    @property
    def subject(self) -> str:
        """In its title and topics."""
        return word_of(self.number + 500) if self.circle == PREVIEWED else self.word

    @property
    def ref(self) -> SourceRef:
        return SourceRef(source="samples", external_id=self.word)

    @property
    def id(self) -> str:
        return self.ref.recording_id

    @property
    def details(self) -> Details:
        return Details(
            title=f"Tittel {self.subject}",
            circle=self.circle,
            date=DAY,
            language="nb",
            visibility=self.visibility,
            presenters=(f"Presenter {self.word}",),
            organisations=(f"Kommune {self.word}",),
            topics=(f"Emne {self.subject}", "Felles emne"),
            legal_basis=f"Samtykke {self.word}",
        )

    @property
    def pdf(self) -> bytes:
        return f"%PDF-1.4 {self.word}".encode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.word.encode()).hexdigest()


def recordings() -> list[Guarded]:
    """Published ones for every circle and visibility, but for SECRET, some that are not published, and some that are
    withdrawn."""
    open_ones = [circle for circle in CIRCLES if circle != SECRET]
    made = [(circle, visibility) for circle in open_ones for visibility in (None, *Visibility)] + [(SECRET, None)]
    published = [Guarded(number, circle, visibility) for number, (circle, visibility) in enumerate(made)]
    states = [(State.RECEIVED, "lukket"), (State.FAILED, "lukket"), (State.RECEIVED, "aapen"), (State.FAILED, "fjern")]
    unfinished = [
        Guarded(len(published) + number, circle, None, state) for number, (state, circle) in enumerate(states)
    ]
    first = len(published) + len(unfinished)
    withdrawn = [Guarded(first + number, circle, None, withdrawn=True) for number, circle in enumerate(WITHDRAWN)]
    return [*published, *unfinished, *withdrawn]


@dataclass
class GuardedArchive:
    """What is in it, the session of each of PEOPLE, KEYS, and what the private addresses of FEEDS begin with."""

    archive: Archive
    recordings: list[Guarded] = field(default_factory=recordings)
    sessions: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    feeds: dict[str, str] = field(default_factory=dict)
    upload: Guarded = field(default_factory=lambda: Guarded(30, "lukket", None))

    @property
    def all(self) -> list[Guarded]:
        return [*self.recordings, self.upload]

    def viewer(self, name: str) -> Viewer:
        """Of one of PEOPLE or KEYS; of any other name, of somebody who has not signed in."""
        if name in KEY_VIEWERS:
            return KEY_VIEWERS[name]
        roles = PEOPLE.get(name)
        if roles is None:
            return ANONYMOUS
        return Viewer(ViewerKind.PERSON, roles.circles, roles.networks, operator=roles.operator)

    def fill(self, index: SearchIndex) -> None:
        for circle in CIRCLES.values():
            self.archive.put_circle(circle)
        for recording in self.recordings:
            self._put(recording, index)
        self.archive.store.put_bytes(upload_key(self.upload.id), write_document(_upload(self.upload)), media_type=JSON)
        people = People(self.archive.store)
        for name, roles in PEOPLE.items():
            account = people.accept(people.invite(f"Person {name}", roles, by="test"))
            self.sessions[name] = people.begin_session(account)
            for key, (owner, scopes, circles) in KEYS.items():
                if owner == name:
                    self.keys[key] = people.keys.make(account, key, scopes, circles)
            for feed, (owner, path, circle) in FEEDS.items():
                if owner == name:
                    self.feeds[feed] = f"/f/{people.feed_tokens.make(account, feed, path, circle)}"

    def unseen(self, name: str, access: Access) -> Iterator[Guarded]:
        viewer = self.viewer(name)
        return (each for each in self.all if not each.seen_by(viewer, access))

    def secrets(self, name: str, access: Access) -> Iterator[tuple[Guarded, str]]:
        """What is not to be in any answer to that viewer: each recording's words, with the recording."""
        told = access.preview_audiences_of(self.viewer(name))
        for recording in self.unseen(name, access):
            yield recording, recording.word
            if recording.withdrawn or audience_of(recording.details) not in told:
                yield recording, recording.subject

    def _put(self, recording: Guarded, index: SearchIndex) -> None:
        archive, sha256, moment = self.archive, recording.sha256, now()
        manifest = Manifest(
            id=recording.id,
            source=recording.ref,
            details=recording.details,
            original=Original(sha256=sha256, size=1, file_name=f"{recording.word}.mp4"),
            received_at=moment,
            changed_at=moment,
            state=recording.state,
        )
        if recording.state is State.FAILED:
            problem = Problem(step=Step.PROBE, message=f"Broken {recording.word}.", transient=False, at=moment)
            manifest = manifest.model_copy(update={"problem": problem})
        if recording.state is State.PUBLISHED:
            manifest = self._published(recording, manifest)
        archive.create(manifest)
        if recording.state is State.PUBLISHED:
            change = ChapterChange(start=0.0, title=f"Kapittel {recording.word}")
            correction = Correction(
                recording_id=manifest.id, number=1, by="0" * 16, by_name=f"Retter {recording.word}", at=moment,
                change=change,
            )  # fmt: skip
            archive.correct(manifest.id, lambda _: correction)
            manifest = archive.manifest(manifest.id)
            if recording.withdrawn:
                hidden = Withdrawal(by="0" * 16, by_name=f"Skjuler {recording.word}", at=moment, reason=recording.word)
                archive.update(manifest.id, lambda old: old.model_copy(update={"withdrawn": hidden}))
                archive.store.put_bytes(withdrawn_key(manifest.id), b"", media_type=JSON)
                return
            circle = CIRCLES[recording.circle]
            passages = passages_of(manifest, circle, archive.transcript_of(manifest), archive.attached(manifest))
            index.replace(manifest.id, passages)

    def _published(self, recording: Guarded, manifest: Manifest) -> Manifest:
        archive, sha256, word = self.archive, recording.sha256, recording.word
        names = {"playback": "web.mp4", "poster": "poster.jpg", "speech": "speech.flac", "peaks": "peaks.json"}
        made = {kind: keys.rendition_key(sha256, "web-1", name) for kind, name in names.items()}
        peaks = json.dumps({"version": 2, "bits": 8, "data": [-10, 10] * 200, "who": word})
        for kind, key in made.items():
            archive.store.put_bytes(key, (peaks if kind == "peaks" else word * 50).encode(), media_type=JSON)
        transcript = Transcript(
            fingerprint="whisper-test", engine="whisper", model="base", language="nb", duration=60.0,
            segments=(
                Segment(start=1.0, end=5.0, text=f"Her sies {word} om felles sak.", speaker=f"Taler {word}"),
                Segment(start=6.0, end=9.0, text="Mer om felles sak.", speaker=f"Taler {word}"),
            ),
        )  # fmt: skip
        english = transcript.model_copy(update={"fingerprint": "whisper-english", "language": "en"})
        references = {}
        for track, heard in (("transcript", transcript), ("english", english)):
            references[track] = TranscriptRef(
                key=archive.put_transcript(sha256, heard), fingerprint=heard.fingerprint, engine=heard.engine,
                model=heard.model, language=heard.language,
            )  # fmt: skip
        pdf = Original(
            sha256=hashlib.sha256(recording.pdf).hexdigest(), size=len(recording.pdf), file_name=f"{word}.pdf"
        )
        archive.store.put_bytes(pdf.key, recording.pdf, media_type="application/pdf")
        text = keys.rendition_key(pdf.sha256, "pages-1", "pages.json")
        archive.store.put_bytes(text, write_document(Pages(pages=(f"Side {word} felles sak",))), media_type=JSON)
        return manifest.model_copy(
            update={
                "media": Media(
                    duration=60.0, format="mp4", audio_codec="aac", video_codec="h264", width=640, height=360
                ),
                "renditions": Renditions(recipe="web-1", playback_type="video/mp4", **made),
                "attachments": (Attachment(original=pdf, title=f"Lysark {word}", text=text),),
                **references,
            }
        )


def _upload(recording: Guarded) -> Upload:
    return Upload(
        id=recording.id,
        original=Original(sha256=recording.sha256, size=10, file_name=f"{recording.word}.mp4"),
        details=recording.details,
        parts_id="",
        part_size=5_000_000,
        state=UploadState.ARRIVED,
        by="somebody",
        begun_at=now(),
        changed_at=now(),
    )
