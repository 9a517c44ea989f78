"""Having the local object store write its files without the bytes of deleted objects.

SeaweedFS appends objects to volumes; what is deleted lies there until the volume is compacted, which it does by itself
only when a third of one is garbage. For containers, in the store's own:

    python -m storage.seaweed.compaction NAME

NAME: the host name by which `storage.seaweed.server` was started.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from kring.errors import KringError, StorageDown
from kring.settings import load_settings
from storage.seaweed import program
from storage.seaweed.program import LOOPBACK

SECONDS = 3600.0
"""For all volumes together: copying 1 TB at 300 MB a second."""
SMALLEST_SHARE = "0.000000001"
"""Of a volume that is garbage, from which on it is compacted: one byte of a gigabyte."""
SETTLE_SECONDS = 5.0
"""SeaweedFS marks the bytes of a deleted object as free a second or two after its name is gone."""
COMMANDS = f"lock\nvolume.vacuum -garbageThreshold={SMALLEST_SHARE}\nunlock\n"
FAILED = "The object store has not compacted its files ({problem}); it does so by itself once a third of one is free."


def compact(folder: Path, *, host: str = LOOPBACK) -> None:
    """Compact every volume of the server that runs in `folder` and has deleted bytes. Raises StorageDown."""
    known = program.read(folder / "seaweed.json")
    if known is None:
        raise StorageDown(FAILED, problem="there is none in this data folder")
    time.sleep(SETTLE_SECONDS)
    master = f"{host}:{known.ports['master.port']}.{known.ports['master.port.grpc']}"
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder)}
    try:
        done = subprocess.run(
            [program.weed_program(), "shell", f"-master={master}"],
            input=COMMANDS,
            env=environment | program.environment(folder, known),
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StorageDown(FAILED, problem=type(error).__name__) from None
    said = f"{done.stdout}\n{done.stderr}"
    if done.returncode != 0 or "error" in said.casefold():
        raise StorageDown(FAILED, problem=(said.strip().splitlines() or ["no answer"])[-1][:200])


if __name__ == "__main__":
    try:
        compact(load_settings().data_dir, host=sys.argv[1] if len(sys.argv) > 1 else LOOPBACK)
    except KringError as error:
        sys.exit(str(error))
