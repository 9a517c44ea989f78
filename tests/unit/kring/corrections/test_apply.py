"""What people have changed, applied to what a machine heard."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given, settings, strategies as st

from kring.corrections.apply import Chapter, active, chapters, corrected, detailed, undone
from kring.corrections.changes import (
    Change,
    ChapterChange,
    Correction,
    DetailsChange,
    LineChange,
    NameChange,
    SpeakerChange,
    Undo,
)
from kring.corrections.segments import count_name, replace_name, standing
from kring.model import Details, Segment, Transcript, Word

ID = "0123456789abcdef"
MOMENT = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)


def made(*changes: Change) -> tuple[Correction, ...]:
    return tuple(
        Correction(recording_id=ID, number=n, by="p1", at=MOMENT + timedelta(minutes=n), change=change)
        for n, change in enumerate(changes, start=1)
    )


def heard(*segments: Segment) -> Transcript:
    return Transcript(
        fingerprint="test", engine="memory", model="m", language="nb", duration=1000, segments=tuple(segments)
    )


def said(start: float, end: float, text: str, *, speaker: str | None = None, words: bool = True) -> Segment:
    """Its words share its time evenly, with their spaces, as Whisper's."""
    spoken = text.split()
    step = (end - start) / max(1, len(spoken))
    times = [start + n * step for n in range(len(spoken))]
    timed = tuple(Word(at, min(at + step, end), f" {word}", 0.9) for at, word in zip(times, spoken, strict=True))
    return Segment(start=start, end=end, text=text, speaker=speaker, words=timed if words else ())


def line(start: float, end: float, text: str, before: str = "") -> LineChange:
    return LineChange(start=start, end=end, before=before, text=text)


def texts(transcript: Transcript) -> list[str]:
    return [segment.text for segment in transcript.segments]


TALK = heard(
    said(0, 4, "Velkommen til Kari Nordman", speaker="Ola"),
    said(4, 8, "Vi snakker om Bergen kommune", speaker="Kari"),
    said(8, 12, "Bergens arkiv er digitalt", speaker="Kari"),
)


def test_nothing_to_apply_gives_the_very_same_transcript() -> None:
    assert corrected(TALK, ()) is TALK
    assert corrected(TALK, made(ChapterChange(start=1, title="Start"))) is TALK
    assert corrected(TALK, made(NameChange(find="Trondheim", replace="Oslo"))) is TALK


def test_a_line_with_the_same_borders_is_replaced_and_keeps_its_speaker() -> None:
    result = corrected(TALK, made(line(4, 8, "Vi snakker om  Voss kommune")))
    assert texts(result) == ["Velkommen til Kari Nordman", "Vi snakker om Voss kommune", "Bergens arkiv er digitalt"]
    changed = result.segments[1]
    assert (changed.speaker, changed.corrected, changed.start, changed.end) == ("Kari", True, 4, 8)
    assert [one.corrected for one in result.segments] == [False, True, False]
    assert changed.words[:3] == TALK.segments[1].words[:3]
    assert changed.words[3] == Word(TALK.segments[1].words[3].start, TALK.segments[1].words[3].end, " Voss")
    assert changed.words[4] == TALK.segments[1].words[4]
    assert (result.fingerprint, result.engine) == (TALK.fingerprint, TALK.engine)


def test_new_words_share_the_gap_evenly() -> None:
    result = corrected(heard(said(0, 6, "en fire")), made(line(0, 6, "en to tre fire fem")))
    assert [word.text for word in result.segments[0].words] == [" en", " to", " tre", " fire", " fem"]
    times = [(word.start, word.end) for word in result.segments[0].words]
    assert times == [(0, 3), (3, 3), (3, 3), (3, 6), (6, 6)]
    result = corrected(heard(said(0, 6, "en x fire")), made(line(0, 6, "en to tre fire")))
    assert [(word.start, word.end) for word in result.segments[0].words] == [(0, 2), (2, 3), (3, 4), (4, 6)]


