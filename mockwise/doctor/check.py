"""The result of a check, and the table of all checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["ok", "failed", "not tried"]

CODES: dict[str, str] = {
    "files.authority": "The file of the authority can be read and holds certificates.",
    "files.keystore": "The PKCS#12 file opens with its password and holds a certificate with its key.",
    "files.certificate": "The file of the client certificate can be read and holds certificates in PEM.",
    "files.key": "The file of the key can be read, holds a private key in PEM, and opens with its password.",
    "files.pair": "The key is that of the first certificate in the file.",
    "certificate.dates": "The client certificate is valid by the clock of this machine.",
    "certificate.usage": "The certificate is a client's: its extended key usage allows client authentication.",
    "certificate.key": "The key is of a kind and size that Wise takes.",
    "certificate.name": "The common name is the client id.",
    "certificate.issuer": "Somebody else issued the certificate, and what follows it in the file signed it.",
    "client.id": "A client id was given, and HTTP Basic can carry it.",
    "client.secret": "A secret was given, and nothing about its form is odd.",
    "url.form": "The URL is one of a host or of its token endpoint, with https.",
    "url.host": "The host is no host of Wise's that is known to be another one than the mTLS host.",
    "url.environment": "Files and host are of the same environment, as far as their names tell.",
    "network.proxy": "The proxy that the environment names opens a connection to the host.",
    "network.dns": "The name of the host has an address.",
    "network.tcp": "The port accepts connections.",
    "tls.handshake": "The port speaks TLS 1.2 or 1.3.",
    "tls.asks": "The host asks for a client certificate, if there is one to show.",
    "tls.issuers": "The host names the issuer of the client certificate among those that it accepts.",
    "server.key": "The server's key is strong enough for OpenSSL.",
    "server.chain": "The server sends the intermediate certificates that lead to its authority.",
    "server.root": "The server's certificate leads to an authority that is trusted.",
    "server.dates": "The server's certificate is valid by the clock of this machine.",
    "server.name": "The server's certificate carries the name of the host.",
    "environment.trust": "Files of authorities that variables name to other programs can be used.",
    "tls.certificate": "The server accepts the TLS connection with the client certificate.",
    "clock.skew": "The clock here and the `Date` of the server agree to a minute.",
    "certificate.dates-there": "The client certificate is valid by the `Date` of the server.",
    "token.request": "The token endpoint gives a token.",
    "token.bearer": "A call with that token is accepted.",
    "mock.journal": "A mock's journal has nothing to say against this try.",
}
"""Every check by its stable code, in the order in which they are tried and told."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """What one check found.

    Attributes:
        code: a key of `CODES`.
        status: whether it is as it must be; `not tried` if something else must be mended or given first.
        cause: what was found, or why it was not tried.
        remedy: the command that mends it, or what to do.
        presumed: it was judged without the server, which may see it otherwise.
        clients: by the name of a program, what that prints for the same cause.
    """

    code: str
    status: Status
    cause: str
    remedy: str | None = None
    presumed: bool = False
    clients: Mapping[str, str] = field(default_factory=dict)


def passed(code: str, found: str, remedy: str | None = None) -> Check:
    """A check that is ok; with a remedy if something is worth doing soon."""
    return Check(code=code, status="ok", cause=found, remedy=remedy)


def failed(
    code: str, cause: str, remedy: str, *, presumed: bool = False, clients: Mapping[str, str] | None = None
) -> Check:
    """A check that failed."""
    return Check(
        code=code, status="failed", cause=cause, remedy=remedy, presumed=presumed, clients=clients or {}
    )


def not_tried(code: str, why: str) -> Check:
    """A check that could not be tried."""
    return Check(code=code, status="not tried", cause=why)
