from __future__ import annotations

import asyncio
import dataclasses
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from mockwise import MockWise
from mockwise.sandbox.handle import Sandbox
from mockwise.web.control.stream import EventQueue
from tests.api_calls import ask, token, use

PATIENCE = 30.0  # seconds after which a test that waits has failed


@pytest.fixture
def at(box: Sandbox) -> str:
    """Where its journal is on the control host."""
    return f"/sandboxes/{box.name}/exchanges"


def test_the_journal_has_every_field_and_no_secret(control: httpx.Client, box: Sandbox, at: str) -> None:
    """One exchange as it was, secrets masked."""
    text = token(box)
    answer = control.get(at)
    assert text not in answer.text
    assert box.client_secret not in answer.text
    [told] = answer.json()["exchanges"]
    [kept] = box.exchanges
    assert (told["number"], told["status"], told["host"], told["token"]) == (1, 200, "mtls", kept.token)
    assert (told["method"], told["path"], told["grant_type"]) == (
        "POST",
        "/oauth/token",
        "client_credentials",
    )
    assert told["certificate"]["common_name"] == told["client_id"] == box.client_id
    assert told["duration_ms"] > 0
    assert ["content-type", "application/json"] in told["response_headers"]
    assert {"fault", "reason", "trace_id", "cipher", "tls_version", "connection", "query"} <= set(told)


def test_the_journal_is_sifted_and_counted(control: httpx.Client, box: Sandbox, at: str) -> None:
    """By each filter, and by all that are said; the limit keeps the newest (GET exchanges, journal.query)."""
    other = box.add_client()
    text = token(box)
    use(box, text)
    use(box, "wrong")
    token(box, other)

    def sifted(**query: str | int) -> tuple[int, list[int]]:
        answer = control.get(at, params=query).json()
        return answer["count"], [it["number"] for it in answer["exchanges"]]

    assert sifted() == (4, [1, 2, 3, 4])
    assert sifted(limit=2) == (4, [3, 4])
    assert sifted(limit=0) == (4, [])
    assert sifted(path="/oauth/token") == (2, [1, 4])
    assert sifted(path="/oauth/token", limit=1) == (2, [4])
    assert sifted(status="401") == (1, [3])
    assert sifted(status="2xx") == (3, [1, 2, 4])
    assert sifted(status="0") == (0, [])
    assert sifted(client=other.client_id) == (1, [4])
    assert sifted(path="/v1/*", method="get") == (2, [2, 3])
    assert sifted(grant="client_credentials", status="200") == (2, [1, 4])
    assert sifted(token=str(box.exchanges[0].token)[:12]) == (2, [1, 2])
    assert sifted(host="tls") == sifted(fault="*") == (0, [])
    assert sifted(since="2") == (2, [3, 4])
    assert sifted(since=box.exchanges[2].time.isoformat()) == (2, [3, 4])
    assert control.get(at, params={"since": "lunch"}).status_code == 400
    assert control.get(at, params={"status": "40"}).status_code == 422


def test_an_exchange_without_a_certificate_has_none(control: httpx.Client, box: Sandbox, at: str) -> None:
    """On the TLS host nobody presents one."""
    with httpx.Client(verify=box.ssl_context()) as http:
        http.post(f"{box.tls_url}/oauth/token", auth=(box.client_id, "wrong"))
    [told] = control.get(at).json()["exchanges"]
    assert (told["host"], told["status"], told["certificate"]) == ("tls", 401, None)
    assert told["reason"]


def test_the_journal_is_cleared(control: httpx.Client, box: Sandbox, at: str) -> None:
    """A cleared journal is empty, and its numbers go on (Journal.clear)."""
    ask(box)
    assert control.delete(at).status_code == 204
    assert control.get(at).json() == {"count": 0, "exchanges": []}
    ask(box)
    assert [it["number"] for it in control.get(at).json()["exchanges"]] == [2]


