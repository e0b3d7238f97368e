from __future__ import annotations

import pytest

from mockwise.oauth.consent import ClaimRefused, ConsentRefused, RedirectRefused
from mockwise.oauth.errors import (
    AccessDenied,
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    InvalidToken,
    MissingToken,
    OAuthError,
    RateLimited,
    RequestTooLarge,
    Unauthorized,
    UnsupportedGrantType,
)

ALL: list[OAuthError] = [
    InvalidRequest("Missing grant type", reason="why"),
    RequestTooLarge("Too large", reason="why"),
    InvalidClient(reason="why"),
    UnsupportedGrantType("Unsupported grant type", reason="why"),
    Unauthorized(InvalidClient.headers, reason="why"),
    InvalidToken(reason="why"),
    InvalidGrant("Not yours", reason="why"),
    InvalidGrant("Invalid user credentials.", reason="why", status=401),
    AccessDenied(reason="why"),
    RateLimited(7, reason="why"),
    ConsentRefused("Unknown client", reason="why"),
    RedirectRefused("https://evil.test/", (), reason="why"),
    ClaimRefused("https://app.test/", None, reason="why"),
    MissingToken(reason="why"),
]


@pytest.mark.parametrize(
    ("refusal", "status", "error", "description"),
    [
        (ALL[0], 400, "invalid_request", "Missing grant type"),  # facts 1.4
        (ALL[1], 413, "invalid_request", "Too large"),  # RFC 9110 section 15.5.14
        (ALL[2], 401, "invalid_client", "Client authentication failed"),  # facts 10, C4
        (ALL[3], 400, "unsupported_grant_type", "Unsupported grant type"),  # facts 1.4
        (ALL[4], 401, "unauthorized", "Full authentication is required to access this resource"),  # facts 5.1
        (ALL[5], 401, "invalid_token", "Invalid token"),  # facts 10, C3
        (ALL[6], 400, "invalid_grant", "Not yours"),  # RFC 6749 section 5.2
        (ALL[7], 401, "invalid_grant", "Invalid user credentials."),  # facts 10, C1
        (ALL[8], 403, "access_denied", "Access is denied"),  # facts 5.1
        (ALL[9], 429, "rate_limited", "Too many requests"),  # facts 5.3
        (ALL[10], 400, "invalid_request", "Unknown client"),  # RFC 6749 section 4.1.2.1
        (ALL[11], 400, "invalid_request", "Redirect URI mismatch."),  # the same
        (ALL[12], 400, "invalid_request", "Invalid claim account code"),  # facts 7.1
        (ALL[13], 401, "missing_token", "Missing token"),  # facts 12.1
    ],
)
def test_each_error_has_its_figures(refusal: OAuthError, status: int, error: str, description: str) -> None:
    """Status, error code and description are constants of the class (RFC 6749 section 5.2; facts 1.4)."""
    assert (refusal.status, refusal.error, refusal.description) == (status, error, description)
    assert refusal.reason == "why"
    assert str(refusal) == description


def families(of: type[OAuthError]) -> set[type[OAuthError]]:
    """A class of errors and all below it."""
    return {of}.union(*(families(below) for below in of.__subclasses__()))


def test_no_error_is_left_out() -> None:
    """The table above has every error there is."""
    assert families(OAuthError) - {OAuthError} == {type(refusal) for refusal in ALL}


def test_only_the_token_endpoint_challenges() -> None:
    """A 401 of the token endpoint asks for Basic (RFC 6749 section 5.2); the API asks for nothing (facts 5.1)."""
    basic = b'Basic realm="oauth", charset="UTF-8"'
    challenges = {type(refusal): dict(refusal.headers).get(b"www-authenticate") for refusal in ALL}
    assert challenges.pop(InvalidClient) == challenges.pop(Unauthorized) == basic
    assert set(challenges.values()) == {None}
    at_the_api = Unauthorized(InvalidToken.headers, reason="why")
    assert b"www-authenticate" not in dict(at_the_api.headers)


@pytest.mark.parametrize("refusal", ALL, ids=[type(refusal).__name__ for refusal in ALL])
def test_no_refusal_is_stored_by_a_cache(refusal: OAuthError) -> None:
    """Refusals are JSON that no cache keeps (RFC 6749 section 5.1; facts 5.1)."""
    headers = dict(refusal.headers)
    assert headers[b"content-type"].startswith(b"application/json")
    assert b"no-store" in headers[b"cache-control"]
    assert headers[b"pragma"] == b"no-cache"
