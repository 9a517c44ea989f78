"""How far a recording is that is not published yet: on its way here, waiting, in one of its steps, stopped."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from kring.errors import NotFound
from kring.intake.uploads import Upload, UploadState
from kring.model import Activity, Details, Manifest, State, Step
from search_ui.http import formatting
from search_ui.i18n.gettext import _, ngettext
from search_ui.removal.removing import removal_state
from search_ui.upload.parts import received
from search_ui.viewer import ArchiveView

LEAST_SECONDS = 3.0
"""Seconds of a step before anything is said about the rest of it; and at least `SURE_FROM` of it must be done."""
LEAST_FRACTION = 0.02
REMEMBERED = 200
"""Recordings whose pace is known at a time."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one recording at one moment; it has a manifest, or an upload that becomes it, or both."""

    id: str
    manifest: Manifest | None = None
    upload: Upload | None = None
    activity: Activity | None = None
    """None also if the one who worked on it is gone."""
    received: int = 0
    """Bytes of an upload that have arrived."""

    @property
    def published(self) -> bool:
        return self.manifest is not None and self.manifest.state is State.PUBLISHED and bool(self.manifest.renditions)

    @property
    def details(self) -> Details:
        if self.manifest is not None:
            return self.manifest.details
        if self.upload is not None:
            return self.upload.details
        raise ValueError(f"{self.id} has neither a manifest nor an upload")

    def check_opens(self, view: ArchiveView) -> None:
        """Raises NotFound if the viewer may not know of it."""
        if self.manifest is not None:
            view.check_opens(self.manifest)
        else:
            view.check_sees(self.details)


def facts_of(view: ArchiveView, recording_id: str) -> Facts:
    """Raises NotFound, also for what cannot be an id and for what the viewer may not see, and StorageDown."""
    manifest = upload = None
    bytes_here = 0
    site = view.site
    try:
        manifest = view.open(recording_id)
    except NotFound:
        upload = view.find_upload(recording_id)
        if upload is None:
            raise
        bytes_here = received(site, upload) if upload.state is UploadState.ARRIVING else upload.original.size
    if manifest is not None and manifest.state is State.PUBLISHED:
        return Facts(recording_id, manifest)
    activity = site.leases.read(recording_id)
    if activity is not None and not site.leases.is_alive(activity):
        activity = None
    return Facts(recording_id, manifest, upload, activity, bytes_here)


@dataclass(frozen=True, slots=True)
class _FirstSeen:
    """Since when, and from which fraction on, this process has seen a worker in a step."""

    owner: str
    step: Step
    fraction: float
    at: float


class StepPace:
    """How fast steps go, as far as this process has watched them."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, _FirstSeen] = OrderedDict()

    def left(self, activity: Activity) -> float | None:
        """Seconds this step will go on; None if that cannot be said yet."""
        moment = time.monotonic()
        seen = self._seen.get(activity.recording_id)
        begins = seen is None or (seen.owner, seen.step) != (activity.owner, activity.step)
        if seen is None or begins or activity.fraction < seen.fraction:
            seen = _FirstSeen(activity.owner, activity.step, activity.fraction, moment)
            self._seen[activity.recording_id] = seen
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        done, took = activity.fraction - seen.fraction, moment - seen.at
        if done < LEAST_FRACTION or took < LEAST_SECONDS:
            return None
        return (1 - activity.fraction) * took / done


def time_left(seconds: float | None) -> str:
    """`about 4 minutes left`; nothing if it is not known."""
    if seconds is None:
        return ""
    if seconds < 50:
        return _("less than a minute left")
    minutes = round(seconds / 60)
    if minutes < 90:
        return ngettext("about {n} minute left", "about {n} minutes left", minutes).format(n=minutes)
    hours = round(seconds / 3600)
    return ngettext("about {n} hour left", "about {n} hours left", hours).format(n=hours)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step as it is shown. `status`: done, current, failed or ahead."""

    text: str
    status: str
    note: str = ""


def values_of(view: ArchiveView, facts: Facts, pace: StepPace) -> dict[str, Any]:
    """Values of state.html and unfinished.html."""
    manifest, activity, upload = facts.manifest, facts.activity, facts.upload
    if upload is not None and activity is None:
        kind = upload.state.value
        share = facts.received / upload.original.size
        left = ""
    elif activity is not None:
        kind, share, left = "working", activity.fraction, time_left(pace.left(activity))
    else:
        kind = "stopped" if manifest is not None and manifest.state is State.FAILED else "waiting"
        share, left = 0.0, ""
    problem = manifest.problem if manifest else None
    may_edit = view.may_change(facts.details.circle)
    return {
        "id": facts.id,
        "manifest": manifest,
        "removal": removal_state(view, manifest) if manifest is not None and may_edit else None,
        "details": facts.details,
        "seconds": manifest.duration if manifest else 0.0,
        "names": view.names,
        "may_edit": may_edit,
        "kind": kind,
        "percent": int(share * 100),
        "left": left,
        "activity_note": activity.note if activity else "",
        "stages": stages(facts),
        "problem": problem.message if problem else upload.problem if upload else None,
        "tried_again": problem is not None and problem.transient,
        "shown_again": kind not in {"stopped", "failed"},
    }


def stages(facts: Facts) -> list[Stage]:
    """Every step in order; first of all the upload, if it came with a browser."""
    manifest, activity, upload = facts.manifest, facts.activity, facts.upload
    first: list[Stage] = []
    if upload is not None or (manifest is not None and manifest.brought_by):
        status = "current" if upload and upload.state is UploadState.ARRIVING else "done"
        first = [Stage(_("On its way here"), "failed" if upload and upload.state is UploadState.FAILED else status)]
    problem = manifest.problem if manifest and manifest.state is State.FAILED else None
    took = manifest.seconds if manifest else {}
    here = activity.step if activity else problem.step if problem else None
    order = list(Step)
    shown = []
    for step in order:
        if here is None:
            status = "done" if step in took else "ahead"
        elif step is here:
            status = "current" if activity else "failed"
        else:
            status = "done" if order.index(step) < order.index(here) else "ahead"
        note = formatting.duration(took[step]) if status == "done" and step in took else ""
        shown.append(Stage(_(formatting.STEPS[step]), status, note))
    return first + shown
