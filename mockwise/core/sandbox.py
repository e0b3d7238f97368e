"""An isolated environment: its own clock, clients, certificates, tokens, users, journal and switches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from mockwise.core.accounts import Accounts
from mockwise.core.armory import Armory
from mockwise.core.certificates import Certificates
from mockwise.core.clients import Clients
from mockwise.core.clock import Clock
from mockwise.core.codes import Codes
from mockwise.core.homes import Homes
from mockwise.core.journal import Journal
from mockwise.core.known_secrets import KnownSecrets
from mockwise.core.limits import Limits
from mockwise.core.links import Links
from mockwise.core.policy import Policy
from mockwise.core.presence import Presence
from mockwise.core.store import Store
from mockwise.core.stubs import Stubs
from mockwise.core.subscriptions import Subscriptions
from mockwise.core.tokens import Tokens
from mockwise.core.users import Users
from mockwise.core.whims import Whims


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
