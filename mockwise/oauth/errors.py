"""The peer broke the protocol: one class per error, which becomes a response in one place.

OAuthError
├── InvalidRequest        400 invalid_request         RFC 6749 section 5.2
│   ├── RequestTooLarge   413
│   └── ConsentRefused    and the two below it: told on the consent page, in `mockwise.oauth.consent`
├── InvalidClient         401 invalid_client          RFC 6749 section 5.2
├── InvalidGrant          400 invalid_grant           RFC 6749 section 5.2; docs/wise/conflicts.md#c1 and docs/wise/conflicts.md#c2: other statuses
├── UnsupportedGrantType  400 unsupported_grant_type  RFC 6749 section 5.2
├── Unauthorized          401 unauthorized            Spring Security OAuth; docs/wise/errors.md#shapes shape 3
├── MissingToken          401 missing_token           docs/wise/errors.md#missing-token: a call of the API without a token
├── InvalidToken          401 invalid_token           RFC 6750 section 3.1; docs/wise/errors.md#shapes shape 1
├── AccessDenied          403 access_denied           Spring Security OAuth; docs/wise/errors.md#shapes
└── RateLimitError        429 rate_limited            docs/wise/errors.md#rate-limits; the body is mock-only

The description is Wise's; the reason is ours: one plain ASCII sentence or two on what was wrong and what to do,
which never repeats what the peer sent.
"""

from __future__ import annotations

from typing import ClassVar

from mockwise.oauth import wise_wire

Headers = tuple[tuple[bytes, bytes], ...]

FORM = ""
"""What a body lacks that is not the form that its type announces: no parameter is named so."""


class OAuthError(Exception):
    """A refusal that the peer is told about."""

    status: int
    error: ClassVar[str]
    headers: Headers = wise_wire.TOKEN_HEADERS

    def __init__(self, description: str, *, reason: str) -> None:
        super().__init__(description)
        self.description = description
        self.reason = reason


class InvalidRequest(OAuthError):
    """A parameter is missing, repeated or malformed.

    `lacks` is the name of a parameter that the body does not have, or `FORM`: why it does not, HTTP can tell.
    """

    status = 400
    error = "invalid_request"

    def __init__(self, description: str, *, reason: str, lacks: str | None = None) -> None:
        super().__init__(description, reason=reason)
        self.lacks = lacks


class RequestTooLarge(InvalidRequest):
    """The body is larger than the mock reads; RFC 9110 section 15.5.14."""

    status = 413


class InvalidClient(OAuthError):
    """The client was not authenticated."""

    status = 401
    error = "invalid_client"
    headers = (*wise_wire.TOKEN_HEADERS, (b"www-authenticate", b'Basic realm="oauth", charset="UTF-8"'))

    def __init__(self, description: str = wise_wire.CLIENT_AUTHENTICATION_FAILED, *, reason: str) -> None:
        super().__init__(description, reason=reason)


class InvalidGrant(OAuthError):
    """A grant or token is invalid, or was issued to another client."""

    error = "invalid_grant"

    def __init__(self, description: str, *, reason: str, status: int = 400) -> None:
        super().__init__(description, reason=reason)
        self.status = status


class UnsupportedGrantType(OAuthError):
    """The grant type is not one that is served."""

    status = 400
    error = "unsupported_grant_type"


class Unauthorized(OAuthError):
    """No credentials at all, in the older wording."""

    status = 401
    error = "unauthorized"

    def __init__(self, headers: Headers, *, reason: str) -> None:
        super().__init__(wise_wire.FULL_AUTHENTICATION, reason=reason)
        self.headers = headers


class MissingToken(OAuthError):
    """A call of the API without a bearer token."""

    status = 401
    error = "missing_token"
    headers = wise_wire.GATEWAY_HEADERS

    def __init__(self, *, reason: str) -> None:
        super().__init__(wise_wire.MISSING_TOKEN, reason=reason)


class InvalidToken(OAuthError):
    """The bearer token is unknown, expired or revoked, or the peer may not use it."""

    status = 401
    error = "invalid_token"
    headers = wise_wire.GATEWAY_HEADERS

    def __init__(self, *, reason: str) -> None:
        super().__init__(wise_wire.INVALID_TOKEN, reason=reason)


class AccessDenied(OAuthError):
    """The token is good, but not for this."""

    status = 403
    error = "access_denied"
    headers = wise_wire.GATEWAY_HEADERS

    def __init__(self, *, reason: str) -> None:
        super().__init__(wise_wire.ACCESS_IS_DENIED, reason=reason)


class RateLimitError(OAuthError):
    """Too many requests (RFC 6585 section 4). `retry_after` is in whole seconds."""

    status = 429
    error = "rate_limited"

    def __init__(self, retry_after: int, *, reason: str) -> None:
        super().__init__("Too many requests", reason=reason)
        self.headers = (
            *wise_wire.GATEWAY_HEADERS,
            (b"retry-after", str(retry_after).encode()),
            (b"x-rate-limited-by", wise_wire.RATE_LIMITED_BY.encode()),
        )
