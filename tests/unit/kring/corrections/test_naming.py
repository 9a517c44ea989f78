"""Where a person's name stands in a recording, and what puts another in its place."""

from __future__ import annotations

from datetime import date

import pytest

from kring.corrections.apply import Chapter, corrected, detailed, titled
from kring.corrections.changes import AttachmentChange, Correction, DetailsChange, Undo
from kring.corrections.naming import LONGEST, Mentions, RecordingText, mentions, replacement, replacing, sought
from kring.errors import InputError
from kring.model import Attachment, Details, Original
from tests.unit.kring.corrections.test_apply import ID, MOMENT, heard, made, said, texts

PDF = Attachment(original=Original(sha256="a" * 64, size=1, file_name="kari nordli.pdf"), title="Lysark (Kari Nordli)")
DETAILS = Details(
    title="Samtale med Kari Nordli",
    circle="x",
    date=date(2026, 1, 1),
    presenters=("Kari Nordli", "Ola Berg", "KARI NORDLI"),
    topics=("Personvern",),
    legal_basis="Samtykke fra Kari  Nordli",
)
TALK = heard(
    said(0, 4, "Kari Nordli, og kari nordlis kommune.", speaker="Kari Nordli (Fjordane)"),
    said(4, 8, "Takk, Kari\u00a0Nordli! Ikke Kari Nordlien.", speaker="Ola"),
)
EVERYTHING = RecordingText(
    details=DETAILS,
    attachments=(PDF,),
    segments=TALK.segments,
    chapters=(Chapter(4.0, "Spørsmål til Kari Nordli"), Chapter(6.0, "Takk")),
    english=(said(0, 4, "Kari Nordli said so", speaker="Kari Nordli"),),
    pages=[(PDF, ["", "Av Kari Nordli"])],
    file_names=("møte kari nordli.mp4", "møte.mp4"),
)


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("Kari", "Kari, kari og KARI", 3),
        ("Kari", "Karianne og Karis", 0),  # "Jen" is not in "Jens"
        ("Kari Bø", "Kari Bo\u0308 Kari Bø kari\n bøs", 2),
        ("Zoë", "Zoe\u0308 zoë", 2),
        ("Anne-Lise (IT)", "anne-lise (it).", 1),
        ("O'Brien", "O'Briens O'Brien's", 1),
    ],
)
def test_where_a_name_stands(name: str, text: str, count: int) -> None:
    assert sought(name).count(text) == count
    assert sought(name).is_in(text) is bool(count)


def test_all_that_a_name_is_found_in() -> None:
    assert mentions(sought(" kari   nordli "), EVERYTHING) == Mentions(
        speakers={"Kari Nordli (Fjordane)": 1},
        presenters=("Kari Nordli", "KARI NORDLI"),
        title=True,
        labels=("Samtykke fra Kari Nordli",),
        chapters=("Spørsmål til Kari Nordli",),
        documents=("Lysark (Kari Nordli)",),
        said=3,
        english=2,
        written=("Lysark (Kari Nordli)",),
        file_names=("møte kari nordli.mp4",),
    )
    assert not mentions(sought("Kari Nord"), EVERYTHING)


def test_what_puts_another_in_its_place_and_takes_it_back() -> None:
    name = sought("Kari Nordli")
    corrections = made(*replacing(name, "Deltaker", EVERYTHING))
    transcript = corrected(TALK, corrections)
    assert texts(transcript) == ["Deltaker, og Deltakers kommune.", "Takk, Deltaker! Ikke Kari Nordlien."]
    assert [segment.speaker for segment in transcript.segments] == ["Deltaker (Fjordane)", "Ola"]
    details = detailed(DETAILS, corrections)
    assert details.title == "Samtale med Deltaker"
    assert details.presenters == ("Deltaker", "Ola Berg")
    assert details.legal_basis == "Samtykke fra Deltaker"
    [document] = titled((PDF,), corrections)
    assert document.title == "Lysark (Deltaker)"
    after = RecordingText(details=details, attachments=(document,), segments=transcript.segments)
    assert not list(replacing(name, "Deltaker", after))
    back = made(*(correction.change for correction in corrections), *(Undo(number=one.number) for one in corrections))
    assert corrected(TALK, back) is TALK
    assert detailed(details, back) == DETAILS
    assert titled((document,), back) == (PDF,)


def test_a_recording_without_the_name_is_not_changed() -> None:
    nothing = RecordingText(details=DETAILS.model_copy(update={"title": "T", "presenters": (), "legal_basis": None}))
    assert not list(replacing(sought("Kari Nordli"), "X Y", nothing))
    assert not mentions(sought("Kari Nordli"), nothing).can_be_replaced


def test_a_line_stays_as_short_as_lines_are() -> None:
    long = DETAILS.model_copy(update={"title": "Bo " * 100})
    [change] = replacing(sought("Bo"), "Deltaker i samtalen", RecordingText(details=long))
    assert isinstance(change, DetailsChange)
    assert len(change.after.title) <= 300


@pytest.mark.parametrize("text", ["", " ", "x", "12", "\n", "K" * (LONGEST + 1)])
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(InputError, match="Write a name"):
        sought(text)
    with pytest.raises(InputError, match="Write a name"):
        replacement(sought("Kari"), text)


def test_the_name_itself_is_no_replacement() -> None:
    with pytest.raises(InputError, match="holds the name"):
        replacement(sought("Kari Nordli"), "Fru kari nordli")
    assert replacement(sought("Kari Nordli"), " Kari  N. ") == "Kari N."


def test_a_document_that_is_gone_has_no_title() -> None:
    change = AttachmentChange(sha256="b" * 64, before="Kari", title="X")
    assert titled((PDF,), [Correction(recording_id=ID, number=1, by="x", at=MOMENT, change=change)]) == (PDF,)
