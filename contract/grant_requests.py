"""What a client asks about users, beside what `TargetClient` asks: the grants for their tokens, and the consent page's path."""

from __future__ import annotations

from functools import cache
from typing import Any

import httpx

from .target_client import UNKNOWN_TOKEN, TargetClient, bearer, members_of

AUTHORIZE = "/oauth/authorize/"
ME = "/v1/me"
PROFILES = "/v2/profiles"
SIGNUP = "/v1/user/signup/registration_code"
CLAIM = "/v1/user/claim-account"
REDIRECT_URI = "https://localhost/callback"

USER_TOKEN = [
    "access_token",
    "token_type",
    "refresh_token",
    "expires_in",
    "scope",
    "created_at",
    "expires_at",
    "refresh_token_expires_in",
    "refresh_token_expires_at",
]
"""The members of an answer with a user's tokens, in the order of the recordings."""


def exchange(
    wise: TargetClient,
    code: str,
    redirect_uri: str = REDIRECT_URI,
    **options: Any,
) -> httpx.Response:
    """Ask for the tokens behind an authorization code."""
    form = {"client_id": wise.target.client_id, "code": code, "redirect_uri": redirect_uri}
    return wise.ask_token(data={"grant_type": "authorization_code", **form}, **options)


def register(wise: TargetClient, email: str, code: str, **options: Any) -> httpx.Response:
    """Ask for the tokens of a user who was signed up with a registration code."""
    form = {"client_id": wise.target.client_id, "email": email, "registration_code": code}
    return wise.ask_token(data={"grant_type": "registration_code", **form}, **options)


def refresh(wise: TargetClient, refresh_token: str, **options: Any) -> httpx.Response:
    """Ask for a new access token."""
    return wise.ask_token(data={"grant_type": "refresh_token", "refresh_token": refresh_token}, **options)


def sign_up(wise: TargetClient, email: str, code: str, **more: str) -> httpx.Response:
    """Sign a user up with a registration code of the client's own making."""
    return wise.call(SIGNUP, "POST", json={"email": email, "registrationCode": code, **more})


def show(wise: TargetClient, token: str, path: str = ME) -> httpx.Response:
    """Read something of the API with that token."""
    return wise.ask("GET", path, headers=bearer(token))


@cache
def unknown_refresh(wise: TargetClient) -> httpx.Response:
    """The answer to a refresh token that nobody issued; asked once."""
    return refresh(wise, UNKNOWN_TOKEN)


@cache
def unknown_code(wise: TargetClient) -> httpx.Response:
    """The answer to a code that nobody gave out; asked once."""
    return exchange(wise, "mockwise-contract")


@cache
def unknown_registration(wise: TargetClient) -> httpx.Response:
    """The answer to a registration code of nobody; asked once."""
    return register(wise, "nobody@example.com", "mockwise-contract-of-nobody-at-all")


def tokens_of(answer: httpx.Response) -> dict[str, Any]:
    """The members of an answer that gives a user's tokens, which is part of a rule about what comes of them."""
    assert answer.status_code == httpx.codes.OK, answer.text
    return members_of(answer)


def error_of(answer: httpx.Response) -> tuple[int, object]:
    """Status and `error` of a refusal."""
    return answer.status_code, members_of(answer).get("error")
