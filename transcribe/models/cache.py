"""Files and folders made once and kept: filled beside their place and put there in one move.

So several processes may look at once, and none meets half a model.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from kring.errors import DiskFull, SetupError

Fill = Callable[[Path], None]
"""Puts weights at a path, or raises SetupError with why it cannot."""


def obtain(target: Path, fills: Sequence[Fill]) -> Path:
    """`target`, filled by the first of `fills` that can. Raises SetupError with what each of them said."""
    if target.exists():
        return target
    tried = [f"there is nothing in the cache at {target}"]
    for fill in fills:
        try:
            with _in_one_move(target) as part:
                fill(part)
        except SetupError as error:
            tried.append(str(error).rstrip("."))
        else:
            return target
    raise SetupError("; ".join(tried))


@contextmanager
def _in_one_move(target: Path) -> Iterator[Path]:
    """A path to fill, moved to `target` in the end; where another process was faster, its result stays."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".part-", ignore_cleanup_errors=True) as scratch:
            part = Path(scratch) / target.name
            yield part
            try:
                part.rename(target)
            except OSError as error:
                if error.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
                    raise
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(f"There is no room for the weights in {target.parent}; free some space there.") from None
        raise SetupError(f"{target} cannot be written: {error.strerror or error}") from None
