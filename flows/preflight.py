"""What has to be right before Kring starts, beyond what a setting may say: the engine, its model, the watched folders.

The parts would find out by themselves, one after the other, in their logs; so it is asked first, and answered in one
sentence.
"""

from __future__ import annotations

import os

from flows.sources import names_are_apart
from kring.errors import SetupError
from kring.local_stack import read_stack
from kring.settings import FolderSource, Settings


def check_start(settings: Settings) -> None:
    """Raises SetupError for the first thing that is wrong."""
    check_engine(settings)
    names_are_apart(settings)
    for source in settings.sources:
        if isinstance(source, FolderSource):
            check_folder(source)


def check_worker(settings: Settings) -> None:
    """As `check_start`; one of a running stack is begun also while a watched folder is out of reach for a while."""
    if read_stack(settings) is None:
        check_start(settings)
    else:
        check_engine(settings)


def check_engine(settings: Settings) -> None:
    """Whether there is such an engine and such a model; not whether its weights can be had. Raises SetupError."""
    from transcribe.engines.registry import open_transcriber

    open_transcriber(settings)


def check_folder(source: FolderSource) -> None:
    """Raises SetupError if the watched folder is not there, or cannot be read."""
    folder = source.path.expanduser().resolve()
    what = f"The watched folder {folder} of the source “{source.name}”"
    if not folder.exists():
        raise SetupError(f"{what} does not exist; create it, or correct the path in the settings.")
    if not folder.is_dir():
        raise SetupError(f"{what} is not a folder; correct the path in the settings.")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise SetupError(f"{what} cannot be read; give the account that runs Kring the right to.")
