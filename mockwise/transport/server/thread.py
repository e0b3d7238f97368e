"""The thread in which all listeners of a mock are served, on one event loop.

Starting returns when the listeners answer. Stopping does not wait for idle, silent and refused peers, as uvicorn,
asyncio and uvloop would. Requests under way get a short grace, then their connections are aborted and their tasks
cancelled. One timer runs once a second, for the `date` header and for `DescriptorGuard.check`; nothing polls.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakSet

from mockwise.real_time import monotonic
from mockwise.transport.http.connection_limits import DEFAULT_LIMITS, ConnectionLimits
from mockwise.transport.server.descriptors import DescriptorGuard, is_shortage
from mockwise.transport.server.listener import ListenerServer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from mockwise.transport.server.listener import Listener
    from mockwise.transport.tls.alerts import FailedHandshake

HANDSHAKE_TIMEOUT = 5.0  # seconds
GRACE = 0.2  # seconds that a stop leaves to requests under way
_PATIENCE = 1.0  # seconds for what should take a moment, but must not be waited for without a limit
_MOST_PATIENCE = 5.0  # seconds that a stop leaves to the loop, if something in it never returns
_ACCEPTING = 5  # turns of the loop; an accepted connection is made after three


class ServerThread:
    """Serves listeners in one thread.

    Args:
        listeners: what is served where. Their sockets belong to this thread from here on.
        now: the wall's time, aware; for refusals and the `date` header.
        on_refusal: called for each failed handshake, in this thread, before the client learns of it.
        loop: which event loop; `auto` takes uvloop where it is installed.
        handshake_timeout: seconds that a client has for its TLS handshake.
        limits: the limits of each connection.
        grace: seconds that a stop leaves to requests under way.
    """

    def __init__(
        self,
        listeners: Sequence[Listener],
        *,
        now: Callable[[], datetime],
        on_refusal: Callable[[FailedHandshake], None],
        loop: Literal["auto", "asyncio", "uvloop"] = "auto",
        handshake_timeout: float = HANDSHAKE_TIMEOUT,
        limits: ConnectionLimits = DEFAULT_LIMITS,
        grace: float = GRACE,
    ) -> None:
        self._sockets = [listener.socket for listener in listeners]
        self._servers: list[ListenerServer] = []
        self._descriptor_guard = DescriptorGuard(self._servers, limits.descriptors, limits.unread)
        self._make_server = partial(
            ListenerServer,
            loop=loop,
            now=now,
            on_refusal=on_refusal,
            handshake_timeout=handshake_timeout,
            limits=limits,
            descriptor_guard=self._descriptor_guard,
        )
        self._servers += [self._make_server(listener) for listener in listeners]
        self._now = now
        self._grace = grace
        self._admissions: set[asyncio.Task[None]] = set()
        self._ready: Future[asyncio.AbstractEventLoop] = Future()
        self._stopping = asyncio.Event()
        self._started = False
        self._thread = threading.Thread(target=self._run, name="mockwise", daemon=True)

    def start(self) -> None:
        """Start serving; returns when all listeners answer. It can be started once.

        Raises:
            Exception: what kept a server from answering (a certificate that cannot be loaded, a closed socket).
        """
        try:
            for server in self._servers:
                server.load()
            self._started = True
            _STARTED.add(self)
            self._thread.start()
            self._ready.result()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop serving, from any thread and as often as you like; returns when thread and sockets are gone.

        Called in the server's own thread (by the app), it only begins to stop. A thread in which something never
        returns is left to the end of the process.
        """
        self._in_loop(self._stopping.set)
        if threading.current_thread() is self._thread:
            return
        if self._started:
            self._thread.join(
                _MOST_PATIENCE
            )  # the thread may be in a call of the app that waits for anything
        for sock in self._sockets:
            if self._thread.is_alive():  # the loop closes them, if the call ever returns
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
            else:
                sock.close()

    def leave_to_parent(self) -> None:
        """Keep no socket open, in a process that has just been forked from the server's.

        A port is free, and a connection ended for its peer, when the last process has closed its copy. The numbers
        stay in use: objects that still hold these sockets would close another file of that number.
        """
        null = os.open(os.devnull, os.O_RDWR)
        for number in [number for server in self._servers for number in server.descriptors()]:
            os.dup2(null, number, inheritable=False)
        os.close(null)

    def add(self, listener: Listener) -> None:
        """Serve one more listener, from any thread; a client may connect as soon as this returns.

        Raises:
            RuntimeError: the server thread does not run.
            Exception: what keeps the server from answering.
        """
        with ExitStack() as undone:
            undone.callback(listener.socket.close)
            server = self._make_server(listener)
            server.load()
            self._sockets.append(listener.socket)
            # The socket listens already, so a client that connects before the loop accepts only waits.
            if not self._in_loop(lambda: self._begin_to_admit(server)):
                raise RuntimeError("the server thread does not run")
            undone.pop_all()

    def hang_up(self, certificate_serial: int) -> None:
        """End the connections of the client certificate of that serial, from any thread.

        Returns when they are closed; called in the server's own thread, it only begins. A revoked certificate keeps
        the connections that it opened before: TLS asks for it in the handshake only.
        """
        done = threading.Event()

        def hang_up() -> None:
            left = [server.hang_up(certificate_serial) for server in self._servers]
            if any(left) and not done.is_set():
                asyncio.get_running_loop().call_soon(hang_up)  # three or four turns of the loop
            else:
                done.set()

        if self._in_loop(hang_up) and threading.current_thread() is not self._thread:
            done.wait(_PATIENCE)
            done.set()

    def _in_loop(self, function: Callable[[], None]) -> bool:
        """Run `function` in the loop's thread, at once if this is it; False if the loop does not run."""
        if threading.current_thread() is self._thread:
            function()
            return True
        if not self._started or self._ready.exception():  # exception() waits for a start that is under way
            return False
        with suppress(RuntimeError):  # the loop is closed
            self._ready.result().call_soon_threadsafe(function)
            return True
        return False

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=self._new_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    def _new_loop(self) -> asyncio.AbstractEventLoop:
        """A loop whose timers run on real time, even in a test that stops Python's clocks."""
        factory = self._servers[0].config.get_loop_factory() or asyncio.new_event_loop
        loop = factory()
        if isinstance(loop, asyncio.BaseEventLoop):  # uvloop has a clock of its own
            loop.time = monotonic  # type: ignore[method-assign]  # asyncio allows replacing it
        return loop

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._on_exception)
        try:
            for server in self._servers:
                await server.open()
            self._ready.set_result(loop)
            while not self._stopping.is_set():
                self._descriptor_guard.check()
                for server in self._servers:
                    server.refresh_date()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), 1 - self._now().microsecond / 1e6)
        finally:
            await self._close()

    def _on_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if is_shortage(context.get("exception")):
            self._descriptor_guard.ran_out()
        elif not (self._stopping.is_set() and _comes_too_late(context)):
            _log_uncaught(loop, context)

    def _begin_to_admit(self, server: ListenerServer) -> None:
        task = asyncio.get_running_loop().create_task(self._admit(server))
        self._admissions.add(task)
        task.add_done_callback(self._admissions.discard)

    async def _admit(self, server: ListenerServer) -> None:
        if not self._stopping.is_set():
            await server.open()
            self._servers.append(server)

    async def _close(self) -> None:
        self._stopping.set()
        await asyncio.gather(*self._admissions, return_exceptions=True)
        for server in self._servers:
            server.stop_accepting()
        for _ in range(_ACCEPTING):
            await asyncio.sleep(0)
        for server in self._servers:
            server.close_connections()
        if tasks := [task for server in self._servers for task in server.state.tasks]:
            await asyncio.wait(tasks, timeout=self._grace)
        for server in self._servers:
            server.abort_connections()
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                while not all(server.idle for server in self._servers):  # noqa: ASYNC110  it takes only three or four turns of the loop
                    await asyncio.sleep(0)


def _comes_too_late(context: dict[str, Any]) -> bool:
    """Whether asyncio, which waits a second when descriptors are short, goes on to accept at a socket closed by now."""
    return isinstance(context.get("exception"), ValueError) and "_start_serving" in context["message"]


def _log_uncaught(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an exception that nobody caught, unless a peer only closed its connection."""
    if not isinstance(context.get("exception"), ConnectionError | ssl.SSLError):
        loop.default_exception_handler(context)


_STARTED: WeakSet[ServerThread] = WeakSet()


def _leave_to_parent() -> None:
    for server_thread in list(_STARTED):
        server_thread.leave_to_parent()


getattr(os, "register_at_fork", lambda **_: None)(after_in_child=_leave_to_parent)  # Windows does not fork
