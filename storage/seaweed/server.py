"""The local S3 server as a service by itself, for containers; `kring up` needs none of this.

    python -m storage.seaweed.server NAME PORT [LISTEN]

Serves what lies in `KRING_DATA_DIR` to those who know AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, as NAME, the host
name its clients use. LISTEN: the address it listens on; by default every one the container has. Its inner parts are
closed just as they are under `kring up`.
"""

from __future__ import annotations

import os
import sys

from kring.errors import KringError, SetupError
from kring.settings import load_settings
from storage.seaweed import program as seaweed


def main(host: str, port: int, listen: str = "0.0.0.0") -> int:  # noqa: S104 — a container is a machine of its own
    """Become the server; what it returns is the exit code of one that cannot."""
    try:
        settings = load_settings()
        if not settings.s3_access_key or settings.s3_secret_key is None:
            raise SetupError("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: the keys that the store gives out.")
        folder = settings.data_dir
        os.umask(0o077)
        prepared = seaweed.prepare(folder, host=host, credentials=(settings.s3_access_key, settings.s3_secret_key))
        command = seaweed.command(folder, port, prepared, host=host, listen=listen)
        os.chdir(folder)
        os.execve(command[0], command, os.environ | seaweed.environment(folder, prepared))  # noqa: S606 — what it is for
    except KringError as error:
        print(error, file=sys.stderr)  # noqa: T201 — the container's log
    return 1


if __name__ == "__main__":
    if len(sys.argv) not in {3, 4} or not sys.argv[2].isdecimal():
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:]))
