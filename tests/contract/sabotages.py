"""Ways in which the contract's own mock may go wrong inside, each with the rules that it breaks.

They are grouped into `CombinedFaults`, because each run against the local mock takes some seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from mockwise.common.clock import Clock
from mockwise.oauth import grants, server, user_grants
from mockwise.oauth.client_authentication import authenticate_client
from mockwise.oauth.errors import InvalidClient, OAuthError
from mockwise.oauth.messages import TokenResponse
from mockwise.oauth.token_issuing import GrantRequest
from mockwise.state.codes import Codes
from mockwise.state.refresh_grants import RefreshGrant, RefreshGrants
from mockwise.state.revocation_causes import RevocationCause
from mockwise.state.tokens import IssuedToken, Tokens, TokenSubject
from mockwise.state.user_events import UserEvents
from mockwise.state.users import Users

Sabotage = Callable[[pytest.MonkeyPatch], None]
AWAY = timedelta(days=300)


def no_clock(patch: pytest.MonkeyPatch) -> None:
    """It stands still, so that nothing ends."""
    patch.setattr(Clock, "advance", lambda clock, _: clock.now())


def fast_clock(patch: pytest.MonkeyPatch) -> None:
    """It runs twice as fast, so that everything ends too soon."""
    advance = Clock.advance
    patch.setattr(Clock, "advance", lambda clock, by: advance(clock, 2 * by))


def no_revocation(patch: pytest.MonkeyPatch) -> None:
    """That tokens are revoked is not heard."""
    patch.setattr(Tokens, "revoke_all", lambda *_: None)


def refresh_spares(patch: pytest.MonkeyPatch) -> None:
    """Let a refresh leave the earlier access tokens alive."""
    patch.setattr(RefreshGrants, "refresh", RefreshGrants.add_access_token)


def rotation_spares(patch: pytest.MonkeyPatch) -> None:
    """A rotation says that it did, and leaves the old refresh token in its place."""
    patch.setattr(RefreshGrants, "rotate", lambda links, digest, _: links.get(digest))


def grant_spares(patch: pytest.MonkeyPatch) -> None:
    """A new grant ends nothing."""
    end = RefreshGrants._revoke
    patch.setattr(
        RefreshGrants,
        "_revoke",
        lambda links, digest, event: (
            None if event is RevocationCause.GRANTED_ANEW else end(links, digest, event)
        ),
    )


def grant_kills(patch: pytest.MonkeyPatch) -> None:
    """A new grant ends the access token before it too."""
    grant = RefreshGrants.add

    def granting(links: RefreshGrants, link: RefreshGrant) -> RefreshGrant:
        link = grant(links, link)
        for digest in link.access:
            links._tokens.revoke_if_present(digest, RevocationCause.GRANTED_ANEW)
        return link

    patch.setattr(RefreshGrants, "add", granting)


def one_link_a_user(patch: pytest.MonkeyPatch) -> None:
    """A consent for another profile takes the place of the first."""
    patch.setattr(
        "mockwise.state.refresh_grants._current_key", lambda link: f"{link.user_id} {link.client_id}"
    )


def no_way_back(patch: pytest.MonkeyPatch) -> None:
    """Who disconnected once stays disconnected."""
    give = RefreshGrants.add_access_token

    def giving(links: RefreshGrants, link: RefreshGrant, access: str) -> None:
        give(links, link, access)
        if any(it.ended_by is RevocationCause.DISCONNECTED for it in links.all()):
            links.revoke(link.digest, RevocationCause.DISCONNECTED)

    patch.setattr(RefreshGrants, "add_access_token", giving)


def codes_stay(patch: pytest.MonkeyPatch) -> None:
    """A code can be used again and again."""
    patch.setattr(Codes, "use", lambda *_: True)


def codes_wear_out(patch: pytest.MonkeyPatch) -> None:
    """A refused exchange uses the code up."""
    check = user_grants.authorization_code

    def checking(request: GrantRequest) -> TokenResponse:
        try:
            return check(request)
        except OAuthError:
            code = request.sandbox.codes.of_text("authorization", request.parameters.get("code", ""))
            if code is not None and code.used_at is None:
                request.sandbox.codes.use(code)
            raise

    patch.setitem(grants.GRANTS, "authorization_code", checking)


def any_redirect_uri(patch: pytest.MonkeyPatch) -> None:
    """The redirect URI of an exchange is not compared."""
    of_text = Codes.of_text

    class Whatever(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __ne__(self, _: object) -> bool:
            return False

    def found(codes: Codes, purpose: Any, text: str) -> Any:
        code = of_text(codes, purpose, text)
        return code and replace(code, redirect_uri=Whatever(code.redirect_uri))

    patch.setattr(Codes, "of_text", found)
    patch.setattr(Codes, "use", lambda *_: True)  # which compares records


def granted_all_the_same(name: str, patch: pytest.MonkeyPatch) -> None:
    """What a grant refuses is granted for the newest user."""
    grant = grants.GRANTS[name]

    def granting(request: GrantRequest) -> TokenResponse:
        try:
            return grant(request)
        except OAuthError:
            user = request.sandbox.users.all()[-1]
            return user_grants._grant(request, user.user_id, None, by_registration=False)

    patch.setitem(grants.GRANTS, name, granting)


def ends_in_a_year(patch: pytest.MonkeyPatch) -> None:
    """Personal tokens, registration codes and credentials end after a while."""
    issue, authenticate, of_email = Tokens.issue, authenticate_client, Users.of_email

    def issuing(
        tokens: Tokens, text: str, subject: TokenSubject, at: datetime, lifetime: timedelta | None
    ) -> IssuedToken:
        return issue(tokens, text, subject, at, AWAY if lifetime is None else lifetime)

    def authenticating(sandbox: Any, request: Any) -> Any:
        if request.form == (("grant_type", "client_credentials"),) and _aged(sandbox.clock, AWAY):
            raise InvalidClient("Client authentication failed", reason="It ended.")
        return authenticate(sandbox, request)

    def found(users: Users, email: str) -> Any:
        return None if _aged(users._clock, timedelta(days=20)) else of_email(users, email)

    patch.setattr(Tokens, "issue", issuing)
    patch.setattr(server, "authenticate_client", authenticating)
    patch.setattr(Users, "of_email", found)


def _aged(clock: Clock, by: timedelta) -> bool:
    return clock.now() - clock.wall() > by


def no_events(patch: pytest.MonkeyPatch) -> None:
    """What happens to users is not heard."""
    for name in ("change_email", "deactivate", "enhance_security", "disconnect", "transfer_ownership"):
        patch.setattr(UserEvents, name, lambda *_: None)
    patch.setattr(UserEvents, "suspect_leak", lambda *_: 0)


def events_kill_all(patch: pytest.MonkeyPatch) -> None:
    """What happens to one user or profile ends everything."""

    def ending(links: RefreshGrants, _: str, __: object, event: RevocationCause | None, *___: object) -> int:
        for token in links._tokens.all():
            links._tokens.revoke_if_present(token.digest, event)
        for link in links.all():
            links.revoke(link.digest, event)
        return 0

    patch.setattr(RefreshGrants, "revoke_all", ending)


refuse_nothing = partial(granted_all_the_same, "registration_code")
any_code = partial(granted_all_the_same, "authorization_code")
any_refresh = partial(granted_all_the_same, "refresh_token")
