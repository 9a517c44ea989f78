"""`kring search`."""

from __future__ import annotations

from rich.text import Text

from flows.commands.console import out, printable, say
from flows.reports import clock
from index import open_index
from index.port import Filters, Fragment, Query
from kring.local import connect_locally, public_address
from kring.settings import load_settings
from transcribe.engines import check_language


def run_search(text: str, *, circles: list[str], languages: list[str]) -> int:
    """Print the recordings and passages; 0 where something was found, 1 otherwise."""
    settings = connect_locally(load_settings())
    filters = Filters(circles=frozenset(circles), languages=frozenset(check_language(code) for code in languages))
    index = open_index(settings, writer=False)
    results = index.search(Query(text=text, filters=filters))
    for hit in results.hits:
        out.print(Text.assemble(_text(hit.title, "bold"), f"  {hit.date}  {hit.circle}  {hit.language}"))
        for passage in hit.passages:
            link = f"{public_address(settings)}/r/{hit.recording_id}?t={int(passage.hit_at)}"
            out.print(Text.assemble("  ", (clock(passage.hit_at), "cyan"), "  ", _text(passage.fragments)))
            out.print(Text(f"  {link}", style="dim"))
    say(f"{results.total} recordings in {1000 * results.seconds:.0f} ms." if results.total else "Nothing was found.")
    return 0 if results.total else 1


def _text(fragments: tuple[Fragment, ...], style: str = "") -> Text:
    return Text.assemble(
        *((printable(fragment.text), "bold yellow" if fragment.hit else style) for fragment in fragments)
    )
