"""One TLS handshake, with all that the server said in it.

Python's `ssl` tells neither whom a server's request for a certificate names nor, before Python 3.13, which
certificates it sent. OpenSSL's message callback hears both, decrypted, and the alerts too.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from cryptography import x509

from mockwise.doctor.network import Route, open_socket

_HANDSHAKE, _ALERT = 22, 21  # content types, RFC 8446 section 5.1
_CERTIFICATE, _CERTIFICATE_REQUEST = 11, 13  # handshake types, RFC 8446 section 4
_CERTIFICATE_AUTHORITIES = 47  # an extension, RFC 8446 section 4.2.4
_HEADER = 4  # bytes in front of a handshake message
_LONGEST_HEAD = 64 * 1024


@dataclass
class Handshake:
    """What a handshake showed.

    Attributes:
        version: `TLSv1.3`, if one was agreed.
        chain: the certificates that the server sent, DER.
        asked: whether it asked for a client certificate.
        named: the authorities that it named there, DER.
        alert: the alert that it sent, by its name in RFC 8446 section 6.
        error: how the handshake or the request after it failed.
        local: our address and port.
        head: the head of the HTTP answer, if something was asked.
    """

    version: str | None = None
    chain: list[bytes] = field(default_factory=list)
    asked: bool = False
    named: list[bytes] = field(default_factory=list)
    alert: str | None = None
    error: OSError | None = None
    local: str | None = None
    head: bytes = b""

    @property
    def verify_code(self) -> int | None:
        """OpenSSL's number of what is wrong with the server's certificate, if it was refused here."""
        return self.error.verify_code if isinstance(self.error, ssl.SSLCertVerificationError) else None

    @property
    def certificate(self) -> x509.Certificate | None:
        """The server's own certificate; None if there is none, or none that can be read."""
        try:
            return x509.load_der_x509_certificate(self.chain[0])
        except (IndexError, ValueError, x509.InvalidVersion):
            return None

    def hear(self, _: object, direction: str, version: object, content: int, kind: int, data: bytes) -> None:
        """Take note of a message of the server's, as OpenSSL's callback tells it."""
        if direction != "read":
            return
        if content == _ALERT:
            self.alert = getattr(kind, "name", str(kind)).lower()
        elif content == _HANDSHAKE and kind == _CERTIFICATE:
            self.chain = [*_certificates(data, newest=version == ssl.TLSVersion.TLSv1_3)]
        elif content == _HANDSHAKE and kind == _CERTIFICATE_REQUEST:
            self.asked = True
            self.named = [*_authorities(data, newest=version == ssl.TLSVersion.TLSv1_3)]


def shake_hands(route: Route, context: ssl.SSLContext, request: bytes | None = None) -> Handshake:
    """Connect to the host and do a handshake; then send a request, if there is one, and read the head of its answer.

    Under TLS 1.3 a server judges the client's certificate after the client is done, so its alert is seen only by
    whoever reads on.
    """
    seen = Handshake()
    context._msg_callback = seen.hear  # type: ignore[attr-defined]  # noqa: SLF001  the only way to what the server names
    try:
        with open_socket(route) as connection:
            seen.local = _spell_address(connection)
            with context.wrap_socket(connection, server_hostname=route.host) as tls:
                seen.version = tls.version()
                if request is not None:
                    seen.head = _ask(tls, request)
    except OSError as error:
        seen.error = error
    return seen


def _ask(tls: ssl.SSLSocket, request: bytes) -> bytes:
    with suppress(BrokenPipeError, ConnectionResetError):  # the alert may be there to read all the same
        tls.sendall(request)
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _LONGEST_HEAD:
        if not (more := tls.recv(4096)):
            raise ConnectionResetError(None, "the server ended the connection without an answer")
        head += more
    return head


def _spell_address(connection: socket.socket) -> str:
    host, port = connection.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _certificates(message: bytes, *, newest: bool) -> Iterator[bytes]:
    at = _HEADER
    if newest:
        at += 1 + _number(message, at, 1)  # the context, RFC 8446 section 4.4.2
    at += 3  # the length of the list
    while at < len(message):
        size = _number(message, at, 3)
        yield message[at + 3 : at + 3 + size]
        at += 3 + size
        if newest:
            at += 2 + _number(message, at, 2)  # its extensions


def _authorities(message: bytes, *, newest: bool) -> Iterator[bytes]:
    at = _HEADER + 1 + _number(message, _HEADER, 1)  # the context, or the types of certificates
    if not newest:  # RFC 5246 section 7.4.4
        at += 2 + _number(message, at, 2)  # the algorithms
        yield from _vectors(message[at + 2 :])
        return
    at += 2
    while at < len(message):
        kind, size = _number(message, at, 2), _number(message, at + 2, 2)
        if kind == _CERTIFICATE_AUTHORITIES:
            yield from _vectors(message[at + 6 : at + 4 + size])
        at += 4 + size


def _vectors(content: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(content):
        size = _number(content, at, 2)
        yield content[at + 2 : at + 2 + size]
        at += 2 + size


def _number(content: bytes, at: int, size: int) -> int:
    """A number of some bytes; of fewer, if the content is cut off."""
    return int.from_bytes(content[at : at + size])
