"""PDFs for tests, written byte by byte: good ones and bad ones."""

from __future__ import annotations

import io
import zlib

from pypdf import PdfReader, PdfWriter


def pdf(*pages: str, content: bytes | None = None, compressed: bool = False) -> bytes:
    """A PDF with a page for each text (a line each; Windows-1252). `content`: the one page's drawing, as it is."""
    drawn = [content] if content is not None else [_drawn(text) for text in pages]
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>"
        % (b" ".join(b"%d 0 R" % (4 + 2 * number) for number in range(len(drawn))), len(drawn)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, drawing in enumerate(drawn):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F 3 0 R >> >> >>" % (5 + 2 * number)
        )
        data, how = (zlib.compress(drawing, 9), b"/Filter /FlateDecode ") if compressed else (drawing, b"")
        objects.append(b"<< %s/Length %d >>\nstream\n%s\nendstream" % (how, len(data), data))
    return assembled(objects)


def assembled(objects: list[bytes]) -> bytes:
    """A file of these objects, numbered from 1; the first is the catalogue."""
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.7\n")
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def encrypted(data: bytes, user_password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(user_password=user_password, owner_password="owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _drawn(text: str) -> bytes:
    lines = [line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for line in text.splitlines()]
    return b"BT /F 12 Tf 50 800 Td 14 TL " + b" ".join(b"(%s) Tj T*" % line.encode("cp1252") for line in lines) + b" ET"
