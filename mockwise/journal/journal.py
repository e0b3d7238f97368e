"""The request journal of a sandbox: a bounded list of exchanges, in which secrets are masked."""

from __future__ import annotations

import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, TypeVar

from mockwise.common.peer_certificate import PeerCertificate
from mockwise.journal.lines import ExchangeLine, exchange_line

_log = logging.getLogger("mockwise")
_exchange_log = logging.getLogger("mockwise.exchanges")

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer."""

    number: int
    """Counts up within the sandbox, from 1."""
    time: datetime
    """When the request arrived, on the sandbox's clock."""
    wall_time: datetime
    """When it arrived, really."""
    duration: timedelta
    """From there to the last byte of the answer, really."""
    sandbox: str
    host: str
    """Which host was asked: `mtls` or `tls`."""
    connection: str
    """Names the connection: the same for requests that shared one."""
    open_connections: int
    """How many connections of this client were open, this one included."""
    tls_version: str | None
    cipher: str | None
    certificate: PeerCertificate | None
    """The client certificate that the peer presented."""
    client_id: str | None
    """The client that was named, whether or not it was let in."""
    grant_type: str | None
    token: str | None
    """The digest of the token that was issued or presented."""
    token_kind: str | None
    """Its kind, if it is known: `client_credentials`, `user` or `personal`."""
    link: str | None
    """The digest of the refresh token that was presented, or stands behind the token."""
    fingerprint: str
    """The same for requests that were the same to the last byte, secrets included; it tells nothing else of them."""
    method: str
    path: str
    query: str
    request_headers: Pairs
    request_body: str
    status: int
    """The answer's status; 0 if the peer left before one was sent."""
    response_headers: Pairs
    response_body: str
    fault: str | None
    """The name of the misbehaviour that was applied, if one was."""
    reason: str | None
    """Why it was refused and what to do, if it was."""
    trace_id: str
    basic_encoding: Literal["raw", "form"] | None = None
    """How HTTP Basic had to be read to be right, if one of the two readings alone was."""

    def line(self, *, name_sandbox: bool = True) -> ExchangeLine:
        """It in one line; the sandbox is named where it is not the default one."""
        return exchange_line(
            wall_time=self.wall_time,
            status=self.status,
            method=self.method,
            path=self.path,
            host=self.host,
            client_id=self.client_id,
            reason=self.reason,
            sandbox=self.sandbox if name_sandbox else "default",
        )

    def __repr__(self) -> str:
        """One line: a failed assertion shows many of them."""
        who = "" if self.client_id is None else f" of client {self.client_id!r}"
        return f"<Exchange {self.number}: {self.method} {self.path!r} on {self.host}{who}: {self.status or 'left'}>"


# Bytes that objects take beside their texts: an exchange, and a header in it.
_OVERHEAD, _PAIR = 4096, 192


def size_of(exchange: Exchange) -> int:
    """Roughly how many bytes it takes, for whoever lets exchanges wait."""
    fields = (*exchange.request_headers, *exchange.response_headers)
    texts = (exchange.path, exchange.query, exchange.request_body, exchange.response_body)
    return _OVERHEAD + sum(map(len, texts)) + sum(_PAIR + len(name) + len(value) for name, value in fields)


ExchangeWatcher = Callable[[Exchange], None]

E = TypeVar("E")


def notify(watchers: Sequence[Callable[[E], None]], event: E) -> None:
    """Tell watchers what happened; one that fails is logged, since its mistake must not break a peer's answer."""
    for watcher in tuple(watchers):
        try:
            watcher(event)
        except Exception:  # noqa: BLE001  because a watcher may fail in any way
            _log.exception("a watcher failed")


class JournalEntry(Protocol):
    """An entry of the journal, whose exchange is built only when somebody asks for it."""

    @property
    def number(self) -> int:
        """The number of the exchange."""
        ...

    @property
    def size(self) -> int:
        """Roughly how many bytes it takes; always the same."""
        ...

    def exchange(self) -> Exchange:
        """What happened, without secrets; the same at each call."""
        ...


class Journal:
    """The last exchanges of one sandbox.

    Args:
        size: how many are kept at most.
        everywhere: the watchers of all sandboxes; read at each write.
        most_bytes: how many bytes they take at most, roughly.
    """

    def __init__(
        self, size: int, everywhere: Sequence[ExchangeWatcher] = (), *, most_bytes: float = math.inf
    ) -> None:
        self._lock = threading.Lock()
        self._entries: deque[JournalEntry] = deque()
        self._size = size
        self._most_bytes = most_bytes
        self._bytes = 0
        self._everywhere = everywhere
        self._count = 0
        self._watchers: list[ExchangeWatcher] = []

    def next_number(self) -> int:
        """The number of the next exchange."""
        with self._lock:
            self._count += 1
            return self._count

    def write(self, entry: JournalEntry) -> None:
        """Add an entry, and call the watchers with its exchange; the oldest entries leave when the journal is full."""
        with self._lock:
            self._entries.append(entry)
            self._bytes += entry.size
            while len(self._entries) > self._size or self._bytes > self._most_bytes:
                self._bytes -= self._entries.popleft().size
            watchers = (*self._watchers, *self._everywhere)
        if watchers:
            notify(watchers, entry.exchange())
        if _exchange_log.isEnabledFor(logging.INFO):
            _exchange_log.info("%s", entry.exchange().line().text)

    def watch(self, watcher: ExchangeWatcher) -> None:
        """Call `watcher` with each exchange from now on, in the server's thread."""
        with self._lock:
            self._watchers.append(watcher)

    def unwatch(self, watcher: ExchangeWatcher) -> None:
        """Call `watcher` no longer; one that did not watch changes nothing."""
        with self._lock, suppress(ValueError):
            self._watchers.remove(watcher)

    def exchanges(self) -> list[Exchange]:
        """The exchanges that are kept, oldest first."""
        return [entry.exchange() for entry in self._kept()]

    def newest_first(self) -> Iterator[Exchange]:
        """The exchanges that are kept, newest first, each built only when it is its turn."""
        return (entry.exchange() for entry in reversed(self._kept()))

    def find(self, number: int) -> Exchange | None:
        """The exchange of that number, if it is kept; no other one is built."""
        return next((entry.exchange() for entry in reversed(self._kept()) if entry.number == number), None)

    def count(self) -> int:
        """How many exchanges are kept."""
        with self._lock:
            return len(self._entries)

    def clear(self) -> None:
        """Forget the exchanges; numbers go on."""
        with self._lock:
            entries, self._entries = self._entries, deque()
            self._bytes = 0
        while entries:  # one by one, because freeing all at once would stop all other threads meanwhile
            entries.popleft()

    def _kept(self) -> list[JournalEntry]:
        with self._lock:
            return list(self._entries)
