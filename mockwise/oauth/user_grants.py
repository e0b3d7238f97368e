"""The grants that give a user's tokens (docs/wise/token-endpoint.md#parameters, docs/wise/token-endpoint.md#response, docs/wise/token-endpoint.md#errors and docs/wise/lifetimes-and-formats.md#lifetimes).

A refused code is not used up: only a success uses it.
"""

from __future__ import annotations

from mockwise.common.digests import digest_of
from mockwise.oauth import wise_wire
from mockwise.oauth.errors import InvalidClient, InvalidGrant
from mockwise.oauth.messages import TokenResponse
from mockwise.oauth.reasons.parameters import other_redirect_uri, unknown_email, wrong_registration_code
from mockwise.oauth.reasons.tokens import unknown_code, unknown_refresh_token
from mockwise.oauth.revocation_reasons import REVOCATION_REASONS, ago_of
from mockwise.oauth.token_issuing import GrantRequest, answer_user, new_token, refresh_token_for
from mockwise.state.refresh_grants import RefreshGrant
from mockwise.state.revocation_causes import RevocationCause
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.users import User


def authorization_code(request: GrantRequest) -> TokenResponse:
    """The grant `authorization_code` (RFC 6749 section 4.1.3). The code is used once, within 30 minutes, by its client, with its redirect URI."""
    request.need_client_id()
    text, redirect_uri = request.need("code"), request.need("redirect_uri")
    codes = request.sandbox.codes
    code = codes.of_text("authorization", text)
    if code is None:
        raise _bad_code(unknown_code(request.sandbox, text))
    if code.client_id != request.client.client_id:
        raise InvalidClient(
            wise_wire.CODE_OF_ANOTHER_CLIENT,
            reason="This code was given to another client. Authenticate as the client of the consent page.",
        )
    if code.redirect_uri != redirect_uri:
        only = other_redirect_uri(redirect_uri, (code.redirect_uri or "",))
        raise InvalidGrant(
            wise_wire.REDIRECT_URI_MISMATCH,
            reason="The redirect_uri is not the one that the consent page was called with"
            f"{f': they differ in {only}' if only else ''}. It must match exactly.",
        )
    if code.withdrawn:
        raise _bad_code(
            "This code was withdrawn: its user was deactivated, or the business has another owner."
        )
    if code.used_at is None and request.time >= code.expires_at:
        raise _bad_code(
            "This code expired: it is good for 30 minutes. Send the user to the consent page again."
        )
    if not codes.use(code):
        raise _bad_code("This code was used already: it is good for one exchange.")
    return _grant(request, code.user_id, code.profile_id, by_registration=False)


def registration_code(request: GrantRequest) -> TokenResponse:
    """The grant `registration_code` (docs/wise/token-endpoint.md#parameters): the code that the client invented at the signup, again and again until the account is claimed."""
    request.need_client_id()
    email, text = request.need("email"), request.need("registration_code")
    sandbox = request.sandbox
    user = sandbox.users.of_email(email)
    if user is None or user.registration is None:
        raise _no_registration(sandbox, user, email)
    registration = user.registration
    right = (registration.client_id, registration.digest) == (request.client.client_id, digest_of(text))
    if not right or registration.email.lower() != email.lower():
        raise _bad_registration(
            sandbox, wrong_registration_code(text, lambda it: digest_of(it) == registration.digest)
        )
    if registration.claim_begun and sandbox.options.registration_ends == "claim-code":
        raise _bad_registration(
            sandbox,
            "A claim-account code was asked for, so the registration code is dead. Use the consent page.",
        )
    if not user.active:
        raise _bad_registration(sandbox, "This user was deactivated.")
    return _grant(request, user.user_id, None, by_registration=True)


