"""The guard of Prefect's API: whoever may call it can run commands, so a foreign page or name may not."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from cli.stack.prefect.server import Guard


async def answer(_: object) -> PlainTextResponse:
    return PlainTextResponse("inside")


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


APP = Guard(
    Starlette(routes=[Route("/api", answer, methods=["GET", "POST", "OPTIONS"]), WebSocketRoute("/ws", talk)]),
    {"127.0.0.1", "localhost"},
    4200,
)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "127.0.0.1:4200"}, 200),
        ({"host": "localhost:4200", "origin": "http://localhost:4200"}, 200),
        ({"host": "127.0.0.1:4200", "origin": "https://evil.example"}, 403),
        ({"host": "127.0.0.1:4200", "origin": "http://127.0.0.1:8080"}, 403),
        ({"host": "127.0.0.1:4200", "origin": "null"}, 403),
        ({"host": "rebound.example:4200"}, 403),
        ({"host": "rebound.example:4200", "origin": "http://rebound.example:4200"}, 403),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_only_this_machine_and_its_own_pages_are_answered(headers: dict[str, str], status: int, method: str) -> None:
    with TestClient(APP) as client:
        response = client.request(method, "/api", headers=headers)
    assert response.status_code == status
    assert ("inside" in response.text) == (status == 200)


def test_a_foreign_page_gets_no_socket() -> None:
    with TestClient(APP) as client:
        with client.websocket_connect("/ws", headers={"host": "127.0.0.1:4200"}):
            pass
        foreign = {"host": "127.0.0.1:4200", "origin": "https://evil.example"}
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/ws", headers=foreign):
            pass
