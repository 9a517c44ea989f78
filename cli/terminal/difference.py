"""`kring difference`, and how a difference between two transcripts looks on a terminal."""

from __future__ import annotations

import re
from itertools import islice

from rich.text import Text

from cli.terminal.connection import connect
from cli.terminal.output import out, printable, say
from flows.run_summary import clock
from kring.errors import NotFound
from kring.model import Manifest
from services.transcript_diff import ChangedPassage, Difference, Piece, difference
from storage.archive.archive import Archive

PLACES = 20
"""Shown unless `--all` is given."""
_ID = re.compile(r"(?:.*/r/)?([0-9a-f]{16})(?:[?#].*)?")


def run_difference(recording: str, *, everything: bool) -> int:
    """Show how the recording's transcript differs from the one it replaced. Raises NotFound if it replaced none."""
    archive = connect().archive
    manifest = archive.manifest(id_in(recording))
    if manifest.former is None:
        raise NotFound("This recording has had one transcript only; there is nothing to compare it with.")
    changes = compare(archive, manifest)
    say(manifest.details.title, "bold")
    say(f"  {counts(changes)}")
    show_places(changes, manifest.id, limit=None if everything else PLACES)
    return 0


def id_in(text: str) -> str:
    """The id in `text`, which may be the address of a recording's page. Other text is returned as it is."""
    match = _ID.fullmatch(text)
    return match[1] if match else text


def compare(archive: Archive, manifest: Manifest) -> Difference:
    """Compare the recording's transcript with the one before it. Raises NotFound if there is no earlier one."""
    if manifest.former is None or manifest.transcript is None:
        raise NotFound(f"The recording {manifest.id} has no transcript before this one.")
    new = archive.transcript(manifest.transcript.key)
    try:
        old = archive.transcript(manifest.former.key)
    except NotFound:
        raise NotFound("The transcript before this one is no longer in the bucket.") from None
    return difference(old.segments, new.segments)


def counts(changes: Difference) -> str:
    """`2,310 words before, 2,308 now: 41 changed, 3 added, 5 removed (2.1 %)`."""
    if not (changes.changed or changes.added or changes.removed):
        return f"{_words(changes.after)}, the same as before"
    kinds = {"changed": changes.changed, "added": changes.added, "removed": changes.removed}
    parts = ", ".join(f"{number:,} {kind}" for kind, number in kinds.items() if number)
    now = f"{_words(changes.before)} before, {changes.after:,} now"
    return f"{now}: {parts} ({changes.share:.1%})".replace("%", " %")


def show_places(changes: Difference, recording_id: str, *, limit: int | None) -> None:
    """Each changed place with its time and a few words around it."""
    places = changes.places()
    for place in islice(places, limit):
        out.print(_line(place))
    left = sum(1 for _ in places)
    if left:
        say(f"  … and {left:,} more places: `kring difference {recording_id} --all`.", "dim")


def _line(place: ChangedPassage) -> Text:
    text = Text.assemble(("  ", ""), (f"{clock(place.at):>7}", "cyan"), "  ")
    text.append_text(Text(" ").join(_piece(piece) for piece in place.pieces))
    return text


def _piece(piece: Piece) -> Text:
    """Removed words red and struck through, new ones green; `[-…-]` and `{+…+}` if there are no colours."""
    if not piece.changed:
        return Text(printable(piece.new), style="dim")
    plain = out.color_system is None
    was = f"[-{piece.old}-]" if plain else piece.old
    now = f"{{+{piece.new}+}}" if plain else piece.new
    sides = [(was, "red strike")] if piece.old else []
    sides += [(now, "green")] if piece.new else []
    return Text(" ").join(Text(printable(words), style=style) for words, style in sides)


def _words(number: int) -> str:
    return "1 word" if number == 1 else f"{number:,} words"
