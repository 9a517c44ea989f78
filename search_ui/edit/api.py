"""Correcting a recording over HTTP: as it stands now, what was changed by whom, and changing it."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Callable

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from kring.access import audience_of
from kring.corrections.apply import detailed, undone
from kring.corrections.changes import Correction, DetailsChange, Undo
from kring.errors import InputError, KringError
from kring.languages import check_language
from kring.model import Manifest, Segment, Transcript, now
from kring.people.audit import Act
from search_ui.auth.identity import FacilitatorDep
from search_ui.auth.recorder import RecorderDep
from search_ui.context import Site
from search_ui.edit import history
from search_ui.edit.conflicts import AlreadyDone, EditConflict, EditState
from search_ui.edit.responses import (
    CorrectedLine,
    CorrectedRecording,
    CorrectionConflict,
    CorrectionRequest,
    CorrectionResult,
    NamedChapter,
    PastCorrection,
)
from search_ui.i18n.gettext import _, current_language
from search_ui.recording.media import etag_matches
from search_ui.viewer import ArchiveView, ArchiveViewDep
from search_ui.viewer.visit import Person
from services.corrections.correcting import correct_in_turn
from transcribe.captions.parsing.cleaning import clean_name

router = APIRouter(prefix="/api/recordings/{recording_id}", tags=["corrections"])

_PROCESS = secrets.token_hex(8)
"""What an older Kring answered is no answer of this one."""


@router.get("/corrected", response_model=CorrectedRecording, responses={304: {"description": "As the browser has it."}})
def corrected_recording(
    recording_id: str,
    request: Request,
    view: ArchiveViewDep,
    person: FacilitatorDep,
) -> Response:
    """The transcript, the chapters and the details as they stand now, and what was changed by whom."""
    manifest = view.open_published_to_change(recording_id)
    # Open editors ask every few seconds, and mostly nothing has changed.
    facts = f"{_PROCESS} {manifest.id} {manifest.version} {person.id} {current_language()}"
    etag = f'"{hashlib.sha256(facts.encode()).hexdigest()[:32]}"'
    headers = {"Cache-Control": "private, no-cache", "Vary": "Accept-Language, Cookie", "ETag": f"W/{etag}"}
    if etag_matches(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    content = _corrected_recording(view.site, manifest, person).model_dump_json()
    return Response(content, media_type="application/json", headers=headers)


def _corrected_recording(site: Site, manifest: Manifest, person: Person) -> CorrectedRecording:
    corrections = tuple(
        correction for correction in site.archive.corrections(manifest.id) if correction.number <= manifest.corrected
    )
    state = _state_with(site, manifest)(corrections, person)
    undone_numbers, by_number = undone(corrections), {correction.number: correction for correction in corrections}
    counts = history.places(lambda: state.uncorrected, corrections)
    undone_by_number = {
        correction.change.number: correction.number
        for correction in corrections
        if isinstance(correction.change, Undo) and correction.number not in undone_numbers
    }
    return CorrectedRecording(
        number=manifest.corrected,
        lines=list(map(_line, state.segments)),
        speakers=_speakers(state),
        chapters=_chapters(state),
        details=state.details,
        history=[
            PastCorrection(
                number=correction.number,
                at=correction.at,
                by=history.author_name(correction),
                kind=correction.change.kind,
                summary=history.summary(correction, by_number, counts),
                undone=correction.number in undone_numbers,
                undone_by=undone_by_number.get(correction.number),
                mine=correction.by == person.id,
            )
            for correction in reversed(corrections)
        ],
    )


@router.post(
    "/corrections",
    status_code=201,
    response_model=CorrectionResult,
    responses={
        200: {"model": CorrectionResult, "description": "It is so already."},
        409: {"model": CorrectionConflict},
    },
)
def correct(
    recording_id: str,
    request: CorrectionRequest,
    view: ArchiveViewDep,
    person: FacilitatorDep,
    record: RecorderDep,
) -> Response:
    """Change one thing. If someone else changed the same thing meanwhile, nothing is stored, and the answer says
    what stands there now."""
    site, manifest = view.site, view.open_published_to_change(recording_id)
    if isinstance(request.change, DetailsChange):
        request = CorrectionRequest(change=_checked(view, request.change))
    state_with = _state_with(site, manifest)
    before: EditState | None = None
    withheld = False

    def make(stored: tuple[Correction, ...]) -> Correction:
        nonlocal before, withheld
        before = state_with(stored, person)
        correction = Correction(
            recording_id=manifest.id,
            number=len(stored) + 1,
            by=person.id,
            by_name=clean_name(person.name),
            at=now(),
            change=before.accept(request.change),
        )
        after = detailed(before.details, (*stored, correction))
        for details in (before.details, after):  # somebody else may have moved it meanwhile
            view.check_changes(details.circle)
        if audience_of(after) != audience_of(before.details):
            withheld = True
            site.reindexing.withhold(manifest.id)
        return correction

    def store() -> Correction:
        try:
            return correct_in_turn(site.archive, manifest.id, make)
        except (KringError, AlreadyDone):
            if withheld:  # nothing was stored, so search finds it as before
                site.reindexing.refresh(manifest)
            raise

    try:
        correction = store()
    except EditConflict as conflict:
        return JSONResponse(
            CorrectionConflict(error=str(conflict), now=conflict.now).model_dump(mode="json"), status_code=409
        )
    except AlreadyDone:
        assert before is not None  # noqa: S101  it is what raised
        last = before.corrections[-1].number if before.corrections else 0
        searchable = True
        if last > manifest.corrected:  # the process that stored it was stopped before it had finished
            searchable = site.reindexing.refresh(site.archive.settle_corrections(manifest.id))
        return _answer(200, _result(last, before, before, stored=False, searchable=searchable))
    assert before is not None  # noqa: S101  the correction was made from it
    record.note(Act.CORRECT, manifest.id, f"{correction.change.kind} (number {correction.number})")
    after = state_with((*before.corrections, correction), person)
    searchable = site.reindexing.refresh(view.open(manifest.id))
    return _answer(201, _result(correction.number, before, after, stored=True, searchable=searchable))


def _state_with(site: Site, manifest: Manifest) -> Callable[[tuple[Correction, ...], Person], EditState]:
    """How the recording stands with the corrections given, for the one who asks."""
    transcript = manifest.transcript

    def read(made: tuple[Correction, ...]) -> Transcript | None:
        return site.archive.corrected(transcript.key, made) if transcript else None

    return lambda made, person: EditState(read, manifest.details, made, person.id)


def _checked(view: ArchiveView, change: DetailsChange) -> DetailsChange:
    """With a circle and a language that there are. Raises InputError, and NotAllowed for a circle that the viewer may
    not change."""
    after = change.after
    if after.circle != change.before.circle:
        view.check_changes(after.circle)
    circles = {circle.slug for circle in view.site.archive.circles()}
    if after.circle != change.before.circle and after.circle not in circles:
        raise InputError(_("There is no circle “{slug}” (any more); choose another.").format(slug=after.circle))
    if after.language is not None and after.language != change.before.language:
        after = after.model_copy(update={"language": check_language(after.language)})
    return change.model_copy(update={"after": after})


def _result(number: int, before: EditState, after: EditState, *, stored: bool, searchable: bool) -> CorrectionResult:
    unchanged = set(map(id, before.segments)) & set(map(id, after.segments))  # nearly all are the very same
    lines_before, lines_after = (
        Counter(segment for segment in state.segments if id(segment) not in unchanged) for state in (before, after)
    )
    removed_lines, added_lines = lines_before - lines_after, lines_after - lines_before
    starts = {segment.start for segment in after.segments}
    return CorrectionResult(
        number=number,
        stored=stored,
        changed=[
            _line(segment) for segment in after.segments if id(segment) not in unchanged and segment in added_lines
        ],
        removed=sorted({segment.start for segment in removed_lines} - starts),
        chapters=_chapters(after),
        speakers=_speakers(after),
        details=after.details,
        searchable=searchable,
    )


def _answer(status: int, done: CorrectionResult) -> Response:
    return Response(done.model_dump_json(), status_code=status, media_type="application/json")


def _line(segment: Segment) -> CorrectedLine:
    return CorrectedLine(
        start=segment.start,
        end=segment.end,
        text=segment.text.strip(),
        speaker=segment.speaker,
        language=segment.language,
        corrected=segment.corrected,
    )


def _speakers(state: EditState) -> list[str]:
    return list(dict.fromkeys(segment.speaker for segment in state.segments if segment.speaker))


def _chapters(state: EditState) -> list[NamedChapter]:
    return [NamedChapter(start=chapter.start, title=chapter.title) for chapter in state.chapters]
