"""What may pass is tried again, what cannot pass is not, and patience ends."""

from __future__ import annotations

import pytest

from kring.errors import DiskFull, KringError, NotMedia, StorageDown
from services.retry import with_retries


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.retry.RETRY_SECONDS", [0.0, 0.0, 0.0])


def failing(*errors: KringError) -> tuple[list[KringError], object]:
    left = list(errors)

    def work() -> str:
        if left:
            raise left.pop(0)
        return "done"

    return left, work


def test_it_goes_on_once_the_server_is_back() -> None:
    said: list[str] = []
    _, work = failing(StorageDown("The store is down."), StorageDown("Still down."))
    assert with_retries(work, said.append) == "done"  # type: ignore[arg-type]
    assert [sentence.split(".")[0] for sentence in said] == ["The store is down", "Still down"]


def test_it_gives_up_in_the_end() -> None:
    left, work = failing(*(StorageDown("down") for _ in range(5)))
    with pytest.raises(StorageDown):
        with_retries(work, lambda _: None)  # type: ignore[arg-type]
    assert len(left) == 1


@pytest.mark.parametrize("error", [NotMedia("no"), DiskFull("full")])
def test_what_cannot_pass_is_not_tried_again(error: KringError) -> None:
    left, work = failing(error, error)
    with pytest.raises(type(error)):
        with_retries(work, lambda _: None)  # type: ignore[arg-type]
    assert len(left) == 1
