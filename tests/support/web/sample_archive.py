"""A small archive with everything the pages show: five circles, four languages, picture and sound, work in progress.

It is filled through the same ports as the real one; the media are a minute of colour and tone made by ffmpeg.
"""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from index.passages.build import passages_of
from index.port import SearchIndex
from kring.model import (
    Circle,
    Details,
    Manifest,
    Media,
    Original,
    Problem,
    Renditions,
    Segment,
    SourceRef,
    State,
    Step,
    Transcript,
    TranscriptRef,
)
from storage import keys
from storage.archive.archive import Archive

SECONDS = 60.0
MOMENT = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)

NETWORKS = {
    "nord": "Digitalt nettverk Nord",
    "danmark": "Kommunernes kreds",
    "vlaanderen": "Vlaamse kenniskringen",
}


def _circle(slug: str, name: str, language: str, network: str) -> Circle:
    return Circle(slug=slug, name=name, language=language, network=network, network_name=NETWORKS[network])


CIRCLES = (
    _circle("personvern-nord", "Personvern Nord", "nb", "nord"),
    _circle("drift-nord", "Drift og utvikling", "nb", "nord"),
    _circle("digital-post", "Digital Post for alle", "da", "danmark"),
    _circle("kenniskring-west", "Kenniskring West", "nl", "vlaanderen"),
    _circle("partners", "Partners abroad", "en", "vlaanderen"),
)


@dataclass(frozen=True)
class Talk:
    name: str
    circle: str
    day: date
    language: str
    title: str
    said: tuple[tuple[str | None, str], ...]
    video: bool = False

    @property
    def ref(self) -> SourceRef:
        return SourceRef(source="samples", external_id=self.name)

    @property
    def id(self) -> str:
        return self.ref.recording_id


