"""Sandbox, the handle of a sandbox: what Python, the control API and the dashboard do with it, they do through this."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self, Unpack

from mockwise.errors import InvalidValueError, WrongScopeError
from mockwise.sandbox.context import CertificateFiles, SandboxHandle, ServerContext
from mockwise.sandbox.credentials import Credentials
from mockwise.sandbox.faults import FaultControls
from mockwise.sandbox.requests import RequestAssertions
from mockwise.sandbox.time import ClockReading
from mockwise.sandbox.trust import TrustControls
from mockwise.sandbox.users import UserControls
from mockwise.state.clients import ClientOptions
from mockwise.state.directory import OwnClient
from mockwise.state.options import SandboxOptions
from mockwise.state.sandbox_state import SandboxPages
from mockwise.state.stubs import Stub, StubOptions
from mockwise.state.tokens import TokenState

_OF_THE_MOCK = frozenset(
    {
        *(name for name in vars(TrustControls) if not name.startswith("_")),
        *(
            "forget_handshakes",
            "handshakes",
            "handshakes_since",
            "reports",
            "sandbox",
            "sandbox_named",
            "sandboxes",
            "unwatch",
            "watch",
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxStatus:
    """What is in a sandbox, counted at one moment."""

    clock: ClockReading
    clients: int
    """Those that were revoked among them."""
    tokens: Mapping[TokenState, int]
    """How many access tokens are remembered in each state."""
    certificates: int
    """Active ones."""
    users: int
    links: int
    """Refresh tokens that can be used."""
    faults: int
    """Armed, and not spent."""
    exchanges: int
    """In its journal."""


class Sandbox(UserControls, FaultControls, RequestAssertions):
    """An isolated Wise environment. Made by `MockWise.sandbox()`; ends with `close()` or its `with` block."""

    def __init__(
        self,
        context: ServerContext,
        name: str,
        client: ClientOptions,
        files: CertificateFiles | None = None,
    ) -> None:
        self._handle = SandboxHandle(context, name)
        self._shown = f"<Sandbox {name!r} at {context.mtls_url}>"
        self.name = name
        self._own_client_options = client
        self._armed_by_call = set()
        # Held for a reset or close, which the control host's threads do, too.
        self._changing = threading.RLock()
        if not self._adopt_client(files):
            self._create_client(files)
            self._begin(self.scenario)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._handle.forked:
            self.close()

    def __getattr__(self, name: str) -> object:
        """Raise for a missing name; one that belongs to the mock gets a hint where to find it."""
        if name in _OF_THE_MOCK:
            raise WrongScopeError(
                f"{name} reaches further than this sandbox: it changes or shows the whole mock. In pytest, take the "
                f"fixture mockwise_own, and call mockwise_own.{name} there"
            )
        raise AttributeError(f"a sandbox has no {name!r}")

    def __repr__(self) -> str:
        return self._shown

    # What it is like.

    @property
    def options(self) -> SandboxOptions:
        """The options that it was made with."""
        return self._state.options

    def status(self) -> SandboxStatus:
        """What is in it: how many clients, tokens, certificates, users, links, faults and exchanges."""
        clock, state = self.clock, self._state
        return SandboxStatus(
            clock=clock,
            clients=state.pages.clients.count(),
            tokens=Counter(it.state for it in state.tokens.statuses(state.tokens.all())),
            certificates=sum(it.state(clock.real) == "active" for it in state.certificates.all()),
            users=state.pages.users.count(),
            links=sum(map(state.links.alive, state.links.all())),
            faults=sum(not it.spent for it in state.fault_queue.all()),
            exchanges=state.journal.count(),
        )

    @property
    def pages(self) -> SandboxPages:
        """Its lists, a page at a time: `sandbox.pages.tokens.newest(100)`, where there may be a million."""
        return self._state.pages

    # What it answers to operations that the mock does not model.

    @property
    def stubs(self) -> list[Stub]:
        """The stubs, oldest first; at the start those of the option `stubs`."""
        return self._state.stubs.all()

    def stub(self, method: str, path: str, **answer: Unpack[StubOptions]) -> Stub:
        """Answer an operation of the API as you like: `sandbox.stub("POST", "/v1/transfers", json={"id": 1})`.

        The token is checked as ever. A later stub for the same method and path takes the place of the earlier.

        Args:
            method: such as `POST`.
            path: written out, or a template such as `/v3/profiles/{profileId}/quotes`.
            **answer: any of `status`, `json`, `body`, `headers`.

        Raises:
            InvalidValueError: something that cannot be answered, or a path that the mock itself serves.
        """
        return self._state.stubs.add(method, path, **answer)

    def unstub(self, method: str | None = None, path: str | None = None) -> None:
        """Take the stub for a method and path back; without either all of them.

        Raises:
            InvalidValueError: only one of the two is named, or the path is none.
            NotFoundError: there is no stub for that method and path.
        """
        if method is None and path is None:
            self._state.stubs.clear()
        elif method is None or path is None:
            raise InvalidValueError("name method and path, or neither: then all stubs go")
        else:
            self._state.stubs.remove(method, path)

    # How it ends.

    def reset(self) -> None:
        """Empty the sandbox: the clock runs with the wall's, tokens, users, other clients and the journal are gone.

        Its own client is as it was made, with its first secret, and its certificate is valid again. Its scenarios
        begin anew.
        """
        self._context.check_process()  # before the lock, which nobody would free in a fork
        with self._changing:
            self._context.trust.forget(self._revoked_serials())
            files = self.credentials.files
            self._context.registry.reset(self.name)
            self._armed_by_call.clear()
            self._create_client(files)
            self._begin(self.scenario)

    def close(self) -> None:
        """Drop it and all that it holds. Twice changes nothing.

        Raises:
            MockwiseError: it is the default sandbox, which ends with its mock.
        """
        if self._handle.over:
            return
        registry = self._context.registry  # raises in a fork of the process
        with self._changing:
            if registry.has(self.name):
                revoked = self._revoked_serials()
                registry.drop(self.name)
                self._context.trust.forget(revoked)
                self._context.clear(self.name)
            self._handle.close()

    def _create_client(self, files: CertificateFiles | None) -> None:
        registry = self._context.registry
        client = registry.add_client(self._state, **self._own_client_options)
        own = OwnClient(client.client_id, client.secrets[0].value)
        self._own_client_options = {"client_id": own.client_id, "client_secret": own.client_secret}
        self.credentials = Credentials(self._handle, client, files)
        registry.activate(self.name, own)

    def _adopt_client(self, files: CertificateFiles | None) -> bool:
        """Take over the client that is there, if mocks before this one or beside it made it; its secret may be newer."""
        own = self._context.registry.own_client(self.name)
        if own is None:
            return False
        wanted = self._own_client_options.get("client_id") or own.client_id
        client = self._state.clients.get(wanted)
        if client is None:
            return False
        self._own_client_options = {"client_id": wanted, "client_secret": client.secrets[-1].value}
        self.credentials = Credentials(self._handle, client, files)
        return True

    def _revoked_serials(self) -> list[int]:
        """The serials that leave the revocation list when the sandbox ends."""
        return [int(c.serial, 16) for c in self._state.certificates.all() if c.revoked_at is not None]
