"""What one rendering is called: how it is made, and the sound that a person has chosen for it."""

from __future__ import annotations

from typing import Final

from kring.model import Manifest

RECIPE: Final = "web-3"
"""Names this way of rendering; changes whenever the files would come out different."""


def recipe_of(manifest: Manifest) -> str:
    """What the recording's rendering would be called if it were made now; also part of keys.

    The one it has, if it was made in this way and is of the sound that is wanted.
    """
    made, chosen = manifest.renditions, manifest.sound_track
    taken = made.sound_tracks.taken.name if made is not None and made.sound_tracks is not None else None
    if made is not None and chosen in (None, taken) and made.recipe in (RECIPE, _with(taken)):
        return made.recipe
    return _with(chosen)


def _with(sound_track: str | None) -> str:
    return RECIPE if sound_track is None else f"{RECIPE}-{sound_track}"


def chosen_in(recipe: str) -> str:
    """Its part that names the sound that was chosen, with a hyphen before it; empty if none was chosen."""
    return "".join(recipe.partition("-track")[1:])
