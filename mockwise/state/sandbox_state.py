"""An isolated environment: its own clock, clients, certificates, tokens, users, journal and switches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from mockwise.common.clock import Clock
from mockwise.common.random import Whims
from mockwise.faults.queue import Armory
from mockwise.journal.journal import Journal
from mockwise.state.certificates import Certificates
from mockwise.state.clients import Clients
from mockwise.state.codes import Codes
from mockwise.state.connections import Presence
from mockwise.state.index import Homes
from mockwise.state.known_secrets import KnownSecrets
from mockwise.state.limits import Limits
from mockwise.state.options import Policy
from mockwise.state.refresh_grants import Links
from mockwise.state.stubs import Stubs
from mockwise.state.subscriptions import Subscriptions
from mockwise.state.tokens import Tokens
from mockwise.state.user_events import Accounts
from mockwise.state.users import Users
from mockwise.storage.store import Store


class SandboxState:
    """What a sandbox is made of."""

    def __init__(
        self,
        name: str,
        *,
        store: Store,
        homes: Homes,
        secrets: KnownSecrets,
        policy: Policy,
        wall: Callable[[], datetime],
        real: Callable[[], datetime] | None = None,
        journal: Journal,
    ) -> None:
        self.name = name
        self.policy = policy
        self.secrets = secrets
        self.clock = Clock(store, name, wall, real)
        self.clients = Clients(store, name, homes, self.clock, policy, known=secrets)
        self.certificates = Certificates(store, name, self.clock)
        self.tokens = Tokens(store, name, homes, self.clock, self.clients, known=secrets)
        self.users = Users(store, name, self.clock)
        self.links = Links(store, name, self.clock, self.tokens, secrets)
        self.codes = Codes(store, name, self.clock, secrets)
        self.accounts = Accounts(self.users, self.tokens, self.links, self.codes)
        self.limits = Limits(store, name)
        self.armory = Armory(store, name, self.clock)
        self.subscriptions = Subscriptions(store, name, self.clock)
        self.stubs = Stubs(store, name)
        self.journal = journal
        self.presence = Presence()
        self.whims = Whims(policy.seed) if policy.strict else None

    def furnish(self) -> None:
        """Put in what a new one has by its policy."""
        for seed in self.policy.users:
            self.users.add(seed)
        for stub in self.policy.stubs:
            self.stubs.put(stub)
        for fault in self.policy.faults:
            self.armory.arm(fault)
