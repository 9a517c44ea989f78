"""A worker whose runs can be held in the middle of a step, so that a test can kill it exactly there.

Run as `python -m tests.support.stack.held_worker`. While `$KRING_TEST_HOLD/<step>` exists, a run that is about to write
the first object of that step writes `<step>.reached` and waits. Each call of an engine is noted in `transcriptions`.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

from flows import recording
from flows.steps import steps
from flows.worker import serve
from kring.local_stack import connect_locally
from kring.settings import load_settings
from services.ports import Ports
from services.prefect_env import prefect_environment
from storage.s3.store import S3Store
from transcribe.port import Transcriber

HOLD = Path(os.environ["KRING_TEST_HOLD"])

process_recording = recording.process_recording
"""The deployment's entry point: importing this module puts the holds in place."""


def hold() -> None:
    current = recording.current_step()
    if current is None or not (HOLD / current.value).exists():
        return
    (HOLD / f"{current.value}.reached").touch()
    while (HOLD / current.value).exists():
        time.sleep(0.05)


def held(put: Any) -> Any:
    def wrapped(self: S3Store, key: str, *arguments: Any, **options: Any) -> Any:
        if not key.startswith("runs/"):
            hold()
        return put(self, key, *arguments, **options)

    return wrapped


def index_held(job: steps.Job) -> None:
    hold()
    original_index(job)


def transcriber_noted(ports: Ports) -> Transcriber:
    engine = original_transcriber(ports)
    transcribe = engine.transcribe

    def noted(*arguments: Any, **options: Any) -> Any:
        with (HOLD / "transcriptions").open("a") as file:
            file.write("x")
        return transcribe(*arguments, **options)

    engine.transcribe = noted  # type: ignore[method-assign]
    return engine


original_index = steps.index
original_transcriber = Ports.transcriber.func  # type: ignore[attr-defined]
S3Store.put_file = held(S3Store.put_file)  # type: ignore[method-assign]
S3Store.put_bytes = held(S3Store.put_bytes)  # type: ignore[method-assign]
steps.index = index_held
Ports.transcriber = property(transcriber_noted)  # type: ignore[assignment]

if __name__ == "__main__":
    settings = connect_locally(load_settings())
    os.environ.update(prefect_environment(settings))
    asyncio.run(serve(settings, entrypoint="tests.support.stack.held_worker.process_recording"))
