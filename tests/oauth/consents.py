"""What the tests of the consent share: a token endpoint with users, and the ways to consent."""

from __future__ import annotations

from mockwise.common.digests import digest_of
from mockwise.oauth.consent import Consent, ConsentRequest, read_consent
from mockwise.state.options import SandboxOptions
from mockwise.state.tokens import TokenSubject
from mockwise.state.users import User, UserSpec
from tests.oauth.token_endpoint import TokenEndpoint

URI = "https://app.test/back?tenant=7"
CODE = "registration-code-of-thirty-two-characters"
OWNERS = (UserSpec(email="ann@example.com", business="Bakery"), UserSpec(email="bob@example.com"))


def endpoint_with_user() -> TokenEndpoint:
    """A token endpoint with two users who have profiles; the client `app` has one redirect URI."""
    return TokenEndpoint(SandboxOptions(token_format="uuid", users=OWNERS, redirect_uri=(URI,)))


def pairs(**changes: str | None) -> tuple[tuple[str, str], ...]:
    """The parameters of a right call, but for the changes."""
    given = {"client_id": "app", "redirect_uri": URI, "state": "s t&a=te+", **changes}
    return tuple((name, value) for name, value in given.items() if value is not None)


def consent_of(endpoint: TokenEndpoint, **changes: str | None) -> ConsentRequest:
    """The consent that is asked for by these parameters."""
    return read_consent(endpoint.box, pairs(**changes))


def redeem(endpoint: TokenEndpoint, given: Consent, redirect_uri: str = URI) -> TokenSubject:
    """Exchange the code; whose the token is."""
    form = {"grant_type": "authorization_code", "code": given.code, "redirect_uri": redirect_uri}
    return endpoint.ask((*form.items(), ("client_id", "app"))).token.subject


def signed_up(endpoint: TokenEndpoint, email: str = "carla@example.com") -> tuple[User, str]:
    """A user whom the client signed up, and a claim-account code for them."""
    user = endpoint.box.users.sign_up(email, "app", digest_of(CODE))
    return user, endpoint.box.codes.issue("claim", "app", user.user_id)


def register(endpoint: TokenEndpoint, email: str = "carla@example.com") -> str | None:
    """Get tokens by the registration code; the refresh token."""
    form = {"grant_type": "registration_code", "client_id": "app", "registration_code": CODE, "email": email}
    return endpoint.ask(tuple(form.items())).refresh_token
