from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Literal

import pytest

from mockwise.common.token_kinds import TokenKind
from mockwise.oauth.bearer import Caller, authenticate_bearer, check_kind, has_bearer, has_no_token
from mockwise.oauth.credentials import (
    BasicCredentials,
    BearerToken,
    Credentials,
    InvalidAuthorization,
    read_authorization,
)
from mockwise.oauth.errors import AccessDenied, InvalidToken, MissingToken, OAuthError, Unauthorized
from mockwise.oauth.formats import new_personal_token
from mockwise.oauth.messages import Peer
from mockwise.state.options import SandboxOptions
from mockwise.state.tokens import TokenSubject, application
from tests.oauth.token_endpoint import (
    BARE,
    HOUR,
    TICK,
    TLS_HOST,
    TokenEndpoint,
    certificate_of,
    presenting,
    refused,
)
from tests.state.helpers import NOON


def why(endpoint: TokenEndpoint, text: str) -> str:
    """Why the API refuses the token."""
    return refused(lambda: endpoint.call(text), InvalidToken)


def test_a_live_token_opens(endpoint: TokenEndpoint) -> None:
    """A live token names its client to the API (RFC 6750 section 2.1)."""
    answer = endpoint.ask()
    caller = endpoint.call(answer.text)
    assert caller.token == answer.token
    assert caller.client == endpoint.box.clients.get("app")


@pytest.mark.parametrize(
    "change", [str.upper, lambda text: text[:-1], lambda text: text + " ", lambda text: text + "="]
)
def test_another_text_does_not(endpoint: TokenEndpoint, change: partial[str]) -> None:
    """Only the very text that was handed out opens (RFC 6750 section 3.1)."""
    text = endpoint.ask().text
    endpoint.call(text)
    assert "did not issue the access token" in why(endpoint, change(text))


def test_a_digest_is_no_token(endpoint: TokenEndpoint) -> None:
    """What lists show of a token does not open anything (state.tokens)."""
    assert "did not issue" in why(endpoint, endpoint.ask().token.digest)


@pytest.mark.parametrize(
    ("credentials", "reason"),
    [
        (InvalidAuthorization("Something was odd.", "digest"), "Something was odd. Send the access token"),
        (BasicCredentials("app", "s3cret"), "HTTP Basic opens the token endpoint only."),
        (BearerToken("unheard-of"), "This mock did not issue the access token"),
        (BearerToken("\udcff"), "This mock did not issue the access token"),
    ],
)
def test_anything_else_is_refused(endpoint: TokenEndpoint, credentials: Credentials, reason: str) -> None:
    """Whatever is no token of this sandbox is invalid_token, with the reason (docs/wise/errors.md#shapes shape 1)."""
    found = refused(lambda: authenticate_bearer(endpoint.box, credentials, endpoint.peer), InvalidToken)
    assert found.startswith(reason)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (SandboxOptions(token_format="uuid"), MissingToken),
        (SandboxOptions(token_format="uuid", missing_authorization="missing_token"), MissingToken),
        (SandboxOptions(token_format="uuid", missing_authorization="invalid"), InvalidToken),
        (SandboxOptions(token_format="uuid", missing_authorization="unauthorized"), Unauthorized),
    ],
)
@pytest.mark.parametrize(
    ("header", "says"),
    [
        ((), "There is no Authorization header."),
        (("notreal",), "The Authorization header names no scheme."),
        (("",), "The Authorization header names no scheme."),
    ],
)
def test_no_token_is_told_so(
    options: SandboxOptions, error: type[OAuthError], header: tuple[str, ...], says: str
) -> None:
    """A missing header and one without a scheme are missing_token (OBSERVED, docs/wise/errors.md#missing-token), or as the switch says.

    A bad token stays invalid_token.
    """
    endpoint = TokenEndpoint(options)
    credentials = read_authorization(header)
    assert has_no_token(credentials)
    reason = refused(lambda: authenticate_bearer(endpoint.box, credentials, endpoint.peer), error)
    assert reason.startswith(f"{says} Send the access token as Authorization: Bearer.")
    assert "did not issue" in why(endpoint, "unheard-of")


