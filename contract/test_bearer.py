"""How a bearer token is refused at the API."""

from __future__ import annotations

import httpx

from . import sources
from .rulebook import not_applicable, rule
from .target_client import PLAYGROUND, UNKNOWN_TOKEN, TargetClient, members_of


@rule("bearer.unknown", label="OBSERVED", source=sources.RECORDED, known="errors.md#shapes")
def test_unknown(wise: TargetClient) -> None:
    """A token that nobody issued is refused with 401."""
    assert wise.unknown_token.status_code == 401


@rule("bearer.words", label="OBSERVED", source=sources.RECORDED, known="errors.md#shapes, conflicts.md#c3")
def test_words(wise: TargetClient) -> None:
    """It is told `invalid_token`, `Invalid token`, and nothing else."""
    told = members_of(_refused(wise.unknown_token))
    assert told == {"error": "invalid_token", "error_description": "Invalid token"}


@rule("bearer.no-echo", label="OBSERVED", source=sources.RECORDED, known="errors.md#shapes, conflicts.md#c3")
def test_no_echo(wise: TargetClient) -> None:
    """The refusal does not repeat the token."""
    assert UNKNOWN_TOKEN not in _refused(wise.unknown_token).text


@rule(
    "bearer.no-challenge",
    label="OBSERVED",
    source=sources.RECORDED,
    known="errors.md#shapes, errors.md#headers",
)
def test_no_challenge(wise: TargetClient) -> None:
    """The refusal has no `WWW-Authenticate`."""
    assert "www-authenticate" not in list(_refused(wise.unknown_token).headers)


@rule("bearer.cache", label="OBSERVED", source=sources.RECORDED, known="errors.md#shapes")
def test_cache(wise: TargetClient) -> None:
    """The refusal is not to be kept: `cache-control: private, no-cache, no-store, max-age=0`, `pragma`, `expires: 0`."""
    headers = _refused(wise.unknown_token).headers
    assert headers.get("cache-control") == "private, no-cache, no-store, max-age=0"
    assert (headers.get("pragma"), headers.get("expires")) == ("no-cache", "0")


@rule("bearer.content-type", label="OBSERVED", source=sources.RECORDED, known="errors.md#shapes")
def test_content_type(wise: TargetClient) -> None:
    """The refusal comes as `application/json; charset=utf-8`."""
    assert _refused(wise.unknown_token).headers.get("content-type") == "application/json; charset=utf-8"


@rule("bearer.missing", label="OBSERVED", source=sources.PROBED, known="errors.md#missing-token")
def test_missing(wise: TargetClient) -> None:
    """A call without `Authorization` is refused with 401."""
    assert wise.no_token.status_code == 401


@rule(
    "bearer.missing-words",
    label="OBSERVED",
    source=sources.PROBED,
    known="errors.md#missing-token, conflicts.md#c13",
)
def test_missing_words(wise: TargetClient) -> None:
    """It is told `missing_token`, `Missing token`, and nothing else."""
    told = members_of(_refused(wise.no_token))
    assert told == {"error": "missing_token", "error_description": "Missing token"}


@rule("bearer.no-scheme", label="OBSERVED", source=sources.PROBED, known="errors.md#missing-token")
def test_no_scheme(wise: TargetClient) -> None:
    """An `Authorization` that names no scheme is told the same."""
    assert wise.token_alone.status_code == 401
    assert members_of(wise.token_alone).get("error") == "missing_token"


@rule(
    "bearer.basic",
    label="INFERRED",
    source=f"{sources.OPENAPI}: its security schemes",
    known="operations.md#token-kinds, operations.md#client-credentials-operations",
)
def test_basic(wise: TargetClient) -> None:
    """Id and secret are no bearer token: at the API they are refused with 401."""
    assert wise.ask("GET", PLAYGROUND, auth=wise.auth).status_code == 401


@rule("bearer.query", label="mock-only", source=f"RFC 6750 section 2.3; {sources.MOCKWISE}", known="")
def test_query(wise: TargetClient) -> None:
    """A token in the URL opens nothing."""
    assert wise.ask("GET", PLAYGROUND, params={"access_token": wise.access_token}).status_code == 401


@rule("bearer.scheme-case", label="INFERRED", source="RFC 9110 section 11.1", known="")
def test_scheme_case(wise: TargetClient) -> None:
    """The scheme `Bearer` may be written in any case."""
    answer = wise.ask("GET", PLAYGROUND, headers={"authorization": f"bEARER {wise.access_token}"})
    assert answer.status_code == 200


def _refused(answer: httpx.Response) -> httpx.Response:
    """The answer, if it is a refusal; another rule says whether it has to be."""
    if answer.status_code < httpx.codes.BAD_REQUEST:
        not_applicable(f"it was not refused: status {answer.status_code}")
    return answer