def test_punctuation_and_capitals_keep_the_time_of_a_word() -> None:
    result = corrected(heard(said(0, 3, "ja vi begynner")), made(line(0, 3, "Ja, vi begynner.")))
    assert [(word.start, word.end, word.text) for word in result.segments[0].words] == [
        (0, 1, " Ja,"), (1, 2, " vi"), (2, 3, " begynner."),
    ]  # fmt: skip


def test_what_whisper_splits_stays_one_word_between_spaces() -> None:
    parts = (Word(0, 1, " e", 0.5), Word(1, 2, "-post", 0.6), Word(2, 3, " er", 0.7), Word(3, 4, " fin", 0.8))
    result = corrected(
        heard(Segment(start=0, end=4, text="e-post er fin", words=parts)), made(line(0, 4, "e-post er fint"))
    )
    assert result.segments[0].words == (*parts[:3], Word(3, 4, " fint"))


def test_words_of_captions_bring_no_spaces() -> None:
    parts = (Word(0, 1, "Hei"), Word(1, 2, "du"))
    result = corrected(heard(Segment(start=0, end=2, text="Hei du", words=parts)), made(line(0, 2, "Hei dere")))
    assert result.segments[0].words == (parts[0], Word(1, 2, "dere"))


def test_an_empty_text_takes_the_line_away() -> None:
    assert texts(corrected(TALK, made(line(4, 8, "")))) == [TALK.segments[0].text, TALK.segments[2].text]


def test_where_a_line_was_taken_away_nothing_reaches_in_whatever_is_heard_there() -> None:
    other = heard(said(0, 6, "etterpå", words=False))
    assert [(one.start, one.end) for one in corrected(other, made(line(0, 3, ""))).segments] == [(3, 6)]
    silent = heard(Segment(start=0, end=10, text="a b", words=(Word(0, 1, " a"), Word(9, 10, " b"))))
    result = corrected(silent, made(line(4, 6, "")))
    assert [(one.start, one.end, one.text) for one in result.segments] == [(0, 1, "a"), (9, 10, "b")]
    assert corrected(TALK, made(line(40, 60, ""))) is TALK


def test_a_line_where_nothing_was_heard_is_added() -> None:
    result = corrected(heard(said(0, 2, "Ja."), said(8, 9, "Nei.")), made(line(3, 6, "Dette manglet.")))
    assert texts(result) == ["Ja.", "Dette manglet.", "Nei."]
    assert result.segments[1].speaker is None


def test_of_lines_spoken_at_once_only_the_one_meant_gives_way() -> None:
    both = heard(said(0, 6, "Jeg mener at", speaker="Kari"), said(2, 4, "Ja!", speaker="Ola"))
    assert texts(corrected(both, made(line(0, 6, "Jeg mente at")))) == ["Jeg mente at", "Ja!"]
    same = heard(said(0, 6, "Hei", speaker="Kari"), said(0, 6, "God dag", speaker="Ola"))
    result = corrected(same, made(line(0, 6, "God kveld", before="God  dag")))
    assert [(one.speaker, one.text) for one in result.segments] == [("Kari", "Hei"), ("Ola", "God kveld")]


def test_it_holds_for_a_transcript_with_other_borders() -> None:
    other = heard(
        said(0, 6, "en to tre fire fem seks", speaker="A"),
        said(6, 10, "sju åtte ni ti", speaker="B"),
    )
    result = corrected(other, made(line(4, 8, "FEM SEKS SJU ÅTTE")))
    assert texts(result) == ["en to tre fire", "FEM SEKS SJU ÅTTE", "ni ti"]
    assert [(one.start, one.end) for one in result.segments] == [(0, 4), (4, 8), (8, 10)]
    assert [one.speaker for one in result.segments] == ["A", "A", "B"]
    one_long = heard(said(0, 10, "en to tre fire fem seks sju åtte ni ti"))
    assert texts(corrected(one_long, made(line(4, 8, "X")))) == ["en to tre fire", "X", "ni ti"]


