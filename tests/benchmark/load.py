"""The load generator: blocking TLS sockets that send one prepared request and read the answer by its length.

It must cost less than the server that it measures, or it would measure itself. An HTTP client costs some ten times as
much as a bare server, so there is none here; what the generator takes of its own core is a row of the result.
"""

from __future__ import annotations

import base64
import re
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

CONNECTIONS = 8  # so that the server always finds a request waiting
_SHAKING_HANDS = 16  # connections at once that each live for one request: a handshake needs more turns
_TIMEOUT = 60.0  # seconds
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_LEAVES = re.compile(rb"\r\nconnection: close\r\n", re.IGNORECASE)


def client_context(ca: Path, certificate: Path, key: Path | None = None) -> ssl.SSLContext:
    """A context that trusts `ca` and presents `certificate`."""
    context = ssl.create_default_context(cafile=ca)
    context.load_cert_chain(certificate, key)
    return context


@dataclass(frozen=True)
class Target:
    """Whom to ask, and for what."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    """None: plain HTTP, which some peers speak and no mockwise does."""
    request: bytes

    def asking(self, request: bytes) -> Target:
        """The same server, another request."""
        return Target(self.host, self.port, self.tls, request)


@dataclass(frozen=True)
class Load:
    """What a stretch of load came to."""

    requests: int
    seconds: float
    generator_seconds: float
    """Processor time of the load generator."""

    @property
    def rate(self) -> float:
        """How many requests there were in a second."""
        return self.requests / self.seconds


class Peer:
    """One connection, its handshake done; another one where the server closes it after each answer."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._socket = _connect(target)
        self.left = False
        """Whether the server left after its last answer."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection without ending TLS."""
        self._socket.close()

    def send(self) -> None:
        """Send the request, which is small enough to leave at once."""
        if self.left:
            self._socket.close()
            self._socket = _connect(self._target)
            self.left = False
        self._socket.send(self._target.request)

    def read(self) -> bytes:
        """Read one answer and return its body.

        Raises:
            RuntimeError: it is not a 200, or the server went away.
        """
        answer = self._receive()
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._receive()
        length = _LENGTH.search(answer)
        if length is None or answer[9:12] != b"200":
            raise RuntimeError(f"the server answered {answer!r}")
        self.left = _LEAVES.search(answer) is not None or answer.startswith(b"HTTP/1.0")
        end += 4 + int(length[1])
        while len(answer) < end:
            answer += self._receive()
        return answer[-int(length[1]) :]

    def _receive(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise RuntimeError("the server closed the connection")
        return data


class KeptConnections:
    """Connections that are kept alive and used in turn: while one is read, the others' requests wait at the server."""

    def __init__(self, target: Target, connections: int = CONNECTIONS) -> None:
        self._peers = [Peer(target) for _ in range(connections)]

    @classmethod
    def among(cls, targets: Sequence[Target], connections: int) -> Self:
        """So many connections to each of several servers."""
        ring = cls(targets[0], 0)
        ring._peers = [Peer(target) for _ in range(connections) for target in targets]
        return ring

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for peer in self._peers:
            peer.close()

    @property
    def left(self) -> bool:
        """Whether the server closes its connections after each answer."""
        return any(peer.left for peer in self._peers)

    def run(self, seconds: float) -> Load:
        """Load the server for a while."""
        count, began, cpu = 0, time.perf_counter(), time.process_time()
        for peer in self._peers:
            peer.send()
        while time.perf_counter() - began < seconds:
            for peer in self._peers:
                peer.read()
                peer.send()
            count += len(self._peers)
        for peer in self._peers:
            peer.read()
        count += len(self._peers)
        return Load(count, time.perf_counter() - began, time.process_time() - cpu)

    def ask(self, turns: int) -> None:
        """Send so many requests on each connection."""
        for _ in range(turns):
            for peer in self._peers:
                peer.send()
            for peer in self._peers:
                peer.read()


def run_with_handshakes(target: Target, seconds: float) -> Load:
    """Load the server for a while with a connection, and so a handshake, for each request."""
    began, cpu = time.perf_counter(), time.process_time()

    def shake_hands() -> int:
        count = 0
        while time.perf_counter() - began < seconds:
            fetch(target)
            count += 1
        return count

    with ThreadPoolExecutor(_SHAKING_HANDS) as threads:  # OpenSSL works outside the interpreter's lock
        counts = [threads.submit(shake_hands) for _ in range(_SHAKING_HANDS)]
    count = sum(future.result() for future in counts)
    return Load(count, time.perf_counter() - began, time.process_time() - cpu)


def fetch(target: Target) -> bytes:
    """The body of one answer, on a connection of its own."""
    with Peer(target) as peer:
        peer.send()
        return peer.read()


def _connect(target: Target) -> socket.socket:
    raw = socket.create_connection((target.host, target.port), _TIMEOUT)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return raw if target.tls is None else target.tls.wrap_socket(raw, server_hostname=target.host)


def token_request(
    client_id: str,
    client_secret: str,
    *,
    path: str = "/oauth/token",
    host: str = "127.0.0.1",
    form: bytes = b"grant_type=client_credentials",
) -> bytes:
    """A token request, with the headers that curl would send."""
    basic = base64.b64encode(f"{client_id}:{client_secret}".encode())
    return (
        b"POST %b HTTP/1.1\r\nhost: %b\r\nauthorization: Basic %b\r\nuser-agent: benchmark\r\n"
        b"accept: */*\r\ncontent-length: %d\r\ncontent-type: application/x-www-form-urlencoded\r\n\r\n%b"
    ) % (path.encode(), host.encode(), basic, len(form), form)


def api_request(token: str) -> bytes:
    """`GET /v1/authenticated/playground` with a bearer token."""
    return (
        b"GET /v1/authenticated/playground HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer %b\r\n"
        b"user-agent: benchmark\r\naccept: */*\r\n\r\n"
    ) % token.encode()


def mock_target(environ: Mapping[str, str]) -> Target:
    """The token endpoint of a mock, from what its `environ()` says."""
    address = urlsplit(environ["MOCKWISE_MTLS_URL"])
    assert address.hostname is not None
    assert address.port is not None
    ca, certificate, key = (Path(environ[f"MOCKWISE_{name}_FILE"]) for name in ("CA", "CERT", "KEY"))
    request = token_request(environ["MOCKWISE_CLIENT_ID"], environ["MOCKWISE_CLIENT_SECRET"])
    return Target(address.hostname, address.port, client_context(ca, certificate, key), request)
