"""Two people who change a circle at once."""

from __future__ import annotations

import pytest

from kring.access import SETTINGS
from kring.circles.circle_merge import ChangedMeanwhile, marks_of, merged
from kring.errors import Conflict
from kring.model import Circle

SEEN = Circle(slug="privacy", name="Privacy", network="n", network_name="North", glossary=("DPIA",))
MARKS = marks_of(SEEN, SETTINGS)


def but(circle: Circle, **values: object) -> Circle:
    return circle.model_copy(update=values)


def test_what_different_people_change_comes_together() -> None:
    now = but(SEEN, contact="Kari", previews=True)
    written = but(SEEN, purpose="Sharing", glossary=("DPIA", "KS"))
    assert merged(now, written, MARKS, SETTINGS) == but(now, purpose="Sharing", glossary=("DPIA", "KS"))


def test_the_same_change_by_both_is_no_conflict() -> None:
    now = but(SEEN, purpose="Sharing")
    assert merged(now, now, MARKS, SETTINGS) == now


def test_one_field_changed_by_both_is_told_with_both() -> None:
    now, written = but(SEEN, purpose="Hers", contact="Kari"), but(SEEN, purpose="Mine", name="Private")
    with pytest.raises(ChangedMeanwhile) as told:
        merged(now, written, MARKS, SETTINGS)
    assert isinstance(told.value, Conflict)
    assert told.value.fields == {"purpose"}
    assert told.value.now == now
    assert told.value.written == but(now, purpose="Mine", name="Private")
    again = marks_of(told.value.now, SETTINGS)  # who has seen both decides
    assert merged(now, told.value.written, again, SETTINGS) == told.value.written


@pytest.mark.parametrize("marks", ["", "purpose", "purpose:", "purpose:x name", ":::: \x00", "no:thing"])
def test_without_marks_nothing_is_overwritten(marks: str) -> None:
    now = but(SEEN, purpose="Hers")
    with pytest.raises(ChangedMeanwhile):
        merged(now, but(now, purpose="Mine"), marks, SETTINGS)
    assert merged(now, now, marks, SETTINGS) == now


def test_fields_that_are_none_of_ones_business_stay() -> None:
    written = but(SEEN, network="other", purpose="Mine")
    assert merged(SEEN, written, MARKS, frozenset({"purpose"})) == but(SEEN, purpose="Mine")
    assert set(MARKS.replace(":", " ").split()) >= SETTINGS
    assert "DPIA" not in MARKS
