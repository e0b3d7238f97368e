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
    RateLimitError,
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
    RateLimitError(7, reason="why"),
    ConsentRefused("Unknown client", reason="why"),
    RedirectRefused("https://evil.test/", (), reason="why"),
    ClaimRefused("https://app.test/", None, reason="why"),
    MissingToken(reason="why"),
]


@pytest.mark.parametrize(
    ("refusal", "status", "error", "description"),
    [
        (ALL[0], 400, "invalid_request", "Missing grant type"),  # docs/wise/token-endpoint.md#errors
        (ALL[1], 413, "invalid_request", "Too large"),  # RFC 9110 section 15.5.14
        (ALL[2], 401, "invalid_client", "Client authentication failed"),  # docs/wise/conflicts.md#c4
        (
            ALL[3],
            400,
            "unsupported_grant_type",
            "Unsupported grant type",
        ),  # docs/wise/token-endpoint.md#errors
        (
            ALL[4],
            401,
            "unauthorized",
            "Full authentication is required to access this resource",
        ),  # docs/wise/errors.md#shapes
        (ALL[5], 401, "invalid_token", "Invalid token"),  # docs/wise/conflicts.md#c3
        (ALL[6], 400, "invalid_grant", "Not yours"),  # RFC 6749 section 5.2
        (ALL[7], 401, "invalid_grant", "Invalid user credentials."),  # docs/wise/conflicts.md#c1
        (ALL[8], 403, "access_denied", "Access is denied"),  # docs/wise/errors.md#shapes
        (ALL[9], 429, "rate_limited", "Too many requests"),  # docs/wise/errors.md#rate-limits
        (ALL[10], 400, "invalid_request", "Unknown client"),  # RFC 6749 section 4.1.2.1
        (ALL[11], 400, "invalid_request", "Redirect URI mismatch."),  # the same
        (
            ALL[12],
            400,
            "invalid_request",
            "Invalid claim account code",
        ),  # docs/wise/consent-and-revocation.md#authorization-page
        (ALL[13], 401, "missing_token", "Missing token"),  # docs/wise/errors.md#missing-token
    ],
)
def test_each_error_has_its_figures(refusal: OAuthError, status: int, error: str, description: str) -> None:
    """Status, error code and description are constants of the class (RFC 6749 section 5.2; docs/wise/token-endpoint.md#errors)."""
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
    """A 401 of the token endpoint asks for Basic (RFC 6749 section 5.2); the API asks for nothing (docs/wise/errors.md#shapes)."""
    basic = b'Basic realm="oauth", charset="UTF-8"'
    challenges = {type(refusal): dict(refusal.headers).get(b"www-authenticate") for refusal in ALL}
    assert challenges.pop(InvalidClient) == challenges.pop(Unauthorized) == basic
    assert set(challenges.values()) == {None}
    at_the_api = Unauthorized(InvalidToken.headers, reason="why")
    assert b"www-authenticate" not in dict(at_the_api.headers)


@pytest.mark.parametrize("refusal", ALL, ids=[type(refusal).__name__ for refusal in ALL])
def test_no_refusal_is_stored_by_a_cache(refusal: OAuthError) -> None:
    """Refusals are JSON that no cache keeps (RFC 6749 section 5.1; docs/wise/errors.md#shapes)."""
    headers = dict(refusal.headers)
    assert headers[b"content-type"].startswith(b"application/json")
    assert b"no-store" in headers[b"cache-control"]
    assert headers[b"pragma"] == b"no-cache"
