"""Slides for the sample videos: calm, legible, 1280 by 720."""

from __future__ import annotations

import subprocess
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, MARGIN = 1280, 720, 110
PAPER, INK, QUIET = "#faf8f4", "#1d2b36", "#66737d"


def draw(title: str, lines: list[str], *, number: int, total: int, footer: str, colour: str, to: Path) -> None:
    """Draw one slide; the first is the title slide, the others carry a list."""
    first = number == 1
    image = Image.new("RGB", (WIDTH, HEIGHT), colour if first else PAPER)
    pen = ImageDraw.Draw(image)
    if first:
        heading = _fit(pen, title, 66)
        pen.text((MARGIN, 300), title, font=heading, fill="white", anchor="ls")
        pen.rectangle((MARGIN, 334, MARGIN + 96, 340), fill="white")
        for row, line in enumerate(lines):
            pen.text((MARGIN, 410 + 52 * row), line, font=_font("Book", 34), fill="#ffffffd0", anchor="ls")
    else:
        pen.rectangle((0, 0, 22, HEIGHT), fill=colour)
        pen.text((MARGIN, 168), title, font=_fit(pen, title, 54), fill=INK, anchor="ls")
        for row, line in enumerate(lines):
            base = 290 + 92 * row
            pen.ellipse((MARGIN, base - 20, MARGIN + 14, base - 6), fill=colour)
            pen.text((MARGIN + 42, base), line, font=_font("Book", 38), fill=INK, anchor="ls")
    small = _font("Book", 22)
    pen.text((MARGIN, HEIGHT - 52), footer, font=small, fill="white" if first else QUIET, anchor="ls")
    if not first:
        pen.text((WIDTH - MARGIN, HEIGHT - 52), f"{number} / {total}", font=small, fill=QUIET, anchor="rs")
    image.save(to)


def _fit(pen: ImageDraw.ImageDraw, text: str, size: int) -> ImageFont.FreeTypeFont:
    """The bold font at `size`, or as much smaller as the text needs to fit on one line."""
    while pen.textlength(text, font=_font("Bold", size)) > WIDTH - 2 * MARGIN:
        size -= 2
    return _font("Bold", size)


def _font(style: str, size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans; Debian's `fonts-dejavu-core` has it."""
    pattern = f"DejaVu Sans:style={style}"
    found = subprocess.run(["fc-match", "-f", "%{file}", pattern], capture_output=True, text=True, check=True).stdout
    return ImageFont.truetype(found, size)
