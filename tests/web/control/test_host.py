from __future__ import annotations

import ssl

import httpx
import pytest

from mockwise import MockWise
from mockwise.common.clock import wall_now
from mockwise.errors import MockwiseError
from mockwise.transport.tls.alerts import FailedHandshake
from tests.web.control.control_app import ControlApp


def test_it_is_there(control: httpx.Client) -> None:
    """`GET /health` says so, with the version."""
    answer = control.get("/health").json()
    assert answer["status"] == "ok"
    assert answer["version"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "the body is not JSON"),
        (b"\xff", "the body cannot be read"),
        (b'{"name":"\\ud800"}', "half of a character"),
        (b'{"\\ud800":1}', "send a JSON object"),
        (b"[" * 100_000, "the body "),
        (b'{"name":' + b"[" * 900 + b"]" * 900 + b"}", "name: Input should be a valid string"),
    ],
)
def test_what_is_no_json_is_no_accident_of_ours(control: httpx.Client, content: bytes, said: str) -> None:
    """Malformed input is never a 500."""
    answer = control.post("/sandboxes", content=content, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}
    assert said in answer.json()["message"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_is_not_called_json_is_none(control: httpx.Client, kind: str) -> None:
    """A form of another site cannot be read as JSON; nor is it a 500."""
    answer = control.post("/sandboxes", content="{}", headers={"content-type": kind})
    assert (answer.status_code, answer.json()["error"]) == (422, "invalid_request")
    assert "Content-Type: application/json" in answer.json()["message"]


def test_refused_handshakes_belong_to_the_mock(control: httpx.Client, mock: MockWise) -> None:
    """`GET /handshakes` has time, alert and reason; the newest come last."""
    before = control.get("/handshakes?limit=0").json()
    context = ssl.create_default_context(cafile=mock.ca_file)
    with httpx.Client(verify=context) as bare, pytest.raises(httpx.HTTPError):
        bare.get(mock.mtls_url)
    after = control.get("/handshakes?limit=1").json()
    assert before["handshakes"] == []
    assert after["count"] == before["count"] + 1
    [refusal] = after["handshakes"]
    assert (refusal["listener"], refusal["alert"]) == ("mtls", "certificate_required")
    assert refusal["peer"].startswith("127.0.0.1:")
    assert refusal["reason"]


@pytest.mark.parametrize(
    ("peer", "shown"), [(("::1", 5), "[::1]:5"), (("127.0.0.1", 5), "127.0.0.1:5"), (None, None)]
)
def test_a_peer_is_shown_as_in_urls(peer: tuple[str, int] | None, shown: str | None) -> None:
    """IPv6 addresses are bracketed (RFC 3986 section 3.2.2); one that left too soon has none."""
    refusal = FailedHandshake(wall_now(), "mtls", "c1", peer, None, None, "why")
    [seen] = ControlApp(handshakes=lambda: [refusal]).request("GET", "/handshakes").json()["handshakes"]
    assert seen["peer"] == shown


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/sandboxes", "GET, HEAD, OPTIONS, POST"),
        ("PATCH", "/sandboxes/default", "DELETE, GET, HEAD, OPTIONS"),
        ("POST", "/health", "GET, HEAD, OPTIONS"),
        ("POST", "/openapi.json", "GET, HEAD, OPTIONS"),
        ("HEAD", "/sandboxes/default/reset", "OPTIONS, POST"),
    ],
)
def test_another_method_is_told_the_right_ones(
    control: httpx.Client, method: str, path: str, allowed: str
) -> None:
    """405 with all methods of the path (RFC 9110 section 15.5.6)."""
    answer = control.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert method == "HEAD" or allowed in answer.json()["message"]


@pytest.mark.parametrize("path", ["/nowhere", "/sandboxes/", "/sandboxes/default/nothing", "/docs/other.js"])
def test_an_unknown_path_is_404(control: httpx.Client, path: str) -> None:
    """And the message says where the paths are listed (one error model)."""
    answer = control.get(path)
    assert answer.status_code == 404
    assert "/docs" in answer.json()["message"]


def test_nothing_of_it_is_on_the_hosts_that_stand_in_for_wise(mock: MockWise) -> None:
    """The control API has a host of its own."""
    with httpx.Client(verify=mock.default.ssl_context()) as client:
        for url in (mock.mtls_url, mock.tls_url):
            for path in ("/health", "/sandboxes", "/docs", "/openapi.json", "/oauth/introspect"):
                assert client.get(url + path).status_code == 404


def test_our_own_mistake_is_a_500_without_a_traceback() -> None:
    """What fails in mockwise itself says so, in the one error model."""

    def broken() -> list[FailedHandshake]:
        raise RuntimeError("inner secret")

    answer = ControlApp(handshakes=broken).request("GET", "/handshakes")
    assert (answer.status_code, answer.json()["error"]) == (500, "internal_error")
    assert "inner secret" not in answer.text


def test_what_the_mock_cannot_do_now_is_a_conflict() -> None:
    """Any other misuse is about the state that things are in (RFC 9110 section 15.5.10)."""

    def unwilling() -> list[FailedHandshake]:
        raise MockwiseError("not now")

    answer = ControlApp(handshakes=unwilling).request("GET", "/handshakes")
    assert (answer.status_code, answer.json()) == (409, {"error": "conflict", "message": "not now"})
