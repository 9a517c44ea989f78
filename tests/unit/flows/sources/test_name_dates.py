"""A date in the name of a file is read as people write it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from flows.sources.details import title_of
from flows.sources.name_dates import dated


@pytest.mark.parametrize(
    ("name", "day", "title"),
    [
        ("12.03.2026 Møte", date(2026, 3, 12), "Møte"),
        ("Webinar 12.3.2026 del 2", date(2026, 3, 12), "Webinar del 2"),
        ("2026-03-12", date(2026, 3, 12), "2026-03-12"),
        ("20260312_Møte", date(2026, 3, 12), "Møte"),
        ("12-03-2026_Møte", date(2026, 3, 12), "Møte"),
        ("12_03_2026_Møte", date(2026, 3, 12), "Møte"),
        ("2026_03_12 14-00 Møte", date(2026, 3, 12), "Møte"),
        ("2026-3-2 Møte", date(2026, 3, 2), "Møte"),
        ("12. mars 2026 Møte", date(2026, 3, 12), "Møte"),
        ("Møde 12. marts 2026", date(2026, 3, 12), "Møde"),
        ("Overleg 12 maart 2026", date(2026, 3, 12), "Overleg"),
        ("Meeting, March 12, 2026", date(2026, 3, 12), "Meeting"),
        ("Møte (12.03.2026)", date(2026, 3, 12), "Møte"),
        ("Møte (12.03.2026) del 2", date(2026, 3, 12), "Møte del 2"),
        ("Møte [ (12.03.2026) ]", date(2026, 3, 12), "Møte"),
        ("Møte (Oslo, 12.03.2026)", date(2026, 3, 12), "Møte (Oslo)"),
        ("Møte (12.03.2026, Oslo)", date(2026, 3, 12), "Møte (Oslo)"),
        ("Møte (Oslo, 12.03.2026, kl. 9)", date(2026, 3, 12), "Møte (Oslo, kl. 9)"),
        ("Møte (12.03.2026) (opptak)", date(2026, 3, 12), "Møte (opptak)"),
        ("Møte_(2026-03-12)_del_2", date(2026, 3, 12), "Møte del 2"),
        ("Webinar, 12. mars 2026, del 2", date(2026, 3, 12), "Webinar, del 2"),
        ("Webinar,12.03.2026,del 2", date(2026, 3, 12), "Webinar, del 2"),
        ("[2026-03-12] Møte", date(2026, 3, 12), "Møte"),
        ("[2026-03-12 14.00] – Møte", date(2026, 3, 12), "Møte"),
        ("2026-03-12, Møte", date(2026, 3, 12), "Møte"),
        ("12.03.2026. Møte m.m.", date(2026, 3, 12), "Møte m.m."),
        ("Møte m.m. 12.03.2026", date(2026, 3, 12), "Møte m.m."),
        ("Møte – 12.03.2026 – del 2", date(2026, 3, 12), "Møte – del 2"),
        ("Møte - 12.03.2026 - del 2", date(2026, 3, 12), "Møte del 2"),
        ("Møte —12.03.2026", date(2026, 3, 12), "Møte"),
        ("Møte  12.03.2026  del  2", date(2026, 3, 12), "Møte del 2"),
        ("(12.03.2026)", date(2026, 3, 12), "(12.03.2026)"),
        ("4th May 2026 Meeting", date(2026, 5, 4), "Meeting"),
        ("12032026 Møte", date(2026, 3, 12), "Møte"),
        ("GMT20240402-080000_Recording", date(2024, 4, 2), "GMT Recording"),
        ("Møte 1.2.2026 og 1.3.2026", date(2026, 2, 1), "Møte og 1.3.2026"),
        ("2026-03-12 1200 deltakere", date(2026, 3, 12), "1200 deltakere"),
        ("31.02.2026 Møte", None, "31.02.2026 Møte"),
        ("99999999", None, "99999999"),
        ("Strategi 2025 12 mål", None, "Strategi 2025 12 mål"),
        ("Sommer 2026", None, "Sommer 2026"),
        ("v1.12.03.2026", None, "v1.12.03.2026"),
        ("Møte 12.03.1026", None, "Møte 12.03.1026"),
    ],
)
def test_a_date_in_a_name_is_read_as_people_write_it(name: str, day: date | None, title: str) -> None:
    found = dated(name)
    assert (found.day if found else None) == day
    assert title_of(Path(f"{name}.mp4")) == title
