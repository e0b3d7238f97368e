"""The grant `refresh_token`: how long things live, and how it is refused."""

from __future__ import annotations

from datetime import datetime, timedelta

from . import sources
from .grant_requests import error_of, refresh, show, tokens_of, unknown_refresh
from .local_mock import SandboxFactory
from .rulebook import rule
from .target_client import TargetClient, members_of

_SEVEN_THOUSAND_THREE_HUNDRED_DAYS = 630_720_000  # seconds


@rule(
    "refresh.unknown",
    label="DOCUMENTED",
    source=sources.AUTHENTICATION_ERRORS,
    known="token-endpoint.md#errors",
)
def test_unknown(wise: TargetClient) -> None:
    """A refresh token that nobody issued is told `invalid_grant`."""
    assert members_of(unknown_refresh(wise)).get("error") == "invalid_grant"


@rule(
    "refresh.unknown-status",
    label="INFERRED",
    source="RFC 6749 section 5.2",
    known="token-endpoint.md#errors, conflicts.md#c2",
)
def test_unknown_status(wise: TargetClient) -> None:
    """It is refused with 400."""
    assert unknown_refresh(wise).status_code == 400


@rule("refresh.unknown-words", label="INFERRED", source=sources.SPRING, known="token-endpoint.md#errors")
def test_unknown_words(wise: TargetClient) -> None:
    """It is told `Invalid refresh token`, and not repeated."""
    assert members_of(unknown_refresh(wise)).get("error_description") == "Invalid refresh token"


@rule("refresh.another-client", label="INFERRED", source=sources.SPRING, known="token-endpoint.md#errors")
def test_another_client(new_sandbox: SandboxFactory) -> None:
    """Another client's refresh token: 400 `invalid_grant`, `Wrong client for this refresh token`."""
    with new_sandbox() as sandbox:
        answer = refresh(sandbox.another_client(), sandbox.link()["refresh_token"])
        assert error_of(answer) == (400, "invalid_grant")
        assert members_of(answer)["error_description"] == "Wrong client for this refresh token"


@rule("refresh.multipart", label="OBSERVED", source=sources.WISE_POSTMAN, known="token-endpoint.md#request")
def test_multipart(new_sandbox: SandboxFactory) -> None:
    """It may be sent as `multipart/form-data`."""
    with new_sandbox() as sandbox:
        sent = {"grant_type": "refresh_token", "refresh_token": sandbox.link()["refresh_token"]}
        answer = sandbox.wise.ask_token(files={name: (None, value) for name, value in sent.items()})
        assert answer.status_code == 200


