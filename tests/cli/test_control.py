"""What is said when no control host answers, or another one than was meant."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mockwise import MockWise
from mockwise.cli.control import Control
from mockwise.errors import MockwiseError
from tests.cli.processes import FREE_PORTS, fail, succeed

NOBODY = "http://127.0.0.1:1"


@contextmanager
def somebody(
    status: int, body: bytes, *, torn: bool = False, media_type: str = "application/json"
) -> Iterator[str]:
    """An HTTP server that is no control host."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body) + torn))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *_: object) -> None:  # noqa: A002  because it is called so
            """Write no log line for a request."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>"), (200, b"[]"), (404, b"no"), (404, b'{"detail": 1}'), (302, b"[]")]
)
def test_another_server_is_told_from_a_mock(status: int, body: bytes) -> None:
    """Whatever it answers, one line says how to name the right one."""
    with somebody(status, body) as url, Control(url, None, "default") as control:
        with pytest.raises(
            MockwiseError, match="is no control host of a mock: name that with --control"
        ) as error:
            control.read()
        assert url in str(error.value)


def test_one_that_refuses_to_be_followed() -> None:
    """A sandbox may be gone in the meantime."""
    with (
        somebody(404, b'{"message": "there is no such sandbox"}') as url,
        Control(url, None, "x") as control,
        pytest.raises(MockwiseError, match="there is no such sandbox"),
    ):
        list(control.follow(0))


def test_a_server_that_breaks_off() -> None:
    """It is not there, as far as we are concerned; one that is followed has come to its end."""
    with (
        somebody(200, b"{}", torn=True, media_type="text/event-stream") as url,
        Control(url, None, "default") as control,
    ):
        with pytest.raises(MockwiseError, match=f"no mock answers at {url}"):
            control.read()
        assert list(control.follow(0)) == []


def test_what_keeps_a_stream_open_is_no_exchange() -> None:
    """A comment between events is passed over, also behind one that has set an id (WHATWG, server-sent events)."""
    told = b': listening\n\nevent: exchange\ndata: {"number": 1}\nid: 1\n\n: ping\n\n'
    with (
        somebody(200, told, media_type="text/event-stream") as url,
        Control(url, None, "default") as control,
    ):
        assert list(control.follow(0)) == [{"number": 1}]


def test_one_that_has_no_events() -> None:
    """A page is not read as if it were a journal without exchanges."""
    with (
        somebody(200, b"<html>", media_type="text/html") as url,
        Control(url, None, "default") as control,
        pytest.raises(MockwiseError, match="is no control host of a mock"),
    ):
        list(control.follow(0))


@pytest.mark.parametrize("verb", ["status", "journal", "rotate"])
def test_nobody_answers(verb: str) -> None:
    """The line says how to start a mock, and how to name another one."""
    line = fail(verb, environ={"MOCKWISE_CONTROL_URL": NOBODY}, status=1)
    assert f"no mock answers at {NOBODY}" in line
    assert "`mockwise serve`" in line
    assert "--control or MOCKWISE_CONTROL_URL" in line


def test_nobody_can_be_followed() -> None:
    """The mock may have stopped since it was asked for the journal."""
    with Control(NOBODY, None, "default") as control, pytest.raises(MockwiseError, match="no mock answers"):
        list(control.follow(0))


@pytest.mark.parametrize(
    "url", ["localhost:8445", "here", "ftp://127.0.0.1", "http://127.0.0.1:port", "http://"]
)
def test_what_is_no_url(url: str) -> None:
    """The line shows one that is."""
    with (
        pytest.raises(MockwiseError, match=r"Write for example http://127\.0\.0\.1:8445"),
        Control(url, None, "default") as control,
    ):
        control.read()


def test_a_proxy_does_not_stand_before_a_control_host(mockwise_server: MockWise) -> None:
    """A company's HTTP_PROXY would not find this machine's loopback."""
    environ = {
        **mockwise_server.default.environ(),
        "HTTP_PROXY": "http://127.0.0.1:1",
        "http_proxy": "http://127.0.0.1:1",
    }
    assert "export" in succeed("env", environ=environ)


def test_the_control_token_is_asked_for_by_name() -> None:
    """With it the verbs work; without it, or with a wrong or an impossible one, the line names the option."""
    with MockWise(control_token="let-me-in") as mock:
        environ = mock.default.environ()
        assert "let-me-in" in succeed("env", environ=environ)
        url = ["--control", mock.control_url]
        for line in (
            fail("env", *url, status=1),
            fail("env", *url, "--control-token", "wrong", status=1),
            fail("env", *url, "--control-token", "a\nb"),
        ):
            assert "--control-token" in line
            assert "let-me-in" not in line


def test_another_address_needs_a_token() -> None:
    """`serve` refuses to stand open to a network."""
    assert "--control-token" in fail("serve", *FREE_PORTS, "--control-host", "0.0.0.0")
