"""What is Wise's own: words, figures and forms of the wire, each with its source in the fact sheet."""

from __future__ import annotations

from datetime import datetime, timedelta

TOKEN_TYPE = "bearer"  # noqa: S105  because it is a wire word; facts 1.3: lower case
SCOPE = "transfers"  # facts 1.3: always
LONGEST_CORRELATION_ID = 36  # facts 5.2: longer ones are ignored
LARGEST_TOKEN_REQUEST = 64 * 1024  # bytes; mock-only

# Facts 1.4 and 10 (C4). Status 401 by RFC 6749 section 5.2.
CLIENT_AUTHENTICATION_FAILED = "Client authentication failed"
# Facts 1.4, DOCUMENTED.
MISSING_GRANT_TYPE = "Missing grant type"
# Facts 1.4, INFERRED from Spring Security OAuth.
UNSUPPORTED_GRANT_TYPE = "Unsupported grant type"
# Facts 1.1, INFERRED from Spring Security OAuth.
CLIENT_ID_MISMATCH = "Given client ID does not match authenticated client"
# Facts 5.1 shape 1, OBSERVED; facts 10 (C3): never an echo of the token.
INVALID_TOKEN = "Invalid token"  # noqa: S105  because it is a description
# Facts 5.1 shape 3, DOCUMENTED in 2020.
FULL_AUTHENTICATION = "Full authentication is required to access this resource"

# Facts 1.3, OBSERVED: headers of a token answer.
TOKEN_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"pragma", b"no-cache"),
    (b"content-type", b"application/json"),
)
# Facts 5.1, OBSERVED: headers of the gateway's own 401, which has no WWW-Authenticate.
GATEWAY_HEADERS = (
    (b"cache-control", b"private, no-cache, no-store, max-age=0"),
    (b"pragma", b"no-cache"),
    (b"expires", b"0"),
    (b"content-type", b"application/json; charset=utf-8"),
)

_SECOND = timedelta(seconds=1)


def whole_seconds(left: timedelta) -> int:
    """`expires_in`: whole seconds left, as Wise rounds them (facts 1.3: 12 hours read 43199)."""
    return max(-(-left // _SECOND) - 1, 0)


def millisecond_timestamp(time: datetime) -> str:
    """`expires_at`: UTC with three fractional digits and `Z` (facts 1.3)."""
    date = (time.year, time.month, time.day, time.hour, time.minute, time.second, time.microsecond // 1000)
    return "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % date  # noqa: UP031  twice as fast, and each token needs it
