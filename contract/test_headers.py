"""Headers of the token endpoint, and those of every answer."""

from __future__ import annotations

import re
import uuid

import httpx

from . import sources
from .grant_requests import ME, exchange, tokens_of
from .local_mock import SandboxFactory
from .rulebook import not_applicable, rule
from .target_client import PLAYGROUND, UNKNOWN_TOKEN, TargetClient, bearer
from .user_link import LinkedUser

_CORRELATION = "X-External-Correlation-Id"
_TRACE = "x-trace-id"
_REASON = "x-mockwise-reason"


@rule(
    "headers.content-type",
    label="OBSERVED",
    source=sources.RECORDED,
    known="token-endpoint.md#request, token-endpoint.md#response",
)
def test_content_type(wise: TargetClient) -> None:
    """A token comes as `application/json`."""
    assert _media_type(wise.granted) == "application/json"


@rule(
    "headers.error-content-type",
    label="INFERRED",
    source="RFC 6749 section 5.2",
    known="token-endpoint.md#errors",
)
def test_error_content_type(wise: TargetClient) -> None:
    """A refusal of the token endpoint comes as `application/json`."""
    assert _media_type(wise.no_grant_type) == "application/json"


@rule(
    "headers.no-store",
    label="OBSERVED",
    source=f"RFC 6749 section 5.1; {sources.RECORDED}",
    known="token-endpoint.md#request, token-endpoint.md#response",
)
def test_no_store(wise: TargetClient) -> None:
    """A token is not to be kept by caches: `cache-control: no-store`."""
    assert "no-store" in wise.granted.headers.get("cache-control", "")


@rule(
    "headers.pragma",
    label="OBSERVED",
    source=f"RFC 6749 section 5.1; {sources.RECORDED}",
    known="token-endpoint.md#request, token-endpoint.md#response",
)
def test_pragma(wise: TargetClient) -> None:
    """Nor by old caches: `pragma: no-cache`."""
    assert wise.granted.headers.get("pragma") == "no-cache"


@rule("trace.always", label="DOCUMENTED", source=sources.OPENAPI, known="errors.md#headers")
def test_trace_always(wise: TargetClient) -> None:
    """Every answer carries `x-trace-id`: a token, a refusal of a token, a refusal of a call."""
    for answer in (wise.granted, wise.no_grant_type, wise.unknown_token):
        assert answer.headers.get(_TRACE), answer.status_code


@rule("trace.users", label="DOCUMENTED", source=sources.OPENAPI, known="errors.md#headers")
def test_trace_users(linked_user: LinkedUser) -> None:
    """So do answers to a user: a refresh, what is read, a profile that is nobody's."""
    for answer in (linked_user.second, linked_user.me, linked_user.show("/v2/profiles/1")):
        assert answer.headers.get(_TRACE), answer.status_code


@rule("trace.form", label="OBSERVED", source=sources.RECORDED, known="errors.md#headers")
def test_trace_form(wise: TargetClient) -> None:
    """`x-trace-id` is 32 lower-case hexadecimal digits."""
    if _TRACE not in wise.granted.headers:
        not_applicable(f"the answer has no {_TRACE}")
    assert re.fullmatch("[0-9a-f]{32}", wise.granted.headers[_TRACE])


@rule(
    "trace.differs",
    label="INFERRED",
    source=f"{sources.OPENAPI}: it is assigned to a request",
    known="errors.md#headers",
)
def test_trace_differs(wise: TargetClient) -> None:
    """No two answers have one `x-trace-id`."""
    ids = [answer.headers.get(_TRACE) for answer in (wise.granted, wise.no_grant_type, wise.unknown_token)]
    if None in ids:
        not_applicable(f"not every answer has {_TRACE}")
    assert len(set(ids)) == len(ids)


@rule("correlation.echoed", label="DOCUMENTED", source=sources.CORRELATION, known="errors.md#headers")
def test_correlation_echoed(wise: TargetClient) -> None:
    """`X-External-Correlation-Id` of 36 characters comes back in the answer."""
    sent = str(uuid.uuid4())
    answer = wise.ask_token(headers={_CORRELATION: sent})
    assert answer.headers.get(_CORRELATION) == sent


@rule(
    "correlation.echoed-on-refusal", label="DOCUMENTED", source=sources.CORRELATION, known="errors.md#headers"
)
def test_correlation_echoed_on_refusal(wise: TargetClient) -> None:
    """It comes back from every operation, a refused one too."""
    sent = str(uuid.uuid4())
    answer = wise.ask("GET", PLAYGROUND, headers={**bearer(UNKNOWN_TOKEN), _CORRELATION: sent})
    assert answer.headers.get(_CORRELATION) == sent


@rule("correlation.users", label="DOCUMENTED", source=sources.CORRELATION, known="errors.md#headers")
def test_correlation_users(new_sandbox: SandboxFactory) -> None:
    """It comes back from a user's grant and from what a user token reads as well."""
    with new_sandbox() as sandbox:
        sent = {_CORRELATION: str(uuid.uuid4())}
        given = exchange(sandbox.wise, sandbox.consent(), headers=sent)
        shown = sandbox.wise.ask("GET", ME, headers=bearer(tokens_of(given)["access_token"]) | sent)
        assert [answer.headers.get(_CORRELATION) for answer in (given, shown)] == [*sent.values()] * 2


@rule("correlation.too-long", label="DOCUMENTED", source=sources.CORRELATION, known="errors.md#headers")
def test_correlation_too_long(wise: TargetClient) -> None:
    """One of more than 36 characters is ignored: the request succeeds and nothing comes back."""
    answer = wise.call(PLAYGROUND, headers={_CORRELATION: "x" * 37})
    assert (answer.status_code, answer.headers.get(_CORRELATION)) == (200, None)


@rule("correlation.not-invented", label="DOCUMENTED", source=sources.CORRELATION, known="errors.md#headers")
def test_correlation_not_invented(wise: TargetClient) -> None:
    """Where none was sent, none comes back."""
    assert _CORRELATION.lower() not in list(wise.granted.headers)


@rule("reason.on-refusal", label="mock-only", source=sources.MOCKWISE, known="")
def test_reason_on_refusal(wise: TargetClient) -> None:
    """Every refusal says in `x-mockwise-reason` what was wrong."""
    for answer in (wise.wrong_secret, wise.no_grant_type, wise.unknown_token):
        assert answer.headers.get(_REASON), answer.status_code


@rule("reason.not-on-success", label="mock-only", source=sources.MOCKWISE, known="")
def test_reason_not_on_success(wise: TargetClient) -> None:
    """A successful answer has no `x-mockwise-reason`."""
    assert _REASON not in list(wise.granted.headers)


def _media_type(answer: httpx.Response) -> str:
    return str(answer.headers.get("content-type", "")).partition(";")[0].strip()
