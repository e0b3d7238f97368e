"""The errors of the reference client, each with what to do about it.

WiseError                           also an httpx.HTTPError
├── ForeignOrigin                   the call goes where neither token nor credentials belong; nothing was sent
├── TokenError                      the token endpoint answered, but not with a token
│   ├── ClientRefused               401 or invalid_client: id, secret or certificate
│   ├── GrantRefused                invalid_grant: the code is no good; begin with the user's consent again
│   │   └── LinkBroken              the refresh token is dead: the user must link the account again
│   ├── RequestRefused              another 4xx: the same request will fail again
│   ├── RateLimited                 429, to the end of all attempts
│   ├── ServerFailed                5xx, to the end of all attempts
│   └── BadAnswer                   a success that carries no token, or a redirect
└── ConnectionLost                  no answer, to the end of all attempts; also an httpx.TransportError
    ├── HandshakeRefused            the server refused us with a TLS alert, which is in `alert`
    │   ├── CertificateMissing      certificate_required, or handshake_failure under TLS 1.2
    │   ├── UnknownAuthority        unknown_ca
    │   ├── CertificateExpired      certificate_expired
    │   ├── CertificateNotAccepted  bad_certificate, for example not valid yet
    │   ├── CertificateRevoked      certificate_revoked
    │   └── CertificateUnsuitable   unsupported_certificate
    └── ServerNotTrusted            we refused the server's certificate

Neither the secret nor a token is ever in a message or in an attribute of theirs. The ones about connections are
httpx.TransportErrors as well, so that `except httpx.TransportError`, which people have already, catches them.
"""

from __future__ import annotations

import httpx


class WiseError(httpx.HTTPError):
    """Base class of the errors of this client.

    Attributes:
        error: the OAuth error code, if the server gave one (RFC 6749 §5.2).
        error_description: its description, if the server gave one.
        status: the HTTP status, if there was an answer.
        trace_id: the header `x-trace-id`, which Wise's support asks for.
        reason: the header `x-mockwise-reason`: only the mock says why.
        retry_after: seconds that the server asked to wait, if it did.
        alert: the TLS alert, by its name in RFC 8446 §6.2, if there was one.
    """

    def __init__(
        self,
        message: str,
        *,
        error: str | None = None,
        error_description: str | None = None,
        status: int | None = None,
        trace_id: str | None = None,
        reason: str | None = None,
        retry_after: float | None = None,
        alert: str | None = None,
    ) -> None:
        super().__init__(message)
        self.error = error
        self.error_description = error_description
        self.status = status
        self.trace_id = trace_id
        self.reason = reason
        self.retry_after = retry_after
        self.alert = alert


class ForeignOrigin(WiseError):
    """The call goes where neither token nor credentials belong; nothing was sent."""


class TokenError(WiseError):
    """The token endpoint answered, but not with a token."""


class ClientRefused(TokenError):
    """401 or `invalid_client`: the id, the secret or the certificate is not accepted."""


class GrantRefused(TokenError):
    """`invalid_grant`: an authorization or registration code is wrong, expired or used up (docs/wise/token-endpoint.md#errors)."""


class LinkBroken(GrantRefused):
    """The refresh token is dead: only the user can help, by linking the account again (docs/wise/lifetimes-and-formats.md#what-ends-a-token)."""


class RequestRefused(TokenError):
    """Another 4xx: the same request will fail again."""


class RateLimited(TokenError):
    """429, to the end of all attempts, or with a `Retry-After` beyond our patience."""


class ServerFailed(TokenError):
    """5xx, to the end of all attempts."""


class BadAnswer(TokenError):
    """A success that carries no token that can be used, or a redirect."""


class ConnectionLost(WiseError, httpx.TransportError):
    """No answer, to the end of all attempts."""


class HandshakeRefused(ConnectionLost):
    """The server ended the handshake with a TLS alert. Trying again would not help."""


class CertificateMissing(HandshakeRefused):
    """We showed no client certificate."""


class UnknownAuthority(HandshakeRefused):
    """The server does not know who signed our certificate."""


class CertificateExpired(HandshakeRefused):
    """The server refused our certificate because it has expired."""


class CertificateNotAccepted(HandshakeRefused):
    """Our certificate is not good, for example not valid yet."""


class CertificateRevoked(HandshakeRefused):
    """The server refused our certificate because it was revoked."""


class CertificateUnsuitable(HandshakeRefused):
    """Our certificate is not one for clients."""


class ServerNotTrusted(ConnectionLost):
    """We do not accept the server's certificate, and so sent it nothing."""
