"""HTTP by hand over mutual TLS by hand: what is sent in one write, and exactly what comes back and how it ends."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from mockwise import Sandbox

_PATIENCE = 10.0  # seconds after which a test that waits has failed
_OURS = (b"date", b"x-trace-id", b"x-mockwise-reason")  # headers of every answer, or of every refusal


class Answer(NamedTuple):
    """An answer as it came."""

    line: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def own(self) -> dict[bytes, bytes]:
        """The headers that not every answer has."""
        return {name: value for name, value in self.headers if name not in _OURS}


class RawConnection:
    """One connection. Python's own TLS sockets would not tell a reset from an end."""

    def __init__(self, raw: socket.socket, context: ssl.SSLContext, host: str) -> None:
        self._raw = raw
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=host)
        self._data = b""
        self.records: list[bytes] = []
        """What came, a TLS record each."""
        self.was_reset = False
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._in.write(raw.recv(65536))
            else:
                break
        self._flush()

    def send(self, *requests: bytes) -> None:
        """All in one write."""
        self._tls.write(b"".join(requests))
        self._flush()

    def answer(self) -> Answer:
        """The next answer, and not a byte more."""
        while b"\r\n\r\n" not in self._data:
            assert self.more()
        head, _, rest = self._data.partition(b"\r\n\r\n")
        line, *fields = head.split(b"\r\n")
        headers = [(name, value) for name, _, value in (it.partition(b": ") for it in fields)]
        length = int(dict(headers)[b"content-length"])
        while len(rest) < length:
            assert self.more()
            rest = self._data.partition(b"\r\n\r\n")[2]
        self._data = rest[length:]
        return Answer(line, headers, rest[:length])

    def rest(self) -> bytes:
        """All that comes until the server ends the connection, without a goodbye of TLS."""
        while self.more():
            pass
        return self._data

    def more(self) -> bool:
        """Read one record; False: the connection has ended."""
        while True:
            try:
                record = self._tls.read(65536)
            except ssl.SSLWantReadError:
                try:
                    received = self._raw.recv(65536)
                except ConnectionResetError:
                    self.was_reset = True
                    return False
                if not received:
                    return False
                self._in.write(received)
            else:
                assert record, "TLS said goodbye"
                self.records.append(record)
                self._data += record
                return True

    def _flush(self) -> None:
        self._raw.sendall(self._out.read())


@contextmanager
def opened(box: Sandbox) -> Iterator[RawConnection]:
    """A connection with the client's certificate."""
    host, port = box.mtls_url.removeprefix("https://").split(":")
    with socket.create_connection((host, int(port)), _PATIENCE) as raw:
        yield RawConnection(raw, box.ssl_context(), host)


def request(box: Sandbox, *headers: bytes) -> bytes:
    """A good token request."""
    basic = base64.b64encode(f"{box.client_id}:{box.client_secret}".encode())
    body = b"grant_type=client_credentials"
    return b"\r\n".join(
        (
            b"POST /oauth/token HTTP/1.1",
            b"host: localhost",
            b"authorization: Basic " + basic,
            b"content-type: application/x-www-form-urlencoded",
            b"content-length: %d" % len(body),
            *headers,
            b"",
            body,
        )
    )


def call(method: str, path: str, token: str) -> bytes:
    """A good call of the API."""
    return f"{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n".encode()
