"""Transcripts that Teams and Word have saved as text: who says what, and when."""

from __future__ import annotations

import pytest

from kring.errors import BadTranscript
from transcribe.captions.parsing.cleaning import MAX_CUES
from transcribe.captions.reader import read_captions

TEAMS = """Budsjettmøte-20260310_101010-{opptak}
10. mars 2026, 10:10
47m 23s

Kari Nordli {began}

Kari Nordli   0:03
God morgen.
Da begynner vi 10:30   presis.

Ola Bergh (Bodø kommune)   0:11
Takk.

Kari Nordli   1:02:05
Ha det.

Kari Nordli {ended}
"""
LOCALES = [
    ("Opptak av møte", "startet transkripsjon", "stoppet transkripsjon"),
    ("Mødeoptagelse", "startede transskriptionen", "stoppede transskriptionen"),
    ("Opname van vergadering", "heeft de transcriptie gestart", "heeft de transcriptie gestopt"),
    ("Meeting Recording", "started transcription", "stopped transcription"),
]


def said(text: str | bytes) -> list[tuple[float, float, str | None, str]]:
    segments = read_captions(text.encode() if isinstance(text, str) else text).segments
    return [(segment.start, segment.end, segment.speaker, segment.text) for segment in segments]


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize(("opptak", "began", "ended"), LOCALES)
def test_teams_in_each_of_our_languages(opptak: str, began: str, ended: str, apart: bool) -> None:
    text = TEAMS.format(opptak=opptak, began=began, ended=ended)
    text = text if apart else text.replace("\n\n", "\n")
    assert said(text) == [
        (3, 11, "Kari Nordli", "God morgen. Da begynner vi 10:30 presis."),
        (11, 14, "Ola Bergh (Bodø kommune)", "Takk."),
        (3725, 3728.4, "Kari Nordli", "Ha det."),
    ]


def test_what_is_said_about_transcriptions_stays() -> None:
    lines = [
        "Kari Nordli har en transkripsjon.",
        "Vi har transkripsjon nå",
        "Kari Nordli sier at vi alle skal ha en transkripsjon nå",
    ]
    assert said("\n".join(["Kari Nordli   0:03", *lines]))[0][3] == " ".join(lines)


def test_a_name_may_end_with_an_initial() -> None:
    text = "Kari N.   0:03\nHei.\nMartin Luther King Jr.   0:09\nJa.  10:30\n"
    assert [(speaker, words) for _, _, speaker, words in said(text)] == [
        ("Kari N.", "Hei."),
        ("Martin Luther King Jr.", "Ja. 10:30"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Kari   0:03Hei du.\nOla   0:03Hei.\nKari   0:09Ja.",
        "Kari\t0:03\nHei du.\nOla\t0:03 \nHei.\nKari\t0:09\nJa.",
        "Kari\xa0\xa0 00:03\vHei du.\r\nOla  00:03\vHei.\r\nKari  00:09\vJa.\r\n",
        "Lydfil\nx.mp3\n\nTranskripsjon\n00:00:03 Kari\nHei du.\n00:00:03 Ola\nHei.\n00:00:09 Kari\nJa.\n",
        "00:00:03 Kari: Hei du.\n00:00:03 Ola: Hei.\n00:00:09 Kari: Ja.\n",
        "[00:00:03] Kari: Hei du.\n[00:00:03] Ola: Hei.\n[00:00:09] Kari: Ja.\n",
    ],
)
def test_names_and_times_in_every_order(text: str) -> None:
    assert said(text) == [(3, 6.4, "Kari", "Hei du."), (3, 5.8, "Ola", "Hei."), (9, 11.6, "Kari", "Ja.")]


def test_times_alone() -> None:
    text = "0:00\nså bygger vi et hus\n0:04\n[Musikk]\n1:02:45\nog det\nvar det\n"
    assert [(start, speaker, words) for start, _, speaker, words in said(text)] == [
        (0, None, "så bygger vi et hus"),
        (4, None, "[Musikk]"),
        (3765, None, "og det var det"),
    ]


def test_in_words_text_times_without_hours_are_said() -> None:
    text = "00:00:03 Taler 1\nVi møtes\n10:30 Pause\n00:00:09 Taler 2\nJa.\n"
    assert [words for *_, words in said(text)] == ["Vi møtes 10:30 Pause", "Ja."]


@pytest.mark.parametrize("blank", ["\n", ""])
def test_teams_as_it_was_before(blank: str) -> None:
    text = (
        f"0:0:3.440 --> 0:0:6.120\nKari Nordli\nGod morgen\n{blank}0:0:6.120 --> 0:0:9.0\nOla\nHei\n"
        f"Hei igjen\n{blank}0:0:8.90 --> 0:0:8.500\nMøterom 2 (Bodø)\nHei."
    )
    assert said(text) == [
        (3.44, 6.12, "Kari Nordli", "God morgen"),
        (6.12, 9.0, "Ola", "Hei Hei igjen"),
        (8.09, 8.5, "Møterom 2 (Bodø)", "Hei."),
    ]


def test_without_names_the_first_line_is_said() -> None:
    text = "0:0:1.500 --> 0:0:3.0\nvi begynner\nmed dette\n\n0:0:3.0 --> 0:0:4.0\nJa.\nKlart.\n"
    assert [(speaker, words) for _, _, speaker, words in said(text)] == [
        (None, "vi begynner med dette"),
        (None, "Ja. Klart."),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("09:00 Velkommen\n09:15 Innledning\n10:00 Pause\n", "Line 1: this is neither .* nor text with names"),
        ("Referat\n\n10:30 Kari:\nen\n09:30 Ola:\nto\n", "Line 1: this is neither"),
        ("\n".join(f"Linje {n} i et referat" for n in range(20)) + "\nKari   0:03\nHei.", "Line 1: this is neither"),
        ("0:0:0.0 --> 0:0:0.870Tiffany BouchardYeah.0:0:4.560 --> 0:0:5.180", "Line 1: .* does not say when"),
        ("Kari   0:03\n\n", "no captions with text"),
        ("Kari   0:03\n" * (MAX_CUES + 1), f"Line {MAX_CUES + 1}: .*more than 250000 captions"),
        ("Kari   0:03\n" + "ord " * 5001, "Line 1: .*more than 20000 characters"),
    ],
)
def test_other_text_is_refused_with_a_sentence(text: str, message: str) -> None:
    with pytest.raises(BadTranscript, match=message):
        read_captions(text.encode())


def test_as_windows_saves_it() -> None:
    assert said("Pål Østbø   0:03\r\nBlåbær – “så”.\r\n".encode("cp1252"))[0][2:] == ("Pål Østbø", "Blåbær – “så”.")
