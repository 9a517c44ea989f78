"""The demo, as people start it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.repository import REPOSITORY

pytestmark = pytest.mark.e2e


@pytest.mark.timeout(1100)
def test_the_demo_checks_itself(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PREFECT_"))}
    environment |= {"KRING_DATA_DIR": str(tmp_path / "data"), "KRING_CONFIG": os.devnull}
    environment |= {
        "KRING_WEB__PORT": "0",
        "KRING_LOCAL__S3_PORT": "0",
        "KRING_LOCAL__PREFECT_PORT": "0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "demo", "--check"],
        capture_output=True,
        text=True,
        timeout=1000,
        env=environment,
        cwd=REPOSITORY,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.rstrip().splitlines()[-1]
    assert re.fullmatch(r"demo: \d+ recordings, \d+ passages searchable in \d+ s", last), last
