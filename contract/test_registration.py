"""The grant `registration_code`, and how its user claims the account."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx

from . import sources
from .grant_requests import (
    CLAIM,
    REDIRECT_URI,
    USER_TOKEN,
    error_of,
    exchange,
    refresh,
    register,
    show,
    sign_up,
    tokens_of,
    unknown_registration,
)
from .local_mock import SandboxFactory
from .rulebook import rule
from .target_client import TargetClient, bearer, members_of

_EMAIL = "signed.up@example.com"
_CODE = "0123456789abcdef" * 2
_REFUSED = {"error": "invalid_grant", "error_description": "Invalid user credentials."}


@rule(
    "registration.exchanged",
    label="DOCUMENTED",
    source=sources.TOKEN_REFERENCE,
    known="token-endpoint.md#parameters, token-endpoint.md#response",
)
def test_exchanged(new_sandbox: SandboxFactory) -> None:
    """A registration code with `client_id` and `email` gives the user's tokens, with all nine members."""
    with new_sandbox() as sandbox:
        given = _registered(sandbox.wise)
        assert set(given) >= set(USER_TOKEN)
        assert members_of(show(sandbox.wise, given["access_token"])).get("email") == _EMAIL


@rule(
    "registration.again",
    label="DOCUMENTED",
    source=sources.PARTNER_KYC,
    known="lifetimes-and-formats.md#lifetimes",
)
def test_again(new_sandbox: SandboxFactory) -> None:
    """It can be exchanged again and again."""
    with new_sandbox() as sandbox:
        _registered(sandbox.wise)
        sandbox.advance(days=30)
        for _ in range(2):
            tokens_of(register(sandbox.wise, _EMAIL, _CODE))


@rule(
    "registration.no-end",
    label="INFERRED",
    source=f"{sources.PARTNER_KYC}: it names no expiry",
    known="lifetimes-and-formats.md#lifetimes",
)
def test_no_end(new_sandbox: SandboxFactory) -> None:
    """It does not expire: ten years later it still gives tokens."""
    with new_sandbox() as sandbox:
        _registered(sandbox.wise)
        sandbox.advance(days=3650)
        tokens_of(register(sandbox.wise, _EMAIL, _CODE))


