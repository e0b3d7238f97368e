"""What the tests of the doctor share: its inputs for a sandbox, and servers and proxies that do as a test says."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mockwise import Sandbox
from mockwise.doctor import CODES, Check, Inputs, ReadControl, diagnose
from mockwise.pki.authority import Authority, Identity
from mockwise.real_time import real_now
from tests.transport.support import write_identity

TIMEOUT = 20.0  # seconds; other tests may keep the machine busy
TOKEN = (
    b'{"access_token": "the-token", "token_type": "bearer", "expires_in": 43199, '
    b'"expires_at": "2030-01-01T00:00:00.000Z", "scope": "transfers"}'
)
Behaviour = Callable[[socket.socket, ssl.SSLContext], None]


def given(box: Sandbox, **changes: Any) -> Inputs:
    """What a client of a sandbox is given, but for some changes."""
    inputs = Inputs(
        url=box.mtls_url,
        client_id=box.client_id,
        client_secret=box.client_secret,
        authority=box.ca_file,
        certificate=box.cert_file,
        key=box.key_file,
        timeout=TIMEOUT,
    )
    return replace(inputs, **changes)


def examined(inputs: Inputs, read: ReadControl | None = None) -> dict[str, Check]:
    """Every check by its code. No text holds the secret or the password."""
    checks = {it.code: it for it in diagnose(inputs, read)}
    assert list(checks) == list(CODES)
    texts = "".join(f"{it.cause}{it.remedy}{it.clients}" for it in checks.values())
    for secret in filter(None, (inputs.client_secret, inputs.password)):
        assert secret not in texts
        assert secret.strip() not in texts
    assert all(it.remedy for it in checks.values() if it.status == "failed")
    assert texts.isprintable()
    return checks


def failures(checks: dict[str, Check]) -> list[str]:
    """The codes of the checks that failed."""
    return [code for code, it in checks.items() if it.status == "failed"]


def answer(status: str, *headers: str, body: bytes = b"") -> bytes:
    """An HTTP answer, after which the connection ends."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def http(respond: Callable[[str], bytes]) -> Behaviour:
    """A server that does TLS and answers by the first line of a request."""

    def behave(connection: socket.socket, context: ssl.SSLContext) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            request = b""
            while not _is_whole(request):
                if not (more := tls.recv(65536)):
                    return
                request += more
            tls.sendall(respond(request.split(b"\r\n")[0].decode()))

    return behave


def _is_whole(request: bytes) -> bool:
    """Whether head and body of a request are there."""
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


def raw(content: bytes) -> Behaviour:
    """A server that takes what comes, sends something of its own, and ends."""

    def behave(connection: socket.socket, _: ssl.SSLContext) -> None:
        connection.recv(65536)
        connection.sendall(content)

    return behave


def alert(number: int) -> bytes:
    """A fatal TLS alert that is not encrypted (RFC 8446 section 6)."""
    return bytes([21, 3, 3, 0, 2, 2, number])


def saying(content: bytes) -> Callable[[socket.socket], None]:
    """A server without TLS that reads the head of a request and says something."""

    def behave(connection: socket.socket) -> None:
        _read_head(connection)
        connection.sendall(content)

    return behave


def _read_head(connection: socket.socket) -> str:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        if not (byte := connection.recv(1)):
            raise ConnectionResetError("it left")
        head += byte
    return head.decode()


@contextmanager
def listening(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port whose connections are handled one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                connection.settimeout(TIMEOUT)
                with connection, suppress(OSError):
                    behave(connection)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(TIMEOUT)


@contextmanager
def serving(
    folder: Path, authority: Authority, *behaviours: Behaviour, identity: Identity | None = None
) -> Iterator[str]:
    """The URL of a server of that authority: each connection gets the next behaviour, further ones the last.

    The doctor's connections: whether the port is open; TLS without a certificate; the same, trusting; with the
    certificate and a request; the requests for a token and with it.
    """
    write_identity(folder, "server", identity or authority.issue_server(["127.0.0.1"]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    left = list(behaviours)

    def behave(connection: socket.socket) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(connection, context)

    with listening(behave) as port:
        yield f"https://127.0.0.1:{port}"


@contextmanager
def tunnel(target: int, heads: list[str]) -> Iterator[str]:
    """The address of a proxy that connects every host to a port of this machine, and keeps what it was asked."""

    def behave(connection: socket.socket) -> None:
        heads.append(_read_head(connection))
        with socket.create_connection(("127.0.0.1", target), TIMEOUT) as there:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_copy, args=(there, connection), daemon=True)
            back.start()
            _copy(connection, there)
            back.join(TIMEOUT)

    with listening(behave) as port:
        yield f"127.0.0.1:{port}"


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(65536):
            target.sendall(content)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def homemade(folder: Path, key: Key, common_name: str | None, *, authority: bool = False) -> dict[str, Path]:
    """A certificate that is signed by itself, without an extension unless it is an authority's."""
    values = [(x509.NameOID.ORGANIZATION_NAME, "app")] if common_name is None else []
    values += [] if common_name is None else [(x509.NameOID.COMMON_NAME, common_name)]
    name = x509.Name([x509.NameAttribute(*it) for it in values])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(real_now() - timedelta(days=1))
        .not_valid_after(real_now() + timedelta(days=9))
    )
    if authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signature = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    paths = {"certificate": folder / "own.pem", "key": folder / "own.key"}
    paths["certificate"].write_bytes(builder.sign(key, signature).public_bytes(Encoding.PEM))
    paths["key"].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths
