from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import pairwise

from hypothesis import given, settings, strategies as st

from index.passages import attachments as attached
from index.passages.attachments import pieces
from index.passages.build import LONGEST, SHORTEST, passages_of
from index.port import Passage
from kring.model import (
    Attachment,
    Circle,
    Details,
    Manifest,
    Media,
    Original,
    Pages,
    Segment,
    SourceRef,
    Transcript,
    Word,
)

CIRCLE = Circle(slug="personvern", name="Personvern", network="nord", network_name="Nord", language="nb")
DETAILS = Details(title="Et møte", circle="personvern", date=date(2024, 5, 1), presenters=("Kari", "Ola"))
MOMENT = datetime(2024, 5, 1, tzinfo=UTC)
MANIFEST = Manifest(
    id="0123456789abcdef",
    version=4,
    source=SourceRef(source="upload", external_id="x"),
    details=DETAILS,
    original=Original(sha256="a" * 64, size=1, file_name="x.mp4"),
    media=Media(duration=600, format="mp4", audio_codec="aac", video_codec="h264"),
    received_at=MOMENT,
    changed_at=MOMENT,
)


def transcript(segments: Sequence[Segment], language: str = "da") -> Transcript:
    return Transcript(fingerprint="f", engine="e", model="m", language=language, duration=600, segments=tuple(segments))


def passages(*segments: Segment) -> list[Passage]:
    return passages_of(MANIFEST, CIRCLE, transcript(segments))


def run(lengths: Sequence[float], **fields: object) -> list[Segment]:
    """Segments without pauses, `s0`, `s1`, …"""
    made, at = [], 0.0
    for number, length in enumerate(lengths):
        made.append(Segment.model_validate({"start": at, "end": at + length, "text": f"s{number}", **fields}))
        at += length
    return made


def test_what_a_passage_says() -> None:
    (one,) = passages(*run([5, 5], speaker="Per"))
    assert (one.id, one.recording_id, one.version) == ("0123456789abcdef-0", "0123456789abcdef", 4)
    assert (one.start, one.end, one.text, one.starts) == (0, 10, "s0 s1", ((0, 0.0), (3, 5.0)))
    assert (one.title, one.circle, one.network, one.language) == ("Et møte", "personvern", "nord", "da")
    assert (one.date, one.duration, one.has_video) == (date(2024, 5, 1), 600, True)
    assert one.speakers == ("Per", "Kari", "Ola")


def test_without_speech_the_title_remains() -> None:
    for heard in (None, transcript([], "nb"), transcript([Segment(start=0, end=1, text="  ")], "nb")):
        (one,) = passages_of(MANIFEST, CIRCLE, heard)
        assert (one.text, one.starts, one.start, one.end, one.language) == ("", (), 0, 600, "nb")


def test_presenters_only_at_the_beginning() -> None:
    first, second = passages(*run([40, 40], speaker="Per"))
    assert first.speakers == ("Per", "Kari", "Ola")
    assert second.speakers == ("Per",)


def test_a_break_where_somebody_else_speaks() -> None:
    found = passages(
        *run([10] * 3, speaker="Per"),
        *[s.model_copy(update={"start": s.start + 30, "end": s.end + 30}) for s in run([10] * 4, speaker="Bo")],
    )
    assert [(one.start, one.end) for one in found] == [(0, 30), (30, 70)]


def test_a_break_at_a_pause_or_a_full_stop() -> None:
    spoken = run([10] * 6)
    paused = [
        s if n < 3 else s.model_copy(update={"start": s.start + 2, "end": s.end + 2}) for n, s in enumerate(spoken)
    ]
    assert [one.start for one in passages(*paused)] == [0, 32]
    stopped = [s.model_copy(update={"text": "Slutt."}) if n == 2 else s for n, s in enumerate(run([10] * 7))]
    assert [one.start for one in passages(*stopped)] == [0, 30]


def test_a_long_segment_is_cut_between_words() -> None:
    words = tuple(Word(start=n, end=n + 0.9, text=f" ord{n}") for n in range(150))
    found = passages(Segment(start=0, end=150, text="".join(word.text for word in words), words=words))
    assert len(found) >= 3
    assert all(one.end - one.start <= LONGEST for one in found)
    assert " ".join(one.text for one in found).split() == [word.text.strip() for word in words]
    for one in found:
        assert {one.text[offset:].split()[0]: second for offset, second in one.starts} == {
            word: float(word.removeprefix("ord")) for word in one.text.split()
        }


def test_a_long_segment_without_words_stays_whole() -> None:
    (one,) = passages(Segment(start=0, end=90, text="langt"))
    assert (one.start, one.end) == (0, 90)


def test_times_of_words() -> None:
    words = (
        Word(start=1.0, end=1.4, text=" hei"),
        Word(start=1.5, end=2, text=" på"),
        Word(start=3, end=4, text=" hei"),
    )
    (one,) = passages(Segment(start=0.5, end=4, text=" hei på  hei", words=words))
    assert one.text == "hei på hei"
    assert one.starts == ((0, 1.0), (4, 1.5), (7, 3.0))


tenths = st.integers(0, 590).map(lambda n: n / 10)
spoken = st.lists(
    st.tuples(tenths, tenths, st.sampled_from(["Per", "Bo", None]), st.booleans()), min_size=1, max_size=60
)