@pytest.mark.parametrize(
    ("header", "bearer"),
    [
        (("Bearer x",), True),
        (("bearer",), True),
        (("Bearer x", "Bearer x"), True),
        (("notreal", "Bearer x"), True),
        (("Basic eDp5",), False),
        (("Basic", "Bearer x"), False),
        (("Digest x",), False),
        ((), False),
        (("notreal", "notreal"), False),
    ],
)
def test_a_bearer_token_is_told_from_anything_else(header: tuple[str, ...], *, bearer: bool) -> None:
    """By its scheme, the first that is named: it is judged before the path, and nothing else is (docs/wise/errors.md#missing-token)."""
    assert has_bearer(read_authorization(header)) is bearer


def test_an_expired_token_is_told_how_long_ago(endpoint: TokenEndpoint) -> None:
    """A token opens to its last moment, and then the refusal says when that was (docs/wise/lifetimes-and-formats.md#lifetimes and docs/wise/sources.md#newer-sources hours)."""
    text = endpoint.ask().text
    endpoint.box.clock.set(NOON + 12 * HOUR - TICK)
    endpoint.call(text)
    endpoint.box.clock.advance(TICK)
    assert why(endpoint, text).startswith("The access token expired 0s ago on the sandbox's clock.")
    endpoint.box.clock.advance(1.5 * HOUR)
    assert why(endpoint, text).startswith("The access token expired 1h30m ago on the sandbox's clock.")


def test_a_revoked_token_is_told_how_long_ago(endpoint: TokenEndpoint) -> None:
    """Revocation closes at once; the token beside it stays open (docs/wise/errors.md#shapes)."""
    text, other = endpoint.ask().text, endpoint.ask().text
    endpoint.box.tokens.revoke(text)
    endpoint.box.clock.advance(HOUR)
    assert why(endpoint, text).startswith("The access token was revoked 1h ago on the sandbox's clock.")
    endpoint.call(other)


def test_a_revoked_clients_token_is_refused(endpoint: TokenEndpoint) -> None:
    """With its client a token is closed (docs/wise/developer-hub.md#credentials)."""
    text = endpoint.ask().text
    endpoint.box.clients.revoke("app")
    endpoint.box.clock.advance(HOUR)
    assert why(endpoint, text).startswith("The client of this access token was revoked 1h ago")


def test_a_forgotten_clients_token_is_refused(endpoint: TokenEndpoint) -> None:
    """A token without a client opens nothing, and its refusal makes up no time (docs/wise/developer-hub.md#credentials)."""
    endpoint.box.tokens.issue("orphan", application("nobody"), NOON, HOUR)
    assert why(endpoint, "orphan").startswith("The client of this access token was revoked. Make new")


@pytest.mark.parametrize("verb", ["tokens.revoke_all", "clients.revoke", "tokens.expire_all"])
def test_an_end_ahead_of_the_clock_is_told_without_a_time(endpoint: TokenEndpoint, verb: str) -> None:
    """When the clock was set back before the end, the refusal does not say how long ago (common.clock)."""
    text = endpoint.ask().text
    part, name = verb.split(".")
    getattr(getattr(endpoint.box, part), name)("app")
    endpoint.box.clock.set(NOON - HOUR)
    reason = why(endpoint, text)
    assert "ago" not in reason
    assert "-" not in reason


def test_rotation_leaves_tokens_alone(endpoint: TokenEndpoint) -> None:
    """Tokens outlive the secret they were got with (docs/wise/developer-hub.md#credentials, UNKNOWN)."""
    text = endpoint.ask().text
    endpoint.box.clients.rotate("app")
    endpoint.call(text)


def test_another_sandboxs_token_is_unknown(endpoint: TokenEndpoint) -> None:
    """A token opens its own sandbox only (mock-only)."""
    text = endpoint.ask().text
    other = endpoint.registry.add("other", SandboxOptions())
    assert "did not issue" in refused(
        lambda: authenticate_bearer(other, BearerToken(text), endpoint.peer), InvalidToken
    )


