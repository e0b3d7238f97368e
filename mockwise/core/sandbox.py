"""An isolated environment: its own clock, clients, certificates, tokens, users, journal and switches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from mockwise.core.certificates import Certificates
from mockwise.core.clients import Clients
from mockwise.core.clock import Clock
from mockwise.core.homes import Homes
from mockwise.core.journal import Journal
from mockwise.core.policy import Policy
from mockwise.core.store import Store
from mockwise.core.tokens import Tokens
from mockwise.core.users import Users


class SandboxState:
    """What a sandbox is made of."""

    def __init__(
        self,
        name: str,
        *,
        store: Store,
        homes: Homes,
        policy: Policy,
        wall: Callable[[], datetime],
        journal: Journal,
    ) -> None:
        self.name = name
        self.policy = policy
        self.clock = Clock(store, name, wall)
        self.clients = Clients(store, name, self.clock, policy)
        self.certificates = Certificates(store, name, self.clock)
        self.tokens = Tokens(store, name, homes, self.clock, self.clients)
        self.users = Users(store, name)
        self.journal = journal
