"""The sandboxes of a mock, and which of them a request belongs to."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Unpack

from mockwise.core.clients import Client, ClientOptions, check_client_id, new_client_id
from mockwise.core.clock import wall_now
from mockwise.core.errors import BadValue, Conflict, NotThere
from mockwise.core.homes import Homes
from mockwise.core.journal import Journal, Watcher
from mockwise.core.policy import Policy
from mockwise.core.sandbox import SandboxState
from mockwise.core.store import Store

DEFAULT = "default"
_LONGEST_NAME = 64


class Registry:
    """Makes sandboxes, finds them and drops them. There is always one named `default`."""

    def __init__(
        self,
        store: Store,
        policy: Policy,
        wall: Callable[[], datetime] = wall_now,
        watchers: Sequence[Watcher] = (),
    ) -> None:
        self._store = store
        self._homes = Homes(store)
        self._wall = wall
        self._watchers = watchers
        self._lock = threading.RLock()
        self._sandboxes: dict[str, SandboxState] = {}
        self.add(DEFAULT, policy)

    @property
    def default(self) -> SandboxState:
        """The sandbox of whoever names no client of another one."""
        return self._sandboxes[DEFAULT]

    def add(self, name: str | None, policy: Policy) -> SandboxState:
        """Make a sandbox; without a name it gets one.

        Raises:
            BadValue: the name cannot be used.
            Conflict: the name is taken.
        """
        name = f"sandbox-{secrets.token_hex(6)}" if name is None else _check_name(name)
        with self._lock:
            if name in self._sandboxes:
                raise Conflict(f"there is a sandbox {name!r} already: take another name or close that one")
            journal = Journal(policy.journal_size, self._watchers, most_bytes=policy.journal_bytes)
            sandbox = self._state(name, policy, journal)
            self._sandboxes[name] = sandbox
        return sandbox

    def get(self, name: str) -> SandboxState:
        """The sandbox of that name.

        Raises:
            NotThere: there is none.
        """
        try:
            return self._sandboxes[name]
        except KeyError:
            raise NotThere(f"there is no sandbox {name!r}; there are: {', '.join(self.names())}") from None

    def names(self) -> list[str]:
        """The names of all sandboxes, oldest first."""
        return list(self._sandboxes)

    def drop(self, name: str) -> None:
        """Forget a sandbox and all that it holds; its client ids are free again. Twice changes nothing.

        Raises:
            Conflict: it is the default one.
        """
        if name == DEFAULT:
            raise Conflict("the default sandbox ends with its mock: reset it, or stop the mock")
        with self._lock:
            sandbox = self._sandboxes.pop(name, None)
            if sandbox is not None:
                self._release(sandbox)

    def reset(self, name: str) -> SandboxState:
        """Empty a sandbox: a new one takes its name, its switches and its emptied journal with who watches it.

        Raises:
            NotThere: there is no such sandbox.
        """
        with self._lock:
            old = self.get(name)
            self._release(old)
            old.journal.clear()
            new = self._state(name, old.policy, old.journal)
            self._sandboxes[name] = new
        return new

    def add_client(self, sandbox: SandboxState, **options: Unpack[ClientOptions]) -> Client:
        """Make a client whose id no other client of the mock has.

        Raises:
            BadValue: an id, secret or lifetime that cannot be used.
            Conflict: the id is taken, and the message names the sandbox that has it.
            NotThere: the sandbox is gone.
        """
        given = options.get("client_id")
        client_id = new_client_id() if given is None else check_client_id(given)
        options["client_id"] = client_id
        with self._lock:
            if self._sandboxes.get(sandbox.name) is not sandbox:
                raise NotThere(f"the sandbox {sandbox.name!r} is gone: it was closed or reset")
            if not self._homes.claim_client(client_id, sandbox.name):
                raise Conflict(
                    f"client id {client_id!r} is taken by sandbox {self._homes.of_client(client_id)!r}: "
                    "client ids are unique in a mock, so that a request finds its sandbox"
                )
            try:
                return sandbox.clients.add(**options)
            except BaseException:
                self._homes.release_client(client_id)
                raise

    def of_client(self, client_id: str) -> SandboxState | None:
        """The sandbox that has this client, or None."""
        return self._at(self._homes.of_client(client_id))

    def of_token(self, digest: str) -> SandboxState | None:
        """The sandbox that issued the token with this digest, or None."""
        return self._at(self._homes.of_token(digest))

    def _state(self, name: str, policy: Policy, journal: Journal) -> SandboxState:
        return SandboxState(
            name, store=self._store, homes=self._homes, policy=policy, wall=self._wall, journal=journal
        )

    def _at(self, name: str | None) -> SandboxState | None:
        return None if name is None else self._sandboxes.get(name)

    def _release(self, sandbox: SandboxState) -> None:
        for client in sandbox.clients.all():
            self._homes.release_client(client.client_id)
        for token in sandbox.tokens.all():
            self._homes.release_token(token.digest)
        self._store.drop(sandbox.name)


def _check_name(name: str) -> str:
    if not (1 <= len(name) <= _LONGEST_NAME and name.isascii() and name.isprintable() and "/" not in name):
        raise BadValue(
            f"a sandbox is named with 1 to {_LONGEST_NAME} printable ASCII characters, without a slash: {name!r}"
        )
    if not name.strip("."):
        raise BadValue(f"a sandbox's name is more than dots, because it stands in URLs: {name!r}")
    return name
