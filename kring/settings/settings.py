"""All settings together, and which files they come from."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from kring.addresses import check_web_address
from kring.errors import SetupError
from kring.settings.providers import Provider, TrustedProxy
from kring.settings.sections import (
    FetchSettings,
    LocalSettings,
    MediaLimits,
    SearchSettings,
    TranscribeSettings,
    WorkerSettings,
)
from kring.settings.sources import Source
from kring.settings.web_section import WebSettings

_BUCKET = re.compile(
    r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9](?<!-s3alias)(?<!--ol-s3)"
)
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""


def config_path() -> Path:
    """`KRING_CONFIG`, which must exist, else `kring.toml` in the current folder, which need not. Raises SetupError."""
    named = os.environ.get("KRING_CONFIG")
    path = Path(named or "kring.toml")
    if named and not path.exists():
        raise SetupError(f"KRING_CONFIG names {path}, which does not exist; correct it, or unset it.")
    if path.is_dir():
        raise SetupError(f"{path} is a folder, and no file with settings; correct KRING_CONFIG.")
    return path


class Settings(BaseSettings):
    """All settings. `docs/settings.md` lists them; a test keeps that list complete."""

    model_config = SettingsConfigDict(
        env_prefix="KRING_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        nested_model_default_partial_update=True,
    )

    data_dir: Path = Path("data")
    """Everything Kring keeps on this machine: objects, index, Prefect's database, logs, credentials."""
    bucket: str = "kring"
    web: WebSettings = WebSettings()
    local: LocalSettings = LocalSettings()
    search: SearchSettings = SearchSettings()
    transcribe: TranscribeSettings = TranscribeSettings()
    worker: WorkerSettings = WorkerSettings()
    media: MediaLimits = MediaLimits()
    fetch: FetchSettings = FetchSettings()
    sources: tuple[Source, ...] = ()
    providers: tuple[Provider, ...] = ()
    trusted_proxy: TrustedProxy | None = None
    audit_days: float = Field(default=730, gt=0, le=36_500)
    """How long it is kept what people did; older entries are deleted."""

    # Other people's settings, under their own names.
    s3_endpoint: str | None = Field(default=None, validation_alias="AWS_ENDPOINT_URL")
    s3_access_key: str | None = Field(default=None, validation_alias="AWS_ACCESS_KEY_ID")
    s3_secret_key: SecretStr | None = Field(default=None, validation_alias="AWS_SECRET_ACCESS_KEY")
    s3_region: str = Field(default="us-east-1", validation_alias="AWS_REGION")
    prefect_api_url: str | None = Field(default=None, validation_alias="PREFECT_API_URL")
    prefect_auth_string: SecretStr | None = Field(default=None, validation_alias="PREFECT_API_AUTH_STRING")
    prefect_database_url: SecretStr | None = Field(
        default=None, validation_alias="PREFECT_SERVER_DATABASE_CONNECTION_URL"
    )
    meili_url: str | None = Field(default=None, validation_alias="MEILI_URL")
    meili_master_key: SecretStr | None = Field(default=None, validation_alias="MEILI_MASTER_KEY")
    meili_search_key: SecretStr | None = Field(default=None, validation_alias="MEILI_SEARCH_KEY")

    @model_validator(mode="before")
    @classmethod
    def _empty_is_not_set(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Of other people's settings, as files of variables have them."""
        foreign = {str(field.validation_alias) for field in cls.model_fields.values() if field.validation_alias}
        return {name: value for name, value in given.items() if name not in foreign or value != ""}

    @field_validator("s3_endpoint", "prefect_api_url", "meili_url")
    @classmethod
    def _is_an_address(cls, url: str | None, info: ValidationInfo) -> str | None:
        name = cls.model_fields[str(info.field_name)].validation_alias
        return check_web_address(url, f"variable {name}", "https://host.example.org") if url else None

    @field_validator("providers")
    @classmethod
    def _are_told_apart(cls, providers: tuple[Provider, ...]) -> tuple[Provider, ...]:
        if len({provider.slug for provider in providers}) < len(providers):
            raise ValueError("Two providers have the same name, or nearly; call them otherwise.")
        return providers

    @field_validator("bucket")
    @classmethod
    def _is_a_bucket(cls, name: str) -> str:
        if not _BUCKET.fullmatch(name) or re.fullmatch(r"[0-9]+(\.[0-9]+){3}", name):
            raise ValueError(
                "The setting bucket is no name that S3 allows: 3 to 63 lower-case letters, digits, hyphens and dots, "
                "with a letter or digit at both ends."
            )
        return name

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_path())

    @property
    def work_dir(self) -> Path:
        """Scratch space for files on their way; safe to delete while nothing runs."""
        return self.data_dir / "work"

    @property
    def index_dir(self) -> Path:
        return self.data_dir / "index"

    @property
    def link_file(self) -> Path:
        """The secret of the operator's link, if it is no setting (mode 0600)."""
        return self.data_dir / "link.secret"

    @property
    def stack_file(self) -> Path:
        """Where `kring up` writes down the addresses and credentials of its parts (mode 0600)."""
        return self.data_dir / "stack.json"
