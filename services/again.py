"""Having a recording made again from its original: transcribed once more, or with another of its sounds.

The wish is kept in the manifest, so that no crash loses it: `flows.plan` starts again what is not answered.
"""

from __future__ import annotations

from kring.errors import InputError
from kring.model import Manifest, SoundTrack, State
from storage.archive.archive import Archive


def ask_again(archive: Archive, recording_id: str) -> Manifest:
    """Write down that this recording is to be transcribed again; the old transcript stands until then."""

    def change(manifest: Manifest) -> Manifest:
        if manifest.state is not State.PUBLISHED:
            return manifest
        return manifest.model_copy(update={"again": True, "problem": None})

    return archive.update(recording_id, change)


def choose_sound(archive: Archive, recording_id: str, name: str) -> Manifest:
    """Write down which sound of its file is to be played and transcribed, instead of the one that is now.

    Raises InputError where the file has no such sound, or nobody has looked which it has.
    """

    def change(manifest: Manifest) -> Manifest:
        made = manifest.renditions
        if made is None or made.sound_tracks is None or find_sound(manifest, name) is None:
            raise InputError("There is no such sound in this recording’s file; load the page again.")
        if name != made.sound_tracks.taken.name:
            return manifest.model_copy(update={"sound_track": name, "again": True, "problem": None})
        again = manifest.again and manifest.sound_track in (None, name)  # not where another was wished until now
        return manifest.model_copy(update={"sound_track": name, "again": again})

    return archive.update(recording_id, change)


def find_sound(manifest: Manifest, name: str) -> SoundTrack | None:
    """One that can be chosen, by its name."""
    made = manifest.renditions
    there = made.sound_tracks.there if made is not None and made.sound_tracks is not None else ()
    return next((one for one in there if one.name == name), None)
