"""The page on which a facilitator has a passage taken out of a recording. It asks twice, and shows the very lines that
go. It works without JavaScript."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query as Parameter
from starlette.responses import Response

from kring.corrections.apply import lies_in
from kring.errors import InputError
from kring.model import Cut, Line, Manifest, State, now
from kring.people.audit import Act
from search_ui.auth.identity import FacilitatorDep
from search_ui.auth.recorder import RecorderDep
from search_ui.auth.sign_in import FormDep
from search_ui.context import read_transcript
from search_ui.http import formatting
from search_ui.http.rendering import page
from search_ui.i18n.gettext import N_
from search_ui.removal.removing import ManifestDep, reason_in, see_other
from search_ui.viewer import ArchiveView, ArchiveViewDep
from services.removal.passage import ask_cut, check_passage
from transcribe.captions.reader import ENGINE as PLATFORM

NO_TIMES = N_("Write from when and to when, as in 00:14:30; the end comes after the beginning.")

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class PassageForm:
    """What stands in the fields."""

    start: str
    end: str
    reason: str = ""
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Loss:
    """What goes with a passage."""

    cut: Cut
    lines: list[formatting.Turn]
    corrections: int
    shared: bool
    """Another recording has the same file, which keeps it."""
    whole_lines: bool
    """The meeting platform's lines have no times of words: each that reaches into the passage goes whole."""


@router.get("/r/{recording_id}/remove/passage")
def passage_page(
    manifest: ManifestDep,
    view: ArchiveViewDep,
    person: FacilitatorDep,  # noqa: ARG001
    since: Annotated[str, Parameter(alias="from", max_length=20)] = "",
    until: Annotated[str, Parameter(alias="to", max_length=20)] = "",
) -> Response:
    return _page(view, manifest, PassageForm(_shown(since), _shown(until)))


@router.post("/r/{recording_id}/remove/passage")
def take_out_passage(
    manifest: ManifestDep, view: ArchiveViewDep, person: FacilitatorDep, form: FormDep, record: RecorderDep
) -> Response:
    """First shows what goes `from` when `to` when, and asks whether the person is sure; with `sure` it goes."""
    cut = _cut(form, reason_in(form)).model_copy(update={"by": person.id, "by_name": person.name or None})
    check_passage(manifest, cut.start, cut.end)
    if form.get("sure") != "yes":
        fields = PassageForm(_clock(cut.start), _clock(cut.end), cut.reason, cut.replace)
        return _page(view, manifest, fields, _loss(view, manifest, cut))
    record.note(Act.ERASE, manifest.id, f"removed a passage: {cut.reason}"[:300])
    site = view.site
    ask_cut(site.archive, site.reindexing, site.runs, manifest.id, cut)
    return see_other(f"/r/{manifest.id}")


def _page(view: ArchiveView, manifest: Manifest, fields: PassageForm, loss: Loss | None = None) -> Response:
    return page(
        "passage.html",
        manifest=manifest,
        details=manifest.details,
        names=view.names,
        fields=fields,
        loss=loss,
        can=manifest.state is State.PUBLISHED and manifest.transcript is not None,
        cuts=[(cut, _clock(cut.start), _clock(cut.end)) for cut in reversed(manifest.cuts)],
    )


def _loss(view: ArchiveView, manifest: Manifest, cut: Cut) -> Loss:
    archive = view.site.archive
    transcript, _ = read_transcript(view.site, manifest)
    touched = [one for one in transcript.segments if cut.touches(one.start, one.end)] if transcript else []
    return Loss(
        cut=cut,
        lines=formatting.turns(touched, frozenset()),
        corrections=sum(lies_in(each, [cut]) for each in archive.corrections(manifest.id)),
        shared=any(
            other.original.sha256 == manifest.original.sha256 and other.id != manifest.id
            for other in archive.manifests()
        ),
        whole_lines=manifest.transcript is not None and manifest.transcript.engine == PLATFORM,
    )


def _cut(form: dict[str, str], reason: Line) -> Cut:
    """Raises InputError. It is nobody's yet."""
    start, end = (formatting.parse_time(form.get(name, "")) for name in ("from", "to"))
    if start is None or end is None or end <= start:
        raise InputError(NO_TIMES)
    replace = form.get("original") == "replace"
    return Cut(start=start, end=end, by="", at=now(), reason=reason, replace=replace)


def _shown(text: str) -> str:
    """A time in an address, as it stands in a field; empty if it is none."""
    seconds = formatting.parse_time(text)
    return "" if seconds is None else _clock(seconds)


def _clock(seconds: float) -> str:
    """872.4 → `00:14:32.4`; to the millisecond."""
    fraction = f"{round(seconds % 1, 3):.3f}".lstrip("01").rstrip("0").rstrip(".")
    return f"{formatting.clock(seconds)}{fraction}"
