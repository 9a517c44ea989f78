"""What a finished run says in Prefect's pages: a summary for operators, in markdown."""

from __future__ import annotations

import re

from kring.model import Manifest, Step


def clock(seconds: float) -> str:
    """`1:02:03` or `2:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def summary(manifest: Manifest, seconds: dict[Step, float]) -> str:
    """Markdown for the operators: duration, language, engine, seconds per step."""
    lines = [f"**{escape_markdown(manifest.details.title)}**", ""]
    facts = {"Circle": manifest.details.circle}
    if manifest.duration:
        facts["Duration"] = clock(manifest.duration)
    tracks = manifest.renditions.sound_tracks if manifest.renditions else None
    if tracks and len(tracks.there) > 1:
        facts["Sound"] = tracks.taken.name + (" (doubtful)" if tracks.doubtful else "")
    if manifest.transcript:
        facts["Language"] = manifest.transcript.language
        facts["Transcript"] = f"{manifest.transcript.engine}, {manifest.transcript.model}"
        if manifest.transcript.missing:
            facts["Speech without text"] = f"{manifest.transcript.missing:.1f} s"
    if manifest.english:
        facts["English track"] = f"{manifest.english.engine}, {manifest.english.model}"
    lines += ["| | |", "|---|---|", *(f"| {name} | {escape_markdown(value)} |" for name, value in facts.items())]
    lines += ["", "| step | seconds |", "|---|---:|", *(f"| {step} | {took:.1f} |" for step, took in seconds.items())]
    return "\n".join(lines)


def escape_markdown(text: str) -> str:
    """Text as data in markdown: no markup, no HTML, no new table cells."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#+!|~-])", r"\\\1", escaped)