@rule(
    "refresh.access-ends",
    label="DOCUMENTED",
    source=sources.REFRESH_TOKENS,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_access_ends(new_sandbox: SandboxFactory) -> None:
    """A user token opens the API for 12 hours and not longer; the refresh token then gives another."""
    with new_sandbox() as sandbox:
        sandbox.freeze()
        given = sandbox.link()
        sandbox.advance(seconds=given["expires_in"])
        assert show(sandbox.wise, given["access_token"]).status_code == 200
        sandbox.advance(seconds=1)
        assert show(sandbox.wise, given["access_token"]).status_code == 401
        anew = tokens_of(refresh(sandbox.wise, given["refresh_token"]))
        assert show(sandbox.wise, anew["access_token"]).status_code == 200


@rule(
    "refresh.access-expired",
    label="OBSERVED",
    source=sources.RECORDED,
    known="errors.md#shapes, errors.md#headers",
)
def test_access_expired(new_sandbox: SandboxFactory) -> None:
    """An expired user token is told what an unknown one is: `invalid_token`, `Invalid token`, no `WWW-Authenticate`."""
    with new_sandbox() as sandbox:
        token = sandbox.link()["access_token"]
        sandbox.advance(hours=12)
        answer = show(sandbox.wise, token)
        assert (answer.status_code, answer.headers.get("www-authenticate")) == (401, None)
        assert members_of(answer) == {"error": "invalid_token", "error_description": "Invalid token"}


@rule(
    "refresh.lifetime",
    label="INFERRED",
    source=f"arithmetic on {sources.RECORDED}",
    known="lifetimes-and-formats.md#formats, conflicts.md#c5",
)
def test_lifetime(new_sandbox: SandboxFactory) -> None:
    """A new refresh token lives 7300 days from the grant; the answer says so in both ways."""
    with new_sandbox() as sandbox:
        given = sandbox.link()
        began = datetime.fromisoformat(f"{given['created_at'][:23]}+00:00")
        end = datetime.fromisoformat(given["refresh_token_expires_at"])
        assert end - began == timedelta(seconds=_SEVEN_THOUSAND_THREE_HUNDRED_DAYS)
        assert given["refresh_token_expires_in"] == _SEVEN_THOUSAND_THREE_HUNDRED_DAYS - 1


@rule("refresh.counts-down", label="OBSERVED", source=sources.RECORDED, known="token-endpoint.md#response")
def test_counts_down(new_sandbox: SandboxFactory) -> None:
    """`refresh_token_expires_in` counts down: three days later it is three days less."""
    with new_sandbox() as sandbox:
        sandbox.freeze()
        before = sandbox.link()
        sandbox.advance(days=3)
        after = tokens_of(refresh(sandbox.wise, before["refresh_token"]))
        gone = before["refresh_token_expires_in"] - after["refresh_token_expires_in"]
        assert gone == timedelta(days=3).total_seconds()
        assert after["refresh_token_expires_at"] == before["refresh_token_expires_at"]


@rule(
    "refresh.lives-to-the-end",
    label="DOCUMENTED",
    source=sources.REFRESH_TOKENS,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_lives_to_the_end(new_sandbox: SandboxFactory) -> None:
    """A refresh token works as long as `refresh_token_expires_in` said."""
    with new_sandbox() as sandbox:
        sandbox.freeze()
        given = sandbox.link()
        sandbox.advance(seconds=given["refresh_token_expires_in"])
        tokens_of(refresh(sandbox.wise, given["refresh_token"]))


@rule(
    "refresh.ends",
    label="DOCUMENTED",
    source=sources.REFRESH_TOKENS,
    known="token-endpoint.md#errors, lifetimes-and-formats.md#what-ends-a-token",
)
def test_ends(new_sandbox: SandboxFactory) -> None:
    """After that it is told `invalid_grant`."""
    with new_sandbox() as sandbox:
        sandbox.freeze()
        given = sandbox.link()
        sandbox.advance(seconds=given["refresh_token_expires_in"] + 1)
        answer = refresh(sandbox.wise, given["refresh_token"])
        assert (answer.status_code >= 400, members_of(answer).get("error")) == (True, "invalid_grant")


@rule(
    "refresh.access-token",
    label="INFERRED",
    source="RFC 6749 section 1.5",
    known="token-endpoint.md#parameters",
)
def test_access_token(new_sandbox: SandboxFactory) -> None:
    """An access token refreshes nothing, and a refresh token opens nothing."""
    with new_sandbox() as sandbox:
        given = sandbox.link()
        assert error_of(refresh(sandbox.wise, given["access_token"]))[1] == "invalid_grant"
        assert show(sandbox.wise, given["refresh_token"]).status_code == 401


@rule(
    "refresh.rotation",
    label="mock-only",
    source=f"RFC 6749 section 6; {sources.MOCKWISE}",
    known="conflicts.md#c6",
)
def test_rotation(new_sandbox: SandboxFactory) -> None:
    """A switch has each refresh give another refresh token, which works; `refresh_token_expires_at` does not move."""
    with new_sandbox(refresh_rotation="on") as sandbox:
        given = sandbox.link()
        for _ in range(2):
            before, given = given, tokens_of(refresh(sandbox.wise, given["refresh_token"]))
            assert given["refresh_token"] != before["refresh_token"]
            assert given["refresh_token_expires_at"] == before["refresh_token_expires_at"]


@rule(
    "refresh.rotated-out",
    label="mock-only",
    source=f"RFC 6749 section 6; {sources.MOCKWISE}",
    known="conflicts.md#c6",
)
def test_rotated_out(new_sandbox: SandboxFactory) -> None:
    """With that switch the refresh token before it is dead at once: `invalid_grant`."""
    with new_sandbox(refresh_rotation="on") as sandbox:
        old = sandbox.link()["refresh_token"]
        tokens_of(refresh(sandbox.wise, old))
        assert error_of(refresh(sandbox.wise, old)) == (400, "invalid_grant")
