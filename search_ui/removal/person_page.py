"""What is kept under a person's name: the recordings of the viewer's circles in which it stands, and another name in
its place in all of them. It works without JavaScript.

The search index says which recordings may hold the name, and those are read; what it does not know of (chapters, legal
bases, names of files, what is not published yet) only `kring person` finds, which reads everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query as Parameter
from starlette.responses import Response

from index.port import Filters, Order, Query
from kring.corrections.naming import LONGEST, SoughtName, replacement, sought
from kring.errors import Conflict, Damaged, KringError, NotAllowed, NotFound
from kring.model import Details, Manifest
from kring.people.audit import Act
from search_ui.auth.identity import FacilitatorDep
from search_ui.auth.recorder import Recorder, RecorderDep
from search_ui.auth.sign_in import FormDep
from search_ui.http.rendering import page
from search_ui.i18n.gettext import N_, _
from search_ui.removal.removing import doer_of
from search_ui.viewer import ArchiveView, ArchiveViewDep
from search_ui.viewer.visit import Person
from services.corrections.renaming import (
    PUT_BACK,
    REPLACED,
    CheckDetails,
    NamedRecording,
    find_name,
    has_act,
    new_act,
    replace_name_in,
    undo_act_in,
)
from services.removal.withdrawal import withdrawn_ids
from storage.archive.archive import Archive

PAGE = "/person"
MOST = 100
"""Recordings that are read for one request."""
NO_ACT = N_("There is nothing of this to take back (any more).")
_QUOTES = str.maketrans(dict.fromkeys('"“”„«»', " "))
_ACT = re.compile(r"[0-9a-f]{16}")

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """The recordings in which a name stands, as far as was looked."""

    recordings: list[NamedRecording]
    unread: int
    """Recordings that could not be read."""
    more: bool
    """There may be further ones."""

    @property
    def replaceable(self) -> list[NamedRecording]:
        return [each for each in self.recordings if each.mentions.can_be_replaced]


@dataclass(frozen=True, slots=True)
class ActResult:
    """What became of an act."""

    act: str
    changed: list[Manifest]
    failed: list[tuple[Manifest, KringError]]
    staying: list[NamedRecording] = field(default_factory=list)
    """Where the name still stands, since no correction reaches it there."""

    @property
    def ids(self) -> str:
        """Of the recordings that it changed, as a form sends them back."""
        return "-".join(manifest.id for manifest in self.changed)


@router.get(PAGE)
def person_page(
    view: ArchiveViewDep,
    person: FacilitatorDep,  # noqa: ARG001
    name: Annotated[str, Parameter(max_length=LONGEST)] = "",
) -> Response:
    """Where `name` stands; without one, a form that asks for it."""
    if not name.strip():
        return _page()
    seek = sought(name)
    return _page(view, seek, found=_find(view, seek))


@router.post(PAGE)
def replace_name_everywhere(
    view: ArchiveViewDep, person: FacilitatorDep, form: FormDep, record: RecorderDep
) -> Response:
    """Put `to` in the place of `name`: first asks whether the person is sure; with `sure` it is done."""
    seek = sought(form.get("name", ""))
    to = replacement(seek, form.get("to", ""))
    found = _find(view, seek)
    if form.get("sure") != "yes" or not found.replaceable:
        return _page(view, seek, found=found, to=to)
    return _page(view, seek, found=found, to=to, result=_replace(view, record, seek, to, found, person))


@router.post(f"{PAGE}/undo")
def undo_replacing(view: ArchiveViewDep, person: FacilitatorDep, form: FormDep, record: RecorderDep) -> Response:
    """Take back the `act` in the recordings `in`: ids, with hyphens between them."""
    act, ids = form.get("act", ""), form.get("in", "").split("-")
    recordings = list(_changeable(view, ids[:MOST])) if _ACT.fullmatch(act) else []
    wanted = [manifest for manifest in recordings if has_act(view.site.archive, manifest.id, act)]
    if not wanted:
        raise NotFound(NO_ACT)
    return _page(undone=_undo(view, record, act, wanted, person))


def _replace(
    view: ArchiveView, record: Recorder, name: SoughtName, to: str, found: FoundPerson, person: Person
) -> ActResult:
    site, result = view.site, ActResult(new_act(), [], [])
    for each in found.replaceable:
        manifest = each.manifest
        try:
            record.note(Act.CORRECT, manifest.id, REPLACED.format(act=result.act))
            replace_name_in(
                site.archive, site.reindexing, manifest, name, to, result.act, doer_of(person), _checking(view)
            )
        except KringError as error:
            result.failed.append((manifest, error))
        if _was_changed(site.archive, manifest, result.act):
            result.changed.append(_as_it_is_now(view, manifest))
    staying = [each.manifest.id for each in found.recordings if each.mentions.stays]
    still, _unread = _read(view, _changeable(view, staying), name)
    result.staying.extend(each for each in still if each.mentions.stays)
    return result


def _as_it_is_now(view: ArchiveView, manifest: Manifest) -> Manifest:
    """With its new title; as it was, if it cannot be opened any more."""
    return next(_changeable(view, [manifest.id]), manifest)


def _was_changed(archive: Archive, manifest: Manifest, act: str) -> bool:
    """If that cannot be found out, it may have been: then taking the act back has to be offered."""
    try:
        return has_act(archive, manifest.id, act)
    except KringError:
        return True


def _undo(view: ArchiveView, record: Recorder, act: str, wanted: list[Manifest], person: Person) -> ActResult:
    site, result = view.site, ActResult(act, [], [])
    for manifest in wanted:
        try:
            record.note(Act.CORRECT, manifest.id, PUT_BACK.format(act=act))
            undo_act_in(site.archive, site.reindexing, manifest, act, doer_of(person), _checking(view))
            result.changed.append(_as_it_is_now(view, manifest))
        except KringError as error:
            result.failed.append((manifest, error))
    return result


def _find(view: ArchiveView, name: SoughtName) -> FoundPerson:
    """Raises IndexNotReady, SearchDown, StorageDown."""
    candidates = list(islice(_changeable(view, dict.fromkeys(_candidates(view, name))), MOST + 1))
    return FoundPerson(*_read(view, candidates[:MOST], name), more=len(candidates) > MOST)


def _read(view: ArchiveView, manifests: Iterable[Manifest], name: SoughtName) -> tuple[list[NamedRecording], int]:
    """Those of these recordings in which it stands; how many could not be read."""
    recordings, unread = [], 0
    for manifest in manifests:
        try:
            mentions = find_name(view.site.archive, manifest, name)
        except (NotFound, Damaged):
            unread += 1
            continue
        if mentions:
            recordings.append(NamedRecording(manifest, mentions))
    return recordings, unread


def _candidates(view: ArchiveView, name: SoughtName) -> Iterator[str]:
    """Ids of recordings that may hold the name and may be the viewer's to change; one may come twice. The index knows
    nothing of what is withdrawn."""
    plain = " ".join(name.text.translate(_QUOTES).split())
    mine = Filters() if view.viewer.operator else Filters(circles=frozenset(view.changeable_circles()))
    if view.viewer.operator or mine.circles:
        for text in (f'"{plain}"', f'speaker:"{plain}"', *([f'"{plain}s"'] if " " in plain else [])):
            query = Query(text, mine, per_page=MOST + 1, passages=1, order=Order.NEWEST)
            yield from (hit.recording_id for hit in view.search(query).hits)
    yield from withdrawn_ids(view.site.archive)


def _changeable(view: ArchiveView, ids: Iterable[str]) -> Iterator[Manifest]:
    """Those of these recordings that are there and that the viewer may change."""
    for recording_id in ids:
        try:
            yield view.without_note().open_to_change(recording_id)
        except (NotFound, NotAllowed, Damaged, Conflict):  # of others, gone, or being erased
            continue


def _checking(view: ArchiveView) -> CheckDetails:
    def check(details: Details) -> None:
        view.check_changes(details.circle)

    return check


def _page(
    view: ArchiveView | None = None,
    name: SoughtName | None = None,
    *,
    found: FoundPerson | None = None,
    to: str = "",
    result: ActResult | None = None,
    undone: ActResult | None = None,
) -> Response:
    """`to`: it is to be put in the name's place, if who asks is sure; `result`: it was."""
    return page(
        "person.html",
        names=view.names if view else None,
        name=name.text if name else "",
        found=found,
        to=to,
        usual=_("Participant"),
        result=result,
        undone=undone,
        longest=LONGEST,
        most=MOST,
    )
