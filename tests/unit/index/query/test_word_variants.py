"""One word or several, for any two words."""

from collections.abc import Sequence

from hypothesis import assume, given, settings, strategies as st

from index.memory import MemoryIndex
from index.port import Query
from index.query.parser import Part, Phrase, parse
from index.query.word_variants import with_variants
from index.text.stemming import stem
from index.text.stopwords import STOP_WORDS
from tests.support.passages import fill, found, ids, recording

WORDS = st.text("bdfgklmnprtvaeiou", min_size=3, max_size=8)


@settings(max_examples=60, deadline=None)
@given(WORDS, WORDS, st.sampled_from(["", "-", "\u2010", "\u2011", "/", " "]), st.sampled_from(["", "-", " "]))
def test_any_two_words_in_any_two_ways(left: str, right: str, written: str, typed: str) -> None:
    assume(STOP_WORDS.isdisjoint((left, right, left + right)) and stem(left) != stem(right))
    memory = MemoryIndex()
    fill(memory, recording("a", f"her er {left}{written}{right} sagt"))
    results = memory.search(Query(f"{left}{typed}{right}"))
    assert found(results) == ids("a")
    assert not results.missing
    assert not results.hits[0].without


def test_only_what_the_archive_has_is_asked_for() -> None:
    wanted = parse("fiks plattformen")
    assert with_variants(wanted, lambda _: ()) == wanted
    first, second = with_variants(wanted, lambda parts: parts).parts
    assert [one.text for one in first.variants if not isinstance(one, Phrase)] == ["fiksplattformen"]
    assert first.variants[0] == second.variants[0]


def test_however_many_ways_there_are_few_are_asked_for() -> None:
    for text in ("personvernombudet", "ett to tre fire fem seks", '"samle alle dataene våre her"'):
        parts = with_variants(parse(text), lambda ways: ways).parts
        assert 1 <= max(len(part.variants) for part in parts) <= 3, text


def test_of_stop_words_and_what_stands_apart_nothing_is_made() -> None:
    for text in ("medarbeider", "en to", "fiks -plattformen", "fiks language:nb plattformen", "2024"):
        assert _asked_of(text).isdisjoint({"med arbeider", "ento", "fiksplattformen"}), text
    assert "fiksplattformen" in _asked_of("fiks plattformen")
    assert "sky losning" in _asked_of("skyløsning")


def _asked_of(text: str) -> set[str]:
    asked: list[Part] = []

    def there(parts: Sequence[Part]) -> Sequence[Part]:
        asked.extend(parts)
        return ()

    with_variants(parse(text), there)
    return {" ".join(one.folded) if isinstance(one, Phrase) else one.text for one in asked}


def test_a_search_asks_for_a_bounded_number_of_ways() -> None:
    parts = with_variants(parse("alfabeta gammadelta epsilon teta jota kappa lambda"), lambda parts: parts).parts
    ways = 1
    for part in parts:
        ways *= 1 + len(part.variants)
    assert ways <= 16
