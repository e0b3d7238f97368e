"""The consent: a user lets a client act for one profile, and a code goes to the client (docs/wise/consent-and-revocation.md#authorization-page; RFC 6749 section 4.1).

What cannot be trusted is never redirected to: an unknown client or redirect URI stays on the page, as does a claim code
that is no good; only the last one has a link back. `response_type`, `scope` and PKCE were never shown by Wise and are
ignored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from mockwise.errors import InvalidValueError
from mockwise.oauth import wise_wire
from mockwise.oauth.errors import InvalidRequest
from mockwise.oauth.parameters import read_parameters
from mockwise.oauth.reasons.parameters import other_redirect_uri, unknown_client_id
from mockwise.oauth.reasons.tokens import unknown_claim_code
from mockwise.state.clients import Client
from mockwise.state.codes import Code
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.users import Profile, User
from mockwise.storage.record_index import some_of

Pairs = tuple[tuple[str, str], ...]

_MOST_SHOWN = 100  # users


class ConsentRefused(InvalidRequest):
    """There is nothing to consent to; the user is told so and not redirected."""


class RedirectRefused(ConsentRefused):
    """The redirect URI is none of the client's. `sent` is not to be trusted."""

    def __init__(self, sent: str | None, registered: tuple[str, ...], *, reason: str) -> None:
        super().__init__(wise_wire.REDIRECT_URI_MISMATCH, reason=reason)
        self.sent = sent
        self.registered = registered


class ClaimRefused(ConsentRefused):
    """The claim-account code is no good. `back` is where the user may go from here."""

    def __init__(self, redirect_uri: str, state: str | None, *, reason: str) -> None:
        super().__init__(wise_wire.INVALID_CLAIM_CODE, reason=reason)
        self.back = _declined(redirect_uri, self.error, self.description, state)


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be consented to: one profile of a user, or a user who has none yet."""

    user: User
    profile: Profile | None

    @property
    def key(self) -> tuple[int, int | None]:
        """The ids of user and profile."""
        return self.user.user_id, None if self.profile is None else self.profile.profile_id


@dataclass(frozen=True, slots=True)
class ConsentRequest:
    """What a client asks for, checked: the redirect URI is one of its own."""

    client_id: str
    redirect_uri: str
    state: str | None = field(repr=False)
    claim: Code | None
    """The code by which a user takes over the account that the client made."""
    choices: tuple[Choice, ...]
    """None of a deactivated user; with a claim only those of its user, else those of the first hundred users."""
    more: bool = False
    """Whether there are other users, who may consent as well."""


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent that was given, as the client is told of it."""

    code: str = field(repr=False)
    state: str | None = field(repr=False)
    user_id: int
    profile_id: int | None
    redirect_uri: str
    """What to send with the code."""
    redirect_url: str = field(repr=False)
    """Where the browser is sent."""


def read_consent(sandbox: SandboxState, parameters: Pairs) -> ConsentRequest:
    """Check what the page was called with.

    Raises:
        ConsentRefused: `client_id`, `redirect_uri` or `claim_account_code` is missing or wrong.
        InvalidRequest: a parameter was sent twice.
    """
    given = read_parameters(parameters)
    client = _client(sandbox, given.get("client_id"))
    redirect_uri = _redirect_uri(client, given.get("redirect_uri"))
    state, text = given.get("state"), given.get("claim_account_code")
    claim = None
    if text is not None:
        claim = sandbox.codes.of_text("claim", text)
        if objection := _claim_objection(sandbox, client, claim, text):
            raise ClaimRefused(redirect_uri, state, reason=objection)
    users = list(islice(_who_can(sandbox, claim), _MOST_SHOWN + 1))
    choices = (choice for user in users[:_MOST_SHOWN] for choice in choices_of(sandbox, user))
    return ConsentRequest(
        client.client_id, redirect_uri, state, claim, tuple(choices), more=len(users) > _MOST_SHOWN
    )


def approve(sandbox: SandboxState, consent: ConsentRequest, user_id: int, profile_id: int | None) -> Consent:
    """The user consents: give out a code for the client, and hand over the account if it is claimed.

    Raises:
        InvalidValueError: that is none of the choices.
        ClaimRefused: the account was claimed in the meantime.
    """
    if find_choice(sandbox, consent, user_id, profile_id) is None:
        raise InvalidValueError(_no_such_choice(consent))
    if consent.claim is not None:
        _take_over(sandbox, consent, consent.claim)
    code = sandbox.codes.issue("authorization", consent.client_id, user_id, profile_id, consent.redirect_uri)
    url = _extended(consent.redirect_uri, code=code, state=consent.state, profileId=profile_id)
    return Consent(code, consent.state, user_id, profile_id, consent.redirect_uri, url)


