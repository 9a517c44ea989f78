"""Before anything is made of a recording: its passages that were cut go from what came in."""

from __future__ import annotations

import shutil
from pathlib import PurePath

from flows.steps.recording_job import Job
from kring.model import Cut, Manifest, State
from services.intake import describe, store_original
from services.removal.passage import redact


def without_passages(job: Job) -> Manifest:
    """The manifest as it is stored now. What people wrote about passages that were cut, and the platform's words in
    them, are gone then; so is the file, where it is to be replaced. Safe to repeat at any point."""
    manifest = job.read_manifest()
    if not manifest.cuts:
        return manifest
    manifest = redact(job.ports.archive, manifest)
    return _altered(job, manifest) if any(cut.replace for cut in manifest.silenced) else manifest


def _altered(job: Job, manifest: Manifest) -> Manifest:
    """With a new original: what is played of the old one, without its passages."""
    old = manifest.original
    made = job.rendered(manifest, "altered").playback
    path, folder = job.local_original(old), job.folder / "altered"
    original = describe(made, f"{PurePath(old.file_name).stem[-290:]}{made.suffix}")
    store_original(job.ports.archive, original, made)
    for left in job.folder.iterdir():  # what a run that was cut off has left there has the passage
        if left.is_file():
            left.unlink()
        elif left != folder:
            shutil.rmtree(left)
    made.replace(path)
    shutil.rmtree(folder)

    def change(newer: Manifest) -> Manifest:
        if newer.original != old:
            return newer
        cleared = dict.fromkeys(("media", "renditions", "transcript", "former", "english", "sound_track"))
        cuts = tuple(_gone(cut) if cut in manifest.cuts else cut for cut in newer.cuts)
        return newer.model_copy(
            update={**cleared, "original": original, "cuts": cuts, "state": State.RECEIVED, "again": False}
        )

    return job.ports.archive.update(job.recording_id, change)


def _gone(cut: Cut) -> Cut:
    return cut.model_copy(update={"in_original": False})
