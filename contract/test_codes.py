"""Rules of the grant `authorization_code`."""

from __future__ import annotations

from urllib.parse import urlencode

from . import sources
from .grant_requests import (
    REDIRECT_URI,
    USER_TOKEN,
    error_of,
    exchange,
    refresh,
    show,
    tokens_of,
    unknown_code,
)
from .local_mock import SandboxFactory
from .rulebook import rule
from .target_client import TargetClient, members_of

_ONE = "https://app.example.com/back?to=wise&x=1"
_OTHER = "https://app.example.com/back?x=1&to=wise"
_UNKNOWN_WORDS = "Invalid authorization code"


@rule(
    "code.exchanged",
    label="DOCUMENTED",
    source=sources.TOKEN_REFERENCE,
    known="token-endpoint.md#parameters, token-endpoint.md#response",
)
def test_exchanged(new_sandbox: SandboxFactory) -> None:
    """A code with `client_id` and the `redirect_uri` of the consent gives a user's tokens, with all nine members."""
    with new_sandbox() as sandbox:
        assert set(sandbox.link()) >= set(USER_TOKEN)


@rule(
    "code.user",
    label="DOCUMENTED",
    source=sources.ONBOARDING,
    known="operations.md#endpoints, consent-and-revocation.md#authorization-page",
)
def test_user(new_sandbox: SandboxFactory) -> None:
    """They are the tokens of the user who consented."""
    with new_sandbox() as sandbox:
        shown = show(sandbox.wise, sandbox.link()["access_token"])
        assert (shown.status_code, members_of(shown).get("id")) == (200, sandbox.user_id)


@rule("code.charset", label="DOCUMENTED", source=sources.WISE_SAMPLES, known="token-endpoint.md#request")
def test_charset(new_sandbox: SandboxFactory) -> None:
    """The form may name its charset, as Wise's own sample does."""
    with new_sandbox() as sandbox:
        form = {"grant_type": "authorization_code", "code": sandbox.consent(), "redirect_uri": REDIRECT_URI}
        answer = sandbox.wise.ask_token(
            content=urlencode(form | {"client_id": sandbox.wise.target.client_id}).encode(),
            headers={"content-type": "application/x-www-form-urlencoded;charset=UTF-8"},
        )
        assert answer.status_code == 200


@rule(
    "code.once",
    label="DOCUMENTED",
    source=sources.SANDBOX_TESTING,
    known="token-endpoint.md#errors, lifetimes-and-formats.md#what-ends-a-token, consent-and-revocation.md#authorization-page",
)
def test_once(new_sandbox: SandboxFactory) -> None:
    """A code is good for one exchange; the second is told `invalid_grant`."""
    with new_sandbox() as sandbox:
        code = sandbox.consent()
        tokens_of(exchange(sandbox.wise, code))
        assert error_of(exchange(sandbox.wise, code))[1] == "invalid_grant"


@rule(
    "code.lives",
    label="DOCUMENTED",
    source=sources.SANDBOX_TESTING,
    known="lifetimes-and-formats.md#what-ends-a-token, consent-and-revocation.md#authorization-page",
)
def test_lives(new_sandbox: SandboxFactory) -> None:
    """A code lives for 30 minutes."""
    with new_sandbox() as sandbox:
        sandbox.freeze()
        code = sandbox.consent()
        sandbox.advance(minutes=29, seconds=59)
        tokens_of(exchange(sandbox.wise, code))


@rule(
    "code.ends",
    label="DOCUMENTED",
    source=sources.SANDBOX_TESTING,
    known="token-endpoint.md#errors, lifetimes-and-formats.md#what-ends-a-token, consent-and-revocation.md#authorization-page",
)
def test_ends(new_sandbox: SandboxFactory) -> None:
    """After 30 minutes it is told `invalid_grant`."""
    with new_sandbox() as sandbox:
        code = sandbox.consent()
        sandbox.advance(minutes=30)
        assert error_of(exchange(sandbox.wise, code))[1] == "invalid_grant"


@rule(
    "code.redirect-uri",
    label="DOCUMENTED",
    source=sources.ONBOARDING,
    known="token-endpoint.md#parameters, developer-hub.md#credentials",
)
def test_redirect_uri(new_sandbox: SandboxFactory) -> None:
    """A code is bound to the `redirect_uri` of the consent, exactly, with its query."""
    with new_sandbox(redirect_uri=[_ONE, _OTHER]) as sandbox:
        for wrong in (_OTHER, _ONE.partition("?")[0], f"{_ONE}#", _ONE.replace("/back", "/back/")):
            assert exchange(sandbox.wise, sandbox.consent(redirect_uri=_ONE), wrong).status_code >= 400, wrong
        tokens_of(exchange(sandbox.wise, sandbox.consent(redirect_uri=_ONE), _ONE))


