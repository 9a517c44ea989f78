"""`python -m search_ui.i18n.catalogues`: collect every message people see into the catalogues of the interface
languages.

Translations that are there stay; a new message is empty until it is translated, and one that is no longer used
goes away. Messages are sorted and carry neither line numbers nor days, so a change shows only what changed.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from kring import errors
from kring.sentence import Sentence
from search_ui.i18n.gettext import LANGUAGES, OWN_NAMES, SOURCE, STORED, Language, catalogue_path

HERE = Path(__file__).parents[1]
BELOW = (
    "index/query/parser.py",
    "index/query/filters.py",
    "kring/circles/circle_fields.py",
    "kring/circles/circle_merge.py",
    "kring/circles/glossary.py",
    "kring/intake/uploads.py",
    "kring/corrections/changes.py",
    "kring/corrections/apply.py",
    "kring/corrections/naming.py",
    "services/corrections/correcting.py",
    "services/removal/passage.py",
    "services/retranscribe.py",
    "services/runs/prefect.py",
    "services/runs/memory.py",
    "storage/archive/people.py",
    "storage/archive/erasures.py",
)
"""Files of other packages that raise errors which people see on pages at once."""
KEPT = (
    "kring/details.py",
    "kring/languages.py",
    "transcribe/**/*.py",
    "storage/archive/archive.py",
    "flows/steps/attachments.py",
    "flows/discovery.py",
    "flows/errors.py",
    "flows/new_runs.py",
    "services/intake.py",
    "services/problems.py",
    "services/scratch.py",
    "flows/steps/recording_job.py",
    "flows/steps/steps.py",
    "flows/steps/transcribe.py",
    "flows/steps/uploads.py",
    "services/repair.py",
    "services/removal/erasure.py",
    "storage/seaweed/compaction.py",
    "flows/sources/**/*.py",
)
"""Files whose sentences are stored with a recording or what is attached to it (see localisation.py)."""
WIDTH = 100
HEADER = "Messages are collected by `python -m search_ui.i18n.catalogues`; edit only the msgstr lines."
_GETTEXT = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_TEMPLATES = {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"}


def main() -> int:
    """Renew all catalogues; say what is left to translate."""
    from_sources = collected()
    for language in LANGUAGES:
        if language != SOURCE:
            catalogue = renewed(language, from_sources)
            path = catalogue_path(language)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written(language, catalogue))
            missing = sum(not translated(message) for message in messages(catalogue))
            print(f"{language}: {len(messages(catalogue))} messages, {missing} to translate")  # noqa: T201
    return 0


def messages(catalogue: Catalog) -> list[Message]:
    """All but the header."""
    return [message for message in catalogue if message.id]


def translated(message: Message) -> bool:
    strings = message.string if isinstance(message.string, tuple) else [message.string]
    return all(strings) and not message.fuzzy


def error_names() -> frozenset[str]:
    """Classes of errors: the first argument of each is a message. A SetupError is said in a terminal, not on a page."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.KringError)]
    return frozenset(kind.__name__ for kind in kinds) - {errors.SetupError.__name__}


def raised(source: str) -> Iterator[str]:
    """Sentences of the errors a module makes, written there or in a constant of the module; Babel's own extraction
    loses calls of `_` inside those of a class. And the notes it makes on how far it is: `report(0.5, "storing")`."""
    tree = ast.parse(source)
    constants = _constants(tree)
    names = error_names() | _own_errors(tree) | {Sentence.__name__}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in names:
            yield from _sentence(node.args[:1], constants)
        elif called == "report":
            yield from _sentence(node.args[1:2], constants)


def _sentence(arguments: list[ast.expr], constants: dict[str, str]) -> Iterator[str]:
    for argument in arguments:
        match argument:
            case ast.Constant(str(text)):
                yield text
            case ast.Name(name) if name in constants:
                yield constants[name]
            case ast.IfExp(_, one, other):
                yield from _sentence([one, other], constants)


def _constants(tree: ast.Module) -> dict[str, str]:
    """Texts that have a name in the module."""
    translations = {}
    for node in tree.body:
        match node:
            case ast.Assign([ast.Name(name)], ast.Constant(str(text))) | ast.AnnAssign(
                ast.Name(name), _, ast.Constant(str(text))
            ):
                translations[name] = text
    return translations


def _own_errors(tree: ast.Module) -> set[str]:
    """Errors a module derives from those all know."""
    known = error_names()
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") in known for base in node.bases)
    }


def sources() -> Iterator[Path]:
    yield from sorted(HERE.rglob("*.py"))
    yield from sorted(HERE.rglob("templates/**/*.html"))
    yield from (path for name in BELOW if (path := HERE.parent / name).exists())


def kept() -> Iterator[Path]:
    yield from (path for pattern in KEPT for path in sorted(HERE.parent.glob(pattern)))


def collected() -> Catalog:
    """Every message of the program, as it is now."""
    catalogue = Catalog(charset="utf-8")
    for path in sources():
        template = path.suffix == ".html"
        method, options = ("jinja2.ext:babel_extract", _TEMPLATES) if template else ("python", {})
        with path.open("rb") as file:
            for _line, message, comments, context in extract(method, file, _GETTEXT, ("Translators:",), options):
                catalogue.add(message, context=context, auto_comments=comments)
        if not template:
            for sentence in raised(path.read_text(encoding="utf-8")):
                catalogue.add(sentence)
    for path in kept():
        for sentence in raised(path.read_text(encoding="utf-8")):
            catalogue.add(sentence, auto_comments=[STORED])
    return catalogue


def stored(language: Language) -> Catalog:
    """The catalogue as it is committed; an empty one for a language that is new."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def renewed(language: Language, from_sources: Catalog) -> Catalog:
    """The messages `from_sources` with the translations there are."""
    known = stored(language)
    catalogue = Catalog(locale=language, charset="utf-8")
    for message in messages(from_sources):
        before = known.get(message.id, message.context)
        string = before.string if before is not None and not before.fuzzy else ""
        catalogue.add(message.id, string, context=message.context, auto_comments=message.auto_comments)
    return catalogue


def written(language: Language, catalogue: Catalog) -> bytes:
    """As a file, with no more of a header than reading it needs."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=WIDTH, no_location=True, omit_header=True, sort_output=True)
    head = (
        f"# {OWN_NAMES[language]}. {HEADER}",
        'msgid ""',
        'msgstr ""',
        '"Content-Type: text/plain; charset=utf-8\\n"',
        f'"Language: {language}\\n"',
        f'"Plural-Forms: {catalogue.plural_forms}\\n"',
    )
    return ("\n".join(head) + "\n\n").encode() + buffer.getvalue().lstrip(b"\n")


if __name__ == "__main__":
    sys.exit(main())
