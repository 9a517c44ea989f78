"""Whisper's weights from the model hubs, without making people wait for a hub that is not there.

Errors are SetupErrors that say only why this place gave nothing; `transcribe.models.weights` knows the other places.
The files of a model are asked for by its commit, so that all of them are of one making.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kring.errors import DiskFull, SetupError
from transcribe.models import folder_kinds as folders
from transcribe.models.names import HubModel, nearest

log = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds a hub has to answer its first request."""
STALL = 15.0
"""Seconds without a byte after which a connection is given up."""
TRIES = 5
"""Connections for one file; each goes on where the last one broke."""
MOST = 15 << 30
"""Bytes of the largest model taken; Whisper's largest has 6.2 GB in float32."""
COMMIT = "commit.txt"
"""Beside a model of the hub: the commit it was taken from."""


def fetch_folder(model: HubModel, to: Path) -> None:
    """A model of the Hugging Face hub (`HF_ENDPOINT`; `HF_TOKEN` for one that is not public) into the folder `to`."""
    _refuse_offline()
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    listed = _listed(model, endpoint)
    files = {file["rfilename"]: file for file in listed["siblings"]}
    try:
        chosen = folders.needed_files(sorted(files))
    except SetupError as error:
        raise SetupError(f"{model} on the hub {endpoint} cannot be used: {error}") from None
    sizes = {name: int(files[name].get("size") or 0) for name in chosen}
    _room_for(sum(sizes.values()), to.parent, str(model))
    log.info("Downloading %s (%.1f GB) from %s.", model, sum(sizes.values()) / 1e9, endpoint)
    to.mkdir()
    for name in chosen:
        address = f"{endpoint}/{model.id}/resolve/{listed['sha']}/{name}"
        _download(address, to / name, sizes[name], (files[name].get("lfs") or {}).get("sha256"), _sign_in())
    (to / COMMIT).write_text(f"{listed['sha']}\n", encoding="ascii")


def fetch_checkpoint(size: str, to: Path) -> None:
    """OpenAI's checkpoint into the file `to`, checked against the SHA-256 in its address."""
    _refuse_offline()
    import httpx
    import whisper

    address: str = whisper._MODELS[size]
    status, headers, _ = _ask("HEAD", address, {})
    if status >= 400:
        raise SetupError(f"the model hub {httpx.URL(address).host} answers {status}")
    length = int(headers.get("content-length", 0))
    _room_for(length, to.parent, size)
    log.info("Downloading Whisper %s (%.1f GB) from %s.", size, length / 1e9, httpx.URL(address).host)
    _download(address, to, length, address.split("/")[-2], {})


def _listed(model: HubModel, endpoint: str) -> dict[str, Any]:
    """What the hub tells of a model: its commit (`sha`) and its files (`siblings`) with their sizes."""
    address = f"{endpoint}/api/models/{model.id}/revision/{model.revision or 'main'}?blobs=true"
    status, headers, body = _ask("GET", address, _sign_in())
    code = headers.get("x-error-code", "")
    if code == "GatedRepo":
        raise SetupError(
            f"{model.id} is only for those who accepted its terms: do so at {endpoint}/{model.id}, and set HF_TOKEN to "
            "a token of that account"
        )
    if code == "RevisionNotFound":
        raise SetupError(f"the hub {endpoint} has {model.id}, but no revision {model.revision or 'main'} of it")
    if status in {401, 403, 404}:
        hint = nearest(model.id)
        raise SetupError(
            f"the hub {endpoint} has no model {model.id}{f' ({hint})' if hint else ''}, or shows it only to those "
            "whose token is in HF_TOKEN"
        )
    if status >= 400:
        raise SetupError(f"the model hub {endpoint} answers {status}")
    try:
        listed: dict[str, Any] = json.loads(body)
        if not (isinstance(listed["sha"], str) and listed["sha"].isalnum() and listed["siblings"]):
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise SetupError(f"{endpoint} (HF_ENDPOINT) does not answer as a model hub does") from None
    return listed


def _sign_in() -> dict[str, str]:
    from huggingface_hub import get_token

    token = get_token()  # HF_TOKEN, or what `hf auth login` keeps
    return {"authorization": f"Bearer {token}"} if token else {}


def _refuse_offline() -> None:
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in {"1", "true", "yes", "on"}:
        raise SetupError("the model hub is not asked (HF_HUB_OFFLINE is set)")


def _room_for(size: int, folder: Path, what: str) -> None:
    if size > MOST:
        raise SetupError(f"{what} has {size / 1e9:.0f} GB, more than any Whisper model")
    if size > shutil.disk_usage(folder).free:
        raise DiskFull(f"There is no room for {what} ({size / 1e9:.1f} GB) in {folder}; free some space there.")


def _ask(method: str, address: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers and body of one quick request.

    Looking up a name cannot be timed out, so it is made beside us and left behind if need be.
    """
    import httpx

    outcome: list[httpx.Response | str] = []

    def request() -> None:
        try:
            outcome.append(
                httpx.request(method, address, headers=dict(headers), timeout=PATIENCE, follow_redirects=True)
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            outcome.append(f"cannot be reached ({type(error).__name__})")

    asking = threading.Thread(target=request, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    answer = outcome[0] if outcome else "does not answer"
    if isinstance(answer, str):
        raise SetupError(f"the model hub {_host(address)} {answer}")
    return answer.status_code, answer.headers, answer.content


def _download(address: str, to: Path, size: int, sha256: str | None, headers: Mapping[str, str]) -> None:
    """One file of `size` bytes (0: not known), continued where a connection broke, and checked."""
    import httpx

    digest, done, broke = hashlib.sha256(), 0, ""
    for _ in range(TRIES):
        asked = {**headers, "accept-encoding": "identity", **({"range": f"bytes={done}-"} if done else {})}
        try:
            with httpx.stream("GET", address, headers=asked, timeout=STALL, follow_redirects=True) as answer:
                answer.raise_for_status()
                if done and answer.status_code != httpx.codes.PARTIAL_CONTENT:
                    digest, done = hashlib.sha256(), 0
                with to.open("ab" if done else "wb") as file:
                    for block in answer.iter_bytes(1 << 20):
                        digest.update(block)
                        done += file.write(block)
                        if done > (size or MOST):
                            raise SetupError(f"{to.name} from {_host(address)} is longer than was said")
        except httpx.HTTPStatusError as error:
            raise SetupError(f"{_host(address)} answers {error.response.status_code} for {to.name}") from None
        except httpx.HTTPError as error:
            broke = type(error).__name__
        else:
            if done >= size:
                break
            broke = "too few bytes came"
    else:
        raise SetupError(f"the download of {to.name} from {_host(address)} failed ({broke})")
    if sha256 is not None and digest.hexdigest() != sha256:
        raise SetupError(f"{to.name} from {_host(address)} is damaged (its SHA-256 differs)")


def _host(address: str) -> str:
    """Where an address leads, for people; without a password that may be in it."""
    return urlsplit(address).hostname or address
