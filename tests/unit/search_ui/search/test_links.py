"""Addresses of searches and of their feeds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from index.port import Order
from search_ui.search.links import collection_path, feed_url, params_of_feed
from search_ui.search.params import Kind, SearchParams, SearchScope

FULL = SearchParams(
    text='"to ord" -ikke & på',
    circles=("privacy", "cloud"),
    networks=("north",),
    languages=("nb", "da"),
    year=2026,
    after=date(2025, 1, 2),
    before=date(2026, 3, 4),
    topics=("Økonomi/regnskab", "a=b&c"),
    organisations=("Fjordane kommune",),
)


@pytest.mark.parametrize("params", [SearchParams(), SearchParams(text="x"), FULL], ids=["all", "words", "everything"])
@pytest.mark.parametrize(
    "scope", [None, ("circle", "privacy"), ("network", "north"), ("topic", "Økonomi/regn skab?")], ids=str
)
def test_a_feeds_address_says_its_whole_search(params: SearchParams, scope: tuple[Kind, str] | None) -> None:
    if scope is not None:
        params = params.within(SearchScope(*scope, collection_path(*scope)))
    assert params_of_feed(feed_url(params)) == params
    assert params_of_feed(feed_url(replace(params, order=Order.OLDEST, page=3))) == params
