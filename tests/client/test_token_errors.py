"""What the token endpoint may do to a client, over `WiseAuth` on both kinds of httpx client."""

from __future__ import annotations

import gzip
import logging
import ssl
from collections.abc import Iterator

import httpx
import pytest

from mockwise.client import (
    BadAnswer,
    ClientRefused,
    ConnectionLost,
    RateLimited,
    RequestRefused,
    ServerFailed,
    TokenError,
    WiseAuth,
)
from tests.client.support import BASIC, SECRET, Answer, Clock, MakeCaller, Server, make_auth, make_pace


class BrokenBody(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that ends before it is complete."""

    def __iter__(self) -> Iterator[bytes]:
        yield b'{"access_token":'
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")

    async def __aiter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204  the base has no better type
        for part in self:
            yield part


PASSING: list[tuple[str, Answer]] = [
    ("429", httpx.Response(429)),
    ("503", httpx.Response(503, text="<html>oops</html>")),
    ("500", httpx.Response(500, json=["oops"])),
    ("refused", httpx.ConnectError("[Errno 111] Connection refused")),
    ("cut", httpx.RemoteProtocolError("Server disconnected without sending a response.")),
    ("reset", httpx.ReadError("")),
    ("slow", httpx.ReadTimeout("timed out")),
    ("ssl", ssl.SSLError(1, "[SSL] record layer failure")),
]


@pytest.mark.parametrize("trouble", [a for _, a in PASSING], ids=[name for name, _ in PASSING])
def test_passing_trouble_is_waited_out(
    trouble: Answer, clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """429, 5xx and lost connections are tried again, ever more slowly."""
    server.tokens = [trouble, trouble]
    assert caller(make_auth(clock), server).get().status_code == 200
    assert clock.slept == [0.5, 1.0]
    assert len(server.token_requests) == 3


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, stream=BrokenBody()),
        httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"no gzip")),
    ],
)
def test_a_torn_body_is_a_lost_connection(
    answer: Answer, clock: Clock, server: Server, caller: MakeCaller
) -> None:
    """It is seen when the body is read, not when the answer arrives; only `WiseTransport` can try again."""
    server.tokens = [answer, answer]
    assert caller(make_auth(clock), server).get().status_code == 200
    assert clock.slept == [0.5, 1.0]
    server.tokens = [answer]
    with pytest.raises(httpx.RequestError):
        caller(make_auth(clock), server, wrap=False).get()


def test_a_packed_answer_is_unpacked(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """A token answer may be packed: Wise sends gzip (docs/wise/token-endpoint.md#response)."""
    packed = gzip.compress(b'{"access_token": "t", "token_type": "bearer"}')
    server.tokens = [httpx.Response(200, headers={"content-encoding": "gzip"}, content=packed)]
    server.live = "t"
    assert caller(make_auth(clock), server).get().status_code == 200


@pytest.mark.parametrize("form", ["7", "Fri, 15 Jan 2027 08:00:07 GMT"])
def test_retry_after_is_honoured(form: str, clock: Clock, server: Server, caller: MakeCaller) -> None:
    """In seconds, as Wise sends it (docs/wise/errors.md#headers), or as a date (RFC 9110 §10.2.3), with the jitter on top."""
    server.tokens = [httpx.Response(429, headers={"Retry-After": form})]
    assert caller(make_auth(clock), server).get().status_code == 200
    assert clock.slept == [7.5]


def test_a_wait_beyond_our_patience_is_not_begun(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """The caller is told at once how long it would have been."""
    server.tokens = [httpx.Response(429, headers={"Retry-After": "3600", "x-trace-id": "ab" * 16})]
    with pytest.raises(RateLimited, match="ask less often") as raised:
        caller(make_auth(clock), server).get()
    assert (raised.value.retry_after, raised.value.status, raised.value.trace_id) == (3600, 429, "ab" * 16)
    assert clock.slept == []


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (httpx.Response(503, headers={"x-trace-id": "cd" * 16}), ServerFailed),
        (httpx.Response(429), RateLimited),
        (httpx.ConnectError("nobody there"), ConnectionLost),
    ],
)
def test_attempts_are_bounded(
    trouble: Answer,
    error: type[Exception],
    clock: Clock,
    server: Server,
    caller: MakeCaller,
) -> None:
    """Four by default; then the last trouble is raised, and the call itself was never sent."""
    server.tokens = [trouble] * 9
    with pytest.raises(error):
        caller(make_auth(clock), server).get()
    assert len(server.requests) == 4


def test_time_is_bounded(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """Half a minute by default, however many attempts are allowed."""
    server.tokens = [httpx.Response(503)] * 99
    with pytest.raises(ServerFailed):
        caller(make_auth(clock, pace=make_pace(clock, attempts=99)), server).get()
    assert sum(clock.slept) <= 30


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (httpx.Response(401), ClientRefused, "check its id and secret"),
        (httpx.Response(400, json={"error": "invalid_client"}), ClientRefused, "invalid_client"),
        (
            httpx.Response(400, json={"error": "invalid_request", "error_description": "Missing grant type"}),
            RequestRefused,
            "invalid_request: Missing grant type",
        ),
        (httpx.Response(404, text="<html>"), RequestRefused, "404"),
        (httpx.Response(302, headers={"Location": "/login"}), BadAnswer, "redirect"),
        (httpx.Response(200, text="<html>"), BadAnswer, "Expecting value"),
        (httpx.Response(200, content=b"\xff\xfe\xff"), BadAnswer, "carries no token"),
        (httpx.Response(200, text="[" * 100_000), BadAnswer, "carries no token"),
        (httpx.Response(400, text="[" * 100_000), RequestRefused, "400"),
        (httpx.Response(200, json={}), BadAnswer, "no access_token"),
        (httpx.Response(204), BadAnswer, "carries no token"),
        (httpx.Response(200, json={"access_token": "SEEN", "token_type": "mac"}), BadAnswer, "not bearer"),
    ],
)
def test_lasting_trouble_is_raised_at_once(
    *,
    answer: Answer,
    error: type[TokenError],
    words: str,
    clock: Clock,
    server: Server,
    caller: MakeCaller,
) -> None:
    """The same request would fail again (docs/wise/token-endpoint.md#errors); the class says what kind of trouble it is."""
    server.tokens = [answer]
    with pytest.raises(error, match=words) as raised:
        caller(make_auth(clock), server).get()
    assert len(server.requests) == 1
    assert "SEEN" not in str(raised.value)
    assert isinstance(raised.value, httpx.HTTPError)


