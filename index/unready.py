"""Why the index cannot be searched yet, in words for people."""

from __future__ import annotations

from kring.errors import IndexNotReady


def not_ready() -> IndexNotReady:
    return IndexNotReady(
        "The search index is not ready yet: Kring builds it from the archive, which takes a moment. Try again then; "
        "if it stays so, run `kring reindex`."
    )


def damaged(what: object) -> IndexNotReady:
    return IndexNotReady(
        f"The search index is damaged ({what}). Kring builds it anew from the archive within some minutes, or at once "
        "with `kring reindex`."
    )
