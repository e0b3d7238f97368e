"""What is Wise's own: words, figures and forms of the wire, each with its source in the fact sheet."""

from __future__ import annotations

from datetime import datetime, timedelta

TOKEN_TYPE = "bearer"  # docs/wise/token-endpoint.md#response: in lower case
SCOPE = "transfers"  # docs/wise/token-endpoint.md#response: always
LONGEST_CORRELATION_ID = 36  # docs/wise/errors.md#headers: longer ones are ignored
LARGEST_TOKEN_REQUEST = 64 * 1024  # bytes; mock-only

# docs/wise/token-endpoint.md#errors, docs/wise/conflicts.md#c4. Status 401 by RFC 6749 section 5.2.
CLIENT_AUTHENTICATION_FAILED = "Client authentication failed"
# docs/wise/token-endpoint.md#errors, DOCUMENTED.
MISSING_GRANT_TYPE = "Missing grant type"
# docs/wise/token-endpoint.md#errors, INFERRED from Spring Security OAuth.
UNSUPPORTED_GRANT_TYPE = "Unsupported grant type"
# docs/wise/token-endpoint.md#errors, INFERRED from Spring Security OAuth.
MISSING_PARAMETERS = {
    "code": "An authorization code must be supplied.",
    "refresh_token": "refresh_token parameter not provided",
}
INVALID_CODE = "Invalid authorization code"
REDIRECT_URI_MISMATCH = "Redirect URI mismatch."
CODE_OF_ANOTHER_CLIENT = "Client ID mismatch"
INVALID_REFRESH_TOKEN = "Invalid refresh token"
REFRESH_TOKEN_OF_ANOTHER_CLIENT = "Wrong client for this refresh token"
# docs/wise/consent-and-revocation.md#authorization-page, INFERRED: Wise's words are not listed. The first is Spring Security OAuth's.
USER_DENIED_ACCESS = "User denied access"
INVALID_CLAIM_CODE = "Invalid claim account code"
# docs/wise/token-endpoint.md#errors, DOCUMENTED.
INVALID_USER_CREDENTIALS = "Invalid user credentials."
# docs/wise/errors.md#shapes, INFERRED from Spring Security OAuth.
ACCESS_IS_DENIED = "Access is denied"
# docs/wise/errors.md#rate-limits, DOCUMENTED as an example.
RATE_LIMITED_BY = "wise-public-api"
# docs/wise/token-endpoint.md#request, INFERRED from Spring Security OAuth.
CLIENT_ID_MISMATCH = "Given client ID does not match authenticated client"
# OBSERVED (docs/wise/errors.md#shapes shape 1); never an echo of the token (docs/wise/conflicts.md#c3).
INVALID_TOKEN = "Invalid token"
# docs/wise/errors.md#missing-token, OBSERVED in August and September 2026.
MISSING_TOKEN = "Missing token"
# docs/wise/errors.md#shapes shape 3, DOCUMENTED in 2020.
FULL_AUTHENTICATION = "Full authentication is required to access this resource"

# The headers of a token answer, OBSERVED (docs/wise/token-endpoint.md#response).
TOKEN_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"pragma", b"no-cache"),
    (b"content-type", b"application/json"),
)
# The headers of the gateway's own 401, OBSERVED (docs/wise/errors.md#shapes): it has no WWW-Authenticate.
GATEWAY_HEADERS = (
    (b"cache-control", b"private, no-cache, no-store, max-age=0"),
    (b"pragma", b"no-cache"),
    (b"expires", b"0"),
    (b"content-type", b"application/json; charset=utf-8"),
)

_SECOND = timedelta(seconds=1)


def whole_seconds(left: timedelta) -> int:
    """`expires_in`: whole seconds left, as Wise rounds them (docs/wise/token-endpoint.md#response: 12 hours read 43199)."""
    return max(-(-left // _SECOND) - 1, 0)


def seconds_left(began: datetime, ends: datetime, now: datetime) -> int:
    """`expires_in` of what began and ends; it is never more than at the beginning, though the clock may be set back."""
    return whole_seconds(ends - max(now, began))


def millisecond_timestamp(time: datetime) -> str:
    """`expires_at`: UTC with three fractional digits and `Z` (docs/wise/token-endpoint.md#response)."""
    date = (time.year, time.month, time.day, time.hour, time.minute, time.second, time.microsecond // 1000)
    return "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % date  # noqa: UP031  twice as fast, and each token needs it


def nanosecond_timestamp(time: datetime, number: int) -> str:
    """`created_at`: UTC with nine fractional digits and `Z` (docs/wise/token-endpoint.md#response).

    Clocks here count microseconds. The last three digits are made from the token's number and never all zero: Java,
    which Wise runs on, would leave zeros out.
    """
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond:06d}{number % 999 + 1:03d}Z"
