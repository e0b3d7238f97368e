"""Functions that watch a mock: what they wait for holds up neither an answer nor the end."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress

import httpx
import pytest

from mockwise import MockWise
from mockwise.journal.watchers import WatcherThread
from mockwise.mock import Exchange, FailedHandshake
from tests.api_calls import GRANT


def ask(mock: MockWise) -> int:
    """Ask the mock for a token: the status."""
    box = mock.default
    with httpx.Client(verify=box.ssl_context(), timeout=20) as client:
        return client.post(box.token_url, auth=(box.client_id, box.client_secret), data=GRANT).status_code


def test_a_watcher_that_waits_holds_nobody_up() -> None:
    """Hosts answer and the mock stops while it is at its first event; it may ask the mock itself."""
    entered, go, seen = threading.Event(), threading.Event(), list[object]()

    def watch(event: Exchange | FailedHandshake) -> None:
        seen.append(httpx.get(mock.control_url + "/health").status_code)
        seen.append(event)
        entered.set()
        go.wait(60)

    with MockWise() as mock:
        mock.watch(watch)
        assert [ask(mock) for _ in range(3)] == [200, 200, 200]
        assert entered.wait(20)
        assert httpx.get(mock.control_url + "/health").status_code == 200
    go.set()
    assert seen[0] == 200
    assert len(seen) == 2


def test_a_quick_watcher_knows_before_the_client(mockwise_own: MockWise) -> None:
    """And of all, in order, when the mock has stopped. One that says that it never waits is called where it happens."""
    seen: list[int] = []
    threads: set[str] = set()

    def watch(event: Exchange | FailedHandshake) -> None:
        assert isinstance(event, Exchange)
        seen.append(event.number)
        threads.add(threading.current_thread().name)

    mockwise_own.watch(watch)
    for number in (1, 2, 3):
        ask(mockwise_own)
        assert seen == list(range(1, number + 1))
    mockwise_own.watch(watch, waits=False)
    ask(mockwise_own)
    assert threads == {"mockwise-watcher", "mockwise"}


def test_what_is_too_much_is_not_told_but_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What a slow watcher leaves waiting is bounded: the rest is dropped and logged."""
    monkeypatch.setattr("mockwise.journal.watchers._MOST", 2)
    monkeypatch.setattr("mockwise.journal.watchers._ANSWER_WAIT", 0)
    entered, go, told, seen = threading.Event(), threading.Event(), threading.Event(), list[int]()

    def watch(event: int) -> None:
        seen.append(event)
        entered.set()
        go.wait(20)
        if event == 3:
            told.set()

    watcher = WatcherThread(watch)
    watcher(1)
    assert entered.wait(20)
    with caplog.at_level(logging.WARNING, "mockwise"):
        for event in (2, 3, 4, 5):
            watcher(event)
        go.set()
        assert told.wait(20)
        watcher.end()
    assert seen == [1, 2, 3]
    assert "a watcher was 2 events behind" in caplog.text


def test_a_watcher_may_end_itself(mockwise_own: MockWise) -> None:
    """A watcher may stop its own mock."""
    ended = threading.Event()

    def watch(_: object) -> None:
        mockwise_own.stop()
        ended.set()

    mockwise_own.watch(watch)
    with suppress(httpx.TransportError):  # it stops before the answer is out
        ask(mockwise_own)
    assert ended.wait(20)