@rule(
    "registration.again-refresh",
    label="DOCUMENTED",
    source=sources.REFRESHING,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_again_refresh(new_sandbox: SandboxFactory) -> None:
    """Tokens that are got anew kill the old refresh token at once."""
    with new_sandbox() as sandbox:
        old = _registered(sandbox.wise)
        tokens_of(register(sandbox.wise, _EMAIL, _CODE))
        assert error_of(refresh(sandbox.wise, old["refresh_token"]))[1] == "invalid_grant"


@rule(
    "registration.again-access",
    label="DOCUMENTED",
    source=sources.REFRESHING,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_again_access(new_sandbox: SandboxFactory) -> None:
    """The last access token made from it stays valid."""
    with new_sandbox() as sandbox:
        old = _registered(sandbox.wise)
        tokens_of(register(sandbox.wise, _EMAIL, _CODE))
        assert show(sandbox.wise, old["access_token"]).status_code == 200


@rule(
    "registration.unknown",
    label="DOCUMENTED",
    source=sources.TOKEN_REFERENCE,
    known="token-endpoint.md#errors, conflicts.md#c1",
)
def test_unknown(wise: TargetClient) -> None:
    """A wrong registration code: 401 `invalid_grant`, `Invalid user credentials.`; older guides say 400."""
    answer = unknown_registration(wise)
    assert (answer.status_code, members_of(answer)) == (401, _REFUSED)


@rule(
    "registration.wrong-code",
    label="DOCUMENTED",
    source=sources.TOKEN_REFERENCE,
    known="token-endpoint.md#errors",
)
def test_wrong_code(new_sandbox: SandboxFactory) -> None:
    """So is a wrong code for an address that was signed up."""
    with new_sandbox() as sandbox:
        _registered(sandbox.wise)
        assert _is_refused(register(sandbox.wise, _EMAIL, _CODE[::-1]))


@rule(
    "registration.other-email",
    label="DOCUMENTED",
    source=sources.PARTNER_KYC,
    known="lifetimes-and-formats.md#lifetimes",
)
def test_other_email(new_sandbox: SandboxFactory) -> None:
    """It needs the address that was used at the signup."""
    with new_sandbox() as sandbox:
        _registered(sandbox.wise)
        assert sign_up(sandbox.wise, "another@example.com", _CODE[::-1]).status_code == 200
        assert _is_refused(register(sandbox.wise, "another@example.com", _CODE))


@rule(
    "registration.another-client",
    label="INFERRED",
    source="RFC 6749 section 5.2",
    known="token-endpoint.md#errors",
)
def test_another_client(new_sandbox: SandboxFactory) -> None:
    """It is that client's alone which signed the user up."""
    with new_sandbox() as sandbox:
        _registered(sandbox.wise)
        assert error_of(register(sandbox.another_client(), _EMAIL, _CODE))[1] == "invalid_grant"


@rule("claim.answer", label="DOCUMENTED", source=sources.CLAIM, known="operations.md#endpoints")
def test_claim_answer(new_sandbox: SandboxFactory) -> None:
    """`POST /v1/user/claim-account` with the user's token and `registrationCode` gives a `claimAccountCode`."""
    with new_sandbox() as sandbox:
        answer = _claim(sandbox.wise, _registered(sandbox.wise)["access_token"])
        assert answer.status_code == 200
        assert [*answer.json()] == ["claimAccountCode"]
        assert isinstance(answer.json()["claimAccountCode"], str)


@rule(
    "claim.quarterly",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="errors.md#versions, operations.md#endpoints",
)
def test_claim_quarterly(new_sandbox: SandboxFactory) -> None:
    """`POST /2026Q3/user/claim-account` is the same operation."""
    with new_sandbox() as sandbox:
        token = _registered(sandbox.wise)["access_token"]
        assert _claim(sandbox.wise, token, "/2026Q3/user/claim-account").status_code == 200


@rule("claim.again", label="DOCUMENTED", source=sources.CLAIM, known="lifetimes-and-formats.md#lifetimes")
def test_claim_again(new_sandbox: SandboxFactory) -> None:
    """Another code may be had."""
    with new_sandbox() as sandbox:
        token = _registered(sandbox.wise)["access_token"]
        codes = [_claim(sandbox.wise, token).json()["claimAccountCode"] for _ in range(2)]
        assert codes[0] != codes[1]


@rule(
    "claim.wrong-code",
    label="INFERRED",
    source=f"{sources.CLAIM}: it takes the registration code",
    known="operations.md#endpoints",
)
def test_claim_wrong_code(new_sandbox: SandboxFactory) -> None:
    """Another registration code gives none."""
    with new_sandbox() as sandbox:
        token = _registered(sandbox.wise)["access_token"]
        assert 400 <= _claim(sandbox.wise, token, code=_CODE[::-1]).status_code < 500


@rule(
    "claim.five-minutes",
    label="DOCUMENTED",
    source=sources.CLAIM,
    known="lifetimes-and-formats.md#lifetimes, consent-and-revocation.md#authorization-page",
)
def test_claim_five_minutes(new_sandbox: SandboxFactory) -> None:
    """`claim_account_code` opens the consent page for 5 minutes and not longer."""
    with new_sandbox() as sandbox:
        sandbox.freeze()
        code = _claim(sandbox.wise, _registered(sandbox.wise)["access_token"]).json()["claimAccountCode"]
        asked = {"client_id": sandbox.wise.target.client_id, "redirect_uri": REDIRECT_URI}
        sandbox.advance(minutes=4, seconds=59)
        assert sandbox.page(**asked, claim_account_code=code).status_code == 200
        sandbox.advance(seconds=1)
        assert sandbox.page(**asked, claim_account_code=code).status_code >= 400


@rule(
    "claim.taken-over",
    label="DOCUMENTED",
    source=sources.CLAIM,
    known="consent-and-revocation.md#authorization-page",
)
def test_claim_taken_over(new_sandbox: SandboxFactory) -> None:
    """A user who claims the account there consents as well: the client gets a code for their tokens."""
    with new_sandbox() as sandbox:
        code = _claim(sandbox.wise, _registered(sandbox.wise)["access_token"]).json()["claimAccountCode"]
        asked = {"client_id": sandbox.wise.target.client_id, "redirect_uri": REDIRECT_URI}
        answer = sandbox.press("approve", None, **asked, claim_account_code=code)
        given = parse_qs(urlsplit(answer.headers["location"]).query)
        tokens = tokens_of(exchange(sandbox.wise, given["code"][0]))
        assert members_of(show(sandbox.wise, tokens["access_token"])).get("email") == _EMAIL


@rule(
    "claim.kills",
    label="DOCUMENTED",
    source=sources.TOKEN_REFERENCE,
    known="token-endpoint.md#errors, lifetimes-and-formats.md#what-ends-a-token, consent-and-revocation.md#revocation",
)
def test_claim_kills(new_sandbox: SandboxFactory) -> None:
    """Then the registration code is dead: 401 `invalid_grant`, `Invalid user credentials.`."""
    with new_sandbox(registration_ends="claimed") as sandbox:
        code = _claim(sandbox.wise, _registered(sandbox.wise)["access_token"]).json()["claimAccountCode"]
        tokens_of(register(sandbox.wise, _EMAIL, _CODE))
        asked = {"client_id": sandbox.wise.target.client_id, "redirect_uri": REDIRECT_URI}
        assert "location" in sandbox.press("approve", None, **asked, claim_account_code=code).headers
        assert _is_refused(register(sandbox.wise, _EMAIL, _CODE))


@rule(
    "claim.begun",
    label="mock-only",
    source=sources.MOCKWISE,
    known="lifetimes-and-formats.md#what-ends-a-token, consent-and-revocation.md#revocation",
)
def test_claim_begun(new_sandbox: SandboxFactory) -> None:
    """It is dead as soon as a claim-account code was asked for."""
    with new_sandbox() as sandbox:
        assert _claim(sandbox.wise, _registered(sandbox.wise)["access_token"]).status_code == 200
        assert _is_refused(register(sandbox.wise, _EMAIL, _CODE))


def _registered(wise: TargetClient) -> dict[str, str]:
    """The tokens of a user who was signed up just now."""
    assert sign_up(wise, _EMAIL, _CODE).status_code == 200
    return tokens_of(register(wise, _EMAIL, _CODE))


def _claim(wise: TargetClient, token: str, path: str = CLAIM, code: str = _CODE) -> httpx.Response:
    return wise.ask("POST", path, headers=bearer(token), json={"registrationCode": code})


def _is_refused(answer: httpx.Response) -> bool:
    return (answer.status_code, members_of(answer)) == (401, _REFUSED)
