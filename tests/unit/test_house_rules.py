"""The rules of the house: small folders, small modules, one meaning for each name.

What still breaks a rule is listed with the rule. A list only gets shorter: an entry that is no longer needed fails too.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from tests.support.repository import REPOSITORY

PACKAGES = ("kring", "storage", "transcribe", "index", "services", "flows", "search_ui", "cli")
MOST_MODULES = 12
MOST_LINES = 300
MOST_LINES_OF_A_TEST = 400

LARGE_FOLDERS: set[str] = set()
LONG_MODULES: set[str] = set()
LONG_TESTS: set[str] = set()
CLASSES_WITH_TWO_MEANINGS: set[str] = set()
MODULES_WITH_TWO_MEANINGS: set[str] = set()

ROLES = {
    "api": "the JSON API of a folder of pages",
    "errors": "errors, and what becomes of them on the way in or out",
    "filters": "the filters of a search",
    "index": "an adapter of the search index",
    "memory": "an adapter that keeps everything in memory",
    "multipart": "uploads in parts, of an adapter of the object store",
    "page": "the page of a folder of pages",
    "port": "what an adapter promises",
    "reader": "reads a format",
    "schema": "how passages are stored in an engine of the search index",
    "search": "how an adapter of the search index answers a query",
    "server": "the process of a server",
    "store": "an adapter of the object store",
}
"""Names that stand for the same role in several folders."""
SUBJECTS = {
    "addresses": "addresses on the web, and the secrets in them",
    "audit": "what people did",
    "attachments": "documents attached to a recording",
    "circle": "a circle of knowledge",
    "details": "title, date, circle and the like of a recording",
    "glossary": "the terms of a circle",
    "left_out": "what a source offers and cannot be taken in",
    "media": "the sound and picture of a recording",
    "parts": "the parts of a file that is being uploaded",
    "people": "people who can sign in",
    "previews": "that there is a recording, for those who may not see it",
    "progress": "how far a recording is",
    "repair": "`kring repair`",
    "requests": "runs that somebody asked for",
    "retranscribe": "`kring retranscribe`",
    "uploads": "recordings uploaded in a browser",
    "verify": "`kring verify`",
    "word_timing": "the times of words",
}
"""Names of one subject, on each floor that has a part in it."""


def test_a_folder_holds_few_modules() -> None:
    modules: dict[str, int] = defaultdict(int)
    for path in _modules():
        modules[_name(path.parent)] += path.name != "__init__.py"
    large = {folder: count for folder, count in modules.items() if count > MOST_MODULES}
    problems = [
        f"{folder}/ holds {count} modules, at most {MOST_MODULES} are allowed" for folder, count in large.items()
    ]
    _complain(problems, LARGE_FOLDERS, large, "LARGE_FOLDERS")


def test_a_module_is_short() -> None:
    long = {_name(path): length for path in _modules() if (length := _lines(path)) > MOST_LINES}
    problems = [f"{name} has {length} lines, at most {MOST_LINES} are allowed" for name, length in long.items()]
    _complain(problems, LONG_MODULES, long, "LONG_MODULES")


def test_a_test_is_short() -> None:
    tests = (REPOSITORY / "tests").rglob("*.py")
    long = {_name(path): length for path in tests if (length := _lines(path)) > MOST_LINES_OF_A_TEST}
    problems = [
        f"{name} has {length} lines, at most {MOST_LINES_OF_A_TEST} are allowed" for name, length in long.items()
    ]
    _complain(problems, LONG_TESTS, long, "LONG_TESTS")


def test_a_class_name_has_one_meaning() -> None:
    defined: dict[str, list[str]] = defaultdict(list)
    for path in _modules():
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.ClassDef):
                defined[node.name].append(_name(path))
    twice = {name: paths for name, paths in defined.items() if len(paths) > 1}
    problems = [f"class {name} is defined in {' and in '.join(paths)}" for name, paths in twice.items()]
    _complain(problems, CLASSES_WITH_TWO_MEANINGS, twice, "CLASSES_WITH_TWO_MEANINGS")


def test_a_module_name_has_one_meaning() -> None:
    named: dict[str, list[str]] = defaultdict(list)
    for path in _modules():
        if not path.stem.startswith("__"):
            named[path.stem].append(_name(path))
    twice = {name: paths for name, paths in named.items() if len(paths) > 1}
    problems = [f"a module is called {name} in {' and in '.join(paths)}" for name, paths in twice.items()]
    allowed = ROLES.keys() | SUBJECTS.keys() | MODULES_WITH_TWO_MEANINGS
    _complain(problems, allowed, twice, "ROLES, SUBJECTS or MODULES_WITH_TWO_MEANINGS")


def _complain(problems: list[str], allowed: Iterable[str], broken: Iterable[str], listed_in: str) -> None:
    """Fail with a sentence for each rule broken that is not allowed, and for each exception that is not needed."""
    exceptions = set(allowed)
    new = [problem for name, problem in zip(broken, problems, strict=True) if name not in exceptions]
    unneeded = [f"{name} keeps the rule: remove it from {listed_in}" for name in sorted(exceptions - set(broken))]
    assert new + unneeded == []


def _modules() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((REPOSITORY / package).rglob("*.py")):
            if "node_modules" not in path.parts:
                yield path


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _name(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()
