"""What one rendering is called: how it is made, and the passages and the sound that people have chosen for it."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from kring.model import Manifest

RECIPE: Final = "web-3"
"""Names this way of rendering; changes whenever the files would come out different."""


_CHOSEN: Final = re.compile(r"-(?:cut|track).*")


def recipe_of(manifest: Manifest) -> str:
    """What the recording's rendering would be called if it were made now; also part of keys.

    The one it has, if it was made in this way, is of the sound that is wanted and without the passages that were cut.
    """
    made, chosen, way = manifest.renditions, manifest.sound_track, RECIPE + _cuts_in(manifest)
    taken = made.sound_tracks.taken.name if made is not None and made.sound_tracks is not None else None
    if made is not None and chosen in (None, taken) and made.recipe in (way, _with(way, taken)):
        return made.recipe
    return _with(way, chosen)


def _with(way: str, sound_track: str | None) -> str:
    return way if sound_track is None else f"{way}-{sound_track}"


def _cuts_in(manifest: Manifest) -> str:
    """Names the passages that are left out; empty if there are none."""
    times = sorted((cut.start, cut.end) for cut in manifest.silenced)
    named = ",".join(f"{start:.3f}-{end:.3f}" for start, end in times)
    return f"-cut{hashlib.sha256(named.encode()).hexdigest()[:12]}" if times else ""


def chosen_in(recipe: str) -> str:
    """Its part that names the passages that are left out and the sound that was chosen, with a hyphen before it; empty
    if it is all of the file, and its usual sound."""
    found = _CHOSEN.search(recipe)
    return found[0] if found else ""