@contextmanager
def listening(mock: MockWise, url: str, **options: Any) -> Iterator[Iterator[str]]:
    """The lines of a stream, after the first: then the reader is sure to be there."""
    with (
        httpx.Client(base_url=mock.control_url, timeout=PATIENCE) as client,
        client.stream("GET", f"{url}/stream", **options) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        assert next(lines) == ": listening"
        assert not next(lines)
        yield lines


def event(lines: Iterator[str]) -> tuple[str, str, dict[str, Any]]:
    """The next event: its kind, its id, its data."""
    kind, data, number, end = (next(lines) for _ in range(4))
    assert not end
    return kind.removeprefix("event: "), number.removeprefix("id: "), json.loads(data.removeprefix("data: "))


def test_exchanges_are_told_as_they_happen(
    mock: MockWise, control: httpx.Client, box: Sandbox, at: str
) -> None:
    """Server-sent events: the number as id, the exchange as in the journal, other sandboxes unheard."""
    with listening(mock, at) as lines:
        token(mock.default)
        for number in (1, 2):
            token(box)
            kind, name, data = event(lines)
            assert (kind, name) == ("exchange", str(number))
            assert data == control.get(at).json()["exchanges"][-1]


def test_a_stream_is_sifted_like_the_journal(mock: MockWise, box: Sandbox, at: str) -> None:
    """The same filters: what does not match is passed over (GET exchanges/stream)."""
    with listening(mock, at, params={"status": "4xx"}) as lines:
        token(box)
        use(box, "wrong")
        assert event(lines)[1] == "2"


def test_a_stream_begins_where_the_last_one_ended(mock: MockWise, box: Sandbox, at: str) -> None:
    """`Last-Event-ID`: what came meanwhile is told first, nothing twice (WHATWG, server-sent events)."""
    for _ in range(3):
        token(box)
    use(box, "wrong")
    with listening(mock, at, headers={"last-event-id": "1"}, params={"status": "200"}) as lines:
        assert [event(lines)[1] for _ in range(2)] == ["2", "3"]
        token(box)
        assert event(lines)[1] == "5"


def test_an_id_of_another_life_begins_with_the_next(mock: MockWise, box: Sandbox, at: str) -> None:
    """A restarted mock counts anew: a reader that was further is not left in silence (GET exchanges/stream)."""
    with listening(mock, at, headers={"last-event-id": "99"}) as lines:
        token(box)
        assert event(lines)[1] == "1"


def test_a_stream_lives_through_a_reset_and_ends_with_its_sandbox(
    mock: MockWise, box: Sandbox, at: str
) -> None:
    """A reset sandbox is still the same; a closed one has no more to tell (Registry.reset)."""
    with listening(mock, at) as lines:
        box.reset()
        token(box)
        assert event(lines)[1] == "1"
        box.close()
        assert list(lines) == []


def test_a_stream_ends_with_the_mock() -> None:
    """Stopping takes no grace for it, and the answer is whole."""
    mock = MockWise(token_format="uuid").start()
    try:
        with listening(mock, "/sandboxes/default/exchanges") as lines:
            stopping = threading.Thread(target=mock.stop)
            stopping.start()
            assert list(lines) == []
            stopping.join()
    finally:
        mock.stop()


def test_a_reader_that_leaves_is_forgotten() -> None:
    """Nothing watches the journal any more, and the others hear on (GET exchanges/stream)."""
    with MockWise(token_format="uuid") as mock:
        at = "/sandboxes/default/exchanges"
        streams = mock._streams  # no door shows how many listen
        with listening(mock, at) as stays:
            with listening(mock, at):
                assert len(streams) == 2
            for number in range(1, 1000):  # each answer gives the server a turn to notice
                if len(streams) == 1:
                    break
                token(mock.default)
                assert event(stays)[1] == str(number)
            assert len(streams) == 1


def test_a_quiet_stream_says_that_it_is_there(
    mock: MockWise, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Comments keep proxies from closing it (WHATWG, server-sent events, authoring notes)."""
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.001)  # the library lets tests set it
    with listening(mock, at) as lines:
        assert [next(lines) for _ in range(4)] == [": ping", "", ": ping", ""]


def test_a_slow_reader_misses_some(box: Sandbox) -> None:
    """A thousand wait for it; the rest shows as a gap in the ids (web.control.stream)."""
    token(box)
    [exchange] = box.exchanges

    async def hear() -> int:
        listener = EventQueue("default")
        for _ in range(1100):
            listener.put(exchange)
        await asyncio.sleep(0)
        listener.end()
        await asyncio.sleep(0)
        count = 0
        while await listener.next() is not None:
            count += 1
        return count

    assert asyncio.run(hear()) == 1000


def test_a_slow_reader_of_long_exchanges_misses_more(box: Sandbox) -> None:
    """What waits for it takes no more than 16 MiB; what it has read takes nothing (web.control.stream)."""
    token(box)
    long = dataclasses.replace(box.exchanges[0], request_headers=(("x", ""),) * 20_000)

    async def hear() -> list[int]:
        listener = EventQueue("default")
        counts = []
        for _ in range(2):
            for _ in range(10):
                listener.put(long)
            await asyncio.sleep(0)
            counts.append(listener._waiting.qsize())
            for _ in range(counts[-1]):
                assert await listener.next() is long
        return counts

    assert asyncio.run(hear()) == [4, 4]


def test_what_is_heard_after_the_loop_is_lost() -> None:
    """A listener whose loop has ended harms nobody (web.control.stream)."""

    async def join() -> EventQueue:
        return EventQueue("default")

    asyncio.run(join()).end()
