"""Where credentials and tokens may go, and where never."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mockwise.client import BadAnswer, ForeignOrigin, WiseAuth
from tests.client.support import HOST, ID, SECRET, Caller, Clock, MakeCaller, Server, make_auth

ELSEWHERE = "https://elsewhere.test/v1/me"


def test_the_first_call_decides_where_the_token_belongs(
    clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """A URL from outside draws out neither the token nor the secret: nothing is sent there."""
    client = caller(make_auth(clock), server)
    client.get()
    for url in (ELSEWHERE, "https://wise.test:444/v1/me", "https://wise.test.elsewhere.test/"):
        with pytest.raises(ForeignOrigin, match=r"https://wise\.test:443.*origins="):
            client.get(url)
    assert len(server.requests) == 2
    assert client.get("https://me@WISE.test:443/v1/me").status_code == 200


def test_named_origins_are_where_the_token_may_go(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """One token for both of Wise's hosts (docs/wise/mtls.md#hosts), if it is wished."""
    auth = make_auth(clock, origins=[HOST, "https://elsewhere.test/any/path"])
    client = caller(auth, server)
    assert [client.get().status_code, client.get(ELSEWHERE).status_code] == [200, 200]
    assert len(server.token_requests) == 1
    with pytest.raises(ForeignOrigin):
        client.get("https://third.test/")


@pytest.mark.parametrize("url", ["http://wise.test/", "ftp://wise.test/", "wise.test"])
def test_nothing_goes_over_plain_http(url: str, clock: Clock, server: Server, caller: MakeCaller) -> None:
    """Credentials and tokens travel over TLS alone (RFC 6749 §2.3.1, RFC 6750 §5.3)."""
    given: list[dict[str, Any]] = [{"token_url": url}, {"origins": [url]}]
    for options in given:
        with pytest.raises(ForeignOrigin, match="not an https URL"):
            WiseAuth(ID, SECRET, **options)
    with pytest.raises((ForeignOrigin, httpx.UnsupportedProtocol)):
        caller(make_auth(clock), server).get(url)
    assert server.requests == []


def test_the_token_may_come_from_another_host(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """One host gives the token and the other is called (docs/wise/mtls.md#when-it-is-required); the other's TLS name is not lent to it."""
    client = caller(make_auth(clock, token_url="https://user:pass@tokens.test/2026Q3/oauth/token"), server)
    assert client.get(extensions={"sni_hostname": "wise.example"}).status_code == 200
    [request] = server.token_requests
    assert str(request.url) == "https://tokens.test/2026Q3/oauth/token"
    assert request.headers["Authorization"].startswith("Basic ")
    assert "sni_hostname" not in request.extensions
    assert "timeout" in request.extensions


def test_the_same_host_is_called_by_the_same_tls_name(
    clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """Whoever reaches Wise by address names it in TLS, for the token too."""
    caller(make_auth(clock), server).get(extensions={"sni_hostname": "wise.example"})
    assert server.token_requests[0].extensions["sni_hostname"] == "wise.example"


def redirecting(caller: MakeCaller, clock: Clock, server: Server) -> Caller:
    """A client that follows redirects."""
    return caller(make_auth(clock), server, follow_redirects=True)


def test_a_redirect_elsewhere_loses_the_token(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """It is dropped on the way, by httpx; a 401 from there is not one of the API and brings no new token."""
    server.calls = [httpx.Response(307, headers={"Location": ELSEWHERE})]
    answer = redirecting(caller, clock, server).get()
    assert answer.status_code == 401
    assert "Authorization" not in server.requests[-1].headers
    assert len(server.requests) == 3


def test_a_redirected_token_request_gives_no_token(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """It is not followed, because its body may carry a refresh token."""
    for status in (302, 307):
        server.tokens = [httpx.Response(status, headers={"Location": "https://elsewhere.test/oauth/token"})]
        with pytest.raises(BadAnswer, match="a redirect"):
            redirecting(caller, clock, server).get()
    assert {request.url.host for request in server.requests} == {"wise.test"}
    assert len(server.requests) == 2


@pytest.mark.parametrize("answer", [httpx.Response(200, json={"access_token": "x"}), httpx.Response(401)])
def test_an_answer_from_elsewhere_is_none(
    answer: httpx.Response, clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """Without our transport httpx may follow: what answers has not seen our credentials, and has no say."""
    server.tokens = [httpx.Response(307, headers={"Location": "https://elsewhere.test/oauth/token"}), answer]
    with pytest.raises(BadAnswer, match="from elsewhere"):
        caller(make_auth(clock), server, follow_redirects=True, wrap=False).get()
    assert "Authorization" not in server.requests[-1].headers
    assert len(server.requests) == 2
