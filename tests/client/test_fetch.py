"""`fetch_token` and `afetch_token`: just a token, over a client of any kind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest

from mockwise.client import (
    AuthorizationCode,
    BadAnswer,
    CertificateMissing,
    ClientRefused,
    ConnectionLost,
    ForeignOrigin,
    Grant,
    GrantRefused,
    LinkBroken,
    RefreshToken,
    RegistrationCode,
    RequestRefused,
    ServerFailed,
    Token,
    afetch_token,
    fetch_token,
)
from tests.client.support import HOST, ID, REFRESH, SECRET, Clock, Server, make_pace

Fetch = Callable[..., Token]


@pytest.fixture
def fetch(kind: str, server: Server, clock: Clock) -> Fetch:
    """Either of the two, over a client with settings of its own."""
    settings: dict[str, Any] = {
        "base_url": f"{HOST}/2026Q3/",
        "auth": ("somebody", "else"),
        "follow_redirects": True,
        "timeout": 3,
    }

    async def afetch(settings: dict[str, Any], options: dict[str, Any]) -> Token:
        async with httpx.AsyncClient(transport=httpx.MockTransport(server.ahandle), **settings) as client:
            return await afetch_token(client, ID, SECRET, **options)

    def either(client_options: dict[str, Any] | None = None, **options: Any) -> Token:
        given: dict[str, Any] = {"clock": clock, "pace": make_pace(clock)} | options
        chosen = settings if client_options is None else client_options
        if kind == "async":
            return asyncio.run(afetch(chosen, given))
        with httpx.Client(transport=httpx.MockTransport(server.handle), **chosen) as client:
            return fetch_token(client, ID, SECRET, **given)

    return either


def test_it_asks_where_the_client_calls(fetch: Fetch, server: Server) -> None:
    """At /oauth/token of the client's base URL, as this client alone and with its timeout (docs/wise/token-endpoint.md#request)."""
    assert fetch() == Token("token-1", expires_in=43199, scope="transfers")
    [request] = server.requests
    assert str(request.url) == f"{HOST}/oauth/token"
    assert request.headers["Authorization"] == "Basic dGhlLWNsaWVudDp0aGUtdmVyeS1zZWNyZXQ="
    assert request.extensions["timeout"]["read"] == 3


def test_the_url_can_be_given(fetch: Fetch, server: Server) -> None:
    """Then the client needs no base URL; without both there is nowhere to ask, and http is nowhere to ask."""
    fetch({}, token_url=f"{HOST}/2026Q3/oauth/token")
    assert str(server.requests[0].url) == f"{HOST}/2026Q3/oauth/token"
    with pytest.raises(ValueError, match="token_url: needed"):
        fetch({})
    with pytest.raises(ForeignOrigin):
        fetch({"base_url": "http://wise.test"})
    assert len(server.requests) == 1


def test_passing_trouble_is_waited_out(fetch: Fetch, server: Server, clock: Clock) -> None:
    """As in `WiseAuth`; a lost connection is seen without a transport of ours."""
    server.tokens = [httpx.Response(503), httpx.ReadError(""), httpx.Response(429)]
    assert fetch().access_token == "token-4"
    assert clock.slept == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(
    ("trouble", "error", "asked"),
    [
        (httpx.Response(401), ClientRefused, 1),
        (httpx.Response(302, headers={"Location": "/elsewhere"}), BadAnswer, 1),
        (httpx.ReadError("[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13"), CertificateMissing, 1),
        (httpx.ConnectError("nobody there"), ConnectionLost, 4),
    ],
)
def test_trouble_is_named(
    trouble: httpx.Response | Exception, error: type[Exception], asked: int, fetch: Fetch, server: Server
) -> None:
    """A redirect is not followed, a refused handshake not repeated, a lost connection given up in the end."""
    server.tokens = [trouble] * 9
    with pytest.raises(error):
        fetch()
    assert len(server.requests) == asked


def test_a_mistake_of_the_caller_is_httpxs_own(fetch: Fetch, server: Server) -> None:
    """No amount of trying mends a bad proxy."""
    server.tokens = [httpx.ProxyError("407")]
    with pytest.raises(httpx.ProxyError):
        fetch()


