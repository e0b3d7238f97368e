"""The page hears of exchanges and refused handshakes as they happen."""

from __future__ import annotations

import asyncio
import ssl
import threading
from typing import Any, cast

import httpx
import pytest
from fastapi.sse import ServerSentEvent

from mockwise import Exchange, MockWise, Sandbox
from mockwise.common.clock import wall_now
from mockwise.sandbox.mock_controls import MockControls, Watcher
from mockwise.transport.tls.alerts import FailedHandshake
from mockwise.web.control.stream import StreamRegistry
from mockwise.web.dashboard.change_events import ChangeSignal, change_events
from tests.api_calls import ask


def test_it_rings_for_both(box: Sandbox) -> None:
    """One stream tells of exchanges of the sandbox and of handshakes that the mock refused."""
    with (
        httpx.Client(base_url=box.control_url, timeout=20) as client,
        client.stream("GET", f"/hub/{box.name}/events") as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = (line for line in stream.iter_lines() if line)
        assert next(lines) == ": listening"
        ask(box)
        assert next(lines) == "event: look"
        with pytest.raises(httpx.HTTPError):
            httpx.get(box.mtls_url, verify=ssl.create_default_context(cafile=box.ca_file))
        assert next(lines) == "data: "
        assert next(lines) == "event: look"


def test_exchanges_of_other_sandboxes_are_not_heard(box: Sandbox, mockwise_server: MockWise) -> None:
    """What else happens in the mock changes nothing on this sandbox's page."""

    async def is_told_of(exchange: Exchange) -> bool:
        signal = ChangeSignal(box.name)
        signal.watch(exchange)
        waiting = asyncio.ensure_future(signal.wait())
        done, _ = await asyncio.wait((waiting,), timeout=0.05)
        waiting.cancel()
        return bool(done)

    with mockwise_server.sandbox() as other:
        ask(box)
        ask(other)
        assert asyncio.run(is_told_of(box.exchanges[0]))
        assert not asyncio.run(is_told_of(other.exchanges[0]))


def test_it_ends_with_the_sandbox(mockwise_server: MockWise) -> None:
    """And with the mock, which would wait for it otherwise."""
    box = mockwise_server.sandbox()
    with (
        httpx.Client(base_url=box.control_url, timeout=20) as client,
        client.stream("GET", f"/hub/{box.name}/events") as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == ": listening"
        box.close()
        assert [line for line in lines if line] == []


class FakeMock:
    """A mock that can only be watched."""

    def __init__(self) -> None:
        self.watchers: list[Watcher] = []

    def watch(self, watcher: Watcher, *, waits: bool) -> None:
        """Take a watcher, which must not be given a thread."""
        assert not waits
        self.watchers.append(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Let a watcher go."""
        self.watchers.remove(watcher)


class StreamHarness:
    """A stream of change events over a fake mock."""

    def __init__(self) -> None:
        self.streams = StreamRegistry()
        self.mock = FakeMock()
        self.watchers = self.mock.watchers
        self.stream = change_events("box", cast("MockControls", self.mock), self.streams)

    async def next(self) -> ServerSentEvent:
        """The next message."""
        async with asyncio.timeout(20):
            return await anext(self.stream)


def test_a_stream_tells_of_changes_until_the_mock_ends() -> None:
    """A comment when it listens, an event when something changed; that a quiet one is kept open is FastAPI's."""

    async def listen() -> None:
        harness = StreamHarness()
        assert (await harness.next()).comment == "listening"
        harness.watchers[0](FailedHandshake(wall_now(), "mtls", "c1", None, None, None, "why"))
        assert (await harness.next()).event == "look"
        harness.streams.dismiss()
        assert [it async for it in harness.stream if it.event] == []
        assert (len(harness.streams), harness.watchers) == (0, [])

    asyncio.run(listen())


def test_a_quiet_stream_is_kept_open(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies close what says nothing."""
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.001)  # the library lets tests set it
    with (
        httpx.Client(base_url=box.control_url, timeout=20) as client,
        client.stream("GET", f"/hub/{box.name}/events") as stream,
    ):
        wanted = {": listening", ": ping"}  # in either order: the first ping may come before the first event
        for line in stream.iter_lines():
            wanted.discard(line)
            if not wanted:
                break


def test_many_rings_are_one() -> None:
    """Whoever rings twice is heard once; from any thread."""

    async def listen() -> None:
        signal = ChangeSignal("box")
        threads = [threading.Thread(target=signal.notify) for _ in range(20)]
        for thread in threads:
            thread.start()
            thread.join()
        async with asyncio.timeout(20):
            await signal.wait()
        second = asyncio.ensure_future(signal.wait())
        await asyncio.sleep(0)
        assert not second.done()
        signal.notify()
        async with asyncio.timeout(20):
            await second

    asyncio.run(listen())


def test_a_bell_outlives_its_loop() -> None:
    """A browser left while the mock stopped: nothing happens."""
    signals: list[Any] = []

    async def make() -> None:
        signals.append(ChangeSignal("box"))

    asyncio.run(make())
    signals[0].notify()
    signals[0].end()
