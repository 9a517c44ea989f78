"""How relevant what is found is: `python -m bench.relevance [--json FILE] [--kind KIND] [--misses]`.

The questions and judgements are in tests/relevance/. Kring, in memory and embedded (and over Meilisearch, where
KRING_TEST_MEILI_URL or a `meilisearch` on the PATH is there), beside what plain engines find.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.retrieval.baselines import Ask, Server, meilisearch_server, plain_meilisearch, plain_tantivy
from bench.retrieval.ranking import DEPTH, Scores, mean, scores
from index import open_index
from index.embedded.index import EmbeddedIndex
from index.memory import MemoryIndex
from index.port import Query, SearchIndex
from kring.errors import SetupError
from kring.settings import Settings
from tests.relevance.corpus import all_passages, names
from tests.relevance.queries import Judged, queries

WORST = 25
"""Questions that `--misses` lists."""


@dataclass(frozen=True, slots=True)
class Answer:
    asked: Judged
    found: tuple[str, ...]
    """Names of recordings, best first, at most ten."""
    scores: Scores


def measure(ask: Ask, asked: Sequence[Judged]) -> list[Answer]:
    known = names()
    answers = []
    for query in asked:
        found = tuple(known[recording_id] for recording_id in ask(query.text))[:DEPTH]
        answers.append(Answer(query, found, scores(found, query.grades)))
    return answers


def kring(index: SearchIndex) -> Ask:
    """Ask this index, filled with the corpus."""
    index.rebuild(all_passages())
    return lambda text: [hit.recording_id for hit in index.search(Query(text, per_page=DEPTH)).hits]


@contextmanager
def engines(console: Console) -> Iterator[dict[str, Ask]]:
    """Name → a way to ask, for each engine there is; `kring` is the one that runs by default."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        passages = all_passages()
        embedded = EmbeddedIndex(folder / "index")
        stack.callback(embedded.close)
        there: dict[str, Ask] = {
            "plain-tantivy": plain_tantivy(passages),
            "kring": kring(embedded),
            "kring-memory": kring(MemoryIndex()),
        }
        server = stack.enter_context(meilisearch_server())
        if server is None:
            console.print("No Meilisearch: set KRING_TEST_MEILI_URL, or put `meilisearch` on the PATH, to measure it.")
        else:
            there["plain-meilisearch"] = stack.enter_context(plain_meilisearch(server, passages))
            _over_meilisearch(there, server, folder, stack, console)
        yield there


def _over_meilisearch(there: dict[str, Ask], server: Server, folder: Path, stack: ExitStack, console: Console) -> None:
    where: dict[str, Any] = {"data_dir": folder, "MEILI_URL": server.url, "MEILI_MASTER_KEY": server.key}
    settings = Settings(**where)
    try:
        index = open_index(settings)
    except SetupError as error:
        console.print(f"Kring over Meilisearch is not measured: {error}")
        return
    stack.callback(index.close)
    there["kring-meilisearch"] = kring(index)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.relevance", description="Measure how relevant search is.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write each engine's figures there")
    parser.add_argument("--kind", choices=sorted({query.kind for query in queries()}), help="these questions only")
    parser.add_argument("--misses", action="store_true", help=f"list Kring's {WORST} worst answers")
    chosen = parser.parse_args()
    asked = [query for query in queries() if chosen.kind in (None, query.kind)]
    console = Console()
    with engines(console) as there:
        measured = {name: measure(ask, asked) for name, ask in there.items()}
    console.print(_table("engine", {name: mean(_scores(answers)) for name, answers in measured.items()}))
    for title, key in (("kind", _kind), ("language", _language)):
        console.print(_by(title, key, measured))
    if chosen.misses:
        console.print(_misses(measured["kring"]))
    if chosen.json:
        figures = {name: _figures(mean(_scores(answers))) for name, answers in measured.items()}
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


def _kind(answer: Answer) -> str:
    return answer.asked.kind


def _language(answer: Answer) -> str:
    return answer.asked.language


def _scores(answers: Sequence[Answer]) -> list[Scores]:
    return [answer.scores for answer in answers]


def by(key: Callable[[Answer], str], answers: Sequence[Answer]) -> dict[str, Scores]:
    """The mean over the answers of each kind (or language)."""
    groups = dict.fromkeys(map(key, answers))
    return {group: mean(answer.scores for answer in answers if key(answer) == group) for group in groups}


def _table(first: str, rows: Mapping[str, Scores]) -> Table:
    table = Table(first, "success@1", "MRR", "nDCG@10")
    for name, means in rows.items():
        table.add_row(name, *(f"{figure:.3f}" for figure in _figures(means).values()))
    return table


def _by(title: str, key: Callable[[Answer], str], measured: Mapping[str, Sequence[Answer]]) -> Table:
    """Kring's three figures per kind or language, and the plain index's nDCG@10 beside them."""
    plain = by(key, measured["plain-tantivy"])
    table = Table(f"kring, by {title}", "success@1", "MRR", "nDCG@10", "nDCG@10 of plain-tantivy")
    for group, means in by(key, measured["kring"]).items():
        ours = (f"{figure:.3f}" for figure in _figures(means).values())
        table.add_row(group, *ours, f"{plain[group].ndcg_at_10:.3f}")
    return table


def _misses(answers: Sequence[Answer]) -> Table:
    table = Table("nDCG@10", "question", "wanted", "came instead", title="Kring's worst answers (grades in brackets)")
    for answer in sorted(answers, key=lambda answer: answer.scores.ndcg_at_10)[:WORST]:
        if answer.scores.ndcg_at_10 == 1:
            break
        grades = answer.asked.grades
        best = sorted(grades, key=lambda name: -grades[name])[: max(3, len(answer.found))]
        missing = [f"{name} ({grades[name]})" for name in best if name not in answer.found]
        found = [f"{name} ({grades.get(name, 0)})" for name in answer.found]
        asked = f"{answer.asked.text}\n{answer.asked.kind}, {answer.asked.language}"
        table.add_row(f"{answer.scores.ndcg_at_10:.3f}", asked, "\n".join(missing), "\n".join(found), end_section=True)
    return table


def _figures(means: Scores) -> dict[str, float]:
    return {
        "success@1": round(means.success_at_1, 4),
        "mrr": round(means.mrr, 4),
        "ndcg@10": round(means.ndcg_at_10, 4),
    }


if __name__ == "__main__":
    main()