CODE = AuthorizationCode("the-code", "https://app.test/?back=1")
REGISTRATION = RegistrationCode("user@app.test", "the-registration-code")


@pytest.mark.parametrize(
    ("grant", "form"),
    [
        (
            CODE,
            {
                "grant_type": "authorization_code",
                "client_id": ID,
                "code": "the-code",
                "redirect_uri": "https://app.test/?back=1",
            },
        ),
        (
            REGISTRATION,
            {
                "grant_type": "registration_code",
                "client_id": ID,
                "email": "user@app.test",
                "registration_code": "the-registration-code",
            },
        ),
        (RefreshToken(REFRESH), {"grant_type": "refresh_token", "refresh_token": REFRESH}),
    ],
)
def test_a_code_is_exchanged(grant: Grant, form: dict[str, str], fetch: Fetch, server: Server) -> None:
    """With the parameters of docs/wise/token-endpoint.md#parameters, beside HTTP Basic; the answer has a refresh token (docs/wise/token-endpoint.md#response)."""
    server.fields |= {"refresh_token": "another"}
    assert fetch(grant=grant).refresh_token == "another"
    assert server.forms == [form]
    assert server.requests[0].headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize(
    ("grant", "error", "words"),
    [
        (CODE, GrantRefused, "authorization page again"),
        (REGISTRATION, GrantRefused, "taken the account over"),
        (RefreshToken(REFRESH), LinkBroken, "link the account again"),
    ],
)
def test_a_code_that_is_no_good_is_named(
    *, status: int, grant: Grant, error: type[Exception], words: str, fetch: Fetch, server: Server
) -> None:
    """invalid_grant, whatever the status, on which Wise's pages differ (docs/wise/token-endpoint.md#errors and docs/wise/conflicts.md); it is not tried again."""
    body = {"error": "invalid_grant", "error_description": "Invalid user credentials."}
    server.tokens = [httpx.Response(status, json=body)]
    with pytest.raises(error, match=f"{words}.*Invalid user credentials") as raised:
        fetch(grant=grant)
    assert type(raised.value) is error
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, "invalid_client", ClientRefused),
        (400, "invalid_token", RequestRefused),
        (503, "invalid_grant", ServerFailed),
    ],
)
def test_other_trouble_is_not_the_codes(
    status: int, code: str, error: type[Exception], fetch: Fetch, server: Server
) -> None:
    """The user need not be asked again."""
    server.tokens = [httpx.Response(status, json={"error": code})] * 4
    with pytest.raises(error):
        fetch(grant=CODE)


@pytest.mark.parametrize("secret", ["the-code/=", "user@app.test", "the-registration-code", REFRESH])
def test_what_was_sent_is_not_shown(
    secret: str, fetch: Fetch, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even if the server echoes it, plain or as it was in the form."""
    grants = (AuthorizationCode("the-code/=", "r"), REGISTRATION, RefreshToken(REFRESH))
    said = ""
    for grant in grants:
        body = {"error": "invalid_grant", "error_description": f"<{secret}> <{quote_plus(secret)}>"}
        server.tokens = [
            httpx.Response(status, json=body, headers={"x-mockwise-reason": secret}) for status in (503, 400)
        ]
        if secret in grant.secrets:
            with caplog.at_level("DEBUG"), pytest.raises(GrantRefused, match=r"<\*\*\*> <\*\*\*>") as raised:
                fetch(grant=grant)
            said += f"{raised.value!r} {vars(raised.value)!r} {grant!r}"
    assert "next in" in caplog.text
    assert secret not in said + caplog.text
    assert quote_plus(secret) not in said + caplog.text


@pytest.mark.parametrize(
    ("kind_of", "given"),
    [
        (AuthorizationCode, ("", "r")),
        (AuthorizationCode, ("c", "")),
        (RegistrationCode, ("", "c")),
        (RefreshToken, ("",)),
    ],
)
def test_an_empty_parameter_is_refused_at_once(kind_of: Callable[..., Grant], given: tuple[str, ...]) -> None:
    """The form would be sent without it."""
    with pytest.raises(ValueError, match="at least one character"):
        kind_of(*given)