TALKS = (
    Talk(
        "personvern", "personvern-nord", date(2026, 3, 12), "nb", "Personvern i skolen: hva gjør vi med appene?",
        (
            ("Kari Nordli", "Velkommen til morgenmøtet om personvern i skolen."),
            ("Kari Nordli", "I dag ser vi på hvordan kommunene vurderer appene som elevene bruker."),
            ("Kari Nordli", "Vi har fått spørsmål fra elleve kommuner, og mange av dem ligner på hverandre."),
            ("Ola Berg", "Hos oss begynte det med en risikovurdering av læringsplattformen."),
            ("Ola Berg", "Vi fant ut at personvernombudet ikke var med før avtalen var signert."),
            ("Ola Berg", "Nå er personvern et fast punkt før vi kjøper inn noe som helst."),
            ("Kari Nordli", "Det er et godt råd. Hvem gjør vurderingen når det ikke finnes et ombud i kommunen?"),
            ("Ola Berg", "Da deler vi på ett personvernombud i hele regionen, og det fungerer bra."),
            ("Kari Nordli", "Vi legger malen for risikovurdering i det felles biblioteket etter møtet."),
        ),
        video=True,
    ),
    Talk(
        "innkjop", "drift-nord", date(2026, 2, 3), "nb", "Felles innkjøp av saksbehandlingssystem",
        (
            (None, "Fire kommuner har gått sammen om å kjøpe inn et nytt saksbehandlingssystem."),
            (None, "Det viktigste vi lærte var å skrive ned hva som ikke skulle være med."),
            (None, "Leverandøren spurte hvor dataene skulle lagres, og svaret måtte være innenfor EØS."),
            (None, "Personvern kom inn for sent i anskaffelsen, og det kostet oss tre uker."),
            (None, "Neste gang begynner vi med risikovurdering og kravene til arkiv."),
            (None, "Driften overtar i juni, og da holder vi et nytt møte om erfaringene."),
        ),
    ),
    Talk(
        "digital-post", "digital-post", date(2026, 1, 21), "da", "Digital Post til ældre borgere, der er fritaget",
        (
            ("Mette Holm", "Godmorgen og velkommen til vores webinar om Digital Post."),
            ("Mette Holm", "Hver femte borger over femoghalvfjerds er fritaget og får stadig breve på papir."),
            ("Jens Friis", "Vi prøvede at lade biblioteket hjælpe, og det gav mange gode samtaler."),
            ("Jens Friis", "Pårørende kan få læseadgang, men databeskyttelse skal være på plads først."),
            ("Mette Holm", "Hvordan håndterer I databeskyttelse, når det er en frivillig, der hjælper?"),
            ("Jens Friis", "Den frivillige ser aldrig selve posten, kun vejledningen ved siden af."),
            ("Mette Holm", "Det tager vi med videre til kredsen i næste måned."),
        ),
        video=True,
    ),
    Talk(
        "foreninger", "digital-post", date(2025, 11, 5), "da", "Når kommunen træder et skridt tilbage",
        (
            ("Lone Krogh", "Foreninger og virksomheder aftaler det direkte med hinanden, uden os i midten."),
            ("Lone Krogh", "Kommunen stiller kun lokalet og et enkelt digitalt værktøj til rådighed."),
            ("Lone Krogh", "Det kræver tillid, og det kræver at vi tør lade være med at svare på alt."),
            ("Publikum", "Hvad gør I, hvis nogen ikke overholder aftalen?"),
            ("Lone Krogh", "Så taler de sammen igen. Vi har kun måttet hjælpe to gange på et år."),
        ),
    ),
    Talk(
        "gegevens", "kenniskring-west", date(2026, 2, 18), "nl", "Gegevensbescherming: één vraag uit vier regio's",
        (
            ("Els Verhaeghe", "Deze week kwam dezelfde vraag over gegevensbescherming uit vier regio's."),
            ("Els Verhaeghe", "Mag een lokaal bestuur de gegevens van de sportclub hergebruiken voor een enquête?"),
            ("Bram De Smet", "Kort antwoord: alleen met een nieuwe grondslag of met toestemming."),
            ("Bram De Smet", "Wij hebben er een sjabloon voor gemaakt dat jullie mogen overnemen."),
            ("Els Verhaeghe", "En hoe lang bewaren jullie de antwoorden op zo'n enquête?"),
            ("Bram De Smet", "Niet langer dan een jaar, en de privacyverklaring zegt dat ook."),
        ),
    ),
    Talk(
        "documenten", "kenniskring-west", date(2025, 10, 9), "nl", "De documentendienst: ervaringen na een half jaar",
        (
            (None, "Zes maanden geleden namen wij de documentendienst in gebruik voor het loket."),
            (None, "De aankoop verliep via de raamovereenkomst en dat spaarde veel tijd uit."),
            (None, "Wat we onderschat hadden, was de opleiding van de mensen aan het loket."),
            (None, "Zonder risicoanalyse vooraf hadden we de koppeling met het archief gemist."),
        ),
    ),
    Talk(
        "co-creation", "partners", date(2025, 9, 24), "en", "Co-creation with citizens: a workshop with our partners",
        (
            ("Sarah Lindqvist", "Thank you for joining this workshop on co-creation with citizens."),
            ("Sarah Lindqvist", "We asked forty residents to redesign the way they apply for a permit."),
            ("Tom Adair", "Privacy came up in the very first session, and it came from the residents."),
            ("Tom Adair", "They wanted to know who reads what they write, and for how long it is kept."),
            ("Sarah Lindqvist", "So we wrote the privacy notice together with them, in plain language."),
            ("Audience", "Did that change the risk assessment of the project?"),
            ("Tom Adair", "It did. Two of the highest risks simply went away."),
            ("Sarah Lindqvist", "The report is attached, and we are happy to take questions afterwards."),
        ),
        video=True,
    ),
    Talk(
        "procurement", "partners", date(2025, 6, 12), "en", "Buying software together in small municipalities",
        (
            ("Tom Adair", "Small municipalities rarely have a lawyer for procurement, so they share one."),
            ("Tom Adair", "The risk assessment is done once and reused by everybody in the network."),
            ("Tom Adair", "Ask the supplier for the exit plan before you ask for the price."),
        ),
    ),
)  # fmt: skip

HOSTILE = Talk(
    "hostile", "partners", date(2024, 5, 1), "en",
    "</title><script>window.owned=1</script> \"quoted\" 'single' & \u202eabc",
    (
        ("<img src=x onerror=window.owned=2>", "Harmless, then <script>window.owned=3</script> and &lt;b&gt; markup."),
        (
            "\u202eEvil\" onmouseover=\"window.owned=4",
            "The word zanzibar stands --> here </textarea></p><script>window.owned=5</script>.",
        ),
    ),
)  # fmt: skip

SILENT = Talk("silent", "drift-nord", date(2024, 4, 2), "nb", "Stille opptak fra rådhuset", ())
LONG = Talk(
    "long", "drift-nord", date(2024, 3, 1), "nb", "Erfaringer med migrering, time for time",
    tuple((None, f"Punkt {n} handler om migrering av databaser og hva vi gjorde på dag {n}.") for n in range(1, 41)),
)  # fmt: skip