@settings(deadline=None)  # a busy machine is no failure
@given(spoken)
def test_every_segment_is_in_exactly_one_passage(drawn: list[tuple[float, float, str | None, bool]]) -> None:
    segments, at = [], 0.0
    for number, (pause, length, speaker, sentence) in enumerate(drawn):
        start = at + pause
        at = start + length
        segments.append(Segment(start=start, end=at, text=f"s{number}" + "." * sentence, speaker=speaker))
    found = passages(*segments)
    assert " ".join(one.text for one in found) == " ".join(segment.text for segment in segments)
    starts = [second for one in found for _, second in one.starts]
    assert starts == [segment.start for segment in segments]
    assert len({one.id for one in found}) == len(found)
    by_text = {segment.text: segment for segment in segments}
    for one in found:
        inside = [by_text[word] for word in one.text.split()]
        assert one.end - one.start <= LONGEST + 1e-9
        if inside:
            assert (one.start, one.end) == (inside[0].start, inside[-1].end)
        assert {one.text[offset:].split()[0]: second for offset, second in one.starts} == {
            s.text: s.start for s in inside
        }
        assert {s.speaker for s in inside if s.speaker} == set(one.speakers) - (
            {"Kari", "Ola"} if one is found[0] else set()
        )
    for one, behind in pairwise(found):
        if one.end - one.start < SHORTEST:
            first_behind = by_text[behind.text.split()[0]]
            assert first_behind.end - one.start > LONGEST - 1e-9


SLIDES = Attachment(original=Original(sha256="b" * 64, size=1, file_name="lysark.pdf"), title="Lysark")
REPORT = Attachment(original=Original(sha256="c" * 64, size=1, file_name="rapport.pdf"), title="Rapport")


def test_what_is_attached_comes_after_what_is_said() -> None:
    attached = [(SLIDES, Pages(pages=("Forside", "", " \n "))), (REPORT, Pages(pages=("", "Side\nto")))]
    details = DETAILS.model_copy(update={"topics": ("Sky",), "organisations": ("Bø",)})
    said, *written = passages_of(
        MANIFEST.model_copy(update={"details": details}), CIRCLE, transcript(run([5, 5], speaker="Per")), attached
    )
    assert (said.attachment, said.page, said.text) == (None, None, "s0 s1")
    assert [one.id for one in written] == ["0123456789abcdef-1", "0123456789abcdef-2"]
    assert [(one.attachment, one.attachment_title, one.page, one.text) for one in written] == [
        ("b" * 64, "Lysark", 1, "Forside"),
        ("c" * 64, "Rapport", 2, "Side to"),
    ]
    for one in written:
        assert (one.start, one.end, one.starts, one.speakers) == (0, 0, (), ())
        assert (one.title, one.language, one.version, one.duration, one.date) == (
            said.title,
            "da",
            4,
            600,
            said.date,
        )
        assert (one.topics, one.organisations) == (said.topics, said.organisations) == (("Sky",), ("Bø",))


def test_without_speech_the_pages_follow_the_empty_passage() -> None:
    first, page = passages_of(MANIFEST, CIRCLE, None, [(SLIDES, Pages(pages=("Forside",)))])
    assert (first.text, first.end, page.text, page.id) == ("", 600, "Forside", "0123456789abcdef-1")


class TestPieces:
    def test_a_page_of_usual_length_is_one(self) -> None:
        assert list(pieces("Et  lysark\n\n - med\tpunkter \n")) == ["Et lysark - med punkter"]
        assert list(pieces("a" * attached.LONGEST)) == ["a" * attached.LONGEST]
        assert list(pieces(" \n\n ")) == []

    def test_where_a_paragraph_ends_before_where_a_sentence_does(self) -> None:
        paragraph = "Dette er en setning. " * 40
        first, second = pieces(f"{paragraph}\n \n{paragraph}")
        assert first == second == paragraph.strip()

    def test_where_a_sentence_ends_before_where_a_line_does(self) -> None:
        text = ("ord " * 40 + "\n") * 5 + "Slutt. " + ("ord " * 40 + "\n") * 5
        first, second = pieces(text)
        assert first.endswith("Slutt.")
        assert second.startswith("ord")

    def test_a_line_before_a_word_and_a_word_before_anything(self) -> None:
        first, _ = pieces("ord " * 200 + "slutt\n" + "ord " * 200)
        assert first.endswith("slutt")
        assert all(one.split() == ["ord"] * len(one.split()) for one in pieces("ord " * 1000))
        assert [len(one) for one in pieces("x" * 3000)] == [1200, 1200, 600]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["ord", "ord.", "et langt sammensatt ord", "\n", "\n\n", "x" * 1300]), max_size=400))
def test_nothing_of_a_page_is_lost_and_pieces_are_neither_short_nor_long(words: list[str]) -> None:
    text = " ".join(words)
    cut = list(pieces(text))
    assert "".join(cut).replace(" ", "") == "".join(text.split())
    assert all(len(one) <= attached.LONGEST for one in cut)
    assert all(len(one) >= attached.SHORTEST * 0.9 for one in cut[:-1])
    assert len(cut) < 2 or len(cut[-1]) >= 250
