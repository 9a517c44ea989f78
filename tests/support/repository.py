"""The folder of the repository, for tests that read its files or run its programs."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
