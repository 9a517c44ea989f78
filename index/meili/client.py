"""Talking to a Meilisearch server: requests, the tasks they start, and what its errors mean for people.

Meilisearch does everything but searching later, in tasks: nothing is done until its task has succeeded.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Literal
from urllib.parse import urlsplit

import requests
from meilisearch import Client
from meilisearch.errors import MeilisearchApiError, MeilisearchCommunicationError, MeilisearchTimeoutError

from kring.errors import DiskFull, SearchDown, SetupError

ANSWER_SECONDS = 60
"""How long one answer may take; documents are sent in batches that are small enough."""
TASK_SECONDS = 300.0
"""How long a write may wait for its turn and be done."""
_LOOK_AFTER, _LOOK_AT_LEAST = 0.01, 0.5  # seconds between two looks at a task: growing from the one to the other
_WRONG_KEY = ("invalid_api_key", "missing_authorization_header")
_MADE_LATER = "MEILI_SEARCH_KEY"
"""The setting of the one key that the server may not know yet: a writer makes it known."""
_NO_ROOM = "no_space_left_on_device"

Method = Literal["get", "post", "patch", "delete"]


class MeiliRefusal(SearchDown):
    """The server answered that it cannot do this; `code` is its own word for why, `index_not_found` for one."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class MeiliServer:
    """Safe to share between threads. `key`: None for a server without a master key; `setting`: where it comes from."""

    def __init__(self, url: str, key: str | None, *, setting: str = "MEILI_MASTER_KEY") -> None:
        if not url.startswith(("http://", "https://")):
            raise SetupError("MEILI_URL must begin with http:// or https://, as in http://127.0.0.1:7700.")
        address = urlsplit(url)
        self.where = f"{address.scheme}://{address.netloc.rpartition('@')[2]}"
        self._is_here = address.hostname in ("127.0.0.1", "localhost", "::1")
        self._url, self._key, self._setting = url.rstrip("/"), key, setting

    def with_key(self, key: str) -> MeiliServer:
        """The same server, asked with another key."""
        return MeiliServer(self._url, key, setting=self._setting)

    def ask(self, method: Method, path: str, body: Any = None) -> Any:
        """The answer as JSON. `body`: JSON, or bytes that are JSON already.

        Raises MeiliRefusal, SetupError for a wrong key, DiskFull, or SearchDown if no answer comes, and for a key for
        searching that the server does not know (yet).
        """
        try:
            return self._send(method, path, body)
        except MeilisearchApiError as error:
            if not error.code:  # a proxy before it, or something else
                raise SearchDown(
                    f"What answers at {self.where} (with status {error.status_code}) is not Meilisearch; see MEILI_URL."
                ) from None
            raise self._refusal(str(error.message), str(error.code)) from None
        except MeilisearchTimeoutError:
            raise SearchDown(f"Meilisearch at {self.where} did not answer within {ANSWER_SECONDS} s.") from None
        except MeilisearchCommunicationError:
            raise SearchDown(
                f"Meilisearch at {self.where} does not answer; start it, or set MEILI_URL to where it runs."
            ) from None
        except (OSError, ValueError):  # what `requests` raises besides, for an answer that is not JSON, for one
            raise SearchDown(f"What answers at {self.where} is not Meilisearch; see MEILI_URL.") from None

    def _send(self, method: Method, path: str, body: Any) -> Any:
        # The client keeps the headers of a request, and two threads would mix them: one client for each. And a
        # connection for each, for one that was kept may just be closing.
        http = Client(self._url, self._key, timeout=ANSWER_SECONDS).http
        with requests.Session() as session:
            session.trust_env = not self._is_here  # here it is asked directly, whatever proxies the environment names
            content_type = None if body is None else "application/json"
            return http.send_request(getattr(session, method), path, body, content_type)

    def submit(self, method: Method, path: str, body: Any = None) -> int:
        """Start a task; its number."""
        return int(self.ask(method, path, body)["taskUid"])

    def wait(self, tasks: Iterable[int], seconds: float = TASK_SECONDS) -> None:
        """Return when all these tasks have succeeded. Raises MeiliRefusal or DiskFull if one has not."""
        deadline = time.monotonic() + seconds
        for task in tasks:
            pause = _LOOK_AFTER
            while (seen := self.ask("get", f"tasks/{task}"))["status"] in ("enqueued", "processing"):
                if time.monotonic() > deadline:
                    raise SearchDown(
                        f"Meilisearch at {self.where} has not done its work within {seconds:.0f} s; it may be busy."
                    )
                time.sleep(pause)
                pause = min(pause * 1.5, _LOOK_AT_LEAST)
            if seen["status"] != "succeeded":
                error = seen.get("error") or {}
                message = error.get("message") or f"task {task} was {seen['status']}"
                raise self._refusal(str(message), str(error.get("code") or ""))

    def _refusal(self, message: str, code: str) -> Exception:
        if code in _WRONG_KEY and self._setting == _MADE_LATER:
            return SearchDown(
                f"Meilisearch at {self.where} does not know the key in {self._setting}; start the worker, which makes "
                "it known, or set the right one."
            )
        if code in _WRONG_KEY:
            return SetupError(
                f"Meilisearch at {self.where} does not accept the key in {self._setting}; set the right one."
            )
        if code == _NO_ROOM:
            return DiskFull(f"The disk of Meilisearch at {self.where} is full; make room and try again.")
        return MeiliRefusal(f"Meilisearch at {self.where} cannot do this: {message.rstrip('.')}.", code)