def test_the_token_goes_with_its_clients_certificate(endpoint: TokenEndpoint) -> None:
    """Another client's certificate does not open with this client's token (docs/wise/mtls.md#refusals, INFERRED)."""
    endpoint.registry.add_client(endpoint.box, client_id="other", client_secret="s")
    text, thief = endpoint.ask().text, presenting(certificate_of("other"))
    assert "belongs to another client" in refused(lambda: endpoint.call(text, thief), InvalidToken)
    endpoint.call(text)


def personal(endpoint: TokenEndpoint, *, read_only: bool = False) -> str:
    """A personal token of Ann's."""
    ann = endpoint.box.users.require("ann@example.com")
    subject = TokenSubject(kind="personal", user_id=ann.user_id, read_only=read_only)
    text = new_personal_token()
    endpoint.box.tokens.issue(text, subject, endpoint.box.clock.now(), None)
    return text


@pytest.mark.parametrize("peer", [TLS_HOST, BARE, presenting(certificate_of("anybody"))])
def test_a_personal_token_needs_no_certificate(endpoint: TokenEndpoint, peer: Peer) -> None:
    """Personal tokens work without mTLS (docs/wise/mtls.md#when-it-is-required, DOCUMENTED), and are no client's."""
    caller = endpoint.call(personal(endpoint), peer)
    assert caller.client is None
    assert caller.token.kind == "personal"


def test_a_dead_certificate_is_refused_beside_a_personal_token(endpoint: TokenEndpoint) -> None:
    """What is presented must be good (mock-only)."""
    expired = presenting(certificate_of("app", not_after=NOON - TICK))
    assert "expired" in refused(lambda: endpoint.call(personal(endpoint), expired), InvalidToken)


def test_a_personal_token_lives_until_it_is_revoked(endpoint: TokenEndpoint) -> None:
    """Facts 2, DOCUMENTED: no lifetime; it survives what ends a client's tokens."""
    text = personal(endpoint)
    endpoint.box.tokens.revoke_all("app")
    endpoint.box.clock.advance(timedelta(days=7000))
    endpoint.call(text)
    endpoint.box.tokens.revoke(text)
    assert "was revoked" in why(endpoint, text)


KINDS: list[TokenKind] = ["client_credentials", "personal", "user"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("taken", [{"user"}, {"personal", "user"}, {"client_credentials"}])
@pytest.mark.parametrize(("switch", "error"), [("forbidden", AccessDenied), ("unauthorized", InvalidToken)])
def test_a_token_opens_what_takes_its_kind(
    kind: TokenKind,
    taken: set[TokenKind],
    switch: Literal["forbidden", "unauthorized"],
    error: type[OAuthError],
) -> None:
    """Facts 6.1, DOCUMENTED; how the wrong kind is refused is UNKNOWN, a switch (docs/wise/errors.md#shapes)."""
    endpoint = TokenEndpoint(SandboxOptions(token_format="uuid", wrong_kind=switch))
    token = endpoint.box.tokens.issue("t", TokenSubject(kind=kind, client_id="app"), NOON, HOUR)
    caller = Caller(token, None)
    if kind in taken:
        check_kind(endpoint.box, caller, taken, reads=False)
    else:
        reason = refused(lambda: check_kind(endpoint.box, caller, taken, reads=True), error)
        assert reason.startswith("This operation takes a ")


def test_a_read_only_token_reads(endpoint: TokenEndpoint) -> None:
    """Facts 4: full or read-only; the refusal is INFERRED."""
    caller = endpoint.call(personal(endpoint, read_only=True))
    check_kind(endpoint.box, caller, {"personal"}, reads=True)
    reason = refused(lambda: check_kind(endpoint.box, caller, {"personal"}, reads=False), AccessDenied)
    assert "read-only" in reason
    check_kind(endpoint.box, endpoint.call(personal(endpoint)), {"personal"}, reads=False)
