"""The bad servers of a running mock: each is started when it is first asked for."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from mockwise.transport.server.bad_server_kinds import BAD_SERVER_SPECS, BAD_SERVERS, BadServer
from mockwise.transport.server.listener import bind

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from mockwise.transport.server.bad_server_kinds import BadServerKind
    from mockwise.transport.server.listener import Listener
    from mockwise.transport.server.thread import ServerThread


class BadServers:
    """Starts bad servers and keeps them; they stop with the server thread.

    Args:
        server_thread: where they run.
        like: the good listener that they resemble: its app, its trust, its names.
        host: the address that they listen on, at free ports.
        url: makes the URL of a socket.
    """

    def __init__(
        self,
        server_thread: ServerThread,
        like: Listener,
        host: str,
        url: Callable[[socket.socket], str],
    ) -> None:
        self._server_thread = server_thread
        self._like = like
        self._host = host
        self._url = url
        self._started: dict[str, BadServer] = {}
        self._lock = threading.Lock()

    def get(self, kind: BadServerKind) -> BadServer:
        """The bad server of that kind, from any thread; the same each time.

        Raises:
            ValueError: there is no such kind; the message names all of them.
            RuntimeError: the server thread does not run.
            OSError: no port is free.
        """
        if kind not in BAD_SERVER_SPECS:
            raise ValueError(f"there is no bad server {kind!r}; there are: {', '.join(BAD_SERVERS)}")
        with self._lock:
            return self._started.get(kind) or self._start(kind)

    def running(self) -> list[BadServer]:
        """Those that were started, in the order in which they were."""
        with self._lock:
            return list(self._started.values())

    def _start(self, kind: BadServerKind) -> BadServer:
        spec = BAD_SERVER_SPECS[kind]
        bound = bind(self._host, 0)
        url = self._url(bound)
        self._server_thread.add(
            replace(self._like, name=f"bad server: {kind}", socket=bound, bad_server=spec)
        )
        self._started[kind] = BadServer(kind, url, spec.story, spec.must_refuse)
        return self._started[kind]
