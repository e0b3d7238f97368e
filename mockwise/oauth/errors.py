"""The peer broke the protocol: one class per error, which becomes a response in one place.

OAuthError
├── InvalidRequest        400 invalid_request         RFC 6749 section 5.2
│   └── RequestTooLarge   413
├── InvalidClient         401 invalid_client          RFC 6749 section 5.2
├── InvalidGrant          400 invalid_grant           RFC 6749 section 5.2
├── UnsupportedGrantType  400 unsupported_grant_type  RFC 6749 section 5.2
├── Unauthorized          401 unauthorized            Spring Security OAuth; facts 5.1 shape 3
└── InvalidToken          401 invalid_token           RFC 6750 section 3.1; facts 5.1 shape 1

The description is Wise's; the reason is ours: one plain ASCII sentence or two on what was wrong and what to do,
which never repeats what the peer sent.
"""

from __future__ import annotations

from typing import ClassVar

from mockwise.oauth import dialect

Headers = tuple[tuple[bytes, bytes], ...]


class OAuthError(Exception):
    """A refusal that the peer is told about."""

    status: ClassVar[int]
    error: ClassVar[str]
    headers: Headers = dialect.TOKEN_HEADERS

    def __init__(self, description: str, *, reason: str) -> None:
        super().__init__(description)
        self.description = description
        self.reason = reason


class InvalidRequest(OAuthError):  # noqa: N818  because RFC 6749 names it so
    """A parameter is missing, repeated or malformed."""

    status = 400
    error = "invalid_request"


class RequestTooLarge(InvalidRequest):
    """The body is larger than the mock reads; RFC 9110 section 15.5.14."""

    status = 413


class InvalidClient(OAuthError):  # noqa: N818  because RFC 6749 names it so
    """The client was not authenticated."""

    status = 401
    error = "invalid_client"
    headers = (*dialect.TOKEN_HEADERS, (b"www-authenticate", b'Basic realm="oauth", charset="UTF-8"'))

    def __init__(self, description: str = dialect.CLIENT_AUTHENTICATION_FAILED, *, reason: str) -> None:
        super().__init__(description, reason=reason)


class InvalidGrant(OAuthError):  # noqa: N818  because RFC 6749 names it so
    """A grant or token is invalid, or was issued to another client."""

    status = 400
    error = "invalid_grant"


class UnsupportedGrantType(OAuthError):  # noqa: N818  because RFC 6749 names it so
    """The grant type is not one that is served."""

    status = 400
    error = "unsupported_grant_type"


class Unauthorized(OAuthError):  # noqa: N818  because Spring names it so
    """No credentials at all, in the older wording."""

    status = 401
    error = "unauthorized"

    def __init__(self, headers: Headers, *, reason: str) -> None:
        super().__init__(dialect.FULL_AUTHENTICATION, reason=reason)
        self.headers = headers


class InvalidToken(OAuthError):  # noqa: N818  because RFC 6750 names it so
    """The bearer token is missing, unknown, expired or revoked, or the peer may not use it."""

    status = 401
    error = "invalid_token"
    headers = dialect.GATEWAY_HEADERS

    def __init__(self, *, reason: str) -> None:
        super().__init__(dialect.INVALID_TOKEN, reason=reason)
