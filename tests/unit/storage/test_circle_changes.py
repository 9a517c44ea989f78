"""Making and changing a circle: written down first, and never over what somebody else has just written."""

from __future__ import annotations

import pytest

from kring.access import SETTINGS
from kring.circles.circle_merge import ChangedMeanwhile, marks_of, merged
from kring.model import Circle
from storage.archive.archive import Archive
from storage.circle_changes import change_circle, make_circle
from storage.memory.store import MemoryStore

CIRCLE = Circle(slug="privacy", name="Privacy", network="n", network_name="North")
MINE = CIRCLE.model_copy(update={"purpose": "Mine"})


@pytest.fixture
def archive() -> Archive:
    return Archive(MemoryStore())


def test_a_circle_is_made_once(archive: Archive) -> None:
    noted: list[str] = []
    assert make_circle(archive, CIRCLE, noted.append)
    assert not make_circle(archive, MINE, noted.append)
    assert archive.circle("privacy") == CIRCLE
    assert noted == ["made"]


def test_of_two_who_make_it_at_the_same_moment_the_first_has_it(archive: Archive) -> None:
    assert not make_circle(archive, CIRCLE, lambda _: archive.put_circle(MINE))
    assert archive.circle("privacy") == MINE


def test_what_is_changed_is_noted_and_what_is_not_is_not(archive: Archive) -> None:
    archive.put_circle(CIRCLE)
    noted: list[str] = []
    assert change_circle(archive, "privacy", lambda old: old, noted.append) == (CIRCLE, CIRCLE)
    assert change_circle(archive, "privacy", lambda _: MINE, noted.append) == (CIRCLE, MINE)
    assert noted == ["purpose"]


@pytest.mark.parametrize("field", ["contact", "purpose"])
def test_somebody_else_may_be_quicker_in_the_very_moment(archive: Archive, field: str) -> None:
    archive.put_circle(CIRCLE)
    hers = CIRCLE.model_copy(update={field: "Hers"})

    def change(old: Circle) -> Circle:
        return merged(old, MINE, marks_of(CIRCLE, SETTINGS), SETTINGS)

    if field == "purpose":
        with pytest.raises(ChangedMeanwhile):
            change_circle(archive, "privacy", change, lambda _: archive.put_circle(hers))
        assert archive.circle("privacy") == hers
    else:
        change_circle(archive, "privacy", change, lambda _: archive.put_circle(hers))
        assert archive.circle("privacy") == hers.model_copy(update={"purpose": "Mine"})
