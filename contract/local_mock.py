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

    def __init__(self, mock: MockWise, twins: Path, secrets: set[str]) -> None:
        self._mock = mock
        self._secrets = secrets
        self._twins = twins
        self.target = self._target(mock.default)

    @contextmanager
    def stage(self, **options: Any) -> Iterator[LocalSandbox]:  # noqa: ANN401  because these are the mock's own
        """A sandbox apart, whose clock, users and tokens are nobody else's, and no secrets."""
        with self._mock.sandbox(**options) as box, ExitStack() as ends:
            yield LocalSandbox(box, self._target(box), ends)

    def refresh_token(self) -> str | None:
        """The refresh token of a user who was linked just now; None if the mock gives none."""
        with ExitStack() as ends:
            stage = LocalSandbox(self._mock.default, self.target, ends)
            token = members_of(exchange(stage.wise, stage.consent())).get("refresh_token")
            return token if isinstance(token, str) else None

    def _target(self, box: Sandbox) -> Target:
        target = read_target({**box.environ(), "MOCKWISE_CONTRACT_TWINS": str(self._twins)})
        assert target is not None
        return target


class LocalSandbox:
    """A sandbox that a rule has for itself, in which a user lives who has a personal and a business profile."""

    def __init__(self, box: Sandbox, target: Target, ends: ExitStack) -> None:
        self._box = box
        self._target = target
        self._ends = ends
        self.wise = ends.enter_context(closing(TargetClient(target, set())))
        self._user = box.users[0]
        self.email, self.user_id = self._user.email, self._user.user_id
        self.personal, self.business = (it.profile_id for it in box.profiles(self._user))

    # Its clock, and its client's tokens.

    def freeze(self) -> None:
        """Stop the clock, at a full minute."""
        now = self._box.freeze()
        self._box.set_time(now.replace(second=0, microsecond=0) + timedelta(minutes=1))

    def advance(self, **units: float) -> None:
        """Move the clock forward."""
        self._box.advance(timedelta(**units))

    def revoke_tokens(self) -> None:
        """Revoke every token that was issued."""
        self._box.revoke_tokens()

    # Who else is there.

    def another_client(self) -> TargetClient:
        """The same hosts, as another client of the sandbox asks them."""
        other = self._box.add_client()
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
        return self._box.profiles(self._box.add_user(email))[0].profile_id

    # What its user does.

    def consent(self, profile: int | None = None, redirect_uri: str = REDIRECT_URI) -> str:
        """Consent for a profile, by default the personal one; returns the code."""
        return self._box.authorize(self._user, profile, redirect_uri=redirect_uri).code

    def link(self, profile: int | None = None) -> dict[str, Any]:
        """Consent, and have the client exchange the code; returns the members of the answer."""
        return tokens_of(exchange(self.wise, self.consent(profile)))

    def page(self, **parameters: str) -> httpx.Response:
        """Open the consent page in a browser."""
        return self.wise.ask_tls_host("GET", AUTHORIZE, params=parameters)

    def press(self, button: str, profile: int | None, **parameters: str) -> httpx.Response:
        """Press a button there, for a profile of the user; None: of whoever was only signed up."""
        users = [it.user_id for it in self._box.users]
        who = f"{self.user_id}-{profile}" if profile is not None else str(users[-1])
        form = {"decision": button, "who": who}
        return self.wise.ask_tls_host("POST", AUTHORIZE, params=parameters, data=form)

    def personal_token(self, *, read_only: bool = False) -> str:
        """Make a personal token."""
        return self._box.personal_token(self._user, read_only=read_only)

    # What happens to the user.

    def change_email(self) -> None:
        """They change their address."""
        self._box.change_email(self._user, "another@example.com")

    def deactivate(self) -> None:
        """Wise deactivates them."""
        self._box.deactivate_user(self._user)

    def enhance_security(self) -> None:
        """They switch enhanced security on."""
        self._box.enhance_security(self._user)

    def disconnect(self) -> None:
        """They disconnect the application."""
        self._box.disconnect(self._user)

    def suspect_leak(self) -> None:
        """Wise suspects that the client's secret leaked."""
        self._box.suspect_leak()

    def transfer_ownership(self) -> None:
        """The business gets another owner."""
        self._box.transfer_ownership(self.business, self._box.add_user("owner@example.com"))


Staging = Callable[..., AbstractContextManager[LocalSandbox]]
"""The fixture `stage`: makes a sandbox apart, with the switches that it is given."""
