"""How the token endpoint refuses."""

from __future__ import annotations

import httpx

from . import sources
from .rulebook import not_applicable, rule
from .target_client import GRANT, TOKEN_PATH, WRONG_SECRET, TargetClient, members_of

_RFC = "RFC 6749 section 5.2"


@rule(
    "errors.shape", label="DOCUMENTED", source=sources.AUTHENTICATION_ERRORS, known="token-endpoint.md#errors"
)
def test_shape(wise: TargetClient) -> None:
    """An error is a JSON object of two texts, `error` and `error_description`."""
    for answer in (wise.no_grant_type, wise.wrong_secret):
        members = members_of(_refused(answer))
        assert set(members) == {"error", "error_description"}
        assert all(isinstance(text, str) and text for text in members.values())


@rule(
    "errors.missing-grant-type",
    label="DOCUMENTED",
    source=sources.TOKEN_REFERENCE,
    known="token-endpoint.md#errors",
)
def test_missing_grant_type(wise: TargetClient) -> None:
    """Without `grant_type`: 400 `invalid_request`, `Missing grant type`."""
    assert _told(wise.no_grant_type) == (400, "invalid_request", "Missing grant type")


@rule("errors.unsupported-grant", label="INFERRED", source=_RFC, known="token-endpoint.md#errors")
def test_unsupported_grant(wise: TargetClient) -> None:
    """A grant type that nobody offers: 400 `unsupported_grant_type`."""
    assert _told(wise.unsupported_grant)[:2] == (400, "unsupported_grant_type")


@rule(
    "errors.unsupported-grant-words",
    label="INFERRED",
    source=sources.SPRING,
    known="token-endpoint.md#errors",
)
def test_unsupported_grant_words(wise: TargetClient) -> None:
    """Its description begins with `Unsupported grant type`."""
    assert _told(wise.unsupported_grant)[2].startswith("Unsupported grant type")


@rule(
    "errors.invalid-client",
    label="DOCUMENTED",
    source=sources.AUTHENTICATION_ERRORS,
    known="token-endpoint.md#errors, conflicts.md#c4",
)
def test_invalid_client(wise: TargetClient) -> None:
    """A client that is not authenticated is told `invalid_client`, `Client authentication failed`."""
    assert _told(wise.wrong_secret)[1:] == ("invalid_client", "Client authentication failed")


@rule("errors.invalid-client-status", label="INFERRED", source=_RFC, known="token-endpoint.md#errors")
def test_invalid_client_status(wise: TargetClient) -> None:
    """A wrong secret is answered with 401."""
    assert wise.wrong_secret.status_code == 401


@rule("errors.unknown-client", label="INFERRED", source=_RFC, known="token-endpoint.md#errors")
def test_unknown_client(wise: TargetClient) -> None:
    """An unknown client is told what a wrong secret is told, so that nobody learns which clients there are."""
    expected = _told(wise.wrong_secret)
    assert _told(wise.ask_token(auth=("mockwise-contract-nobody", WRONG_SECRET))) == expected


@rule("errors.no-credentials", label="INFERRED", source=_RFC, known="token-endpoint.md#errors")
def test_no_credentials(wise: TargetClient) -> None:
    """A token request without `Authorization` is refused with 401 `invalid_client`."""
    assert _told(wise.no_credentials)[:2] == (401, "invalid_client")


@rule("errors.challenge", label="INFERRED", source=_RFC, known="token-endpoint.md#errors")
def test_challenge(wise: TargetClient) -> None:
    """A 401 of the token endpoint asks for Basic in `WWW-Authenticate`."""
    assert _refused(wise.wrong_secret).headers.get("www-authenticate", "").lower().startswith("basic")


@rule("errors.not-stored", label="INFERRED", source=_RFC, known="token-endpoint.md#errors")
def test_not_stored(wise: TargetClient) -> None:
    """A refusal is not to be kept by caches either."""
    assert "no-store" in _refused(wise.no_grant_type).headers.get("cache-control", "")


@rule("errors.no-echo", label="mock-only", source=sources.MOCKWISE, known="conflicts.md#c3")
def test_no_echo(wise: TargetClient) -> None:
    """A refusal repeats neither the secret nor the client id that were sent."""
    answer = wise.ask_token(auth=("mockwise-contract-echo", "mockwise-contract-secret"))
    answered = f"{answer.text}{answer.headers}"
    assert not any(text in answered for text in ("mockwise-contract-echo", "mockwise-contract-secret"))


@rule("errors.client-first", label="INFERRED", source=sources.SPRING, known="token-endpoint.md#errors")
def test_client_first(wise: TargetClient) -> None:
    """Who is not authenticated learns nothing of the other mistakes: 401 comes before 400."""
    answer = wise.ask_token(
        auth=(wise.target.client_id, WRONG_SECRET), data={"grant_type": "mockwise_contract"}
    )
    assert _refused(answer).status_code == 401


@rule("errors.get", label="INFERRED", source=sources.SPRING, known="token-endpoint.md#request")
def test_get(wise: TargetClient) -> None:
    """`GET` gives no token: 405 `method_not_allowed`."""
    answer = wise.ask("GET", TOKEN_PATH, params=GRANT, auth=wise.auth)
    assert _told(answer)[:2] == (405, "method_not_allowed")


def _refused(answer: httpx.Response) -> httpx.Response:
    """The answer, if it is a refusal; another rule says whether it has to be."""
    if answer.status_code < httpx.codes.BAD_REQUEST:
        not_applicable(f"it was not refused: status {answer.status_code}")
    return answer


def _told(answer: httpx.Response) -> tuple[int, object, str]:
    """Status, `error` and `error_description` of a refusal."""
    if answer.status_code < httpx.codes.BAD_REQUEST:
        return answer.status_code, None, "it was not refused"
    members = members_of(answer)
    return answer.status_code, members.get("error"), str(members.get("error_description"))
