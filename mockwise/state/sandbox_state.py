"""An isolated environment: its own clock, clients, certificates, tokens, users, journal and switches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mockwise.common.clock import Clock
from mockwise.common.random import SeededRandom
from mockwise.faults.queue import FaultQueue
from mockwise.journal.journal import Journal
from mockwise.state.certificates import CERTIFICATES, Certificates, IssuedCertificate
from mockwise.state.clients import CLIENTS, Client, Clients
from mockwise.state.codes import Codes
from mockwise.state.connections import ConnectionTracker
from mockwise.state.index import SandboxIndex
from mockwise.state.known_secrets import KnownSecrets
from mockwise.state.limits import RateLimiter
from mockwise.state.options import SandboxOptions
from mockwise.state.refresh_grants import REFRESH_GRANTS, RefreshGrant, RefreshGrants
from mockwise.state.stubs import Stubs
from mockwise.state.subscriptions import Subscriptions
from mockwise.state.tokens import TOKENS, IssuedToken, Tokens
from mockwise.state.user_events import UserEvents
from mockwise.state.users import USERS, User, Users
from mockwise.storage.records import Records
from mockwise.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPages:
    """The lists of a sandbox, each a page at a time, for those that show the newest of very many."""

    certificates: Records[IssuedCertificate]
    """By serial."""
    clients: Records[Client]
    """By client id."""
    links: Records[RefreshGrant]
    """By digest."""
    tokens: Records[IssuedToken]
    """By digest."""
    users: Records[User]
    """By user id."""


class SandboxState:
    """All parts of one sandbox, under their names."""

    def __init__(
        self,
        name: str,
        *,
        store: Store,
        index: SandboxIndex,
        secrets: KnownSecrets,
        options: SandboxOptions,
        wall: Callable[[], datetime],
        real: Callable[[], datetime] | None = None,
        journal: Journal,
    ) -> None:
        self.name = name
        self._store = store
        self.options = options
        self.secrets = secrets
        self.clock = Clock(store, name, wall, real)
        self.clients = Clients(store, name, index, self.clock, options, known=secrets)
        self.certificates = Certificates(store, name, self.clock)
        self.tokens = Tokens(store, name, index, self.clock, self.clients, known=secrets)
        self.users = Users(store, name, self.clock)
        self.links = RefreshGrants(store, name, self.clock, self.tokens, secrets)
        self.codes = Codes(store, name, self.clock, secrets)
        self.user_events = UserEvents(self.users, self.tokens, self.links, self.codes)
        self.limits = RateLimiter(store, name)
        self.fault_queue = FaultQueue(store, name, self.clock)
        self.subscriptions = Subscriptions(store, name, self.clock)
        self.stubs = Stubs(store, name)
        self.journal = journal
        self.connections = ConnectionTracker()
        self.random_choices = SeededRandom(options.seed or 0) if options.strict else None

    @property
    def pages(self) -> SandboxPages:
        """Its lists, a page at a time."""
        return SandboxPages(
            certificates=Records(self._store, CERTIFICATES, self.name),
            clients=Records(self._store, CLIENTS, self.name),
            links=Records(self._store, REFRESH_GRANTS, self.name),
            tokens=Records(self._store, TOKENS, self.name),
            users=Records(self._store, USERS, self.name),
        )

    def seed(self) -> None:
        """Add what a new sandbox has by its options: users, stubs and armed faults."""
        for user in self.options.users:
            self.users.add(user)
        for stub in self.options.stubs:
            self.stubs.put(stub)
        for fault in self.options.faults:
            self.fault_queue.arm(fault)
