"""Lists that come in have a bound, wherever they come in."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from cli.commands.circles import _file
from flows.sources.details import details_of
from kring.circles.circle_fields import circle_of
from kring.details import make_details
from kring.errors import BadMetadata, BadTranscript
from kring.intake.uploads import Upload
from kring.model import MOST_LABELS, MOST_TERMS, Attachment, Circle, Details, Original
from transcribe.captions.reader import read_captions

LABELS = ["presenters", "organisations", "topics"]
MANY = [f"label {number}" for number in range(60_000)]


def values(**more: Any) -> dict[str, Any]:
    return {"title": "A talk", "circle": "privacy", "date": date(2026, 3, 12), **more}


@pytest.mark.parametrize("name", LABELS)
def test_so_many_are_taken_and_no_more(name: str) -> None:
    assert len(getattr(make_details(**values(**{name: MANY[:MOST_LABELS]})), name)) == MOST_LABELS
    for many in (MANY[: MOST_LABELS + 1], MANY):
        with pytest.raises(BadMetadata) as caught:
            make_details(**values(**{name: many}))
        assert str(caught.value) == f"There are too many {name}: at most {MOST_LABELS} are kept with a recording."


@pytest.mark.parametrize("name", LABELS)
def test_a_sidecar_with_too_many_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.mp4").touch()
    (tmp_path / "x.toml").write_text(f"{name} = {json.dumps(['x'] * (MOST_LABELS + 1))}")
    with pytest.raises(BadMetadata, match=rf"^x\.toml cannot be used: There are too many {name}"):
        details_of(tmp_path / "x.mp4", circle="privacy")


def test_a_glossary_has_a_bound(tmp_path: Path) -> None:
    said = {"slug": "a", "name": "A", "network": "n", "network_name": "N"}
    assert len(circle_of(said, {"glossary": MANY[:MOST_TERMS]}).glossary) == MOST_TERMS
    with pytest.raises(BadMetadata, match="too many terms"):
        circle_of(said, {"glossary": MANY})
    (tmp_path / "terms.txt").write_text("x" * 2_000_000)
    with pytest.raises(BadMetadata, match=r"^terms\.txt is larger than 1 MB"):
        _file(tmp_path / "terms.txt")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (Details, "topics", "x"),
        (Circle, "glossary", "x"),
        (Upload, "attachments", Attachment(original=Original(sha256="0" * 64, size=1, file_name="x"), title="x")),
    ],
)
def test_the_types_themselves_have_it(kind: Any, name: str, value: Any) -> None:
    """So what the API takes apart by itself (the details in a correction) has it too."""
    with pytest.raises(ValidationError, match="too_long"):
        kind.model_validate({name: [value] * 60_000})


LONG = "ord " * 5001


@pytest.mark.parametrize(
    "file",
    [
        f"WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n{LONG}\n",
        f"1\n00:00:01,000 --> 00:00:02,000\n{LONG}\n",
        json.dumps({"version": "1", "segments": [{"startTime": 1, "body": LONG}]}),
    ],
)
def test_a_caption_has_a_bound(file: str) -> None:
    with pytest.raises(BadTranscript, match=r"^Line \d+: .* more than 20000 characters"):
        read_captions(file.encode())
    (segment,) = read_captions(file.replace(LONG, LONG[:19_000]).encode()).segments
    assert len(segment.text) == 18_999