@cache
def media_bytes(video: bool) -> tuple[bytes, bytes | None]:
    """(playback, poster): a minute of quiet tone, with a drawn slide where `video`."""
    tone = ["-f", "lavfi", "-i", f"sine=frequency=220:duration={SECONDS:.0f},volume=0.05"]
    boxes = ("40:y=50:w=360:h=30:c=0xf4efe4", "40:y=100:w=240:h=14:c=0x8fc4c6", "430:y=90:w=150:h=180:c=0xf2c14e")
    slide = ",".join(["color=c=0x0f4c55:s=640x360:r=5", *(f"drawbox=x={box}:t=fill" for box in boxes)])
    base = ["ffmpeg", "-nostdin", "-v", "error", "-y"]
    with TemporaryDirectory() as folder:
        if not video:
            sound = Path(folder, "audio.m4a")
            _run([*base, *tone, "-c:a", "aac", "-b:a", "48k", "-movflags", "+faststart", str(sound)])
            return sound.read_bytes(), None
        film, poster = Path(folder, "web.mp4"), Path(folder, "poster.jpg")
        picture = ["-f", "lavfi", "-i", slide, "-t", f"{SECONDS:.0f}"]
        coding = [
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-pix_fmt",
            "yuv420p",
            "-g",
            "10",
            "-c:a",
            "aac",
            "-b:a",
            "48k",
        ]
        _run([*base, *tone, *picture, *coding, "-movflags", "+faststart", str(film)])
        _run([*base, "-i", str(film), "-frames:v", "1", str(poster)])
        return film.read_bytes(), poster.read_bytes()


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, timeout=60)


def transcript_of(talk: Talk) -> Transcript:
    """Lines one after the other, as long as it takes to say them (15 characters a second)."""
    segments, at = [], 1.0
    for speaker, text in talk.said:
        end = at + len(text) / 15
        segments.append(Segment(start=round(at, 3), end=round(end, 3), text=text, speaker=speaker))
        at = end + 0.3
    named = any(speaker for speaker, _ in talk.said)
    return Transcript(
        fingerprint="platform-test" if named else "faster-whisper-test",
        engine="platform" if named else "faster-whisper",
        model="base",
        language=talk.language,
        duration=max(SECONDS, at),
        segments=tuple(segments),
    )


def received(talk: Talk) -> Manifest:
    sha256 = hashlib.sha256(talk.name.encode()).hexdigest()
    return Manifest(
        id=talk.id,
        source=talk.ref,
        details=Details(title=talk.title, circle=talk.circle, date=talk.day, language=talk.language),
        original=Original(sha256=sha256, size=1, file_name=f"{talk.name}.mp4"),
        received_at=MOMENT,
        changed_at=MOMENT,
    )


def publish(archive: Archive, index: SearchIndex, talk: Talk) -> Manifest:
    """Put a whole recording into the archive and the index."""
    manifest = received(talk)
    sha256 = manifest.original.sha256
    playback, poster = media_bytes(talk.video)
    media_type = "video/mp4" if talk.video else "audio/mp4"
    playback_key = keys.rendition_key(sha256, "web-1", "web.mp4" if talk.video else "audio.m4a")
    poster_key = keys.rendition_key(sha256, "web-1", "poster.jpg") if poster else None
    archive.store.put_bytes(playback_key, playback, media_type=media_type)
    if poster and poster_key:
        archive.store.put_bytes(poster_key, poster, media_type="image/jpeg")
    transcript = transcript_of(talk)
    key = archive.put_transcript(sha256, transcript)
    ready = manifest.model_copy(
        update={
            "state": State.PUBLISHED,
            "media": Media(
                duration=SECONDS, format="mp4", audio_codec="aac", video_codec="h264" if talk.video else None,
                width=640 if talk.video else None, height=360 if talk.video else None,
            ),
            "renditions": Renditions(
                recipe="web-1", playback=playback_key, playback_type=media_type,
                speech=keys.rendition_key(sha256, "web-1", "speech.flac"), poster=poster_key,
            ),
            "transcript": TranscriptRef(
                key=key, fingerprint=transcript.fingerprint, engine=transcript.engine, model=transcript.model,
                language=transcript.language,
            ),
        }
    )  # fmt: skip
    archive.create(ready)
    index.replace(ready.id, passages_of(ready, archive.circle(talk.circle), transcript))
    return ready


def add_unfinished(archive: Archive) -> tuple[Manifest, Manifest]:
    """(one received, one failed) recording, neither of them published."""
    going = received(Talk("going", "drift-nord", date(2026, 3, 20), "nb", "Beredskap når nettet er nede", ()))
    broken = received(Talk("broken", "drift-nord", date(2026, 3, 21), "nb", "Opptak som ikke er et opptak", ()))
    problem = Problem(
        step=Step.PROBE,
        message="This file holds text, not sound or video; download or export the recording itself, as MP4, WebM, M4A, "
        "MP3 or WAV.",
        transient=False,
        at=MOMENT,
    )
    archive.create(going)
    broken = broken.model_copy(update={"state": State.FAILED, "problem": problem})
    archive.create(broken)
    return going, broken


def fill(archive: Archive, index: SearchIndex) -> None:
    """All circles and talks."""
    for circle in CIRCLES:
        archive.put_circle(circle)
    for talk in (*TALKS, HOSTILE, SILENT, LONG):
        publish(archive, index, talk)
