"""Settings of where recordings come from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import Field, field_validator

from kring.model import Line, Slug
from kring.settings.section import Section


class FolderSource(Section):
    """A watched folder. Beside `x.mp4` may lie `x.toml` (title, circle, date, …) and `x.vtt`."""

    kind: Literal["folder"] = "folder"
    name: Line
    path: Path
    circle: Slug | None = None
    settle_seconds: float = Field(default=10, ge=0, allow_inf_nan=False)
    """A file is taken once its size has stood still for so long."""


class FeedSource(Section):
    """An RSS or podcast feed; every enclosure is a recording."""

    kind: Literal["feed"] = "feed"
    name: Line
    url: str
    circle: Slug
    language: str | None = None
    timezone: str | None = None
    """Of the publisher, for a feed that gives its times in UTC; None: the day is taken as it is written."""
    allow_private: bool = False
    """Fetch from private and loopback addresses too."""

    @field_validator("timezone")
    @classmethod
    def _is_a_timezone(cls, name: str | None) -> str | None:
        if name is not None and name not in available_timezones():
            raise ValueError(
                "The setting timezone of a feed must be a name of the IANA time zone database, such as Europe/Oslo."
            )
        return name


Source = Annotated[FolderSource | FeedSource, Field(discriminator="kind")]
