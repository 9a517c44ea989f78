"""Settings of what runs beside the web application: local stack, search, transcription, worker, limits, fetching."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kring.settings.section import Section

WEB_PORT, S3_PORT, PREFECT_PORT, MEILI_PORT = 8420, 8333, 4200, 7700
"""Ports of the parts if no setting names others and they are free."""


class LocalSettings(Section):
    """The parts `kring up` runs on this machine. Their ports are meant as `web.port` is."""

    s3_port: int | None = Field(default=None, ge=0, le=65_535)
    prefect_port: int | None = Field(default=None, ge=0, le=65_535)
    meili_port: int | None = Field(default=None, ge=0, le=65_535)


class SearchSettings(Section):
    engine: Literal["auto", "embedded", "meilisearch"] = "auto"
    """`embedded`: in this process; `meilisearch`: a server; `auto`: that server if there is one, its program or its
    address."""


class TranscribeSettings(Section):
    engine: str = "faster-whisper"
    """`faster-whisper` or `openai-whisper`."""
    model: str = "base"
    """A Whisper size (`base`, `small`, …), a model of the Hugging Face hub (`owner/name`, `owner/name@revision`), or a
    folder or file with weights."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto`: an NVIDIA GPU if the engine can use one, else the CPU."""
    precision: Literal["auto", "int8", "int8_float32", "int8_float16", "float16", "float32"] = "auto"
    """`auto`: on the CPU `int8` (openai-whisper: `float32`), on a GPU `float16`."""
    threads: int = Field(default=0, ge=0)
    """CPU threads per transcription; 0: all cores (openai-whisper: those that are fair for the worker's limit)."""


class WorkerSettings(Section):
    limit: int = Field(default=2, ge=1)
    """Recordings worked on at the same time."""
    discover_seconds: int = Field(default=60, ge=5)
    reconcile_seconds: int = Field(default=300, ge=30)
    lease_seconds: int = Field(default=60, ge=10)
    """A run that has not reported for so long is taken for dead."""


class MediaLimits(Section):
    """What hostile or broken media may cost."""

    max_hours: float = Field(default=12, gt=0, le=10_000)
    max_gb: float = Field(default=50, gt=0, le=1_000_000)
    memory_mb: int = Field(default=2048, ge=256)
    """Address space of one ffmpeg process."""
    spare_disk_mb: int = Field(default=512, ge=0)
    """Disk that stays free; work that would need it waits with a clear error."""


class FetchSettings(Section):
    """Fetching addresses that people give to `kring add`."""

    allow_private: bool = False
    """Fetch from private and loopback addresses too."""
