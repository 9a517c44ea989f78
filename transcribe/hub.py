"""Whisper's weights from the model hubs, without ever making anybody wait for a hub that is not there.

Errors are SetupErrors that say only why this place gave nothing; `transcribe.weights` knows the other places.
"""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

from kring.errors import SetupError

PATIENCE = 3.0
"""Seconds a hub has to answer its first request."""
STALL = 15.0
"""Seconds without a byte after which a download is given up."""

REPOSITORIES = {
    **{
        size: f"Systran/faster-whisper-{size}"
        for size in ("tiny", "tiny.en", "base", "base.en", "small", "small.en", "medium", "medium.en")
    },
    **{size: f"Systran/faster-whisper-{size}" for size in ("large-v1", "large-v2", "large-v3")},
    "large": "Systran/faster-whisper-large-v3",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}
"""As in `faster_whisper/utils.py`."""


def fetch_folder(size: str, to: Path) -> None:
    """CTranslate2 weights from the Hugging Face hub (`HF_ENDPOINT`) into the folder `to`."""
    _refuse_offline()
    repository = REPOSITORIES[size]
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    _ask(f"{endpoint}/{repository}/resolve/main/config.json")
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    wanted = ["config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*"]
    try:
        huggingface_hub.snapshot_download(repository, local_dir=to, allow_patterns=wanted, etag_timeout=PATIENCE)
    except (HfHubHTTPError, LocalEntryNotFoundError) as error:
        raise SetupError(f"the hub {endpoint} gave no weights ({type(error).__name__})") from None
    if not (to / "model.bin").is_file():
        raise SetupError(f"the hub {endpoint} has no model.bin in {repository}")


def fetch_checkpoint(size: str, to: Path) -> None:
    """OpenAI's checkpoint into the file `to`, checked against the SHA-256 in its address."""
    _refuse_offline()
    import httpx
    import whisper

    address: str = whisper._MODELS[size]
    _ask(address)
    digest = hashlib.sha256()
    try:
        with to.open("wb") as file, httpx.stream("GET", address, timeout=STALL, follow_redirects=True) as answer:
            answer.raise_for_status()
            for block in answer.iter_bytes(1 << 20):
                digest.update(block)
                file.write(block)
    except httpx.HTTPError as error:
        raise SetupError(f"the download from {httpx.URL(address).host} failed ({type(error).__name__})") from None
    if digest.hexdigest() != address.split("/")[-2]:
        raise SetupError(f"the download from {httpx.URL(address).host} is damaged (its SHA-256 differs)")


def _refuse_offline() -> None:
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in {"1", "true", "yes", "on"}:
        raise SetupError("the model hub is not asked (HF_HUB_OFFLINE is set)")


def _ask(address: str) -> None:
    """One quick request. Looking up a name cannot be timed out, so it is made beside us and left behind if need be."""
    import httpx

    host = httpx.URL(address).host
    outcome: list[str] = []

    def request() -> None:
        try:
            status = httpx.head(address, timeout=PATIENCE, follow_redirects=True).status_code
        except httpx.HTTPError as error:
            outcome.append(f"cannot be reached ({type(error).__name__})")
        else:
            outcome.append("" if status < 400 else f"answers {status}")

    asking = threading.Thread(target=request, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    if not outcome or outcome[0]:
        raise SetupError(f"the model hub {host} {outcome[0] if outcome else 'does not answer'}")
