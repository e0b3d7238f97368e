"""The grant `authorization_code`."""

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
from .local_mock import Staging
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
def test_exchanged(stage: Staging) -> None:
    """A code with `client_id` and the `redirect_uri` of the consent gives a user's tokens, with all nine members."""
    with stage() as apart:
        assert set(apart.link()) >= set(USER_TOKEN)


@rule(
    "code.user",
    label="DOCUMENTED",
    source=sources.ONBOARDING,
    known="operations.md#endpoints, consent-and-revocation.md#authorization-page",
)
def test_user(stage: Staging) -> None:
    """They are the tokens of the user who consented."""
    with stage() as apart:
        shown = show(apart.wise, apart.link()["access_token"])
        assert (shown.status_code, members_of(shown).get("id")) == (200, apart.user_id)


@rule("code.charset", label="DOCUMENTED", source=sources.WISE_SAMPLES, known="token-endpoint.md#request")
def test_charset(stage: Staging) -> None:
    """The form may name its charset, as Wise's own sample does."""
    with stage() as apart:
        form = {"grant_type": "authorization_code", "code": apart.consent(), "redirect_uri": REDIRECT_URI}
        answer = apart.wise.ask_token(
            content=urlencode(form | {"client_id": apart.wise.target.client_id}).encode(),
            headers={"content-type": "application/x-www-form-urlencoded;charset=UTF-8"},
        )
        assert answer.status_code == 200


@rule(
    "code.once",
    label="DOCUMENTED",
    source=sources.SANDBOX_TESTING,
    known="token-endpoint.md#errors, lifetimes-and-formats.md#what-ends-a-token, consent-and-revocation.md#authorization-page",
)
def test_once(stage: Staging) -> None:
    """A code is good for one exchange; the second is told `invalid_grant`."""
    with stage() as apart:
        code = apart.consent()
        tokens_of(exchange(apart.wise, code))
        assert error_of(exchange(apart.wise, code))[1] == "invalid_grant"


@rule(
    "code.lives",
    label="DOCUMENTED",
    source=sources.SANDBOX_TESTING,
    known="lifetimes-and-formats.md#what-ends-a-token, consent-and-revocation.md#authorization-page",
)
def test_lives(stage: Staging) -> None:
    """A code lives for 30 minutes."""
    with stage() as apart:
        apart.freeze()
        code = apart.consent()
        apart.advance(minutes=29, seconds=59)
        tokens_of(exchange(apart.wise, code))


@rule(
    "code.ends",
    label="DOCUMENTED",
    source=sources.SANDBOX_TESTING,
    known="token-endpoint.md#errors, lifetimes-and-formats.md#what-ends-a-token, consent-and-revocation.md#authorization-page",
)
def test_ends(stage: Staging) -> None:
    """After 30 minutes it is told `invalid_grant`."""
    with stage() as apart:
        code = apart.consent()
        apart.advance(minutes=30)
        assert error_of(exchange(apart.wise, code))[1] == "invalid_grant"


@rule(
    "code.redirect-uri",
    label="DOCUMENTED",
    source=sources.ONBOARDING,
    known="token-endpoint.md#parameters, developer-hub.md#credentials",
)
def test_redirect_uri(stage: Staging) -> None:
    """A code is bound to the `redirect_uri` of the consent, exactly, with its query."""
    with stage(redirect_uri=[_ONE, _OTHER]) as apart:
        for wrong in (_OTHER, _ONE.partition("?")[0], f"{_ONE}#", _ONE.replace("/back", "/back/")):
            assert exchange(apart.wise, apart.consent(redirect_uri=_ONE), wrong).status_code >= 400, wrong
        tokens_of(exchange(apart.wise, apart.consent(redirect_uri=_ONE), _ONE))


@rule("code.redirect-uri-words", label="INFERRED", source=sources.SPRING, known="token-endpoint.md#errors")
def test_redirect_uri_words(stage: Staging) -> None:
    """Another `redirect_uri` is told 400 `invalid_grant`, `Redirect URI mismatch.`."""
    with stage(redirect_uri=[_ONE, _OTHER]) as apart:
        answer = exchange(apart.wise, apart.consent(redirect_uri=_ONE), _OTHER)
        assert error_of(answer) == (400, "invalid_grant")
        assert members_of(answer)["error_description"] == "Redirect URI mismatch."


@rule("code.another-client", label="INFERRED", source=sources.SPRING, known="token-endpoint.md#errors")
def test_another_client(stage: Staging) -> None:
    """A code of another client: 401 `invalid_client`, `Client ID mismatch`."""
    with stage() as apart:
        answer = exchange(apart.another_client(), apart.consent())
        assert error_of(answer) == (401, "invalid_client")
        assert members_of(answer)["error_description"] == "Client ID mismatch"


@rule("code.refused", label="mock-only", source=sources.MOCKWISE, known="")
def test_refused(stage: Staging) -> None:
    """An exchange that was refused does not use the code up."""
    with stage() as apart:
        code = apart.consent()
        assert exchange(apart.wise, code, f"{REDIRECT_URI}/elsewhere").status_code >= 400
        tokens_of(exchange(apart.wise, code))


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
def test_dead_words(stage: Staging) -> None:
    """A used and an expired code are told what an unknown one is: 400, `Invalid authorization code`."""
    with stage() as apart:
        used, expired = apart.consent(), apart.consent()
        tokens_of(exchange(apart.wise, used))
        apart.advance(minutes=30)
        for code in (used, expired):
            answer = exchange(apart.wise, code)
            told = members_of(answer).get("error_description")
            assert (answer.status_code, told) == (400, _UNKNOWN_WORDS)


@rule(
    "code.again-refresh",
    label="DOCUMENTED",
    source=sources.REFRESHING,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_again_refresh(stage: Staging) -> None:
    """Tokens that are got anew with another code kill the old refresh token at once."""
    with stage() as apart:
        old = apart.link()
        tokens_of(refresh(apart.wise, old["refresh_token"]))
        new = apart.link()
        assert error_of(refresh(apart.wise, old["refresh_token"]))[1] == "invalid_grant"
        tokens_of(refresh(apart.wise, new["refresh_token"]))


@rule(
    "code.again-access",
    label="DOCUMENTED",
    source=sources.REFRESHING,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_again_access(stage: Staging) -> None:
    """The last access token made from it stays valid."""
    with stage() as apart:
        old, new = apart.link(), apart.link()
        for given in (old, new):
            assert show(apart.wise, given["access_token"]).status_code == 200


@rule(
    "code.again-replaced",
    label="INFERRED",
    source=f"{sources.REFRESHING}: until it is replaced",
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_again_replaced(stage: Staging) -> None:
    """Until the first refresh with the new refresh token replaces it."""
    with stage() as apart:
        old, new = apart.link(), apart.link()
        tokens_of(refresh(apart.wise, new["refresh_token"]))
        assert show(apart.wise, old["access_token"]).status_code == 401
