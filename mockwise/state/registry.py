"""The sandboxes of a mock, and which of them a request belongs to.

Of each sandbox this process has the parts that are its own, such as the journal; all the rest is in the store, where
mocks that share it find it.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Unpack

from mockwise.common.clock import wall_now
from mockwise.errors import ConflictError, NotFoundError
from mockwise.journal.journal import ExchangeWatcher, Journal
from mockwise.state.clients import Client, ClientOptions, check_client_id, new_client_id
from mockwise.state.directory import OwnClient, SandboxDirectory, SandboxEntry, check_name
from mockwise.state.index import SandboxIndex
from mockwise.state.known_secrets import KnownSecrets
from mockwise.state.options import SandboxOptions
from mockwise.state.sandbox_state import SandboxState
from mockwise.storage.record_index import some_of
from mockwise.storage.store import Store

DEFAULT = "default"
_PATIENCE = 3.0  # seconds that another process has to activate a sandbox


class Registry:
    """Makes sandboxes, finds them and drops them. There is always one named `default`.

    Args:
        store: where everything is kept; mocks that share it are one.
        options: the switches of the default sandbox, for as long as this process runs.
        wall: returns the time that the sandboxes' clocks are set against.
        watchers: functions that are called with each exchange of every sandbox.
        real: returns the real time, which certificates are judged by; `wall` unless given.
        on_dropped: called with the name of a sandbox that this process used and another one dropped.
        patience: how many seconds another process has to activate a sandbox that it created.

    Raises:
        StorageError: the store cannot be reached.
    """

    def __init__(
        self,
        store: Store,
        options: SandboxOptions,
        wall: Callable[[], datetime] = wall_now,
        watchers: Sequence[ExchangeWatcher] = (),
        *,
        real: Callable[[], datetime] | None = None,
        on_dropped: Callable[[str], None] = lambda _: None,
        patience: float = _PATIENCE,
    ) -> None:
        self._store = store
        self._index = SandboxIndex(store)
        self.secrets = KnownSecrets()
        self._wall = wall
        self._real = real
        self._watchers = watchers
        self._on_dropped = on_dropped
        self._lock = threading.RLock()
        self._directory = SandboxDirectory(store, patience)
        # What this process has of each sandbox, and the mark of the entry that it belongs to.
        self._sandboxes: dict[str, SandboxState] = {}
        self._marks: dict[str, str] = {}
        entry, former = self._directory.get_or_create(DEFAULT, options)
        if entry is former:
            self._attach(DEFAULT, entry, options)
        else:
            self._seed(DEFAULT, entry, former)

    @property
    def default(self) -> SandboxState:
        """The sandbox of whoever names no client of another one."""
        return self._sandboxes[DEFAULT]

    def add(self, name: str | None, options: SandboxOptions) -> SandboxState:
        """Make a sandbox; without a name it gets one.

        Raises:
            InvalidValueError: the name cannot be used, or a fault among the options holds a function and the state is kept elsewhere.
            ConflictError: the name is taken.
        """
        name = f"sandbox-{secrets.token_hex(6)}" if name is None else check_name(name)
        with self._lock:
            entry, former = self._directory.get_or_create(name, options)
            if entry is former:
                raise ConflictError(
                    f"there is a sandbox {name!r} already: take another name or close that one"
                )
            return self._seed(name, entry, former)

    def get(self, name: str) -> SandboxState:
        """The sandbox of that name.

        Raises:
            NotFoundError: there is none.
        """
        found = self._at(name)
        if found is None:
            raise NotFoundError(f"there is no sandbox {name!r}; there are: {some_of(self.names())}")
        return found

    def has(self, name: str) -> bool:
        """Whether there is a sandbox of that name."""
        entry = self._directory.get(name)
        return entry is not None and self._directory.usable(entry)

    def names(self) -> list[str]:
        """The names of all sandboxes, oldest first."""
        return [name for name, _ in self._directory.all()]

    def own_client(self, name: str) -> OwnClient | None:
        """The client that a sandbox was made with; None: it has none yet."""
        entry = self._directory.get(name)
        return entry.own if entry else None

    def activate(self, name: str, own: OwnClient) -> None:
        """Name the own client of a sandbox: from then on other mocks that share the state use it, too."""
        self._directory.activate(name, own)

    def drop(self, name: str) -> None:
        """Forget a sandbox and all that it holds; its client ids are free again. Twice changes nothing.

        Raises:
            ConflictError: it is the default one.
        """
        if name == DEFAULT:
            raise ConflictError("the default sandbox ends with its mock: reset it, or stop the mock")
        with self._lock:
            sandbox, entry = self._at(name), self._directory.deactivate(name)
            if sandbox is not None and entry is not None:
                self._release(sandbox)
                self._directory.remove(name, entry)
                self._forget(name)

    def reset(self, name: str) -> SandboxState:
        """Empty a sandbox: a new one takes its name, its switches and its emptied journal with who watches it.

        Raises:
            ConflictError: another mock resets it at this moment.
            NotFoundError: there is no such sandbox.
        """
        with self._lock:
            old, former = self.get(name), self._directory.get(name)
            entry = self._directory.create(name, former, old.options)
            if entry is None:
                raise ConflictError(f"another mock resets or drops the sandbox {name!r}: try again")
            old.journal.clear()
            return self._seed(name, entry, former)

    def add_client(self, sandbox: SandboxState, **options: Unpack[ClientOptions]) -> Client:
        """Make a client whose id no other client of the mock has.

        Raises:
            InvalidValueError: an id, secret or lifetime that cannot be used.
            ConflictError: the id is taken, and the message names the sandbox that has it.
            NotFoundError: the sandbox is gone.
        """
        given = options.get("client_id")
        client_id = new_client_id() if given is None else check_client_id(given)
        options["client_id"] = client_id
        with self._lock:
            if self._at(sandbox.name) is not sandbox:
                raise NotFoundError(f"the sandbox {sandbox.name!r} is gone: it was closed or reset")
            if not self._claim(client_id, sandbox):
                raise ConflictError(
                    f"client id {client_id!r} is taken by sandbox {self._index.of_client(client_id)!r}: "
                    "client ids are unique in a mock, so that a request finds its sandbox"
                )
            try:
                return sandbox.clients.add(**options)
            except ConflictError:
                raise  # another mock took the id, which stays taken
            except BaseException:
                self._index.release_client(client_id)
                raise

    def of_client(self, client_id: str) -> SandboxState | None:
        """The sandbox that has this client, or None."""
        return self._at(self._index.of_client(client_id))

    def of_token(self, digest: str) -> SandboxState | None:
        """The sandbox that issued the token with this digest, or None."""
        return self._at(self._index.of_token(digest))

    def _claim(self, client_id: str, sandbox: SandboxState) -> bool:
        """Take an id, also one that was taken for this sandbox by a process that was killed before it used it."""
        return self._index.claim_client(client_id, sandbox.name) or (
            self._index.of_client(client_id) == sandbox.name and sandbox.clients.get(client_id) is None
        )

    def _seed(self, name: str, entry: SandboxEntry, former: SandboxEntry | None) -> SandboxState:
        """Fill a new sandbox with what it has from the start, once what a former one left is removed."""
        if former is not None:
            self._release(self._attach(name, former, former.options))
        sandbox = self._attach(name, entry, entry.options)
        try:
            sandbox.seed()
        except BaseException:
            self._release(sandbox)
            self._directory.remove(name, entry)
            self._forget(name)
            raise
        return sandbox

    def _attach(self, name: str, entry: SandboxEntry, options: SandboxOptions) -> SandboxState:
        """Begin to use a sandbox, with the journal that this process may have of it already."""
        self._prune()
        here = self._sandboxes.get(name)
        journal = here.journal if here else None
        sandbox = SandboxState(
            name,
            store=self._store,
            index=self._index,
            secrets=self.secrets,
            options=options,
            wall=self._wall,
            real=self._real,
            journal=journal
            or Journal(options.journal_size, self._watchers, most_bytes=options.journal_bytes),
        )
        self._sandboxes[name] = sandbox
        # Last, because other threads take a sandbox whose mark is known for complete.
        self._marks[name] = entry.mark
        return sandbox

    def _at(self, name: str | None) -> SandboxState | None:
        if name is None:
            return None
        # In a store of its own a process knows every sandbox; in a shared one others create and drop them, too.
        return self._refresh(name) if self._store.shared and name != DEFAULT else self._sandboxes.get(name)

    def _refresh(self, name: str) -> SandboxState | None:
        """A sandbox as the shared state has it now."""
        entry = self._directory.get(name)
        if entry is None:
            with self._lock:
                self._forget_dropped(name)
            return None
        if self._marks.get(name) == entry.mark:
            return self._sandboxes.get(name)
        with self._lock:
            if self._marks.get(name) == entry.mark:  # another thread was quicker
                return self._sandboxes.get(name)
            return self._attach(name, entry, entry.options) if entry.own else None

    def _prune(self) -> None:
        """Forget sandboxes that other processes dropped: most are never asked for here again, so nothing else would."""
        if self._store.shared:
            for name in self._sandboxes.keys() - self._directory.names() - {DEFAULT}:
                self._forget_dropped(name)

    def _forget_dropped(self, name: str) -> None:
        if name in self._sandboxes:
            self._forget(name)
            self._on_dropped(name)

    def _forget(self, name: str) -> None:
        self._sandboxes.pop(name, None)
        self._marks.pop(name, None)

    def _release(self, sandbox: SandboxState) -> None:
        for client in sandbox.clients.all():
            self._index.release_client(client.client_id)
            self._index.note_gone(client.client_id)
            self.secrets.forget_client(client.client_id)
        for digest in sandbox.tokens.digests():
            self._index.release_token(digest)
            self._index.note_gone(digest)
            self.secrets.forget_digest(digest)
        if any(it.revoked_at for it in sandbox.certificates.all()):
            sandbox.certificates.tell_others()
        self._store.drop(sandbox.name)