@rule("code.redirect-uri-words", label="INFERRED", source=sources.SPRING, known="token-endpoint.md#errors")
def test_redirect_uri_words(new_sandbox: SandboxFactory) -> None:
    """Another `redirect_uri` is told 400 `invalid_grant`, `Redirect URI mismatch.`."""
    with new_sandbox(redirect_uri=[_ONE, _OTHER]) as sandbox:
        answer = exchange(sandbox.wise, sandbox.consent(redirect_uri=_ONE), _OTHER)
        assert error_of(answer) == (400, "invalid_grant")
        assert members_of(answer)["error_description"] == "Redirect URI mismatch."


@rule("code.another-client", label="INFERRED", source=sources.SPRING, known="token-endpoint.md#errors")
def test_another_client(new_sandbox: SandboxFactory) -> None:
    """A code of another client: 401 `invalid_client`, `Client ID mismatch`."""
    with new_sandbox() as sandbox:
        answer = exchange(sandbox.another_client(), sandbox.consent())
        assert error_of(answer) == (401, "invalid_client")
        assert members_of(answer)["error_description"] == "Client ID mismatch"


@rule("code.refused", label="mock-only", source=sources.MOCKWISE, known="")
def test_refused(new_sandbox: SandboxFactory) -> None:
    """An exchange that was refused does not use the code up."""
    with new_sandbox() as sandbox:
        code = sandbox.consent()
        assert exchange(sandbox.wise, code, f"{REDIRECT_URI}/elsewhere").status_code >= 400
        tokens_of(exchange(sandbox.wise, code))


@rule(
    "code.unknown", label="DOCUMENTED", source=sources.AUTHENTICATION_ERRORS, known="token-endpoint.md#errors"
)
def test_unknown(wise: TargetClient) -> None:
    """A code that nobody gave out is told `invalid_grant`."""
    assert members_of(unknown_code(wise)).get("error") == "invalid_grant"


@rule(
    "code.unknown-status", label="INFERRED", source="RFC 6749 section 5.2", known="token-endpoint.md#errors"
)
def test_unknown_status(wise: TargetClient) -> None:
    """It is refused with 400."""
    assert unknown_code(wise).status_code == 400


@rule("code.unknown-words", label="INFERRED", source=sources.SPRING, known="token-endpoint.md#errors")
def test_unknown_words(wise: TargetClient) -> None:
    """It is told `Invalid authorization code`, and not repeated."""
    assert members_of(unknown_code(wise)).get("error_description") == _UNKNOWN_WORDS


@rule("code.dead-words", label="INFERRED", source=sources.SPRING, known="token-endpoint.md#errors")
def test_dead_words(new_sandbox: SandboxFactory) -> None:
    """A used and an expired code are told what an unknown one is: 400, `Invalid authorization code`."""
    with new_sandbox() as sandbox:
        used, expired = sandbox.consent(), sandbox.consent()
        tokens_of(exchange(sandbox.wise, used))
        sandbox.advance(minutes=30)
        for code in (used, expired):
            answer = exchange(sandbox.wise, code)
            told = members_of(answer).get("error_description")
            assert (answer.status_code, told) == (400, _UNKNOWN_WORDS)


@rule(
    "code.again-refresh",
    label="DOCUMENTED",
    source=sources.REFRESHING,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_again_refresh(new_sandbox: SandboxFactory) -> None:
    """Tokens that are got anew with another code kill the old refresh token at once."""
    with new_sandbox() as sandbox:
        old = sandbox.link()
        tokens_of(refresh(sandbox.wise, old["refresh_token"]))
        new = sandbox.link()
        assert error_of(refresh(sandbox.wise, old["refresh_token"]))[1] == "invalid_grant"
        tokens_of(refresh(sandbox.wise, new["refresh_token"]))


@rule(
    "code.again-access",
    label="DOCUMENTED",
    source=sources.REFRESHING,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_again_access(new_sandbox: SandboxFactory) -> None:
    """The last access token made from it stays valid."""
    with new_sandbox() as sandbox:
        old, new = sandbox.link(), sandbox.link()
        for given in (old, new):
            assert show(sandbox.wise, given["access_token"]).status_code == 200


@rule(
    "code.again-replaced",
    label="INFERRED",
    source=f"{sources.REFRESHING}: until it is replaced",
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_again_replaced(new_sandbox: SandboxFactory) -> None:
    """Until the first refresh with the new refresh token replaces it."""
    with new_sandbox() as sandbox:
        old, new = sandbox.link(), sandbox.link()
        tokens_of(refresh(sandbox.wise, new["refresh_token"]))
        assert show(sandbox.wise, old["access_token"]).status_code == 401
