"""Settings: `kring.toml`, overruled by the environment (`KRING_…`), read once at the edge of the program.

Other people's settings keep their own names: `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
`AWS_REGION`, `PREFECT_API_URL`, `PREFECT_API_AUTH_STRING`, `PREFECT_SERVER_DATABASE_CONNECTION_URL`, `MEILI_URL`,
`MEILI_MASTER_KEY`, `MEILI_SEARCH_KEY`. Where they are not set, the address of the stack that `kring up` runs on this
machine is taken from the data folder.
"""

from __future__ import annotations

import os
import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from kring.errors import SetupError
from kring.misspelt import unknown_key, unknown_variable
from kring.model import Line, Slug

_BUCKET = re.compile(
    r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9](?<!-s3alias)(?<!--ol-s3)"
)
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""


IN_A_LINK = r"[A-Za-z0-9_-]{16,200}"
"""What `web.link_secret` may be: it stands in an address."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _address(url: str, named: str, example: str) -> str:
    """The address, if it is one of http or https (or empty). Raises ValueError that names the setting."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets without end, a port that is no number or too high
        fits = False
    if url and not (fits and not re.search(r"[\s\x00-\x1f\x7f]", url)):
        raise ValueError(f"The {named} is no address such as {example}.")
    return url


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


WEB_PORT, S3_PORT, PREFECT_PORT, MEILI_PORT = 8420, 8333, 4200, 7700
"""Where the parts listen if no setting says where and nobody else is there."""


