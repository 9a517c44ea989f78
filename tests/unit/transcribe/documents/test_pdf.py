"""The text of PDFs, good, bad and hostile; each is read by a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from kring.errors import InputError
from tests.support.media.pdf import assembled, encrypted, pdf
from transcribe.documents import pdf as documents
from transcribe.documents.pdf import DAMAGED, MOST_PAGES, NO_TEXT, PROTECTED, TOO_MUCH, clean, read_pages


def read(tmp_path: Path, data: bytes, seconds: float = 60) -> tuple[str, ...]:
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    return read_pages(path, seconds=seconds).pages


def why(tmp_path: Path, data: bytes, seconds: float = 60) -> str:
    with pytest.raises(InputError) as refused:
        read(tmp_path, data, seconds)
    return str(refused.value)


def test_pages_in_order_with_norwegian_letters(tmp_path: Path) -> None:
    data = pdf("Kunstig intelligens i Bodø\nspørsmål (og svar)", "", "Ærlig talt: «Ålesund»")
    assert read(tmp_path, data) == ("Kunstig intelligens i Bodø\nspørsmål (og svar)", "", "Ærlig talt: «Ålesund»")
    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf"]


def test_one_that_everybody_may_read_but_nobody_change(tmp_path: Path) -> None:
    assert read(tmp_path, encrypted(pdf("Lysark"), "")) == ("Lysark",)


def test_one_that_needs_a_password(tmp_path: Path) -> None:
    assert why(tmp_path, encrypted(pdf("Lysark"), "secret")) == PROTECTED


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7\n",
        pdf("Side en", "Side to")[:700],
        b"%PDF-1.7\n" + bytes(range(256)) * 40,
        assembled([b"<< /Type /Catalog /Pages 7 0 R >>"]),
    ],
    ids=["empty", "beginning alone", "cut off", "noise", "no pages"],
)
def test_damaged_ones(tmp_path: Path, data: bytes) -> None:
    assert why(tmp_path, data) in {DAMAGED, NO_TEXT}


def test_pictures_of_pages(tmp_path: Path) -> None:
    assert why(tmp_path, pdf("", "")) == NO_TEXT


@pytest.mark.slow
def test_too_many_pages_are_counted_and_not_read(tmp_path: Path) -> None:
    said = why(tmp_path, pdf(*["Side"] * 5000))
    assert "5000 pages" in said
    assert str(MOST_PAGES) in said


def test_a_tree_of_pages_without_end(tmp_path: Path) -> None:
    data = assembled([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"])
    assert why(tmp_path, data) in {DAMAGED, NO_TEXT, TOO_MUCH}


@pytest.mark.slow
def test_a_page_that_unpacks_to_a_thousand_times_its_size(tmp_path: Path) -> None:
    bomb = pdf(content=b"BT " + b" " * 100_000_000, compressed=True)
    assert len(bomb) < 200_000
    assert why(tmp_path, bomb) in {DAMAGED, TOO_MUCH}


@pytest.mark.slow
def test_a_page_that_draws_itself(tmp_path: Path) -> None:
    drawing = b"/X Do /X Do"
    data = assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R "
            b"/Resources << /XObject << /X 5 0 R >> >> >>",
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >> /Length %d >>\n"
            b"stream\n%s\nendstream" % (len(drawing), drawing),
        ]
    )
    assert why(tmp_path, data) in {DAMAGED, NO_TEXT, TOO_MUCH}


def test_a_page_that_takes_for_ever_is_given_up(tmp_path: Path) -> None:
    slow = pdf(content=b"BT /F 12 Tf " + b"(a) Tj " * 600_000 + b" ET", compressed=True)
    assert why(tmp_path, slow, seconds=1) == TOO_MUCH


@pytest.mark.slow
def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MEMORY_MB", 20)
    assert why(tmp_path, pdf("Lysark")) == TOO_MUCH


def test_scripts_are_not_run_and_files_not_opened(tmp_path: Path) -> None:
    secret, made = tmp_path / "secret", tmp_path / "made"
    secret.write_text("a secret")
    data = assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /Launch /F (/bin/touch %s) >> >>" % str(made).encode(),
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>",
            b"<< /Length 0 /F (%s) >>\nstream\n\nendstream" % str(secret).encode(),
        ]
    )
    assert why(tmp_path, data) == NO_TEXT
    assert not made.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kommu-\nnene", "kommunene"),
        ("Nord-\nNorge", "Nord-Norge"),
        ("a-\nb", "a-\nb"),
        ("o\ufb03siell", "offisiell"),
        ("Ba\u030at  \r\nog", "Båt\nog"),
        ("null\x00tegn \ud800", "null tegn"),
    ],
)
def test_text_as_people_write_it(text: str, expected: str) -> None:
    assert clean(text) == expected