def test_lines_without_times_of_words_give_way_by_their_middle() -> None:
    other = heard(
        said(0, 5, "foran", words=False), said(5, 9, "inne", words=False), said(9, 14, "bak", words=False)
    )  # fmt: skip
    result = corrected(other, made(line(4, 10, "mitt")))
    assert [(one.start, one.end, one.text) for one in result.segments] == [
        (0, 4, "foran"), (4, 10, "mitt"), (10, 14, "bak"),
    ]  # fmt: skip


def test_a_silent_stretch_inside_a_line_is_cut_around() -> None:
    around = heard(Segment(start=0, end=10, text="a b", words=(Word(0, 1, " a"), Word(9, 10, " b"))))
    result = corrected(around, made(line(4, 6, "mellom")))
    assert [(one.start, one.end, one.text) for one in result.segments] == [
        (0, 1, "a"), (4, 6, "mellom"), (9, 10, "b"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("find", "replace", "text", "expected", "places"),
    [
        ("Bergen", "Voss", "Bergen, bergen og Bergens by: Bergen.", "Voss, bergen og Bergens by: Voss.", 2),
        ("Ål", "Hol", "Ål og Skål og Ålen, Ål", "Hol og Skål og Ålen, Hol", 2),
        ("øst", "vest", "øst nordøst østre", "vest nordøst østre", 1),
        ("Kari Nordman", "Kari Nordmann", "Her er Kari  Nordman.", "Her er Kari Nordmann.", 1),
        ("één", "twee", "één vraag, geëén", "twee vraag, geëén", 1),
        ("Jose", "Per", "Jose\u0301 og Jose", "Jose\u0301 og Per", 1),
        ("José", "Per", "Jose\u0301 og José", "Per og Per", 2),
        ("C++", "Rust", "C++ er C, (C++)", "Rust er C, (Rust)", 2),
        ("St. Olavs", "St. Olav", "På St. Olavs, ja", "På St. Olav, ja", 1),
        ("a\\1", "b\\2", "a\\1 her", "b\\2 her", 1),
        ("Bergen", "Oslo", "Bergen’s plan and Bergen's", "Oslo’s plan and Oslo's", 2),
    ],
)  # fmt: skip
def test_names(find: str, replace: str, text: str, expected: str, places: int) -> None:
    transcript = heard(said(0, 9, text))
    result = corrected(transcript, made(NameChange(find=find, replace=replace)))
    assert texts(result) == [expected]
    assert "".join(word.text for word in result.segments[0].words).split() == expected.split()
    assert count_name(transcript.segments, find, replace) == places


def test_a_new_name_that_holds_the_old_one_is_changed_once() -> None:
    """Also in letters of two parts, with other spaces, and where the old name ends the new one."""
    for find, replace, text, expected in (
        ("Bergen", "Bergen kommune", "I Bergen og Bergen  kommune.", "I Bergen kommune og Bergen  kommune."),
        ("Å", "Å i Lofoten", "Fra A\u030a i Lofoten til Å.", "Fra A\u030a i Lofoten til Å i Lofoten."),
        ("Bergen", "byen Bergen", "Bergen, byen Bergen.", "byen Bergen, byen Bergen."),
    ):
        segments = (said(0, 9, text),)
        once = replace_name(segments, find, replace)
        assert once[0].text == expected
        assert count_name(segments, find, replace) == 1
        assert count_name(once, find, replace) == 0
        assert replace_name(once, find, replace) is once


def test_a_name_of_several_words_keeps_the_times_of_the_others() -> None:
    result = corrected(TALK, made(NameChange(find="Kari Nordman", replace="Kåre Mo Nordmann")))
    words = result.segments[0].words
    assert words[:2] == TALK.segments[0].words[:2]
    assert [word.text for word in words[2:]] == [" Kåre", " Mo", " Nordmann"]
    assert (words[2].start, words[-1].end) == (2, 4)
    assert result.segments[0].corrected


def test_a_name_over_two_lines_is_left_alone() -> None:
    two = heard(said(0, 2, "Det sa Kari"), said(2, 4, "Nordman i går"))
    assert corrected(two, made(NameChange(find="Kari Nordman", replace="Kari Nordmann"))) is two


def test_speakers_are_renamed() -> None:
    result = corrected(TALK, made(SpeakerChange(name="Kari", to="Kari Nordli")))
    assert [one.speaker for one in result.segments] == ["Ola", "Kari Nordli", "Kari Nordli"]


def test_changes_are_applied_in_order() -> None:
    changes = made(line(4, 8, "Vi er i Bergen"), NameChange(find="Bergen", replace="Voss"), line(0, 4, "Bergen igjen"))
    assert texts(corrected(TALK, reversed(changes)))[:2] == ["Bergen igjen", "Vi er i Voss"]


def test_undo_and_undo_of_undo() -> None:
    changes = made(line(4, 8, "A"), Undo(number=1), Undo(number=2), Undo(number=9), Undo(number=5))
    assert corrected(TALK, changes[:2]) is TALK
    assert texts(corrected(TALK, changes[:3]))[1] == "A"
    assert undone(changes[:3]) == {2}
    assert [one.number for one in active(changes)] == [1]


def test_chapters() -> None:
    assert chapters(
        made(
            ChapterChange(start=60, title="Spørsmål"),
            ChapterChange(start=0, title="Velkommen"),
            ChapterChange(start=60.4, title="Spørsmål og svar"),
            ChapterChange(start=30, title="Kort"),
            ChapterChange(start=30.2, title=None),
            ChapterChange(start=61, title="Etterpå"),
        )
    ) == (Chapter(0, "Velkommen"), Chapter(60.4, "Spørsmål og svar"), Chapter(61, "Etterpå"))
    assert chapters(made(ChapterChange(start=5, title="A"), Undo(number=1))) == ()


def test_details_and_back() -> None:
    first = Details(title="Møte", circle="a", date=date(2026, 1, 1), presenters=("Kari",), english=True)
    second = first.model_copy(update={"title": "Møtet", "topics": ("arkiv",)})
    third = second.model_copy(update={"presenters": ("Kari", "Ola")})
    changes = made(DetailsChange(before=first, after=second), DetailsChange(before=second, after=third), Undo(number=1))
    assert detailed(first, changes[:1]) == second
    assert detailed(first, changes[:2]) == detailed(third, changes[:2]) == third
    back = first.model_copy(update={"presenters": ("Kari", "Ola")})
    assert detailed(third, changes) == back
    assert detailed(back, (*changes, made(*[Undo(number=3)] * 4)[3])) == third
    assert detailed(first, ()) is first


SPOKEN = st.sampled_from(["ja", "nei", "Bergen", "Kari", "Nordman", "og", "e-post", "så,", "Ål", "på"])
TEXTS = st.lists(SPOKEN, max_size=6).map(" ".join)
TIMES = st.integers(0, 60).map(float) | st.floats(0, 60)


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    """Lines one after the other, with and without times of words."""
    borders = sorted(set(draw(st.lists(TIMES, min_size=2, max_size=12))))
    segments = []
    for start, end in pairwise(borders):
        text = draw(TEXTS)
        if text:
            segments.append(
                said(start, end, text, speaker=draw(st.sampled_from([None, "A"])), words=draw(st.booleans()))
            )
    return heard(*segments)


LINES = st.builds(line, start=TIMES, end=TIMES, text=TEXTS, before=TEXTS)
CHANGES = st.one_of(
    LINES,
    LINES,
    st.builds(NameChange, find=SPOKEN, replace=SPOKEN),
    st.builds(SpeakerChange, name=st.sampled_from("AB"), to=st.sampled_from("AB")),
    st.builds(ChapterChange, start=TIMES, title=st.none() | SPOKEN),
    st.builds(Undo, number=st.integers(1, 10)),
)
SEQUENCES = st.lists(CHANGES, max_size=10).map(lambda changes: made(*changes))


def all_words(segments: tuple[Segment, ...]) -> list[str]:
    return [word for segment in segments for word in segment.text.split()]


@settings(deadline=None)
@given(transcripts(), SEQUENCES)
@example(heard(), made(line(0, 0, "ja"), line(0, 1, "ja")))
def test_times_are_in_order_and_texts_and_words_agree(transcript: Transcript, changes: tuple[Correction, ...]) -> None:
    result = corrected(transcript, changes)
    assert Transcript.model_validate_json(result.model_dump_json()) == result
    for one, following in pairwise(result.segments):
        assert one.start <= one.end <= following.start
    for segment in result.segments:
        assert segment.text == " ".join(segment.text.split()) != ""
        if segment.words:
            assert "".join(word.text for word in segment.words).split() == segment.text.split()
        assert all(segment.start <= word.start <= word.end <= segment.end for word in segment.words)
        assert all(one.start <= after.start for one, after in pairwise(segment.words))


@settings(deadline=None)
@given(transcripts(), SEQUENCES)
def test_undoing_everything_gives_back_what_was_heard(transcript: Transcript, changes: tuple[Correction, ...]) -> None:
    counting = [one.number for one in active(changes)]
    undos = [Undo(number=number) for number in reversed(counting)]
    assert corrected(transcript, made(*[one.change for one in changes], *undos)) is transcript


@settings(deadline=None)
@given(transcripts(), LINES)
def test_a_persons_text_stands_there_and_no_other_is_lost_or_doubled(
    transcript: Transcript, change: LineChange
) -> None:
    end = max(change.start, change.end)
    result = corrected(transcript, made(change))
    mine = [one for one in result.segments if one.corrected]
    assert [(one.start, one.end, one.text) for one in mine] == (
        [(change.start, end, change.text)] if change.text else []
    )
    gone = standing(transcript.segments, change.start, end, change.before).split()
    kept = _without(all_words(transcript.segments), gone)
    assert sorted(all_words(result.segments)) == sorted(kept + change.text.split())
    assert corrected(result, made(change)) == result


def _without(words: list[str], gone: list[str]) -> list[str]:
    left = list(words)
    for word in gone:
        left.remove(word)
    return left


@settings(deadline=None)
@given(transcripts(), SEQUENCES, LINES)
def test_the_last_text_of_a_person_is_always_there(
    transcript: Transcript, changes: tuple[Correction, ...], last: LineChange
) -> None:
    result = corrected(transcript, made(*[one.change for one in changes], last))
    there = [one.text for one in result.segments if one.start == last.start]
    assert last.text in [*there, ""]


@st.composite
def side_by_side(draw: st.DrawFn) -> list[LineChange]:
    """Lines of which each begins where the one before ends, in any order."""
    borders = sorted(draw(st.lists(TIMES, min_size=2, max_size=8, unique=True)))
    return draw(st.permutations([line(a, b, draw(TEXTS)) for a, b in pairwise(borders)]))


@settings(deadline=None)
@given(transcripts(), side_by_side())
@example(heard(said(0, 6, "ja", words=False)), [line(0, 3, ""), line(4, 5, "ja"), line(3, 4, "")])
@example(
    heard(Segment(start=0, end=6, text="ja", words=(Word(2, 6, " ja"),))),
    [line(3, 3.9, ""), line(5, 6, "ja"), line(3.9, 5, "")],
)
def test_texts_side_by_side_all_stand_in_any_transcript(transcript: Transcript, changes: list[LineChange]) -> None:
    result = corrected(transcript, made(*changes))
    ordered = sorted(changes, key=lambda change: change.start)
    mine = [(one.start, one.end, one.text) for one in result.segments if one.corrected]
    assert mine == [(one.start, one.end, one.text) for one in ordered if one.text]
    assert corrected(result, made(*ordered)) == result