class Web(Section):
    """The web application."""

    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=0, le=65_535)
    """Their port, that one and no other (0: any that is free); None: `WEB_PORT`, or the next that is free."""
    proxies: tuple[str, ...] = ()
    """Addresses (or networks: `10.0.0.0/8`) of proxies in front of the pages, whose `X-Forwarded-For` and
    `X-Forwarded-Proto` are believed; so each visitor is counted by an address of their own."""
    public_url: str = ""
    """Address people use, for links; empty: the address it listens on."""
    facilitators: Literal["link", "all", "nobody"] = "link"
    """Who may upload and correct, as long as nobody logs in: `link` (or `local`, its former name): whoever has opened
    the link that `kring link` shows; `all`: everybody who reaches the pages; `nobody`: they are for reading only."""
    link_secret: SecretStr | None = None
    """The secret in that link; None or empty: one that is made once for the data folder (`kring.link`)."""
    uploads_to: str = ""
    """The object store's address as browsers reach it, for uploads that go there directly; empty: through the pages."""

    @field_validator("public_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        return _address(url, "setting web.public_url", "https://kring.example.org")

    @field_validator("uploads_to")
    @classmethod
    def _is_the_stores_address(cls, url: str) -> str:
        return _address(url, "setting web.uploads_to", "https://objects.example.org")

    @field_validator("proxies")
    @classmethod
    def _are_addresses(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            try:
                ip_network(proxy)
            except ValueError:
                raise ValueError(
                    "The setting web.proxies may only have addresses such as 10.0.0.7 and networks such as 10.0.0.0/8 "
                    "(with nothing but zeros after the network's part)."
                ) from None
        return proxies

    @field_validator("facilitators", mode="before")
    @classmethod
    def _called_as_before(cls, who: Any) -> Any:
        return "link" if who == "local" else who

    @field_validator("link_secret")
    @classmethod
    def _fits_into_a_link(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is None or not secret.get_secret_value():
            return None
        if not re.fullmatch(IN_A_LINK, secret.get_secret_value()):
            raise ValueError(
                "The setting web.link_secret must be 16 to 200 letters, digits, hyphens and underscores: "
                "`openssl rand -hex 24` makes a good one."
            )
        return secret

    @model_validator(mode="after")
    def _open_under_a_name(self) -> Self:
        if not self.public_url and not is_loopback(self.host):
            raise ValueError(
                "With web.host as it is, others can reach the pages, so web.public_url must say by which address they "
                "come (such as https://kring.example.org); without it, leave web.host at 127.0.0.1."
            )
        return self


class Local(Section):
    """The parts `kring up` runs on this machine. Their ports are meant as `web.port` is."""

    s3_port: int | None = Field(default=None, ge=0, le=65_535)
    prefect_port: int | None = Field(default=None, ge=0, le=65_535)
    meili_port: int | None = Field(default=None, ge=0, le=65_535)


class Search(Section):
    engine: Literal["auto", "embedded", "meilisearch"] = "auto"
    """`embedded`: in this process; `meilisearch`: a server; `auto`: that server where there is one, its program or its
    address."""


class Transcribe(Section):
    engine: str = "faster-whisper"
    """`faster-whisper` or `openai-whisper`."""
    model: str = "base"
    """A Whisper size (`base`, `small`, …), a model of the Hugging Face hub (`owner/name`, `owner/name@revision`), or a
    folder or file with weights."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto`: an NVIDIA GPU where the engine can use one, else the CPU."""
    precision: Literal["auto", "int8", "int8_float32", "int8_float16", "float16", "float32"] = "auto"
    """`auto`: on the CPU `int8` (openai-whisper: `float32`), on a GPU `float16`."""
    threads: int = Field(default=0, ge=0)
    """CPU threads per transcription; 0: all cores (openai-whisper: those that are fair for the worker's limit)."""


class Worker(Section):
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


class Fetch(Section):
    """Fetching addresses that people give to `kring add`."""

    allow_private: bool = False
    """Fetch from private and loopback addresses too."""


class FolderSource(Section):
    """A watched folder. Beside `x.mp4` may lie `x.toml` (title, circle, date, …) and `x.vtt`."""

    kind: Literal["folder"] = "folder"
    name: Line
    path: Path
    circle: Slug | None = None
    settle_seconds: float = Field(default=10, ge=0, allow_inf_nan=False)
    """A file is taken once its size has stood still for so long."""


class FeedSource(Section):
    """An RSS or podcast feed; every enclosure is a recording."""

    kind: Literal["feed"] = "feed"
    name: Line
    url: str
    circle: Slug
    language: str | None = None
    timezone: str | None = None
    """Of the publisher, for a feed that gives its times in UTC; None: the day is taken as it is written."""
    allow_private: bool = False
    """Fetch from private and loopback addresses too."""

    @field_validator("timezone")
    @classmethod
    def _is_a_timezone(cls, name: str | None) -> str | None:
        if name is not None and name not in available_timezones():
            raise ValueError(
                "The setting timezone of a feed must be a name of the IANA time zone database, such as Europe/Oslo."
            )
        return name


Source = Annotated[FolderSource | FeedSource, Field(discriminator="kind")]


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
    web: Web = Web()
    local: Local = Local()
    search: Search = Search()
    transcribe: Transcribe = Transcribe()
    worker: Worker = Worker()
    media: MediaLimits = MediaLimits()
    fetch: Fetch = Fetch()
    sources: tuple[Source, ...] = ()

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
        return _address(url, f"variable {name}", "https://host.example.org") if url else None

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
        """The secret of the facilitators' link, where it is no setting (mode 0600)."""
        return self.data_dir / "link.secret"

    @property
    def stack_file(self) -> Path:
        """Where `kring up` writes down the addresses and credentials of its parts (mode 0600)."""
        return self.data_dir / "stack.json"


def config_path() -> Path:
    """`KRING_CONFIG`, which must exist, else `kring.toml` in the current folder, which need not. Raises SetupError."""
    named = os.environ.get("KRING_CONFIG")
    path = Path(named or "kring.toml")
    if named and not path.exists():
        raise SetupError(f"KRING_CONFIG names {path}, which does not exist; correct it, or unset it.")
    if path.is_dir():
        raise SetupError(f"{path} is a folder, and no file with settings; correct KRING_CONFIG.")
    return path


def load_settings(**overrides: Any) -> Settings:
    """Read the settings; `data_dir` comes out absolute.

    Raises SetupError naming the setting and what is wrong with it (never its value).
    """
    if unknown := unknown_variable(Settings, os.environ):
        raise SetupError(unknown)
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise SetupError(_in_words(error)) from None
    except SettingsError as error:  # a variable that should hold JSON
        [field] = re.findall(r'field "(\w+)"', str(error)) or ["…"]
        raise SetupError(
            f"The variable KRING_{field.upper()} is not the JSON it has to be. See docs/settings.md."
        ) from None
    except ValueError as error:  # a kring.toml that is not TOML
        raise SetupError(f"{config_path()} cannot be read: {error}.") from None
    except OSError as error:
        raise SetupError(f"{config_path()} cannot be read: {error.strerror}.") from None
    return settings.model_copy(update={"data_dir": settings.data_dir.expanduser().resolve()})


def _in_words(error: ValidationError) -> str:
    errors = error.errors(include_input=False, include_url=False)
    first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    if first["type"] == "extra_forbidden":  # what is missing besides may be what it was meant to be
        return unknown_key(Settings, {"folder": FolderSource, "feed": FeedSource}, first["loc"])
    if first["type"] == "value_error":  # one of our own
        return str(first["ctx"]["error"])
    where = ".".join(str(part) for part in first["loc"]) or "settings"
    return f"The setting {where} is wrong: {first['msg']}. See docs/settings.md."
