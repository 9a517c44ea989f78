"""What people write of a circle, as it is stored."""

from __future__ import annotations

from typing import Any

import pytest

from kring.circles.circle_fields import BadCircle, circle_of, differing, network_name
from kring.circles.glossary import MAX_LENGTH
from kring.errors import BadMetadata
from kring.model import MOST_MONTHS, MOST_TERMS, Circle, Visibility

CIRCLE = Circle(
    slug="privacy", name="Privacy", network="n", network_name="North", purpose="Sharing", retention_months=6
)


def changed(**written: Any) -> Circle:
    return circle_of(dict(CIRCLE), written)


@pytest.mark.parametrize(
    ("field", "written", "value"),
    [
        ("name", "  Privacy\n and security ", "Privacy and security"),
        ("purpose", "", None),
        ("purpose", " \x00\n", None),
        ("contact", "Kari, kari@example.no", "Kari, kari@example.no"),
        ("contact", "x" * 298 + " \n" * 50 + "y", "x" * 298 + " y"),
        ("language", "NO", "nb"),
        ("language", "heard", None),
        ("language", "", None),
        ("visibility", "public", Visibility.PUBLIC),
        ("visibility", Visibility.CIRCLE, Visibility.CIRCLE),
        ("english", True, True),
        ("previews", True, True),
        ("retention_months", " 24 ", 24),
        ("retention_months", "never", None),
        ("retention_months", "", None),
        ("retention_months", str(MOST_MONTHS), MOST_MONTHS),
        ("glossary", "DPIA\r\n\r\n# note\r\ndpia\r\nKS", ("dpia", "KS")),
        ("glossary", "", ()),
        ("glossary", ("a", "b"), ("a", "b")),
    ],
)
def test_each_field_is_read_as_people_write_it(field: str, written: Any, value: Any) -> None:
    circle = changed(**{field: written})
    assert getattr(circle, field) == value
    assert differing(circle, CIRCLE) in ([field], [])


@pytest.mark.parametrize(
    ("field", "written", "reason"),
    [
        ("name", "", "A name is needed"),
        ("name", "x" * 301, "At most 300 characters"),
        ("network_name", " ", "A name is needed"),
        ("purpose", "x" * 299 + "\n\ny", "At most 300 characters"),
        ("slug", "No Slug", "a-z, 0-9"),
        ("slug", "", "a-z, 0-9"),
        ("slug", "../circles", "a-z, 0-9"),
        ("network", "-n", "a-z, 0-9"),
        ("network", "x" * 65, "a-z, 0-9"),
        ("language", "klingon", "klingon"),
        ("visibility", "everyone", "Choose who"),
        ("visibility", "", "Choose who"),
        ("retention_months", "0", f"from 1 to {MOST_MONTHS}"),
        ("retention_months", str(MOST_MONTHS + 1), f"from 1 to {MOST_MONTHS}"),
        ("retention_months", "1.5", "whole number"),
        ("retention_months", "-3", "whole number"),
        ("retention_months", "٣", "whole number"),
        ("retention_months", "9" * 5000, "whole number"),
        ("glossary", "fine\n" + "x" * (MAX_LENGTH + 1), r"Line 2: .*61 characters"),
        ("glossary", "\n".join(map(str, range(MOST_TERMS + 1))), f"at most {MOST_TERMS}"),
        ("glossary", tuple(map(str, range(MOST_TERMS + 1))), f"at most {MOST_TERMS}"),
    ],
)
def test_what_cannot_be_used_is_said_of_its_field(field: str, written: Any, reason: str) -> None:
    with pytest.raises(BadCircle, match=reason) as refused:
        changed(**{field: written})
    assert list(refused.value.problems) == [field]
    assert isinstance(refused.value, BadMetadata)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(BadCircle, match=r"^network name: A name is needed") as refused:
        changed(network_name="", purpose="fine", retention_months="x", visibility="x")
    assert set(refused.value.problems) == {"network_name", "retention_months", "visibility"}


def test_a_network_is_called_as_its_other_circles_call_it() -> None:
    assert network_name([CIRCLE], "n") == "North"
    assert network_name([CIRCLE], "other") == "other"
