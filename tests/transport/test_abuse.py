"""Clients that mean no good, by raw sockets, against a whole mock: good ones are served all the while.

In every case: no 5xx, no hang, nothing in the log, and no connection is left when the client has gone.
"""

from __future__ import annotations

import base64
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Self

import httpx
import pytest

from mockwise import MockWise, Sandbox
from mockwise.transport.http.connection_limits import ConnectionLimits
from mockwise.transport.server.thread import ServerThread
from tests.raw_http import request as token_request
from tests.transport.support import PATIENCE, Loop, drained, hello
from tests.transport.time_steps import statuses

CROWD = 20  # abusers at once
SHORT = 0.5  # seconds that a request may take to arrive, in those tests that wait for it
POST = b"POST /oauth/token HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
MEGABYTE = b"x" * (1 << 20)
HTTP_PORTS = ("mtls", "tls", "control")
TLS_PORTS = ("mtls", "tls")


@pytest.fixture
def mock(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> Iterator[MockWise]:
    """A mock with little patience for requests that do not arrive."""
    monkeypatch.setattr(
        "mockwise.mock.ServerThread", partial(ServerThread, limits=ConnectionLimits(arrival=SHORT))
    )
    with MockWise(loop=loop, token_format="uuid") as it:
        yield it


class Good:
    """A good client of every host, on a connection that is kept and on new ones, in a thread of its own."""

    def __init__(self, mock: MockWise) -> None:
        self._box = mock.default
        self._context = self._box.ssl_context()
        self._kept = httpx.Client(verify=self._context, timeout=PATIENCE)
        self._served = threading.Semaphore(0)
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._thread.join()
        self._kept.close()
        assert self.failure is None

    def goes_on(self, rounds: int = 3) -> None:
        """Wait until it was served so many times more."""
        while self._served.acquire(blocking=False):
            pass
        for _ in range(rounds + 1):  # the first may have begun before
            assert self._served.acquire(timeout=PATIENCE)
            assert self.failure is None

    def _ask(self) -> None:
        box = self._box
        try:
            while not self._enough.is_set():
                with httpx.Client(verify=self._context, timeout=PATIENCE) as new:
                    for client in (self._kept, new):
                        token = client.post(
                            box.token_url,
                            auth=(box.client_id, box.client_secret),
                            data={"grant_type": "client_credentials"},
                        )
                        assert token.status_code == 200, token.text
                        assert client.get(f"{box.tls_url}/nowhere").status_code == 404
                        assert client.get(f"{box.control_url}/health").status_code == 200
                self._served.release()
        except BaseException as error:  # noqa: BLE001  raised again where the test is
            self.failure = error
            self._served.release()


def descriptors() -> int:
    """How many there are, where the system tells."""
    folder = Path("/dev/fd")
    return len(os.listdir(folder)) if folder.exists() else 0  # noqa: PTH208  some go while they are listed


@pytest.fixture
def good(mock: MockWise, caplog: pytest.LogCaptureFixture) -> Iterator[Good]:
    """A good client that must be served throughout, and what must be true in the end."""
    with Good(mock) as it:
        it.goes_on(1)
        before = descriptors()
        yield it
        while descriptors() > before + 6:  # both ends of a new connection to each host
            it.goes_on(1)
    assert not [record for record in caplog.records if not record.name.startswith("http")]
    assert not [it for it in mock.default.exchanges if it.status >= 500]


def address(mock: MockWise, port: str) -> tuple[str, int]:
    """Where a host of the mock listens."""
    box = mock.default
    url = {"mtls": box.mtls_url, "tls": box.tls_url, "control": box.control_url}[port]
    parts = httpx.URL(url)
    assert parts.port
    return parts.host, parts.port


@contextmanager
def at_http(mock: MockWise, port: str) -> Iterator[socket.socket]:
    """A connection at the point where HTTP begins."""
    with socket.create_connection(address(mock, port), PATIENCE) as raw:
        if port == "control":
            yield raw
        else:
            context = mock.default.ssl_context()
            with context.wrap_socket(raw, server_hostname="localhost") as secured:
                yield secured


def first_answer(connection: socket.socket) -> list[int]:
    """The status of the next answer; of none if the server ends the connection."""
    written = b""
    with suppress(ConnectionError, ssl.SSLError):
        while b"\r\n\r\n" not in written and (more := connection.recv(65536)):
            written += more
    return statuses(written)[:1]


def answers(connection: socket.socket) -> list[int]:
    """The status of each answer until the server ends the connection, politely or not."""
    written = b""
    with suppress(ConnectionError, ssl.SSLError):
        while more := connection.recv(65536):
            written += more
    return statuses(written)


@pytest.mark.parametrize("port", TLS_PORTS)
def test_handshakes_that_go_no_further_disturb_nobody(mock: MockWise, good: Good, port: str) -> None:
    """TCP alone, half a hello, a hello and then silence."""
    first = hello(mock.default.ssl_context())
    with ExitStack() as stack:
        for share in [0, 0.5, 1] * CROWD:
            mute = stack.enter_context(socket.create_connection(address(mock, port), PATIENCE))
            mute.sendall(first[: int(len(first) * share)])
        good.goes_on()


@pytest.mark.parametrize("port", TLS_PORTS)
def test_plain_http_and_garbage_on_a_tls_port_disturb_nobody(mock: MockWise, good: Good, port: str) -> None:
    """The one is told what to do, the others are sent off."""
    for said in (b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n", MEGABYTE, b"\0" * 99):
        with ExitStack() as stack:
            descriptor_guard = [
                stack.enter_context(socket.create_connection(address(mock, port), PATIENCE))
                for _ in range(CROWD)
            ]
            for it in descriptor_guard:
                with suppress(ConnectionError):
                    it.sendall(said)
            good.goes_on()
            for it in descriptor_guard:
                assert answers(it) == ([400] if said.startswith(b"GET") else [])


@pytest.mark.parametrize("port", TLS_PORTS)
def test_garbage_inside_tls_disturbs_nobody(mock: MockWise, good: Good, port: str) -> None:
    """Bytes that are no HTTP."""
    with ExitStack() as stack:
        descriptor_guard = [stack.enter_context(at_http(mock, port)) for _ in range(CROWD)]
        for it in descriptor_guard:
            it.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        good.goes_on()
        for it in descriptor_guard:
            assert first_answer(it) == [400]


@pytest.mark.parametrize("port", TLS_PORTS)
def test_garbage_below_tls_disturbs_nobody(mock: MockWise, good: Good, port: str) -> None:
    """Records that TLS cannot read, after a good handshake."""
    context = mock.default.ssl_context()
    for _ in range(CROWD):
        with (
            socket.create_connection(address(mock, port), PATIENCE) as raw,
            raw.dup() as copy,
            context.wrap_socket(raw, server_hostname="localhost"),
            suppress(ConnectionError),
        ):
            copy.sendall(b"\x17\x03\x03\x00\x20" + b"nonsense" * 4)
            while copy.recv(65536):
                pass
    good.goes_on()


def test_tls_on_the_control_port_disturbs_nobody(mock: MockWise, good: Good) -> None:
    """It is answered in plain HTTP, which TLS clients call a wrong version number."""
    with ExitStack() as stack:
        descriptor_guard = [
            stack.enter_context(socket.create_connection(address(mock, "control"), PATIENCE))
            for _ in range(CROWD)
        ]
        for it in descriptor_guard:
            it.sendall(hello(mock.default.ssl_context()))
        good.goes_on()
        for it in descriptor_guard:
            assert first_answer(it) == [400]


SLOW = {
    "nothing but an empty line": (b"\r\n", []),
    "half a request line": (b"POST /oauth/tok", [408]),
    "half a header": (POST + b"x-slow: ", [408]),
    "no body": (POST + b"content-length: 100\r\n\r\n", [408]),
    "half a body": (POST + b"content-length: 100\r\n\r\n" + b"x" * 50, [408]),
    "a chunk": (POST + b"transfer-encoding: chunked\r\n\r\n1\r\n", [408]),
}


@pytest.mark.parametrize("port", HTTP_PORTS)
def test_who_never_finishes_a_request_is_sent_away(mock: MockWise, good: Good, port: str) -> None:
    """408, or just an end: the limit of time is on real time, and short here."""
    with ExitStack() as stack:
        descriptor_guard = [
            (stack.enter_context(at_http(mock, port)), slow) for slow in SLOW for _ in range(3)
        ]
        for it, slow in descriptor_guard:
            it.sendall(SLOW[slow][0])
        good.goes_on()
        for it, slow in descriptor_guard:
            # The control host answers without the body of a request that it does not know.
            assert first_answer(it) in (SLOW[slow][1], [404]), slow


def drip(connection: socket.socket) -> None:
    """A header a byte at a time, until nobody listens."""
    connection.sendall(b"GET / HTTP/1.1\r\nx: ")
    while True:
        connection.sendall(b"y")


@pytest.mark.parametrize("port", HTTP_PORTS)
def test_a_header_that_comes_in_drops_without_end_disturbs_nobody(
    mock: MockWise, good: Good, port: str
) -> None:
    """It ends by the limit of time or of length, whichever is first."""
    with at_http(mock, port) as it, suppress(ConnectionError, ssl.SSLError):
        drip(it)
    good.goes_on()


def basic(box: Sandbox) -> bytes:
    """The client's credentials as an `Authorization` header."""
    return b"authorization: Basic " + base64.b64encode(f"{box.client_id}:{box.client_secret}".encode())


LARGE: dict[str, tuple[Callable[[], bytes], set[int]]] = {
    "a request line": (lambda: b"GET /" + MEGABYTE, {431}),
    "one header": (lambda: b"GET / HTTP/1.1\r\nx: " + MEGABYTE, {431}),
    "thousands of headers": (lambda: b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 100_000, {431}),
    "a body": (lambda: POST + b"content-length: 5242880\r\n\r\n" + MEGABYTE * 5, {413, 404, 405}),
    "a body without end": (
        lambda: POST + b"transfer-encoding: chunked\r\n\r\n" + (b"100000\r\n" + MEGABYTE + b"\r\n") * 5,
        {413, 404, 405},
    ),
    "trailers": (
        lambda: POST + b"transfer-encoding: chunked\r\n\r\n0\r\n" + b"x: y\r\n" * 100_000,
        {431, 404, 405},
    ),
    "the length": (lambda: POST + b"content-length: 99999999999999999999999\r\n\r\n", {400}),
}


@pytest.mark.parametrize("port", HTTP_PORTS)
def test_what_is_far_too_large_is_refused(mock: MockWise, good: Good, port: str) -> None:
    """Head, body, trailers; a client that does not listen while it sends may miss the answer, and no more."""
    for large, (data, expected) in LARGE.items():
        with at_http(mock, port) as it:
            with suppress(ConnectionError, ssl.SSLError):
                it.sendall(data())
            assert set(first_answer(it)) <= expected, large
    good.goes_on()


@pytest.mark.parametrize("port", TLS_PORTS)
def test_hundreds_of_requests_in_one_write_are_answered_in_order(
    mock: MockWise, good: Good, port: str
) -> None:
    """Also with a wrong secret in the middle, which is an answer like others; nonsense is the last one."""
    box = mock.default
    client = box if port == "mtls" else box.add_client(mtls="optional")
    fine = token_request(client)  # type: ignore[arg-type]  # it has the id and the secret
    wrong = fine.replace(basic(client), b"authorization: Basic eDp5")  # type: ignore[arg-type]  # as above
    assert fine != wrong
    with at_http(mock, port) as it:
        it.sendall(fine * 150 + wrong + fine * 150 + b"NONSENSE\r\n\r\n" + fine * 150)
        assert answers(it) == [200] * 150 + [401] + [200] * 150 + [400]
    good.goes_on()


@pytest.mark.parametrize("port", HTTP_PORTS)
def test_thousands_of_requests_in_one_write_do_not_stop_the_others(
    mock: MockWise, good: Good, port: str
) -> None:
    """Whoever asks for too much at once gets a part, and is told."""
    with at_http(mock, port) as it:
        with suppress(ConnectionError, ssl.SSLError):
            it.sendall(b"GET /nowhere HTTP/1.1\r\nhost:a\r\n\r\n" * 20_000)
        good.goes_on()
        seen = answers(it)
    assert set(seen) <= {404, 403, 401, 429}


@pytest.mark.parametrize("port", HTTP_PORTS)
def test_two_thousand_idle_connections_disturb_nobody(mock: MockWise, good: Good, port: str) -> None:
    """As many as a process may usually have; those that only connect need not speak TLS."""
    resource = pytest.importorskip("resource")  # Windows has no such limit
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    with ExitStack() as stack:
        for _ in range(min(2000, soft // 4)):  # both ends are in this process
            stack.enter_context(socket.create_connection(address(mock, port), PATIENCE))
        good.goes_on()


@pytest.mark.parametrize("port", HTTP_PORTS)
def test_the_end_of_the_connection_comes_with_the_last_answer(
    mock: MockWise, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not when the server has waited long enough for the peer to end it."""
    monkeypatch.setattr("mockwise.transport.http.final_response.LINGER", 1000.0)
    with at_http(mock, port) as connection:
        connection.sendall(b"NONSENSE\r\n\r\n")
        assert statuses(drained(connection)) == [400]
