"""Settings: `kring.toml`, overruled by the environment (`KRING_…`), read once at the edge of the program.

Other people's settings keep their own names: `AWS_ENDPOINT_URL`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
`AWS_REGION`, `PREFECT_API_URL`, `PREFECT_API_AUTH_STRING`, `PREFECT_SERVER_DATABASE_CONNECTION_URL`, `MEILI_URL`,
`MEILI_MASTER_KEY`, `MEILI_SEARCH_KEY`. Where they are not set, the address of the stack that `kring up` runs on this
machine is taken from the data folder.
"""

from kring.settings.load import load_settings
from kring.settings.providers import Provider, RoleRule, TrustedProxy
from kring.settings.sections import (
    MEILI_PORT,
    PREFECT_PORT,
    S3_PORT,
    WEB_PORT,
    FetchSettings,
    LocalSettings,
    MediaLimits,
    SearchSettings,
    TranscribeSettings,
    WorkerSettings,
)
from kring.settings.settings import Settings, config_path
from kring.settings.sources import FeedSource, FolderSource, Source
from kring.settings.web_section import IN_A_LINK, WebSettings

__all__ = [
    "IN_A_LINK",
    "MEILI_PORT",
    "PREFECT_PORT",
    "S3_PORT",
    "WEB_PORT",
    "FeedSource",
    "FetchSettings",
    "FolderSource",
    "LocalSettings",
    "MediaLimits",
    "Provider",
    "RoleRule",
    "SearchSettings",
    "Settings",
    "Source",
    "TranscribeSettings",
    "TrustedProxy",
    "WebSettings",
    "WorkerSettings",
    "config_path",
    "load_settings",
]
