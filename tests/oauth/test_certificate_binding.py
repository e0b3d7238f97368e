from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from mockwise.oauth.errors import InvalidToken
from mockwise.oauth.messages import Peer
from mockwise.state.options import SandboxOptions
from tests.oauth.token_endpoint import (
    BARE,
    TICK,
    TLS_HOST,
    TokenEndpoint,
    certificate_of,
    presenting,
    refused,
)
from tests.state.helpers import NOON

DAY = timedelta(days=1)
ENDED = presenting(certificate_of("app", not_after=NOON - TICK))
NOT_YET = presenting(certificate_of("app", not_before=NOON + TICK))
FOREIGN = presenting(certificate_of("other"))
NAMELESS = presenting(certificate_of(""))


def endpoint_with(**options: object) -> TokenEndpoint:
    """A token endpoint with these switches."""
    return TokenEndpoint(SandboxOptions(token_format="uuid", **options))  # type: ignore[arg-type]  # because the switch varies


def refused_everywhere(endpoint: TokenEndpoint, peer: Peer) -> str:
    """The one reason for which both the token endpoint and the API refuse the peer."""
    text = endpoint.ask().text
    reason = refused(lambda: endpoint.ask(peer=peer))
    assert refused(lambda: endpoint.call(text, peer), InvalidToken) == reason
    return reason


def welcome_everywhere(endpoint: TokenEndpoint, peer: Peer) -> None:
    """Both the token endpoint and the API take the peer."""
    endpoint.call(endpoint.ask(peer=peer).text, peer)


def test_the_clients_own_certificate_is_welcome(endpoint: TokenEndpoint) -> None:
    """The common name is the client id (DOCUMENTED, docs/wise/mtls.md#certificates)."""
    welcome_everywhere(endpoint, presenting(certificate_of("app")))


@pytest.mark.parametrize(
    ("peer", "reason"),
    [
        (BARE, "No client certificate was presented."),
        (TLS_HOST, "This client must use the mTLS host for every call"),
        (ENDED, "The client certificate has expired."),
        (NOT_YET, "The client certificate is not valid yet."),
        (FOREIGN, "The client certificate belongs to another client"),
        (NAMELESS, "The client certificate belongs to another client"),
        (presenting(certificate_of("App")), "The client certificate belongs to another client"),
    ],
)
def test_any_other_peer_is_refused(endpoint: TokenEndpoint, peer: Peer, reason: str) -> None:
    """A client with mtls required speaks on the mTLS host with its own good certificate only (docs/wise/mtls.md#when-it-is-required)."""
    assert refused_everywhere(endpoint, peer).startswith(reason)


@pytest.mark.parametrize("peer", [BARE, TLS_HOST, presenting(certificate_of("app"))])
def test_optional_lets_pass_without_a_certificate(peer: Peer) -> None:
    """Before Wise switches enforcement on, both hosts work (DOCUMENTED, docs/wise/mtls.md#when-it-is-required)."""
    welcome_everywhere(endpoint_with(mtls="optional"), peer)


@pytest.mark.parametrize("peer", [ENDED, NOT_YET, FOREIGN, NAMELESS])
def test_optional_does_not_excuse_a_bad_certificate(peer: Peer) -> None:
    """A certificate that is presented is judged, whether or not one had to be (docs/wise/mtls.md#refusals, UNKNOWN)."""
    refused_everywhere(endpoint_with(mtls="optional"), peer)


def test_enforcement_is_per_client(endpoint: TokenEndpoint) -> None:
    """Each client has its own enforcement flag (DOCUMENTED, docs/wise/mtls.md#when-it-is-required)."""
    client = endpoint.registry.add_client(endpoint.box, client_id="easy", client_secret="s", mtls="optional")
    endpoint.ask(credentials=type(endpoint.right)("easy", client.secrets[0].value), peer=TLS_HOST)
    refused(lambda: endpoint.ask(peer=TLS_HOST))


@pytest.mark.parametrize("moment", [NOON, NOON + DAY])
def test_the_first_and_the_last_moment_are_valid(endpoint: TokenEndpoint, moment: object) -> None:
    """A certificate is valid from notBefore through notAfter, inclusive (RFC 5280 section 4.1.2.5)."""
    endpoint.wall_clock.move(DAY if moment == NOON + DAY else timedelta())
    welcome_everywhere(endpoint, presenting(certificate_of("app", not_before=NOON, not_after=NOON + DAY)))


def test_a_revoked_certificate_is_refused(endpoint: TokenEndpoint) -> None:
    """A certificate revoked while its connection is open is refused at the next request (docs/wise/mtls.md#refusals, UNKNOWN)."""
    endpoint.box.certificates.record("app", "0a", NOON, NOON + DAY)
    text = endpoint.ask().text
    endpoint.box.certificates.revoke("0a")
    assert "was revoked" in refused(endpoint.ask)
    assert "was revoked" in refused(lambda: endpoint.call(text), InvalidToken)
    welcome_everywhere(endpoint, presenting(certificate_of("app", serial="0b")))


@pytest.mark.parametrize(
    "flaw", [lambda d: d.box.clock.advance(366 * DAY), lambda d: d.box.clock.set(NOON - 2 * DAY)]
)
def test_certificates_carry_real_time(
    endpoint: TokenEndpoint, flaw: Callable[[TokenEndpoint], object]
) -> None:
    """By default the sandbox's clock does not touch certificates, as OpenSSL keeps its own (common.clock)."""
    flaw(endpoint)
    welcome_everywhere(endpoint, endpoint.peer)


def test_real_time_ends_a_certificate_on_an_open_connection(endpoint: TokenEndpoint) -> None:
    """A certificate that really ran out is refused though the sandbox's clock stands still (common.clock)."""
    endpoint.wall_clock.move(366 * DAY)
    assert "has expired" in refused(endpoint.ask)


@pytest.mark.parametrize(("days", "reason"), [(366, "has expired"), (-2, "not valid yet")])
def test_certificates_may_follow_the_sandboxs_clock(days: int, reason: str) -> None:
    """With certificate_clock=sandbox the dates are judged by the sandbox's clock too (common.clock)."""
    endpoint = endpoint_with(certificate_clock="sandbox")
    endpoint.ask()
    endpoint.box.clock.set(NOON + days * DAY)
    assert reason in refused(endpoint.ask)


def test_a_foreign_certificate_may_be_accepted() -> None:
    """The switch lets another client's certificate pass, and nothing worse (docs/wise/mtls.md#refusals, UNKNOWN)."""
    endpoint = endpoint_with(foreign_certificate="accept")
    welcome_everywhere(endpoint, FOREIGN)
    for peer in (ENDED, NOT_YET, BARE, TLS_HOST):
        refused_everywhere(endpoint, peer)
    endpoint.box.certificates.record("other", "0a", NOON, NOON + DAY)
    endpoint.box.certificates.revoke("0a")
    assert "was revoked" in refused(lambda: endpoint.ask(peer=FOREIGN))
