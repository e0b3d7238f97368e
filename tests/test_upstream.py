"""The mock as the authentication edge in front of somebody else's fake."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from mockwise import MockWise


class Fake(BaseHTTPRequestHandler):
    """Says what it was asked, by whom."""

    def do_POST(self) -> None:
        """Answer with what was asked, by whom."""
        body = self.rfile.read(int(self.headers["content-length"]))
        names = ("x-mockwise-client-id", "x-mockwise-token-kind", "x-mockwise-user-id", "x-mockwise-sandbox")
        said = {"path": self.path, "body": body.decode(), **{name: self.headers[name] for name in names}}
        answer = json.dumps(said).encode()
        self.send_response(201)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  because the library calls it so
        """Nothing: a test is quiet."""


@pytest.fixture
def fake() -> Iterator[ThreadingHTTPServer]:
    """A server of the user's own."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Fake) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_what_is_not_modelled_goes_upstream(fake: ThreadingHTTPServer) -> None:
    """Once the token is checked; with who was authenticated, whatever the caller says of that itself."""
    url = f"http://127.0.0.1:{fake.server_port}"
    with MockWise(upstream=url, token_format="uuid") as mock:
        box = mock.default
        with box.user_client() as ann:
            answer = ann.post("/v1/transfers?a=b", content=b"{}", headers={"x-mockwise-user-id": "1"})
            assert ann.get("/v1/me").status_code == 200
        with httpx.Client(base_url=box.mtls_url, verify=box.ssl_context()) as nobody:
            assert nobody.post("/v1/transfers", content=b"{}").status_code == 401
        assert answer.status_code == 201
        assert answer.json() == {
            "path": "/v1/transfers?a=b",
            "body": "{}",
            "x-mockwise-client-id": box.client_id,
            "x-mockwise-token-kind": "user",
            "x-mockwise-user-id": str(box.users[0].user_id),
            "x-mockwise-sandbox": "default",
        }


def test_an_upstream_that_is_not_there_is_502() -> None:
    """And the reason says so."""
    with (
        MockWise(upstream="http://127.0.0.1:9", token_format="uuid") as mock,
        mock.default.user_client() as ann,
    ):
        answer = ann.post("/v1/transfers", json={})
        assert answer.status_code == 502
        assert "upstream" in answer.headers["x-mockwise-reason"]


def test_without_an_upstream_it_is_501() -> None:
    """Which names the operation and the three ways on."""
    with MockWise(token_format="uuid") as mock, mock.default.user_client() as ann:
        answer = ann.post("/v1/transfers", json={})
        assert answer.status_code == 501
        assert answer.json()["operation_id"]
        assert len(answer.json()["ways_on"]) == 3
