"""Kring finds what people mean, measured; see README.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.relevance import by, kring, measure
from bench.retrieval.baselines import Ask, plain_tantivy
from bench.retrieval.ranking import mean
from index.embedded.index import EmbeddedIndex
from index.memory import MemoryIndex
from tests.relevance.corpus import LANGUAGES, all_passages, corpus, names
from tests.relevance.queries import queries, unknown_names

GOOD = 0.90
BETTER_THAN_PLAIN = 0.15
FLOOR = 0.75
"""No kind of question may be given up for the mean of all."""
KINDS = {"exact", "inflected", "compound", "typo", "phrase", "two-topics", "cross-language", "name"}


@pytest.fixture(scope="module", params=["memory", "embedded"])
def ask(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    folder: Path = tmp_path_factory.mktemp("relevance")
    index = MemoryIndex() if request.param == "memory" else EmbeddedIndex(folder)
    yield kring(index)
    index.close()


def test_ranking_is_good_and_better_than_a_plain_index(ask: Ask) -> None:
    ours = mean(answer.scores for answer in measure(ask, queries())).ndcg_at_10
    plain = mean(answer.scores for answer in measure(plain_tantivy(all_passages()), queries())).ndcg_at_10
    assert ours >= GOOD
    assert ours >= plain + BETTER_THAN_PLAIN


def test_no_kind_of_question_is_given_up(ask: Ask) -> None:
    kinds = by(lambda answer: answer.asked.kind, measure(ask, queries()))
    assert {kind: found.ndcg_at_10 for kind, found in kinds.items() if found.ndcg_at_10 < FLOOR} == {}


def test_every_kind_is_asked_in_every_language() -> None:
    asked = {(query.kind, query.language) for query in queries()}
    assert asked == {(kind, language) for kind in KINDS for language in LANGUAGES}
    assert len(queries()) >= 60


def test_every_question_has_an_answer_that_exists() -> None:
    assert not unknown_names(queries())
    assert [query.text for query in queries() if 3 not in query.grades.values()] == []
    assert {grade for query in queries() for grade in query.grades.values()} == {1, 2, 3}


def test_cross_language_questions_have_no_talk_on_the_topic_in_their_own_language() -> None:
    languages = {recording.name: recording.language for recording in corpus()}
    wrong = [
        (query.text, name)
        for query in queries()
        if query.kind == "cross-language"
        for name, grade in query.grades.items()
        if grade == 3 and languages[name] == query.language
    ]
    assert wrong == []


def test_the_corpus_is_large_and_in_all_languages() -> None:
    assert len(names()) == len(corpus()) >= 200
    per_language = {code: sum(recording.language == code for recording in corpus()) for code in LANGUAGES}
    assert min(per_language.values()) >= 40
    assert len({recording.topic for recording in corpus()}) >= 20