def choices_of(sandbox: SandboxState, user: User) -> list[Choice]:
    """What a user can consent to."""
    return [Choice(user, profile) for profile in (sandbox.users.profiles_of(user.user_id) or (None,))]


def find_choices(sandbox: SandboxState, consent: ConsentRequest, user: User | None) -> list[Choice]:
    """What a user can consent to here, whether or not it is among the first hundred's."""
    claimed_by = consent.claim.user_id if consent.claim is not None else None
    if user is None or not user.active or claimed_by not in {None, user.user_id}:
        return []
    return choices_of(sandbox, user)


def find_choice(
    sandbox: SandboxState, consent: ConsentRequest, user_id: int, profile_id: int | None
) -> Choice | None:
    """The choice with these ids, or None."""
    found = find_choices(sandbox, consent, sandbox.users.get(user_id))
    return next((it for it in found if it.key == (user_id, profile_id)), None)


def decline(consent: ConsentRequest) -> str:
    """The user does not consent; returns where they go (RFC 6749 section 4.1.2.1)."""
    return _declined(consent.redirect_uri, "access_denied", wise_wire.USER_DENIED_ACCESS, consent.state)


def _client(sandbox: SandboxState, client_id: str | None) -> Client:
    if client_id is None:
        raise ConsentRefused("Missing client_id", reason="Send the parameter client_id.")
    client = sandbox.clients.get(client_id)
    if client is None:
        raise ConsentRefused("Unknown client", reason=unknown_client_id(sandbox, client_id))
    if client.revoked_at is not None:
        raise ConsentRefused("Unknown client", reason="This client was revoked.")
    return client


def _redirect_uri(client: Client, redirect_uri: str | None) -> str:
    if redirect_uri in client.redirect_uris:
        return redirect_uri
    if redirect_uri is None:
        reason = "Send the parameter redirect_uri: one of those that are registered for the client."
    else:
        only = other_redirect_uri(redirect_uri, client.redirect_uris)
        reason = (
            "The redirect_uri is none of those that are registered for the client"
            f"{f': it differs from one of them in {only}' if only else ''}. It must match one exactly, its query included."
        )
    raise RedirectRefused(redirect_uri, client.redirect_uris, reason=reason)


def _claim_objection(sandbox: SandboxState, client: Client, code: Code | None, text: str) -> str | None:
    if code is None:
        return unknown_claim_code(sandbox, text)
    if code.client_id != client.client_id:
        return "This claim-account code was given to another client."
    if code.used_at is not None or code.withdrawn:
        return f"This claim-account code was {'used already' if code.used_at else 'withdrawn: its user is deactivated'}."
    if sandbox.clock.now() >= code.expires_at:
        return "This claim-account code is over: it is good for 5 minutes. Ask for another one."
    if sandbox.users.require(code.user_id).registration is None:
        return _CLAIMED
    return None


_CLAIMED = "The user claimed the account already. Send them to the consent page without a claim-account code."


def _take_over(sandbox: SandboxState, consent: ConsentRequest, claim: Code) -> None:
    claimed = sandbox.codes.use(claim)
    if claimed:
        try:
            sandbox.user_events.claim(claim.user_id)
        except InvalidValueError:
            claimed = False
    if not claimed:
        raise ClaimRefused(consent.redirect_uri, consent.state, reason=_CLAIMED)


def _who_can(sandbox: SandboxState, claim: Code | None) -> Iterator[User]:
    users = sandbox.users.all() if claim is None else [sandbox.users.require(claim.user_id)]
    return (user for user in users if user.active)


def _no_such_choice(consent: ConsentRequest) -> str:
    known = some_of(
        f"{choice.user.email} ({'no profile' if choice.profile is None else choice.profile.profile_id})"
        for choice in consent.choices
    )
    return f"this user cannot consent for this profile; who can: {known if consent.choices else 'nobody'}"


def _declined(redirect_uri: str, error: str, description: str, state: str | None) -> str:
    return _extended(redirect_uri, error=error, error_description=description, state=state)


def _extended(redirect_uri: str, **parameters: str | int | None) -> str:
    """The URI with parameters behind those of its own; an empty path becomes `/`, as in Wise's sample."""
    added = {name: value for name, value in parameters.items() if value is not None}
    parts = urlsplit(redirect_uri)
    query = "&".join(filter(None, (parts.query, urlencode(added, quote_via=quote, safe=""))))
    return urlunsplit(parts._replace(path=parts.path or "/", query=query))
