"""Transcripts that Teams and Word keep in a document (.docx): read as what Word would save as text, or refused."""

from __future__ import annotations

import io
import time
import zipfile

import pytest

from kring.errors import BadTranscript
from transcribe.captions.parsing.word import MOST_BYTES
from transcribe.captions.reader import read_captions

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
MARKUP = "http://schemas.openxmlformats.org/markup-compatibility/2006"


def docx(body: str | bytes, *, space: str = WORD, before: str = "", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A document with this in it, and what Word puts beside it."""
    if isinstance(body, str):
        root = f'<w:document xmlns:w="{space}" xmlns:mc="{MARKUP}"><w:body>{body}</w:body></w:document>'
        body = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{before}{root}'.encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/media/image1.png", bytes(1000))
        archive.writestr("word/document.xml", body)
    return packed.getvalue()


def run(text: str) -> str:
    return f'<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*parts: str) -> str:
    """With a tab stop of its own, which is no tab."""
    stops = '<w:pPr><w:tabs><w:tab w:val="left" w:pos="720"/></w:tabs></w:pPr>'
    return f"<w:p>{stops}{''.join(parts)}</w:p>"


BREAK, TAB = "<w:r><w:br/></w:r>", "<w:r><w:tab/></w:r>"
TEAMS = (
    paragraph(run("Budsjettmøte-20260310_101010-Opptak av møte"))
    + paragraph(run("10. mars 2026, 10:10"))
    + paragraph(run("Kari Nordli"), run(" startet transkripsjon"))
    + paragraph(run("Kari Nordli"), run("   0:03"), BREAK, run("God mor"), run("gen &amp; velkommen."))
    + paragraph(run("Ola Bergh"), TAB, run(" 0:11"), BREAK, run("Takk."))
)
OLDER_TEAMS = paragraph(run("0:0:3.440 --&gt; 0:0:6.120"), BREAK, run("Kari Nordli"), BREAK, run("God morgen.")) + (
    paragraph(run("0:0:6.120 --&gt; 0:0:9.0"), BREAK, run("Ola Bergh"), BREAK, run("Takk."))
)
WORD_ONLINE = "".join(
    paragraph(run(line))
    for line in ("Audio file", "Transcript", "00:00:03 Speaker 1", "God morgen.", "00:00:11 Speaker 2", "Takk.")
)
Said = tuple[float, float, str | None, str]


def said(data: bytes) -> list[Said]:
    return [(one.start, one.end, one.speaker, one.text) for one in read_captions(data).segments]


@pytest.mark.parametrize("space", [WORD, STRICT])
@pytest.mark.parametrize(
    ("body", "heard"),
    [
        (TEAMS, [(3, 9.6, "Kari Nordli", "God morgen & velkommen."), (11, 14, "Ola Bergh", "Takk.")]),
        (OLDER_TEAMS, [(3.44, 6.12, "Kari Nordli", "God morgen."), (6.12, 9.0, "Ola Bergh", "Takk.")]),
        (WORD_ONLINE, [(3, 7.2, "Speaker 1", "God morgen."), (11, 14, "Speaker 2", "Takk.")]),
    ],
    ids=["Teams", "Teams, older", "Word"],
)
def test_transcripts_in_word_are_read(body: str, heard: list[Said], space: str) -> None:
    assert said(docx(body, space=space)) == heard


def test_what_stands_there_twice_or_is_deleted_is_not_said() -> None:
    """Text boxes are kept in two forms; what was changed with the changes tracked, as it was and as it is."""
    more = paragraph(
        f"<w:r><mc:AlternateContent><mc:Choice>{run('Takk')}</mc:Choice><mc:Fallback>{run('Takk')}</mc:Fallback>"
        "</mc:AlternateContent></w:r>",
        "<w:del><w:r><w:delText> nei</w:delText></w:r></w:del>",
        f"<w:moveFrom>{run(' før')}</w:moveFrom><w:ins>{run(' for nå')}</w:ins>",
        '<w:r><w:instrText> HYPERLINK "x" </w:instrText></w:r>',
        run("."),
    )
    assert said(docx(TEAMS + more))[-1][3] == "Takk. Takk for nå."


def test_a_document_that_is_no_transcript_says_so() -> None:
    minutes = paragraph(run("Referat")) + paragraph(run("Kari åpnet møtet kl. 10:30."))
    with pytest.raises(BadTranscript, match=r"no transcript with times and names.*WebVTT"):
        read_captions(docx(minutes))


def encrypted(data: bytes) -> bytes:
    """With the flag of a password in the archive's directory, for every member."""
    return data.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")


def many(data: bytes) -> bytes:
    packed = io.BytesIO(data)
    with zipfile.ZipFile(packed, "a") as archive:
        for number in range(10_001):
            archive.writestr(f"{number}", b"")
    return packed.getvalue()


ENTITIES = '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
UNREADABLE = {
    "cut off": docx(TEAMS)[:-40],
    "only its beginning": b"PK\x03\x04\x14\x00",
    "damaged inside": docx(TEAMS, method=zipfile.ZIP_STORED).replace(b"God mor", b"Good mo"),
    "another archive": docx(TEAMS).replace(b"word/document.xml", b"word/documents.ml"),
    "no XML": docx(b"hei"),
    "XML cut off": docx(b'<?xml version="1.0"?><w:document>'),
    "entities that expand": docx(TEAMS.replace("Takk", "&b;"), before=ENTITIES),
    "an entity from a file": docx(TEAMS.replace("Takk", "&a;"), before=OUTSIDE),
    "protected": encrypted(docx(TEAMS)),
    "expands to too much": docx(TEAMS + " " * MOST_BYTES),
    "packed unusually": docx(TEAMS, method=zipfile.ZIP_LZMA),
    "many members": many(docx(TEAMS)),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(BadTranscript, match=r"Word document cannot be read.*WebVTT.*plain text"):
        read_captions(UNREADABLE[name])


@pytest.mark.slow
def test_a_document_made_to_stall_the_reader_does_not() -> None:
    empty = docx("<w:p/>" * 3_000_000)
    begins = time.process_time()
    with pytest.raises(BadTranscript, match="is empty"):
        read_captions(empty)
    assert time.process_time() - begins < 20
