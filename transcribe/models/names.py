"""What `transcribe.model` may say: a size, a model of the Hugging Face hub, or a path; and what is said of the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from kring.errors import SetupError

SIZES = (
    "tiny",
    "tiny.en",
    "base",
    "base.en",
    "small",
    "small.en",
    "medium",
    "medium.en",
    "large-v1",
    "large-v2",
    "large-v3",
    "large-v3-turbo",
)
ALIASES = {"large": "large-v3", "turbo": "large-v3-turbo"}
"""Other names for the same weights. Both tables are those of the two engines (`_MODELS` in each)."""

REPOSITORIES = {
    **{size: f"Systran/faster-whisper-{size}" for size in SIZES},
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}
"""Where faster-whisper has its sizes from, as in `faster_whisper/utils.py`."""

KNOWN = (
    *(f"openai/whisper-{size}" for size in SIZES if size != "large-v1"),
    *(f"NbAiLab/nb-whisper-{size}" for size in ("tiny", "base", "small", "medium", "large")),
    *REPOSITORIES.values(),
)
"""Models of the hub that a misspelt name may mean; any other of the hub is taken too."""

HUB_ID = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95})(?:@([A-Za-z0-9][A-Za-z0-9._-]{0,95}))?"
)
"""`owner/name` or `owner/name@revision`, the revision being a branch, a tag or a commit."""
FILES = (".pt", ".pth", ".bin", ".safetensors", ".ckpt")
"""How the name of a file with weights ends, and no model of the hub."""


@dataclass(frozen=True)
class HubModel:
    """A model of the Hugging Face hub; `revision` None: the newest when it is first fetched."""

    id: str
    revision: str | None = None

    def __str__(self) -> str:
        return self.id if self.revision is None else f"{self.id}@{self.revision}"

    @property
    def name(self) -> str:
        return self.id.split("/")[1]


def parse(model: str) -> str | HubModel | Path:
    """The size without aliases, the model of the hub, or the path that `model` names.

    A path that exists comes before a model of the hub. Raises SetupError, listing what there is, for anything else.
    """
    if model in SIZES or model in ALIASES:
        return ALIASES.get(model, model)
    path = Path(model).expanduser()
    if model and path.exists():
        return path
    match = HUB_ID.fullmatch(model)
    if match is None or ".." in model or "--" in model or model.endswith(FILES):
        raise SetupError(_wrong(model))
    hub = HubModel(match[1], match[2])
    same = {repository: size for size, repository in REPOSITORIES.items()}
    return same.get(hub.id, hub) if hub.revision is None else hub


def nearest(model: str) -> str:
    """“did you mean …?” with up to three names like this one, or nothing."""
    from rapidfuzz import fuzz, process

    def plain(name: str) -> str:
        return name.lower().replace("_", "-")

    names = (*SIZES, *ALIASES) if "/" not in model and "whisper" not in model.lower() else KNOWN
    matches = process.extract(model, names, scorer=fuzz.ratio, processor=plain, score_cutoff=70, limit=3)
    best = [f"“{name}”" for name, score, _ in matches if score >= matches[0][1] - 5]
    return f"did you mean {', '.join(best[:-1])}{' or ' if best[1:] else ''}{best[-1]}?" if best else ""


def _wrong(model: str) -> str:
    what = "file or folder" if model.startswith(("/", ".", "~")) or model.endswith(FILES) else "model"
    hint = nearest(model)
    return (
        f"There is no {what} “{model}” (transcribe.model){f'; {hint}' if hint else '.'} It takes a size "
        f"({', '.join((*SIZES, *ALIASES))}), a model of the Hugging Face hub as owner/name (such as "
        "NbAiLab/nb-whisper-small), or a path to a folder or file with weights."
    )
