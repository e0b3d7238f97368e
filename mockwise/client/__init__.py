"""The reference client: what a well-behaved client of Wise does with tokens, on httpx, sync and async.

    from mockwise.client import WiseAuth, WiseTransport

    with httpx.Client(
        base_url="https://api-mtls.wise-sandbox.com",
        transport=WiseTransport(httpx.HTTPTransport(verify=context)),
        auth=WiseAuth(client_id, client_secret),
    ) as client:
        client.get("/v1/authenticated/playground")

It runs unchanged against Wise and against the mock, and imports nothing of the mock: it is a witness.
"""

from __future__ import annotations

from mockwise.client.auth import WiseAuth
from mockwise.client.errors import (
    BadAnswer,
    CertificateExpired,
    CertificateMissing,
    CertificateNotAccepted,
    CertificateRevoked,
    CertificateUnsuitable,
    ClientRefused,
    ConnectionLost,
    ForeignOrigin,
    HandshakeRefused,
    RateLimited,
    RequestRefused,
    ServerFailed,
    ServerNotTrusted,
    TokenError,
    UnknownAuthority,
    WiseError,
)
from mockwise.client.fetch import afetch_token, fetch_token
from mockwise.client.handshake import explain
from mockwise.client.pace import Pace
from mockwise.client.token import Token
from mockwise.client.transport import AsyncWiseTransport, WiseTransport

__all__ = [
    "AsyncWiseTransport",
    "BadAnswer",
    "CertificateExpired",
    "CertificateMissing",
    "CertificateNotAccepted",
    "CertificateRevoked",
    "CertificateUnsuitable",
    "ClientRefused",
    "ConnectionLost",
    "ForeignOrigin",
    "HandshakeRefused",
    "Pace",
    "RateLimited",
    "RequestRefused",
    "ServerFailed",
    "ServerNotTrusted",
    "Token",
    "TokenError",
    "UnknownAuthority",
    "WiseAuth",
    "WiseError",
    "WiseTransport",
    "afetch_token",
    "explain",
    "fetch_token",
]
