"""What is taken for invented, and what must never be."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from kring.model import Segment, Word
from transcribe.pipeline.hallucinations import (
    LOOP_WORDS,
    ScoredSentence,
    is_credit,
    is_echo,
    is_repetitive,
    loop_in,
    sift,
)


def heard(
    *texts: str, log_probability: float = -0.3, no_speech: float = 0.1, voiced: float = 1.0, window: int = 0
) -> list[ScoredSentence]:
    return [
        ScoredSentence(Segment(start=number, end=number + 1, text=text), log_probability, no_speech, voiced, window)
        for number, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Teksting av Nicolai Winther",
        "Undertekster av Ai-Media",
        "Tekstet av Kari Nordmann.",
        "Norske undertekster av Ole Hansen og Kari Berg",
        "Teksta av Kari Nordmann",
        "Takk for at du så på!",
        "Takk for at dere så på.",
        "Danske tekster af Jesper Buhl Scandinavian Text Service 2018",
        "Undertekster af Mette Jensen",
        "Tak fordi du så med.",
        "Ondertiteling door T. den Haan",
        "Ondertitels ingediend door de Amara.org gemeenschap",
        "Ondertiteld door Jan van de Berg",
        "TV GELDERLAND 2021",
        "Bedankt voor het kijken!",
        "Thanks for watching!",
        "Thank you so much for watching.",
        "Subtitles by the Amara.org community",
        "♪ Subtitles by Steamteamextra ♪",
        "Transcription by CastingWords",
        "Please subscribe to my channel.",
        "Undertekster av Nicolai Winther",
        "Oversatt av Kari Nordmann",
        "Undertekstar av Kari Nordmann",
        "Takk for at du ser på!",
        "Tekster af Nicolai Winther",
        "Tekstet af Jens Hansen",
        "Tak fordi I så med!",
        "Ondertitels ingediend door Jan Jansen",
        "Thank you for watching this video!",
        "Subtitles by Nicolai Winther",
        "Captioned by Ai-Media",
    ],
)
def test_credits_are_known(text: str) -> None:
    assert is_credit(text)


@pytest.mark.parametrize(
    "text",
    [
        "Teksting av møtene gjør kommunen selv",
        "Oversettelse av dokumentet til engelsk tar lang tid",
        "Oversettelse av personvernerklæringen har Kari gjort",
        "Oversættelse af vejledningen ligger på Sharepoint",
        "Titel van de presentatie is privacy",
        "Vertaling door de leverancier is te duur",
        "Takk for at dere kom i dag",
        "Takk for at dere så på saken før møtet",
        "Tak fordi I ville være med i dag",
        "Thanks for watching the budget so closely this year",
        "Captions by default are off in Teams",
        "Bedankt voor het luisteren naar onze ervaringen",
        "Subscribe to the newsletter of the network if you want the report",
        "Teksting av video er et krav i loven",
        "Takk for at dere lyttet til innspillene våre",
        "Takk for i dag.",
        "Takk for meg.",
        "Tak for i dag, vi ses i næste uge",
        "Tekster af denne type skal godkendes",
        "Bedankt voor het kijken naar de cijfers",
        "Dank je wel.",
        "Thank you.",
        "Thank you for your presentation, Kari",
        "Translation of the report by Friday is possible",
        "Undertekster er påkrevd etter EUs direktiv",
    ],
)
def test_speech_is_not_taken_for_credits(text: str) -> None:
    assert not is_credit(text)


@pytest.mark.parametrize(
    ("text", "loop"),
    [
        ("yeah " * 10, (0, 10)),
        ("takk for det " * 5, (0, 15)),
        ("og så takk for det takk for det takk for det takk for det takk for", (2, 16)),
        ("ja ja ja ja ja ja ja ja og så nei nei nei nei nei nei nei nei nei", (10, 19)),
        ("ja ja ja ja", None),
        ("nei nei nei vi må se på loven og loven sier nei nei og nei", None),
        ("vi gjør det steg for steg for steg og så ser vi hva som skjer", None),
        ("", None),
    ],
)
def test_loops_are_told_from_emphasis(text: str, loop: tuple[int, int] | None) -> None:
    assert loop_in(text.split()) == loop


@given(
    st.lists(st.sampled_from("abcde"), max_size=6),
    st.lists(st.sampled_from("fgh"), min_size=1, max_size=4),
    st.integers(4, 12),
    st.lists(st.sampled_from("ijklm"), max_size=6),
)
def test_a_loop_is_found_whole(before: list[str], phrase: list[str], times: int, after: list[str]) -> None:
    loop = phrase * times
    found = loop_in([*before, *loop, *after])
    if len(loop) >= LOOP_WORDS:
        assert found == (len(before), len(before) + len(loop))
    else:
        assert found is None


def sentence(text: str, language: str | None = None) -> ScoredSentence:
    words = tuple(Word(number, number + 0.9, word, 0.9) for number, word in enumerate(text.split()))
    return ScoredSentence(Segment(start=0, end=words[-1].end, text=text, language=language, words=words), -0.2, 0.0)


@pytest.mark.parametrize(
    ("text", "kept", "looped"),
    [
        (f"Da sier vi {'takk for det ' * 6}og går hjem.", ["Da sier vi", "og går hjem."], ["takk for det " * 6]),
        (
            f"{'ja ' * 8}og så tar vi saken {'nei ' * 9}og går hjem.",
            ["og så tar vi saken", "og går hjem."],
            ["ja " * 8, "nei " * 9],
        ),
        (
            "Vi sender e-post e-post e-post e-post til alle dere som er med på møtet i dag.",
            ["Vi sender e-post e-post e-post e-post til alle dere som er med på møtet i dag."],
            [],
        ),
        (
            f"Vi sender {'e-post ' * 9}til alle som er med.",
            ["Vi sender", "til alle som er med."],
            ["e-post " * 9],
        ),
        (f"{'Ja, ' * 8}– og så går vi.", ["– og så går vi."], ["Ja, " * 8]),
    ],
)
def test_a_loop_is_cut_out_of_its_sentence(text: str, kept: list[str], looped: list[str]) -> None:
    segments, dropped = sift([sentence(text)])
    assert [one.text for one in segments] == kept
    assert [(one.segment.text, one.reason) for one in dropped] == [(one.strip(), "repeats itself") for one in looped]
    said = sorted([*segments, *(one.segment for one in dropped)], key=lambda one: one.start)
    assert [word for one in said for word in one.words] == list(sentence(text).segment.words)
    for one in said:
        assert (one.start, one.end) == (one.words[0].start, one.words[-1].end)


def test_a_loop_in_a_language_without_spaces_stays_without() -> None:
    words = tuple(Word(number, number + 0.9, char, 0.9) for number, char in enumerate("今日はははははははははは会議"))
    text = "".join(word.text for word in words)
    segments, _ = sift([ScoredSentence(Segment(start=0, end=20, text=text, words=words), -0.2, 0.0)])
    assert [one.text for one in segments] == ["今日", "会議"]


def test_an_echo_is_a_long_piece_of_the_prompt() -> None:
    prompt = "personvern, risikovurdering, innkjøp, digital post, KS, Datatilsynet"
    assert is_echo("Risikovurdering, innkjøp, digital post, KS", prompt)
    assert not is_echo("Personvern.", prompt)
    assert not is_echo("innkjøp av digital post i KS", prompt)
    assert not is_echo("Risikovurdering, innkjøp, digital post, KS", None)


def test_repeats_beyond_two_are_kept_out() -> None:
    kept, dropped = sift(heard("Ja.", "ja", "Ja!", "Nei.", "Ja."))
    assert [segment.text for segment in kept] == ["Ja.", "ja", "Nei.", "Ja."]
    assert [(one.segment.text, one.reason) for one in dropped] == [("Ja!", "same words 3 times in a row")]


def test_repeats_are_counted_within_a_window_only() -> None:
    said = [*heard("Ja.", "Ja.", window=1), *heard("Ja.", "Ja.", window=2), *heard("Ja.", window=3)]
    assert sift(said)[1] == ()
    _, dropped = sift([*heard("Ja.", "Ja.", "Ja.", "Ja.", window=1)])
    assert [one.reason for one in dropped] == ["same words 3 times in a row", "same words 4 times in a row"]


@pytest.mark.parametrize(
    ("voiced", "log_probability", "kept"),
    [(0.0, -0.6, False), (0.09, -0.6, False), (0.1, -0.6, True), (0.0, -0.5, True), (1.0, -0.9, True)],
)
def test_what_has_hardly_a_voice_under_it_is_kept_out(voiced: float, log_probability: float, kept: bool) -> None:
    _, dropped = sift(heard("Hei på dere.", voiced=voiced, log_probability=log_probability))
    assert (dropped == ()) is kept
    if not kept:
        assert dropped[0].reason == f"hardly a voice (in {voiced:.0%} of its time, log probability -0.60)"


def test_an_echo_of_the_glossary_is_kept_out() -> None:
    glossary = "personvern, risikovurdering, innkjøp, digital post, KS."
    _, dropped = sift(heard("Personvern, risikovurdering, innkjøp, digital post"), glossary)
    assert [one.reason for one in dropped] == ["echo of the glossary"]
    assert sift(heard("Personvern, risikovurdering, innkjøp, digital post"), "")[1] == ()


@pytest.mark.parametrize(
    ("text", "repetitive"),
    [
        ("And so my fellow Americans ask not what your country can do for you. " * 3, True),
        ("ja. " * 80, True),
        ("ja, ja, det er sant, ja", False),
        ("Vi går gjennom saken punkt for punkt, og så tar vi spørsmål til slutt, hvis noen har det.", False),
        ("", False),
    ],
)
def test_a_windows_text_that_repeats_itself_is_told(text: str, repetitive: bool) -> None:
    assert is_repetitive(text) is repetitive


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Ja.", "ja", "Hei på deg.", "Teksting av N. Winther", "...", "", "mm " * 12]),
            st.floats(-3, 0),
            st.floats(0, 1),
            st.floats(0, 1),
            st.integers(0, 2),
        )
    )
)
def test_all_that_was_heard_is_kept_or_has_a_reason(said: list[tuple[str, float, float, float, int]]) -> None:
    given_ = [
        ScoredSentence(Segment(start=number, end=number + 1, text=text), log_probability, no_speech, voiced, window)
        for number, (text, log_probability, no_speech, voiced, window) in enumerate(said)
    ]
    kept, dropped = sift(given_, "Hei på deg alle sammen.")
    together = sorted([*kept, *(one.segment for one in dropped)], key=lambda segment: segment.start)
    assert together == [one.segment for one in given_]
    assert all(one.reason for one in dropped)
    assert sift(given_, "Hei på deg alle sammen.") == (kept, dropped)


def test_unsure_silence_is_kept_out_and_sure_or_voiced_speech_stays() -> None:
    _, dropped = sift(heard("mmm", log_probability=-1.2, no_speech=0.9))
    assert dropped[0].reason == "probably no speech (no speech 0.90, log probability -1.20)"
    assert sift(heard("hei", log_probability=-0.2, no_speech=0.9))[1] == ()
    assert sift(heard("hei", log_probability=-1.2, no_speech=0.2))[1] == ()


def test_nothing_is_lost() -> None:
    texts = ["Hei.", "Teksting av Nicolai Winther", "...", "Ja " * 9, "Slutt."]
    kept, dropped = sift(heard(*texts))
    assert [segment.text for segment in kept] == ["Hei.", "Slutt."]
    assert [one.reason for one in dropped] == ["subtitle credit", "no words", "repeats itself"]
