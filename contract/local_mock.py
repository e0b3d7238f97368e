"""The mock that is started if no target is given: the one file of the contract that knows the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from mockwise import MockWise, Sandbox

from .grant_requests import AUTHORIZE, REDIRECT_URI, exchange, tokens_of
from .target import Target, read_target
from .target_client import TargetClient, members_of


class LocalMock:
    """A mock of the contract's own. Unlike a given target it can be told what to do."""

    def __init__(self, mock: MockWise, rejected_certificates: Path, secrets: set[str]) -> None:
        self._mock = mock
        self._secrets = secrets
        self._rejected_certificates = rejected_certificates
        self.target = self._target(mock.default)

    @contextmanager
    def new_sandbox(self, **options: Any) -> Iterator[LocalSandbox]:
        """Make a sandbox for one rule, whose clock, users and tokens no other rule sees, and are no secrets."""
        with self._mock.sandbox(**options) as sandbox, ExitStack() as ends:
            yield LocalSandbox(sandbox, self._target(sandbox), ends)

    def refresh_token(self) -> str | None:
        """The refresh token of a user who was linked just now; None if the mock gives none."""
        with ExitStack() as ends:
            sandbox = LocalSandbox(self._mock.default, self.target, ends)
            token = members_of(exchange(sandbox.wise, sandbox.consent())).get("refresh_token")
            return token if isinstance(token, str) else None

    def _target(self, sandbox: Sandbox) -> Target:
        target = read_target(
            {**sandbox.environ(), "MOCKWISE_CONTRACT_TWINS": str(self._rejected_certificates)}
        )
        assert target is not None
        return target


class LocalSandbox:
    """A sandbox that a rule has for itself, in which a user lives who has a personal and a business profile."""

    def __init__(self, sandbox: Sandbox, target: Target, ends: ExitStack) -> None:
        self._sandbox = sandbox
        self._target = target
        self._ends = ends
        self.wise = ends.enter_context(closing(TargetClient(target, set())))
        self._user = sandbox.users[0]
        self.email, self.user_id = self._user.email, self._user.user_id
        self.personal, self.business = (it.profile_id for it in sandbox.profiles(self._user))

    # The clock, and the tokens of the sandbox's client.

    def freeze(self) -> None:
        """Stop the clock, at a full minute."""
        now = self._sandbox.freeze()
        self._sandbox.set_time(now.replace(second=0, microsecond=0) + timedelta(minutes=1))

    def advance(self, **units: float) -> None:
        """Move the sandbox's clock forward by so many units of time."""
        self._sandbox.advance(timedelta(**units))

    def revoke_tokens(self) -> None:
        """Revoke every token that was issued."""
        self._sandbox.revoke_tokens()

    # Other clients and users of the sandbox.

    def another_client(self) -> TargetClient:
        """A client of the same hosts with the credentials of another OAuth client of the sandbox."""
        other = self._sandbox.add_client()
        target = replace(
            self._target,
            client_id=other.client_id,
            client_secret=other.client_secret,
            client_key=other.client_key,
            certificate=(other.cert_file, other.key_file),
        )
        return self._ends.enter_context(closing(TargetClient(target, set())))

    def add_user(self, email: str) -> int:
        """Make somebody else; returns their profile's id."""
        return self._sandbox.profiles(self._sandbox.add_user(email))[0].profile_id

    # What the sandbox's user does.

    def consent(self, profile: int | None = None, redirect_uri: str = REDIRECT_URI) -> str:
        """Consent for a profile, by default the personal one; returns the code."""
        return self._sandbox.authorize(self._user, profile, redirect_uri=redirect_uri).code

    def link(self, profile: int | None = None) -> dict[str, Any]:
        """Consent, and have the client exchange the code; returns the members of the answer."""
        return tokens_of(exchange(self.wise, self.consent(profile)))

    def page(self, **parameters: str) -> httpx.Response:
        """Open the consent page in a browser."""
        return self.wise.ask_tls_host("GET", AUTHORIZE, params=parameters)

    def press(self, button: str, profile: int | None, **parameters: str) -> httpx.Response:
        """Submit the consent page's form for a profile of the user; None: for the user who was signed up last."""
        users = [it.user_id for it in self._sandbox.users]
        who = f"{self.user_id}-{profile}" if profile is not None else str(users[-1])
        form = {"decision": button, "who": who}
        return self.wise.ask_tls_host("POST", AUTHORIZE, params=parameters, data=form)

    def personal_token(self, *, read_only: bool = False) -> str:
        """Make a personal token of the sandbox's user."""
        return self._sandbox.personal_token(self._user, read_only=read_only)

    # What happens to the user.

    def change_email(self) -> None:
        """Have the user change their e-mail address."""
        self._sandbox.change_email(self._user, "another@example.com")

    def deactivate(self) -> None:
        """Deactivate the user, as Wise does."""
        self._sandbox.deactivate_user(self._user)

    def enhance_security(self) -> None:
        """Have the user switch enhanced security on."""
        self._sandbox.enhance_security(self._user)

    def disconnect(self) -> None:
        """Have the user disconnect the application."""
        self._sandbox.disconnect(self._user)

    def suspect_leak(self) -> None:
        """Suspect that the client's secret leaked, as Wise does."""
        self._sandbox.suspect_leak()

    def transfer_ownership(self) -> None:
        """Give the user's business another owner."""
        self._sandbox.transfer_ownership(self.business, self._sandbox.add_user("owner@example.com"))


SandboxFactory = Callable[..., AbstractContextManager[LocalSandbox]]
"""The fixture `new_sandbox`: makes a sandbox with the options that it is given."""
