"""MockControls, what can be done with a running mock and seen of it, as opposed to how it is built and stopped."""

from __future__ import annotations

import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from mockwise.common.clock import read_time
from mockwise.errors import InvalidValueError, MockwiseError, NotFoundError
from mockwise.journal.journal import Exchange, notify
from mockwise.journal.watchers import WatcherThread
from mockwise.sandbox.context import ServerContext
from mockwise.sandbox.handle import Sandbox
from mockwise.sandbox.trust import TrustControls
from mockwise.settings import Settings, sandbox_settings
from mockwise.state.clients import ClientOptions
from mockwise.storage.location import spell_state
from mockwise.transport.tls.alerts import FailedHandshake

if TYPE_CHECKING:
    from mockwise.audit.auditing import Report

_handshake_log = logging.getLogger("mockwise.handshakes")

_HANDSHAKES_KEPT = 1000
_SEEDS = 1_000_000  # seeds are drawn below this: few runs get the same one, and each is quick to type

Watcher = Callable[[Exchange | FailedHandshake], None]


class MockControls(TrustControls):
    """A mock with its sandboxes: `MockWise` extends it, and the control API and the dashboard are given it. Thread-safe."""

    _default: Sandbox
    """Set when the mock starts."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._seed = secrets.randbelow(_SEEDS)  # of strict sandboxes that were given none
        self._server_context: ServerContext | None = None
        self._failed_handshakes: deque[FailedHandshake] = deque(maxlen=_HANDSHAKES_KEPT)
        # The functions that are called with events, each by the function that `watch` was given.
        self._watchers: list[Watcher] = []
        self._watcher_threads: list[WatcherThread[Exchange | FailedHandshake]] = []
        self._lock = threading.Lock()
        self._handles: dict[str, Sandbox] = {}

    # Its sandboxes.

    def sandbox(self, name: str | None = None, **options: Any) -> Sandbox:
        """Make a fresh, isolated sandbox, with its own `client_id`, `client_secret` and switches if you like.

        Raises:
            InvalidValueError: an option that a sandbox does not have, or a value that cannot be used.
            MockwiseError: the name or the client id is taken, or the mock does not run.
        """
        settings = sandbox_settings(self.settings, options)
        context = self._context
        state = context.registry.add(name, settings.sandbox_options(self._seed))
        client: ClientOptions = {"client_id": settings.client_id, "client_secret": settings.client_secret}
        try:
            return self._keep(Sandbox(context, state.name, client))
        except MockwiseError:
            context.registry.drop(state.name)
            raise

    def sandbox_named(self, name: str) -> Sandbox:
        """The sandbox of that name, whoever made it: also another mock that shares the state.

        Raises:
            NotFoundError: there is none; the message names those there are.
        """
        registry = self._context.registry
        registry.get(name)  # raises if there is none
        own, known = registry.own_client(name), self._handles.get(name)
        if own is not None and (known is None or known.client_id != own.client_id):
            with self._lock:  # one handle, and so one certificate, however many threads ask at once
                known = self._handles.get(name)
                if known is None or known.client_id != own.client_id:
                    known = self._keep(Sandbox(self._context, name, {}))
        if known is None:
            raise NotFoundError(f"the sandbox {name!r} is just being made: ask again")
        return known

    @property
    def default(self) -> Sandbox:
        """The sandbox of whoever names no client of another one.

        Raises:
            MockwiseError: the mock does not run.
        """
        self._context.check_running()
        return self._default

    @property
    def sandboxes(self) -> list[str]:
        """The names of its sandboxes, oldest first."""
        return self._context.registry.names()

    # What happens in it.

    def reports(self) -> list[Report]:
        """An audit of each sandbox, with what a report shows beside it."""
        from mockwise.audit.auditing import examine  # because most mocks are never audited

        registry = self._context.registry
        return [examine(registry.get(name)) for name in registry.names()]

    @property
    def state(self) -> str | None:
        """Where its state is kept, without a password; None: in memory."""
        return None if self.settings.state is None else spell_state(self.settings.state)

    @property
    def handshakes(self) -> list[FailedHandshake]:
        """The last thousand handshakes that were refused, oldest first, each with its reason."""
        self._check_process()
        return list(self._failed_handshakes)

    def handshakes_since(self, moment: datetime | str) -> list[FailedHandshake]:
        """The handshakes that were refused at this time or later, oldest first.

        Args:
            moment: real time, with a zone; also as text, in ISO 8601.

        Raises:
            InvalidValueError: it is no such time.
        """
        since = read_time(moment)
        if since.tzinfo is None:
            raise InvalidValueError(f"the time needs a zone: write {since.isoformat()}Z or pass tzinfo=UTC")
        return [it for it in self.handshakes if it.time >= since]

    def forget_handshakes(self) -> int:
        """Forget the refused handshakes; returns how many were remembered."""
        self._check_process()
        known = len(self._failed_handshakes)
        self._failed_handshakes.clear()
        return known

    def watch(self, watcher: Watcher, *, waits: bool = True) -> None:
        """Call `watcher` with each exchange and each refused handshake from now on, in a thread of its own.

        If it is quick it has seen an exchange before the client has its answer; if not, answers go out without it.

        Args:
            watcher: what to call.
            waits: False: it never waits for anything, and is called in the server's thread, which takes less time.
        """
        self._check_process()
        if waits:
            watcher_thread = WatcherThread(watcher)
            self._watchers.append(watcher_thread)
            self._watcher_threads.append(watcher_thread)
        else:
            self._watchers.append(watcher)

    def unwatch(self, watcher: Watcher) -> None:
        """Call a function no longer that `watch` was given; one that does not watch changes nothing."""
        self._check_process()
        with suppress(ValueError):
            self._watchers.remove(watcher)
        for thread in [it for it in self._watcher_threads if it.function == watcher]:
            self._watchers.remove(thread)
            self._watcher_threads.remove(thread)
            thread.end()

    # What MockWise and the server tell it.

    @property
    @override
    def _context(self) -> ServerContext:
        if self._server_context is None:
            raise MockwiseError("the mock does not run: use it in a with block, or call start()")
        self._server_context.check_running()
        return self._server_context

    def _check_process(self) -> None:
        if self._server_context is not None:
            self._server_context.check_process()

    def _keep(self, sandbox: Sandbox) -> Sandbox:
        """Keep the handle of a sandbox, so that every door has the same; returns it."""
        self._handles[sandbox.name] = sandbox
        return sandbox

    def _record_failed_handshake(self, handshake: FailedHandshake) -> None:
        self._failed_handshakes.append(handshake)
        _handshake_log.info("%s", handshake.summary)
        notify(self._watchers, handshake)
