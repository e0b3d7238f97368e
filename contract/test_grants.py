"""What all four grants have in common."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import httpx

from . import sources
from .grant_requests import REDIRECT_URI, error_of, exchange, refresh, register, sign_up, tokens_of
from .local_mock import SandboxFactory
from .rulebook import rule
from .target_client import TargetClient, members_of

_OTHERS = {
    "password": {"username": "nobody@example.com", "password": "of nobody"},
    "urn:ietf:params:oauth:grant-type:device_code": {"device_code": "of nobody"},
    "urn:ietf:params:oauth:grant-type:jwt-bearer": {"assertion": "of nobody"},
    "urn:ietf:params:oauth:grant-type:token-exchange": {"subject_token": "of nobody"},
}
_NEEDED = {
    "authorization_code": {"client_id": "", "code": "of nobody", "redirect_uri": REDIRECT_URI},
    "registration_code": {"client_id": "", "email": "nobody@example.com", "registration_code": "of nobody"},
    "refresh_token": {"refresh_token": "of nobody"},
}
_WORDS = {
    "code": "An authorization code must be supplied.",
    "refresh_token": "refresh_token parameter not provided",
}
_EMAIL, _REGISTRATION_CODE = "signed.up@example.com", "0123456789abcdef" * 2


@rule(
    "grants.others",
    label="DOCUMENTED",
    source=f"{sources.OPENAPI}: its list of grants",
    known="token-endpoint.md#request",
)
def test_others(wise: TargetClient) -> None:
    """No other grant is there: passwords, device codes, JWTs of others and token exchange give no token."""
    for grant, parameters in _OTHERS.items():
        assert wise.ask_token(data={"grant_type": grant, **parameters}).status_code >= 400, grant


@rule(
    "grants.missing",
    label="DOCUMENTED",
    source=sources.AUTHENTICATION_ERRORS,
    known="token-endpoint.md#parameters, token-endpoint.md#errors",
)
def test_missing(wise: TargetClient) -> None:
    """A grant without one of its parameters, `client_id` apart, is told `invalid_request`."""
    for grant, name, answer in _incomplete(wise):
        assert members_of(answer).get("error") == "invalid_request", f"{grant} without {name}"


@rule(
    "grants.missing-status", label="INFERRED", source="RFC 6749 section 5.2", known="token-endpoint.md#errors"
)
def test_missing_status(wise: TargetClient) -> None:
    """It is answered with 400."""
    for grant, name, answer in _incomplete(wise):
        assert answer.status_code == 400, f"{grant} without {name}"


@rule(
    "grants.client-id",
    label="INFERRED",
    source=f"{sources.TOKEN_REFERENCE}: it is among the parameters; nothing shows that its absence is refused",
    known="token-endpoint.md#parameters",
)
def test_client_id(wise: TargetClient) -> None:
    """A grant of a code without `client_id` in the body is told `invalid_request`, though Basic names the client."""
    for grant, name, answer in _answers(wise):
        if name == "client_id":
            assert error_of(answer) == (400, "invalid_request"), grant


@rule("grants.missing-words", label="INFERRED", source=sources.SPRING, known="token-endpoint.md#errors")
def test_missing_words(wise: TargetClient) -> None:
    """Without `code`: `An authorization code must be supplied.`; `refresh_token`: `refresh_token parameter not provided`."""
    told = {name: members_of(answer).get("error_description") for _, name, answer in _incomplete(wise)}
    assert {name: told[name] for name in _WORDS} == _WORDS


@rule(
    "grants.statuses", label="DOCUMENTED", source=sources.TOKEN_REFERENCE, known="token-endpoint.md#request"
)
def test_statuses(wise: TargetClient) -> None:
    """The token endpoint answers a `POST` with 200, 400, 401 or 429."""
    answers = [wise.granted, wise.wrong_secret, wise.no_credentials, wise.no_grant_type]
    answers += [answer for _, _, answer in _incomplete(wise)]
    assert {answer.status_code for answer in answers} <= {200, 400, 401, 429}


@rule("grants.basic", label="DOCUMENTED", source=sources.TOKEN_REFERENCE, known="token-endpoint.md#request")
def test_basic(new_sandbox: SandboxFactory) -> None:
    """Every grant needs HTTP Basic: a good code and a good refresh token give nothing without it."""
    with new_sandbox() as sandbox:
        wise = sandbox.wise
        assert sign_up(wise, _EMAIL, _REGISTRATION_CODE).status_code == 200
        refresh_token = sandbox.link()["refresh_token"]
        for answer in (
            register(wise, _EMAIL, _REGISTRATION_CODE, auth=None),
            exchange(wise, sandbox.consent(), auth=None),
            refresh(wise, refresh_token, auth=None),
        ):
            assert answer.status_code == 401


@rule(
    "grants.quarterly",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="token-endpoint.md#request, errors.md#versions",
)
def test_quarterly(new_sandbox: SandboxFactory) -> None:
    """The grants of users work under a quarterly version as well."""
    with new_sandbox() as sandbox:
        wise, path = sandbox.wise, "/2026Q3/oauth/token"
        assert sign_up(wise, _EMAIL, _REGISTRATION_CODE).status_code == 200
        tokens_of(register(wise, _EMAIL, _REGISTRATION_CODE, path=path))
        given = tokens_of(exchange(wise, sandbox.consent(), path=path))
        tokens_of(refresh(wise, given["refresh_token"], path=path))


@cache
def _answers(wise: TargetClient) -> list[tuple[str, str, httpx.Response]]:
    answers = []
    for grant, parameters in _NEEDED.items():
        whole = parameters | ({"client_id": wise.target.client_id} if "client_id" in parameters else {})
        for missing in parameters:
            form = {name: value for name, value in whole.items() if name != missing}
            answers.append((grant, missing, wise.ask_token(data={"grant_type": grant, **form})))
    return answers


def _incomplete(wise: TargetClient) -> Iterator[tuple[str, str, httpx.Response]]:
    """Grant, missing parameter and answer; asked once. What is said of `client_id` is less sure."""
    yield from (it for it in _answers(wise) if it[1] != "client_id")
