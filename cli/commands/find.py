"""`kring search`."""

from __future__ import annotations

from rich.text import Text

from cli.terminal.output import out, printable, say
from flows.run_summary import clock
from index import open_index
from index.port import Filters, Fragment, Lack, Missing, Order, PassageHit, Query, Reason, ReasonKind
from kring.errors import IndexNotReady
from kring.local_stack import connect_locally, public_address
from kring.settings import load_settings
from services.search_index.ownership import require_own_index
from storage import open_store
from transcribe.engines.registry import check_language


def run_search(
    text: str,
    *,
    circles: list[str],
    languages: list[str],
    after: str = "",
    before: str = "",
    order: Order = Order.RELEVANCE,
) -> int:
    """Print the recordings and passages; 0 if something was found, 1 otherwise.

    `after` and `before` are as in the query language: a day, a month or a year. Raises BadQuery.
    """
    settings = connect_locally(load_settings())
    filters = Filters(circles=frozenset(circles), languages=frozenset(check_language(code) for code in languages))
    days = [f'{name}:"{value}"' for name, value in (("after", after), ("before", before)) if value]
    index = open_index(settings, writer=False)
    try:
        results = index.search(Query(text=" ".join([text, *days]), filters=filters, order=order))
    except IndexNotReady:
        require_own_index(settings, open_store(settings))  # then that is why
        raise
    for hit in results.hits:
        out.print(Text.assemble(_text(hit.title, "bold"), f"  {hit.date}  {hit.circle}  {hit.language}"))
        for reason in hit.reasons:
            say(f"  {explained(reason)}", "italic")
        if hit.without:
            say(f"  Without {', '.join(f'“{word}”' for word in hit.without)}.", "italic")
        for passage in hit.passages:
            place, address = _place(passage)
            out.print(Text.assemble("  ", (printable(place), "cyan"), "  ", _text(passage.fragments)))
            out.print(Text(f"  {public_address(settings)}/r/{hit.recording_id}{address}", style="dim"))
    for missing in results.missing:
        say(lacking(missing))
    if results.total and results.missing and results.about:
        say(f"This is about {' '.join(results.about)}.")
    if results.total:
        recordings = "1 recording" if results.total == 1 else f"{results.total} recordings"
        say(f"{recordings} in {1000 * results.seconds:.0f} ms.")
    else:
        say("Nothing was found.")
    if results.suggestion:
        say(f"Did you mean: {results.suggestion}")
    return 0 if results.total else 1


def explained(reason: Reason) -> str:
    """Why a recording is found that does not hold the word as it was asked for."""
    if reason.because is ReasonKind.SPELLING:
        return f"“{reason.asked}” was not found; this is about “{reason.found}”."
    return f"“{reason.found}” is another word for “{reason.asked}”."


def lacking(missing: Missing) -> str:
    """Why something that was asked for is not in what was found."""
    match missing.lack:
        case Lack.NOWHERE:
            return f"“{missing.text}” was found nowhere."
        case Lack.ELSEWHERE:
            return f"“{missing.text}” was not found in this selection."
        case Lack.SIGN:
            return f"“{missing.text}” cannot be searched for."


def _place(passage: PassageHit) -> tuple[str, str]:
    """Where a passage is, for people, and what follows the address of its recording."""
    if passage.attachment is None:
        return clock(passage.hit_at), f"?t={int(passage.hit_at)}"
    return f"{passage.attachment_title}, page {passage.page}", f"/attachments/{passage.attachment}#page={passage.page}"


def _text(fragments: tuple[Fragment, ...], style: str = "") -> Text:
    return Text.assemble(
        *((printable(fragment.text), "bold yellow" if fragment.hit else style) for fragment in fragments)
    )
