"""How long a token lives, and how the answer says it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from . import sources
from .local_mock import SandboxFactory
from .rulebook import not_applicable, rule
from .target_client import PLAYGROUND, TargetClient, access_token_of, members_of

_TWELVE_HOURS = 43_200
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_OUT_OF_STEP = 30  # seconds that a clock and a slow network may differ


@rule(
    "lifetime.expires-in-type",
    label="DOCUMENTED",
    source=sources.TOKEN_REFERENCE,
    known="token-endpoint.md#response",
)
def test_expires_in_type(wise: TargetClient) -> None:
    """`expires_in` is a JSON integer."""
    assert type(_expires_in(wise.granted)) is int


@rule(
    "lifetime.twelve-hours",
    label="DOCUMENTED",
    source=sources.ACCESS,
    known="token-endpoint.md#response, lifetimes-and-formats.md#lifetimes",
)
def test_twelve_hours(wise: TargetClient) -> None:
    """A new token has 43199 whole seconds left, which is 12 hours; one that is handed out again has no more."""
    left = _expires_in(wise.granted)
    if type(left) is not int:
        not_applicable("expires_in is no integer")
    again = access_token_of(wise.granted) == access_token_of(wise.granted_again)
    assert 0 < left < _TWELVE_HOURS
    assert again or left == _TWELVE_HOURS - 1


@rule(
    "lifetime.expires-at-form",
    label="DOCUMENTED",
    source=sources.TOKEN_MIGRATION,
    known="token-endpoint.md#response",
)
def test_expires_at_form(wise: TargetClient) -> None:
    """`expires_at` is UTC with milliseconds and `Z`, such as `2026-05-06T00:57:28.213Z`."""
    text = _member(wise.granted, "expires_at")
    assert isinstance(text, str)
    assert _TIMESTAMP.fullmatch(text)


@rule(
    "lifetime.expires-at-agrees",
    label="INFERRED",
    source=f"arithmetic on {sources.RECORDED}",
    known="token-endpoint.md#response",
)
def test_expires_at_agrees(wise: TargetClient) -> None:
    """`expires_at` lies `expires_in` seconds after the answer's `date`."""
    left, text = _expires_in(wise.granted), _member(wise.granted, "expires_at")
    answered = wise.granted.headers.get("date")
    try:
        end = datetime.fromisoformat(str(text)).replace(tzinfo=UTC)
        now = parsedate_to_datetime(str(answered))
        seconds = float(str(left))
    except ValueError:
        not_applicable("expires_in, expires_at or the header date cannot be read")
    assert abs((end - now).total_seconds() - seconds) < _OUT_OF_STEP


@rule(
    "lifetime.lives-to-the-end",
    label="DOCUMENTED",
    source=sources.ACCESS,
    known="lifetimes-and-formats.md#what-ends-a-token",
)
def test_lives_to_the_end(new_sandbox: SandboxFactory) -> None:
    """A token opens the API as long as `expires_in` said."""
    with new_sandbox() as sandbox:
        sandbox.freeze()
        token = sandbox.wise.access_token
        sandbox.advance(seconds=members_of(sandbox.wise.granted)["expires_in"])
        assert _status(sandbox.wise, token) == 200


@rule(
    "lifetime.ends",
    label="DOCUMENTED",
    source=sources.ACCESS,
    known="lifetimes-and-formats.md#lifetimes, errors.md#shapes",
)
def test_ends(new_sandbox: SandboxFactory) -> None:
    """A token is refused with 401 once its 12 hours are over."""
    with new_sandbox() as sandbox:
        sandbox.freeze()
        token = sandbox.wise.access_token
        sandbox.advance(seconds=_TWELVE_HOURS)
        assert _status(sandbox.wise, token) == 401


@rule(
    "lifetime.credentials",
    label="DOCUMENTED",
    source=sources.ACCESS,
    known="lifetimes-and-formats.md#what-ends-a-token, developer-hub.md#credentials",
)
def test_credentials(new_sandbox: SandboxFactory) -> None:
    """Client id and secret do not end by themselves: ten years later they still give a token."""
    with new_sandbox() as sandbox:
        sandbox.advance(days=3650)
        assert sandbox.wise.ask_token().status_code == 200


@rule(
    "lifetime.revocation",
    label="INFERRED",
    source="RFC 6750 section 3.1",
    known="consent-and-revocation.md#revocation",
)
def test_revocation(new_sandbox: SandboxFactory) -> None:
    """A revoked token is refused with 401, before its time is over."""
    with new_sandbox() as sandbox:
        token = sandbox.wise.access_token
        sandbox.revoke_tokens()
        assert _status(sandbox.wise, token) == 401


def _status(wise: TargetClient, token: str) -> int:
    return wise.ask("GET", PLAYGROUND, headers={"authorization": f"Bearer {token}"}).status_code


def _expires_in(answer: httpx.Response) -> object:
    return _member(answer, "expires_in")


def _member(answer: httpx.Response, name: str) -> object:
    members = members_of(answer)
    if name not in members:
        not_applicable(f"the answer has no {name}")
    return members[name]
