"""What the outer layer adds to every answer, and what it writes into the journal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.types import Message, Receive, Scope, Send

from mockwise.common.digests import digest_of
from mockwise.common.peer_certificate import read_certificate
from mockwise.errors import StorageError
from mockwise.journal.journal import Exchange
from mockwise.web.wise.middleware import ExchangeMiddleware
from mockwise.web.wise.request_context import context_of
from tests.web.wise_app import AUTH, FORM, GRANT, ID, NOW, SECRET, Connection, WiseApp, certificate_of

CORRELATION = "X-External-Correlation-Id"
REQUESTS = [
    ("POST", "/oauth/token", 401),
    ("GET", "/oauth/token", 405),
    ("GET", "/v1/authenticated/playground", 401),
    ("GET", "/nowhere", 404),
]


def test_every_answer_has_a_trace_id_of_its_own(wise_app: WiseApp) -> None:
    """`x-trace-id` is 32 lower-case hex digits, assigned to each request (docs/wise/errors.md#headers)."""
    answers = [wise_app.token() for _ in range(20)] + [wise_app.request(m, path) for m, path, _ in REQUESTS]
    ids = [answer.headers["x-trace-id"] for answer in answers]

    assert all(len(i) == 32 and set(i) <= set("0123456789abcdef") for i in ids)
    assert len(set(ids)) == len(ids)
    assert [exchange.trace_id for exchange in wise_app.box.journal.exchanges()] == ids


@pytest.mark.parametrize(("method", "path", "status"), REQUESTS)
def test_a_correlation_id_is_echoed_up_to_36_characters(
    wise_app: WiseApp, method: str, path: str, status: int
) -> None:
    """A correlation id comes back as it went, on refusals too; it is ignored when longer and never made up (docs/wise/errors.md#headers)."""
    for sent in ("x", "6F9619FF-8B86-D011-B42D-00CF4FC964FF", "\u00fc" * 36):
        answer = wise_app.request(method, path, headers={CORRELATION.encode(): sent.encode("latin-1")})
        echoed = [value for name, value in answer.headers.raw if name == CORRELATION.lower().encode()]
        assert (answer.status_code, echoed) == (status, [sent.encode("latin-1")])
    for headers in ({CORRELATION: "x" * 37}, {CORRELATION: ""}, {}):
        assert CORRELATION not in wise_app.request(method, path, headers=headers).headers


def test_an_exchange_tells_everything_of_a_success(wise_app: WiseApp) -> None:
    """Each field of an exchange says what happened, with secrets replaced."""
    wise_app.box.clock.advance(timedelta(days=2))
    answer = wise_app.token(
        params={"a": "1"}, listener="mtls", certificate=certificate_of(ID), headers={CORRELATION: "c-1"}
    )
    text, exchange, connection = answer.json()["access_token"], wise_app.last, Connection()

    assert exchange == Exchange(
        number=1,
        time=NOW + timedelta(days=2),
        wall_time=NOW,
        duration=exchange.duration,
        sandbox="default",
        host="mtls",
        connection=connection.id,
        open_connections=1,
        tls_version=connection.tls_version,
        cipher=connection.cipher,
        certificate=read_certificate(certificate_of(ID)),
        client_id=ID,
        grant_type="client_credentials",
        token=digest_of(text),
        token_kind="client_credentials",
        link=None,
        fingerprint=exchange.fingerprint,
        method="POST",
        path="/oauth/token",
        query="a=1",
        request_headers=exchange.request_headers,
        request_body="grant_type=client_credentials",
        status=200,
        response_headers=tuple(answer.headers.items()),
        response_body=answer.text.replace(text, "***"),
        fault=None,
        reason=None,
        trace_id=answer.headers["x-trace-id"],
    )
    assert timedelta() < exchange.duration < timedelta(minutes=1)
    assert dict(exchange.request_headers) == {
        **{name: value for name, value in answer.request.headers.items() if name != "authorization"},
        "authorization": f"Basic {ID}:***",
    }


def test_an_exchange_tells_why_it_was_refused(wise_app: WiseApp) -> None:
    """A refusal is kept with the client that was named, the answer, and the reason that the peer was shown."""
    answer = wise_app.token(auth=(ID, "wrong"), data={"grant_type": "password"})
    last = wise_app.last

    assert (last.status, last.client_id, last.grant_type, last.token) == (401, ID, "password", None)
    assert (last.response_body, last.reason) == (answer.text, answer.headers["x-mockwise-reason"])
    assert (last.host, last.certificate) == ("tls", None)


def test_a_refusal_for_size_is_kept_without_the_body(wise_app: WiseApp) -> None:
    """What was not read is not kept."""
    wise_app.token(content=b"x" * 70_000, headers=FORM)
    assert (wise_app.last.status, wise_app.last.request_body) == (413, "")


def test_an_exchange_names_the_client_that_was_let_in(wise_app: WiseApp) -> None:
    """A client that form-encodes its id first (RFC 6749 section 2.3.1) is the same client in the journal."""
    wise_app.registry.add_client(wise_app.box, client_id="a b", client_secret="s")
    assert wise_app.token(auth=("a+b", "s")).status_code == 200
    assert wise_app.last.client_id == "a b"


def test_exchanges_are_numbered_and_in_order(wise_app: WiseApp) -> None:
    """Numbers count up from 1, whatever the answers were."""
    for method, path, _ in REQUESTS:
        wise_app.request(method, path)
    kept = wise_app.box.journal.exchanges()
    assert [(e.number, e.method, e.path, e.status) for e in kept] == [
        (number, *request) for number, request in enumerate(REQUESTS, 1)
    ]


def test_the_record_is_there_before_the_last_byte_goes_out(wise_app: WiseApp) -> None:
    """Whoever has the answer finds the exchange in the journal."""
    sent = wise_app.raw([], {"type": "http.request", "body": b""})
    assert [message["type"] for message in sent.messages] == ["http.response.start", "http.response.body"]
    assert sent.journal_sizes == [0, 1]


def test_a_watcher_is_called_once_an_exchange(wise_app: WiseApp) -> None:
    """Success, refusal, missing path and a peer that left: each is told of once."""
    seen: list[int] = []
    wise_app.box.journal.watch(lambda exchange: seen.append(exchange.status))
    leaving: Message = {"type": "http.request", "body": b"x", "more_body": True}

    wise_app.token()
    wise_app.token(auth=(ID, "wrong"))
    wise_app.request("GET", "/nowhere")
    wise_app.raw([], leaving)
    assert seen == [200, 401, 404, 0]


def test_a_journal_of_another_sandbox_sees_nothing(wise_app: WiseApp) -> None:
    """An exchange is kept in its own sandbox alone."""
    other = wise_app.registry.add("other", wise_app.box.options)
    wise_app.token()
    assert len(wise_app.box.journal.exchanges()) == 1
    assert other.journal.exchanges() == []


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/oauth/token"), ("GET", "/v2/profiles"), ("GET", "/oauth/authorize/")]
)
def test_lost_state_is_told_whatever_is_asked(
    wise_app: WiseApp,
    method: str,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """503 with its reason, and one line in the log (errors)."""

    def lost(*_: object) -> None:
        raise StorageError("the state at redis://far does not answer", "It does not answer.")

    monkeypatch.setattr(wise_app.box.clock, "at", lost)
    answer = wise_app.request(method, path)
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert (wise_app.last.status, wise_app.last.reason) == (503, "It does not answer.")
    assert [record.getMessage() for record in caplog.records] == ["the state at redis://far does not answer"]


@pytest.mark.parametrize("size", [0, 70_000])
def test_a_request_that_cannot_be_read_is_journalled_without_the_state(
    wise_app: WiseApp, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own refusal is told; in the default sandbox's journal, since the other one cannot be looked up."""

    def lost(*_: object) -> None:
        raise StorageError("lost")

    monkeypatch.setattr(wise_app.box.clock, "at", lost)
    messages = [{"type": "http.request", "body": b"x" * size}] if size else []
    sent = wise_app.raw([], *messages)
    assert [it["status"] for it in sent.messages[:1]] == ([413] if size else [])
    assert wise_app.last.status == (413 if size else 0)


def test_state_that_is_lost_while_faults_are_looked_for_is_told(
    wise_app: WiseApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is no mistake of a fault's `when` (errors)."""

    def lost(*_: object) -> None:
        raise StorageError("lost")

    monkeypatch.setattr(wise_app.box.fault_queue, "take", lost)
    assert wise_app.token().status_code == 503
    assert wise_app.last.fault is None


@pytest.mark.parametrize("chunks", [(b"",), (b"ab", b"", b"c")], ids=["in one message", "in three messages"])
def test_an_answer_in_several_messages_is_kept_whole(wise_app: WiseApp, chunks: tuple[bytes, ...]) -> None:
    """ASGI lets an answer come in any number of messages (ASGI HTTP, response body): they are one exchange."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 299, "headers": []})
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body"})

    wise_app.app = ExchangeMiddleware(app, wise_app.registry, {})
    answer = wise_app.request("POST", "/oauth/token", data=GRANT, auth=AUTH)
    assert (answer.status_code, answer.content) == (299, b"".join(chunks))
    assert (wise_app.last.status, wise_app.last.response_body) == (299, answer.text)
    assert SECRET not in repr(wise_app.last)


def test_of_a_long_answer_the_journal_keeps_the_beginning(wise_app: WiseApp) -> None:
    """However long it is, memory holds 4096 bytes of it; a secret that reaches over that is masked first."""

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        context_of(scope).secrets = ("MARKER" * 100,)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 4000 + b"MARKER" * 100, "more_body": True})
        for _ in range(100):
            await send({"type": "http.response.body", "body": b"y" * 10_000, "more_body": True})
        await send({"type": "http.response.body"})

    wise_app.app = ExchangeMiddleware(app, wise_app.registry, {})
    assert len(wise_app.request("GET", "/").content) == 1_004_600
    assert wise_app.last.response_body == "x" * 4000 + "***" + "y" * 93


def test_an_answer_of_some_pages_is_cut_too(wise_app: WiseApp) -> None:
    """A known secret in it is masked before, so that its half is not left at the end."""
    token = wise_app.access_token()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 4080 + token.encode() + b"y" * 1000})

    wise_app.app = ExchangeMiddleware(app, wise_app.registry, {})
    wise_app.request("GET", "/")
    assert wise_app.last.response_body == "x" * 4080 + "***" + "y" * 13