def test_an_error_carries_what_the_server_said(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """Code, description, status, trace id and the mock's reason; what is no text is left out."""
    server.tokens = [
        httpx.Response(
            401,
            json={"error": "invalid_client", "error_description": "Client authentication failed"},
            headers={"x-trace-id": "ef" * 16, "x-mockwise-reason": "The secret is wrong."},
        ),
        httpx.Response(401, json={"error": 7, "error_description": None}),
    ]
    client = caller(make_auth(clock), server)
    with pytest.raises(ClientRefused, match=r"Client authentication failed.*secret is wrong.*efef") as raised:
        client.get()
    error = raised.value
    assert (error.error, error.error_description) == ("invalid_client", "Client authentication failed")
    assert (error.status, error.trace_id, error.reason) == (401, "ef" * 16, "The secret is wrong.")
    assert (str(error.request.url), dict(error.request.headers).get("authorization")) == (
        "https://wise.test/oauth/token",
        None,
    )
    with pytest.raises(ClientRefused) as raised:
        client.get()
    assert (raised.value.error, raised.value.error_description) == (None, None)


def test_no_secret_and_no_token_is_shown(
    clock: Clock, server: Server, caller: MakeCaller, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in a repr, a log or an error, even if the server echoes it; nor does a server forge our log's lines."""
    echo = {"error": f"no {SECRET}", "error_description": f"{BASIC}\r\nroot logged in " + "x" * 9999}
    server.tokens = [
        httpx.Response(503, json=echo, headers={"x-trace-id": SECRET, "x-mockwise-reason": BASIC}),
        httpx.Response(200, json={"access_token": "SEEN"}),
        httpx.Response(401, json=echo),
    ]
    server.calls = [httpx.Response(200), httpx.Response(401)]
    auth = make_auth(clock)
    with caplog.at_level(logging.DEBUG):
        client = caller(auth, server)
        client.get()
        with pytest.raises(ClientRefused) as raised:
            client.get()
    said = f"{auth!r} {raised.value!r} {vars(raised.value)!r} {caplog.text}"
    assert "no ***" in said
    assert "got a token for client 'the-client'" in said
    assert not [secret for secret in (SECRET, BASIC, "SEEN", "\r", "x" * 301) if secret in said]


@pytest.mark.parametrize(("client_id", "secret"), [("", "s"), ("a:b", "s"), ("a", "")])
def test_credentials_that_cannot_be_sent_are_refused(client_id: str, secret: str) -> None:
    """A colon would move the border between id and secret (RFC 7617 §2)."""
    with pytest.raises(ValueError, match=r"client_(id|secret)"):
        WiseAuth(client_id, secret)


def test_the_request_is_what_wise_documents(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """A form, HTTP Basic in UTF-8, and the call's own timeout and user agent (docs/wise/token-endpoint.md#request, RFC 7617 §2.1)."""
    auth = WiseAuth("caf\u00e9", "s\u00e9cret", clock=clock)
    caller(auth, server, timeout=3, headers={"User-Agent": "mine/1"}).get()
    [request] = server.token_requests
    assert (request.method, str(request.url)) == ("POST", "https://wise.test/oauth/token")
    assert request.headers["Authorization"] == "Basic Y2Fmw6k6c8OpY3JldA=="
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.headers["User-Agent"] == "mine/1"
    assert request.extensions["timeout"] == {"connect": 3, "read": 3, "write": 3, "pool": 3}
    assert server.bodies[0] == b"grant_type=client_credentials"


def test_a_client_without_a_user_agent_has_none(clock: Clock, server: Server, caller: MakeCaller) -> None:
    """What the call does not say, the token request does not say."""
    client = caller(make_auth(clock), server)
    if client.is_async:
        del client.async_client.headers["User-Agent"]
    else:
        del client.client.headers["User-Agent"]
    client.get()
    assert "User-Agent" not in server.token_requests[0].headers
