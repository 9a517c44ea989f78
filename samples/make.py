"""Make the sample recordings from texts/*.toml.

    python3 -m venv /tmp/voices && /tmp/voices/bin/pip install -r samples/requirements.txt
    apt install espeak-ng ffmpeg fonts-dejavu-core fontconfig
    /tmp/voices/bin/python samples/make.py [STEM…]

Beside each recording comes `x.toml` (title, circle, date, language, presenters, topics, organisations) and, except for
English, which is left to Whisper, `x.vtt`, the transcript a meeting platform would have given. `queries.toml` comes
from the texts too: what to ask, and at which second of which recording the words are spoken.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from slides import draw
from speech import RATE, Sentence, speak, to_wav

HERE = Path(__file__).resolve().parent
COLOURS = {"digi-fjordane": "#1f5f5b", "digital-nord": "#7a3b2e", "kenniskring-scheldeland": "#3d4f8a"}
FRAMES_PER_SECOND = 5
AUDIO = {
    "mp3": ["-c:a", "libmp3lame", "-b:a", "48k"],
    "m4a": ["-c:a", "aac", "-b:a", "56k", "-movflags", "+faststart"],
    "opus": ["-c:a", "libopus", "-b:a", "32k"],
    "wav": ["-c:a", "pcm_s16le", "-ar", "16000"],
    "flac": ["-c:a", "flac", "-ar", "16000"],
    "mp4": ["-c:a", "aac", "-b:a", "56k", "-movflags", "+faststart"],
    "webm": ["-c:a", "libopus", "-b:a", "32k"],
}
VIDEO = {
    "mp4": ["-c:v", "libx264", "-crf", "30", "-preset", "slow", "-tune", "stillimage", "-pix_fmt", "yuv420p"],
    "webm": ["-c:v", "libvpx-vp9", "-crf", "36", "-b:v", "0", "-cpu-used", "4", "-pix_fmt", "yuv420p"],
}


def main(stems: list[str]) -> None:
    texts = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted((HERE / "texts").glob("*.toml"))}
    circles = {c["slug"]: c for c in tomllib.loads((HERE / "circles.toml").read_text("utf-8"))["circle"]}
    queries_file = HERE / "queries.toml"
    old = tomllib.loads(queries_file.read_text("utf-8"))["query"] if queries_file.exists() else []
    queries = [query for query in old if stems and query["recording"] not in stems and query["recording"] in texts]
    for stem, text in texts.items():
        if stems and stem not in stems:
            continue
        queries += make(stem, text, circles[text["circle"]])
    queries_file.write_text(_queries(queries), "utf-8")


def make(stem: str, text: dict[str, Any], circle: dict[str, Any]) -> list[dict[str, Any]]:
    """Make one recording and what lies beside it; returns its queries."""
    sound, sentences = speak(text["say"], text["voices"])
    target = HERE / f"{stem}.{text['format']}"
    with tempfile.TemporaryDirectory() as scratch:
        wav = Path(scratch) / "speech.wav"
        wav.write_bytes(to_wav(sound))
        pictures = _slides(text, circle, sentences, Path(scratch)) if "slide" in text else []
        _encode(wav, pictures, len(sound) / RATE, target)
    (HERE / f"{stem}.toml").write_text(_sidecar(text), "utf-8")
    if text["language"] != "en":
        (HERE / f"{stem}.vtt").write_text(_vtt(sentences), "utf-8")
    print(f"{target.name:44} {len(sound) / RATE:6.1f} s {target.stat().st_size / 1024:7.0f} KiB")
    return [_query(stem, text["language"], query, sentences) for query in text.get("query", [])]


def _slides(
    text: dict[str, Any], circle: dict[str, Any], sentences: list[Sentence], to: Path
) -> list[tuple[Path, float]]:
    """Each slide as a picture, and the second at which it appears."""
    pictures = []
    for number, slide in enumerate(text["slide"], 1):
        picture = to / f"{number}.png"
        draw(
            slide["title"],
            slide["lines"],
            number=number,
            total=len(text["slide"]),
            footer=f"{circle['network_name']}  ·  {circle['name']}  ·  {text['date']:%Y}",
            colour=COLOURS[circle["network"]],
            to=picture,
        )
        first = next(sentence.start for sentence in sentences if sentence.slide == number)
        pictures.append((picture, 0.0 if number == 1 else first))
    return pictures


def _encode(wav: Path, pictures: list[tuple[Path, float]], seconds: float, target: Path) -> None:
    kind = target.suffix.removeprefix(".")
    command = ["ffmpeg", "-v", "error", "-y", "-nostdin", "-i", str(wav)]
    if pictures:
        ends = [*(start for _, start in pictures[1:]), seconds]
        for (picture, start), end in zip(pictures, ends, strict=True):
            rate, shown = str(FRAMES_PER_SECOND), f"{end - start:.3f}"
            command += ["-loop", "1", "-framerate", rate, "-t", shown, "-i", str(picture)]
        inputs = "".join(f"[{number}:v]" for number in range(1, len(pictures) + 1))
        command += ["-filter_complex", f"{inputs}concat=n={len(pictures)}[v]", "-map", "[v]", "-map", "0:a"]
        command += [*VIDEO[kind], "-threads", "1", "-g", "50"]
    command += [*AUDIO[kind], "-ac", "1", "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"]
    subprocess.run([*command, str(target)], check=True)


def _sidecar(text: dict[str, Any]) -> str:
    """What a folder source reads beside a recording. JSON strings and lists of them are TOML too."""
    lines = [f"{key} = {json.dumps(text[key], ensure_ascii=False)}" for key in ("title", "circle")]
    lines += [f"date = {text['date']:%Y-%m-%d}", f'language = "{text["language"]}"']
    lines += [f"presenters = {json.dumps(list(text['voices']), ensure_ascii=False)}"]
    lines += [f"{key} = {json.dumps(text[key], ensure_ascii=False)}" for key in ("topics", "organisations")]
    return "\n".join(lines) + "\n"


def _vtt(sentences: list[Sentence]) -> str:
    cues = [f"{_clock(s.start)} --> {_clock(s.end)}\n<v {s.who}>{s.text}</v>\n" for s in sentences]
    return "\n".join(["WEBVTT\n", *cues])


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _query(stem: str, language: str, query: dict[str, str], sentences: list[Sentence]) -> dict[str, Any]:
    """The query with the second at which its words are spoken: the middle of their share of the sentence."""
    words = query["words"]
    sentence = next(s for s in sentences if words in s.text)
    share = (sentence.text.index(words) + len(words) / 2) / len(sentence.text)
    at = sentence.start + share * (sentence.end - sentence.start)
    return {"language": language, "q": query["q"], "recording": stem, "at": round(at, 1), "words": words}


def _queries(queries: list[dict[str, Any]]) -> str:
    order = sorted(queries, key=lambda query: (query["language"], query["recording"]))
    lines = ["# Made by make.py: what to ask, and at which second of which recording the words are spoken."]
    for query in order:
        lines += ["", "[[query]]", *(f"{k} = {json.dumps(v, ensure_ascii=False)}" for k, v in query.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
