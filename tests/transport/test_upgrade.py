"""Offers to switch to another protocol are declined by serving the request as it is (RFC 9110 section 7.8)."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator

import httpx
import pytest

from mockwise import MockWise
from mockwise.transport.http.connection_limits import ConnectionLimits
from tests.transport.support import PATIENCE, Loop, Receive, Scope, Send, respond
from tests.transport.time_steps import ProtocolHarness, by_clockwork, request

OFFERS = {
    "h2c": (
        "connection: Upgrade, HTTP2-Settings",
        "upgrade: h2c",
        "http2-settings: AAMAAABkAAQCAAAAAAIAAAAA",
    ),
    "websocket": ("connection: keep-alive, Upgrade", "upgrade: websocket", "sec-websocket-version: 13"),
    "TLS": ("upgrade: TLS/1.0", "connection: upgrade"),
    "several": ("upgrade: HTTP/3.0, SHTTP/1.3", "upgrade: IRC/6.9", "connection: upgrade", "connection: x"),
    "no name": ("connection: upgrade", "upgrade: "),
    "none": (),
}
BODY = b'{"by": "12h"}'
LENGTH = f"content-length: {len(BODY)}"
CHUNKS = b"5\r\n" + BODY[:5] + b"\r\n8;x=y\r\n" + BODY[5:] + b"\r\n0\r\nx-after: all\r\n\r\n"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x12\x04\x00\x00\x00\x00\x00"
CUTS = (1, 7, 100_000)
every_offer = pytest.mark.parametrize("offer", OFFERS.values(), ids=OFFERS)
every_cut = pytest.mark.parametrize("size", CUTS)


class Echo:
    """Answers with the method, the path and the body; `seen` are the requests."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, bytes]] = []
        self.headers: list[list[tuple[bytes, bytes]]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the whole request and answer with it."""
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.seen.append((scope["method"], scope["path"], body))
        self.headers.append(scope["headers"])
        await respond(send, body)


async def served(size: int, *requests: bytes) -> tuple[Echo, ProtocolHarness]:
    """What an app saw of requests that came in one stream, cut into reads of this size."""
    app = Echo()
    harness = ProtocolHarness(app, ConnectionLimits())
    data = b"".join(requests)
    await harness.hear(*(data[at : at + size] for at in range(0, len(data), size)))
    await harness.settle()
    return app, harness


@every_cut
@every_offer
@by_clockwork
async def test_a_request_that_offers_another_protocol_is_served_with_its_body(
    offer: tuple[str, ...], size: int
) -> None:
    """Whether its end is told by a length, by chunks or by the head; and so is all that is pipelined behind it."""
    app, harness = await served(
        size,
        request("/length", *offer, LENGTH, verb="POST", body=BODY),
        request("/chunks", "transfer-encoding: chunked", *offer, verb="PATCH", body=CHUNKS),
        request("/empty", *offer, "content-length: 0", verb="PUT"),
        request("/head", *offer),
        request("/plain"),
    )
    assert app.seen == [
        ("POST", "/length", BODY),
        ("PATCH", "/chunks", BODY),
        ("PUT", "/empty", b""),
        ("GET", "/head", b""),
        ("GET", "/plain", b""),
    ]
    assert harness.statuses == [200] * 5
    assert not harness.pipe.closed
    harness.http.connection_lost(None)


@every_offer
@by_clockwork
async def test_the_app_sees_the_headers_as_they_were_sent(offer: tuple[str, ...]) -> None:
    """A trace of what a client offers is worth having in the journal; none of what the server did with it."""
    sent = request("/", *offer, LENGTH, verb="POST", body=BODY)
    app, harness = await served(100_000, sent)
    assert [b": ".join(field) for field in app.headers[0]] == sent.split(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    harness.http.connection_lost(None)


@every_cut
@by_clockwork
async def test_an_offer_ends_the_connection_if_its_request_says_so(size: int) -> None:
    """HTTP/1.0, and `close` beside the offer."""
    for line in (request("/", "connection: upgrade, close", "upgrade: h2c"), OLD):
        app, harness = await served(size, line)
        harness.http.data_received(request("/late"))
        await harness.settle()
        assert (len(app.seen), harness.statuses, harness.pipe.closed) == (1, [200], True)
        harness.http.connection_lost(None)


OLD = request("/", *OFFERS["TLS"], LENGTH, verb="POST", body=BODY).replace(b"HTTP/1.1", b"HTTP/1.0")


@by_clockwork
async def test_a_body_that_waits_for_100_continue_behind_an_offer_is_asked_for() -> None:
    """A body that waits for `100 Continue` is asked for behind an offered upgrade, too (RFC 9110 section 10.1.1)."""
    app = Echo()
    harness = ProtocolHarness(app, ConnectionLimits())
    await harness.hear(request("/", *OFFERS["h2c"], LENGTH, "expect: 100-continue", verb="POST"))
    assert harness.statuses == [100]
    await harness.hear(BODY[:4], BODY[4:] + request("/next"))
    assert app.seen == [("POST", "/", BODY), ("GET", "/next", b"")]
    harness.http.connection_lost(None)


@by_clockwork
async def test_a_body_behind_an_offer_must_come_in_time_and_its_framing_must_be_good() -> None:
    """The limits are those of every request."""
    late = ProtocolHarness(Echo(), ConnectionLimits(arrival=30))
    await late.hear(request("/", *OFFERS["h2c"], LENGTH, verb="POST"))
    await late.after(31)
    assert late.statuses == [408]
    late.http.connection_lost(None)
    for framing, rest in (("transfer-encoding: chunked", b"no length\r\n"), ("transfer-encoding: x", b"")):
        _, harness = await served(100_000, request("/", *OFFERS["h2c"], framing, verb="POST", body=rest))
        assert harness.statuses == [400]
        harness.http.connection_lost(None)


@every_cut
@by_clockwork
async def test_connect_to_a_path_is_served_with_what_follows(size: int) -> None:
    """The method ends HTTP/1.1 for the parser as an offer does."""
    app, harness = await served(size, request("/x", LENGTH, verb="CONNECT", body=BODY), request("/next"))
    assert app.seen == [("CONNECT", "/x", BODY), ("GET", "/next", b"")]
    harness.http.connection_lost(None)


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        (request("api.wise.com:443", verb="CONNECT"), 501, b"CONNECT is for proxies, and this host is none."),
        (b"\x16\x03\x01 no HTTP", 400, b"Invalid HTTP request received."),
    ],
    ids=["proxy", "no HTTP"],
)
@every_cut
@by_clockwork
async def test_who_speaks_otherwise_is_told_what_is_spoken(
    sent: bytes, status: int, said: bytes, size: int
) -> None:
    """Among them the request of a client that takes the host for its proxy."""
    app, harness = await served(size, sent)
    assert (harness.statuses, app.seen) == ([status], [])
    assert said in harness.pipe.written
    harness.http.connection_lost(None)


@every_cut
@by_clockwork
async def test_who_speaks_http_2_without_asking_is_told_so_in_http_2(size: int) -> None:
    """The error HTTP_1_1_REQUIRED (RFC 9113 sections 3.3 and 7), in frames that are spelled out here."""
    _, harness = await served(size, PREFACE)
    settings, goaway = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00", b"\x07\x00\x00\x00\x00\x00"
    word = b"HTTP/2 is not spoken here: use HTTP/1.1."
    length = (8 + len(word)).to_bytes(3, "big")
    assert harness.pipe.written == settings + length + goaway + bytes(4) + b"\x00\x00\x00\x0d" + word
    harness.http.connection_lost(None)


@pytest.fixture
def mock(loop: Loop) -> Iterator[MockWise]:
    """A mock, on each loop."""
    with MockWise(loop=loop, token_format="uuid") as it:
        yield it


HOSTS = {
    "mtls_url": ("/oauth/token", b"grant_type=client_credentials", "application/x-www-form-urlencoded", 200),
    "tls_url": ("/oauth/token", b"grant_type=client_credentials", "application/x-www-form-urlencoded", 401),
    "control_url": ("/sandboxes/default/clock/advance", b'{"by": "1s"}', "application/json", 200),
}


@pytest.mark.parametrize("host", HOSTS)
def test_every_host_serves_a_request_with_an_offer(mock: MockWise, host: str) -> None:
    """The answer is the one without an offer, all on one connection."""
    box = mock.default
    path, body, kind, expected = HOSTS[host]
    own = [("content-type", kind), ("authorization", "Basic " + basic(box.client_id, box.client_secret))]
    with httpx.Client(verify=box.ssl_context(), timeout=PATIENCE) as client:
        answers = [
            client.post(
                getattr(box, host) + path,
                content=body,
                headers=[*own, *((name, value) for name, value in (line.split(": ", 1) for line in offer))],
            )
            for offer in OFFERS.values()
        ]
    assert [it.status_code for it in answers] == [expected] * len(OFFERS), answers[0].text
    assert len({json.dumps(it.json()) for it in answers if it.status_code == 401}) < 2
    connections = {it.connection for it in box.exchanges}
    assert len(connections) == (0 if host == "control_url" else 1)


def basic(name: str, secret: str) -> str:
    """The credentials as HTTP Basic carries them."""
    return base64.b64encode(f"{name}:{secret}".encode()).decode()


def test_curl_that_offers_http2_is_served(mock: MockWise) -> None:
    """As `curl --http2` does over plain HTTP, with a body of every kind."""
    box = mock.default
    url = f"{box.control_url}/sandboxes/default/clock/advance"

    def curl(*options: str) -> str:
        return subprocess.run(
            ["curl", "-sS", "-w", "\n%{http_code}", "-H", "content-type: application/json", *options, url],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        ).stdout

    for options in ([], ["-H", "transfer-encoding: chunked"], ["-H", "expect: 100-continue"]):
        body, status = curl("--http2", "-d", json.dumps({"by": "12h"}), *options).rsplit("\n", 1)
        assert status == "200", body
