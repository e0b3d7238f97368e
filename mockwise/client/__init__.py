"""The reference client: what a well-behaved client of Wise does with tokens, on httpx, sync and async.

    from mockwise.client import WiseAuth, WiseTransport

    with httpx.Client(
        base_url="https://api-mtls.wise-sandbox.com",
        transport=WiseTransport(httpx.HTTPTransport(verify=context)),
        auth=WiseAuth(client_id, client_secret),
    ) as client:
        client.get("/v1/authenticated/playground")

`WiseAuth` is for the client's own tokens and `UserAuth` for those of a user who has linked an account:

    token = fetch_token(client, client_id, client_secret, grant=AuthorizationCode(code, redirect_uri))
    auth = UserAuth(client_id, client_secret, token, on_token=keep)  # or, later, the refresh token that was kept

It runs unchanged against Wise and against the mock. It imports nothing of the mock, so that it can be copied.
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
    GrantRefused,
    HandshakeRefused,
    LinkBroken,
    RateLimited,
    RequestRefused,
    ServerFailed,
    ServerNotTrusted,
    TokenError,
    UnknownAuthority,
    WiseError,
)
from mockwise.client.fetch import afetch_token, fetch_token
from mockwise.client.grants import AuthorizationCode, ClientCredentials, Grant, RefreshToken, RegistrationCode
from mockwise.client.handshake import explain
from mockwise.client.retry import RetryPolicy
from mockwise.client.token import Token
from mockwise.client.transport import AsyncWiseTransport, WiseTransport
from mockwise.client.user import UserAuth

__all__ = [
    "AsyncWiseTransport",
    "AuthorizationCode",
    "BadAnswer",
    "CertificateExpired",
    "CertificateMissing",
    "CertificateNotAccepted",
    "CertificateRevoked",
    "CertificateUnsuitable",
    "ClientCredentials",
    "ClientRefused",
    "ConnectionLost",
    "ForeignOrigin",
    "Grant",
    "GrantRefused",
    "HandshakeRefused",
    "LinkBroken",
    "RateLimited",
    "RefreshToken",
    "RegistrationCode",
    "RequestRefused",
    "RetryPolicy",
    "ServerFailed",
    "ServerNotTrusted",
    "Token",
    "TokenError",
    "UnknownAuthority",
    "UserAuth",
    "WiseAuth",
    "WiseError",
    "WiseTransport",
    "afetch_token",
    "explain",
    "fetch_token",
]