def refresh_token(request: GrantRequest) -> TokenResponse:
    """The grant `refresh_token` (RFC 6749 section 6). The access token before it dies at once (docs/wise/token-endpoint.md#response and docs/wise/lifetimes-and-formats.md#what-ends-a-token); the refresh token stays, or a switch
    has another one take its place.
    """
    sandbox = request.sandbox
    text = request.need("refresh_token")
    link = sandbox.links.of_text(text)
    if link is None:
        raise _bad_refresh(sandbox, unknown_refresh_token(sandbox, text))
    if link.client_id != request.client.client_id:
        raise _bad_refresh(
            sandbox,
            "This refresh token was given to another client.",
            wise_wire.REFRESH_TOKEN_OF_ANOTHER_CLIENT,
        )
    if not sandbox.links.alive(link):
        raise _dead_refresh(sandbox, link)
    if sandbox.options.refresh_rotation == "on":
        text = refresh_token_for(sandbox)
        heir = sandbox.links.rotate(link.digest, digest_of(text))
        if heir is None:  # another refresh was quicker
            raise _dead_refresh(sandbox, sandbox.links.get(link.digest) or link)
        link = heir
    answer_text, token = new_token(request, link.subject, sandbox.options.user_token_format)
    sandbox.links.refresh(link, token.digest)
    return answer_user(token, answer_text, link, text, request.time)


def _grant(
    request: GrantRequest, user_id: int, profile_id: int | None, *, by_registration: bool
) -> TokenResponse:
    sandbox = request.sandbox
    text = refresh_token_for(sandbox)
    link = sandbox.links.add(
        RefreshGrant(
            digest=digest_of(text),
            client_id=request.client.client_id,
            user_id=user_id,
            profile_id=profile_id,
            by_registration=by_registration,
            granted_at=request.time,
            expires_at=request.time + sandbox.options.refresh_token_lifetime,
        )
    )
    answer_text, token = new_token(request, link.subject, sandbox.options.user_token_format)
    sandbox.links.add_access_token(link, token.digest)
    return answer_user(token, answer_text, link, text, request.time)


def _no_registration(sandbox: SandboxState, user: User | None, email: str) -> InvalidGrant:
    if user is not None:
        return _bad_registration(
            sandbox, "The user claimed the account, or was never signed up by a client. Use the consent page."
        )
    if sandbox.users.had_address(email):
        return InvalidGrant(
            wise_wire.INVALID_USER_CREDENTIALS,
            reason="The user changed their e-mail address, which ended all tokens. Use the consent page.",
            status=sandbox.options.email_change_refusal,
        )
    return _bad_registration(sandbox, unknown_email(sandbox, email))


def _bad_registration(sandbox: SandboxState, reason: str) -> InvalidGrant:
    return InvalidGrant(
        wise_wire.INVALID_USER_CREDENTIALS, reason=reason, status=sandbox.options.registration_refusal
    )


def _bad_code(reason: str) -> InvalidGrant:
    return InvalidGrant(wise_wire.INVALID_CODE, reason=reason)


def _dead_refresh(sandbox: SandboxState, link: RefreshGrant) -> InvalidGrant:
    if link.ended_by is RevocationCause.EMAIL_CHANGED:
        return InvalidGrant(
            wise_wire.INVALID_REFRESH_TOKEN,
            reason=f"The refresh token is dead: {REVOCATION_REASONS[RevocationCause.EMAIL_CHANGED]}. Ask the user to link again.",
            status=sandbox.options.email_change_refusal,
        )
    if link.ended_at is None:
        return _bad_refresh(sandbox, "The refresh token expired. Ask the user to link again.")
    ago = ago_of(link.ended_at, sandbox.clock.now())
    if link.ended_by is RevocationCause.ROTATED:
        return _bad_refresh(
            sandbox,
            f"This refresh token was rotated out{ago}: {REVOCATION_REASONS[link.ended_by]}. Keep and use the refresh_token of each "
            "answer that brings one.",
        )
    cause = "it was revoked" if link.ended_by is None else REVOCATION_REASONS[link.ended_by]
    return _bad_refresh(sandbox, f"The refresh token is dead: {cause}{ago}. Ask the user to link again.")


def _bad_refresh(
    sandbox: SandboxState, reason: str, description: str = wise_wire.INVALID_REFRESH_TOKEN
) -> InvalidGrant:
    return InvalidGrant(description, reason=reason, status=sandbox.options.refresh_refusal)
