"""Talking to Meilisearch where it does not answer, refuses, or fails: a small stand-in for the server's HTTP."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from index.meili import client as meili_server
from index.meili.client import MeiliRefusal, MeiliServer
from index.meili.index import MeiliIndex
from index.meili.search_key import derived_key, ensured_key, key_uid
from index.port import Query
from kring.errors import DiskFull, IndexNotReady, SearchDown, SetupError


class StandIn:
    """Answers each (method, path) with the answers put down for it, the last again and again."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], list[tuple[int, Any]]] = {}
        self.seen: list[tuple[str, str, Any, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                sent = self.rfile.read(size)
                content_type = self.headers.get("Content-Type") or ""
                outer.seen.append((self.command, self.path, json.loads(sent) if sent else None, content_type))
                waiting = outer.answers.get((self.command, self.path), [(404, {"message": "?", "code": "not_found"})])
                status, said = waiting.pop(0) if len(waiting) > 1 else waiting[0]
                content = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PATCH = do_DELETE = answer

            def log_message(self, *arguments: object) -> None: ...

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever)
        self._thread.start()

    def says(self, method: str, path: str, *answers: tuple[int, Any]) -> None:
        self.answers[method, path] = list(answers)

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    made = StandIn()
    yield made
    made.close()


def refusal(status: int, code: str, message: str = "No.") -> tuple[int, dict[str, str]]:
    return status, {"message": message, "code": code, "type": "t", "link": "l"}


def test_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    index = MeiliIndex(MeiliServer(f"http://someone:secret@127.0.0.1:{port}", "key"), "kring")
    with pytest.raises(SearchDown, match=rf"Meilisearch at http://127\.0\.0\.1:{port} does not answer") as caught:
        index.search(Query("ord"))
    assert "secret" not in str(caught.value)
    with pytest.raises(SearchDown):
        index.versions()


def test_no_answer_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meili_server, "ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = MeiliServer(f"http://127.0.0.1:{silent.getsockname()[1]}", None)
        with pytest.raises(SearchDown, match="did not answer within"):
            server.ask("get", "health")


def test_an_address_that_is_none() -> None:
    with pytest.raises(SetupError, match="MEILI_URL must begin with http"):
        MeiliServer("127.0.0.1:7700", None)


def test_something_else_answers(stand_in: StandIn) -> None:
    stand_in.says("GET", "/health", (200, b"<html>hello"))
    with pytest.raises(SearchDown, match="is not Meilisearch; see MEILI_URL"):
        MeiliServer(stand_in.url, None).ask("get", "health")


def test_a_proxy_answers_in_its_place(stand_in: StandIn) -> None:
    stand_in.says("GET", "/health", (502, b"<html>Bad gateway"))
    with pytest.raises(SearchDown, match=r"\(with status 502\) is not Meilisearch; see MEILI_URL"):
        MeiliServer(stand_in.url, None).ask("get", "health")


@pytest.mark.parametrize(("status", "code"), [(403, "invalid_api_key"), (401, "missing_authorization_header")])
def test_a_wrong_key_is_a_matter_of_settings(stand_in: StandIn, status: int, code: str) -> None:
    stand_in.says("POST", "/multi-search", refusal(status, code))
    server = MeiliServer(stand_in.url, "not-for-logs")
    with pytest.raises(SetupError, match="does not accept the key in MEILI_MASTER_KEY") as caught:
        MeiliIndex(server, "kring").search(Query("ord"))
    assert "not-for-logs" not in str(caught.value)


def test_a_key_for_searching_may_not_be_known_yet(stand_in: StandIn) -> None:
    stand_in.says("POST", "/multi-search", refusal(403, "invalid_api_key"), (200, {"results": []}))
    server = MeiliServer(stand_in.url, "not-for-logs", setting="MEILI_SEARCH_KEY")
    with pytest.raises(SearchDown, match="does not know the key in MEILI_SEARCH_KEY; start the worker") as caught:
        MeiliIndex(server, "kring", searches_only=True).search(Query("ord"))
    assert "not-for-logs" not in str(caught.value)
    server.ask("post", "multi-search", {"queries": []})  # and then it is


def test_what_the_server_says_is_passed_on(stand_in: StandIn) -> None:
    stand_in.says("POST", "/multi-search", refusal(503, "too_many_search_requests", "Too many search requests."))
    with pytest.raises(MeiliRefusal, match=r"cannot do this: Too many search requests\.$"):
        MeiliIndex(MeiliServer(stand_in.url, None), "kring").search(Query("ord"))


def test_no_index_yet_means_that_it_is_being_built(stand_in: StandIn) -> None:
    stand_in.says("POST", "/multi-search", refusal(400, "index_not_found"))
    with pytest.raises(IndexNotReady):
        MeiliIndex(MeiliServer(stand_in.url, None), "kring").search(Query("ord"))


class TestTasks:
    def test_waits_for_success(self, stand_in: StandIn) -> None:
        answers = [(200, {"status": status}) for status in ("enqueued", "processing", "succeeded")]
        stand_in.says("GET", "/tasks/7", *answers)
        MeiliServer(stand_in.url, None).wait([7])
        assert len(stand_in.seen) == 3

    def test_a_failed_one_says_why(self, stand_in: StandIn) -> None:
        error = {"message": "The primary key is wrong.", "code": "invalid_document_id"}
        stand_in.says("GET", "/tasks/7", (200, {"status": "failed", "error": error}))
        with pytest.raises(MeiliRefusal, match="The primary key is wrong") as caught:
            MeiliServer(stand_in.url, None).wait([7])
        assert caught.value.code == "invalid_document_id"

    def test_a_full_disk(self, stand_in: StandIn) -> None:
        error = {"message": "No space left on device.", "code": "no_space_left_on_device"}
        stand_in.says("GET", "/tasks/7", (200, {"status": "failed", "error": error}))
        with pytest.raises(DiskFull, match="disk of Meilisearch"):
            MeiliServer(stand_in.url, None).wait([7])

    def test_one_that_was_canceled(self, stand_in: StandIn) -> None:
        stand_in.says("GET", "/tasks/7", (200, {"status": "canceled", "error": None}))
        with pytest.raises(SearchDown, match="task 7 was canceled"):
            MeiliServer(stand_in.url, None).wait([7])

    def test_not_for_ever(self, stand_in: StandIn) -> None:
        stand_in.says("GET", "/tasks/7", (200, {"status": "enqueued"}))
        with pytest.raises(SearchDown, match="has not done its work within"):
            MeiliServer(stand_in.url, None).wait([7], seconds=0.05)


class TestKeys:
    UID = key_uid("kring")

    def test_it_is_found_again(self, stand_in: StandIn) -> None:
        stand_in.says("GET", f"/keys/{self.UID}", (200, {"key": "abc"}))
        assert ensured_key(MeiliServer(stand_in.url, "master"), "kring") == "abc"

    def test_it_is_made_where_there_is_none(self, stand_in: StandIn) -> None:
        stand_in.says("GET", f"/keys/{self.UID}", refusal(404, "api_key_not_found"))
        stand_in.says("POST", "/keys", (201, {"key": "abc"}))
        assert ensured_key(MeiliServer(stand_in.url, "master"), "kring") == "abc"
        _, _, sent, content_type = stand_in.seen[-1]
        assert content_type == "application/json"
        assert set(sent) == {"uid", "name", "description", "actions", "indexes", "expiresAt"}
        assert (sent["actions"], sent["indexes"], sent["expiresAt"]) == (["search"], ["kring"], None)

    def test_somebody_else_made_it_a_moment_ago(self, stand_in: StandIn) -> None:
        stand_in.says("GET", f"/keys/{self.UID}", refusal(404, "api_key_not_found"), (200, {"key": "abc"}))
        stand_in.says("POST", "/keys", refusal(409, "api_key_already_exists"))
        assert ensured_key(MeiliServer(stand_in.url, "master"), "kring") == "abc"

    def test_a_server_without_keys(self, stand_in: StandIn) -> None:
        stand_in.says("GET", f"/keys/{self.UID}", refusal(401, "missing_master_key"))
        assert ensured_key(MeiliServer(stand_in.url, None), "kring") is None

    def test_other_troubles_are_not_hidden(self, stand_in: StandIn) -> None:
        stand_in.says("GET", f"/keys/{self.UID}", refusal(500, "internal"))
        with pytest.raises(MeiliRefusal):
            ensured_key(MeiliServer(stand_in.url, None), "kring")

    def test_its_value_is_known_beforehand(self) -> None:
        assert len(derived_key("master", "kring")) == 64
        assert derived_key("master", "kring") != derived_key("master", "other")
        assert key_uid("kring") == key_uid("kring") != key_uid("other")


def test_requests_of_several_threads_keep_their_headers(stand_in: StandIn) -> None:
    stand_in.says("POST", "/multi-search", (200, {"results": []}))
    stand_in.says("GET", "/health", (200, {}))
    server = MeiliServer(stand_in.url, None)

    def many(method: meili_server.Method, path: str, body: object) -> None:
        for _ in range(40):
            server.ask(method, path, body)

    threads = [threading.Thread(target=many, args=("post", "multi-search", {"queries": []})) for _ in range(2)]
    threads += [threading.Thread(target=many, args=("get", "health", None)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {content_type for method, _, _, content_type in stand_in.seen if method == "POST"} == {"application/json"}
    assert len(stand_in.seen) == 160
