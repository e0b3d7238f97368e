"""No rule is empty: every one can be broken. Here by a mock with other switches and by servers that are careless."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from mockwise import MockWise
from mockwise.transport.tls import context
from tests.contract.combined_faults import COMBINED, LIMITS
from tests.contract.contract_results import linked, surroundings, try_contract
from tests.contract.drifting import Drifting, Exchange
from tests.contract.drifts import DRIFTS
from tests.contract.drifts_of_users import DRIFTS_OF_USERS

SWITCHED = {
    "alerts.none",
    "alerts.expired",
    "alerts.not-yet-valid",
    "alerts.revoked",
    "bearer.missing-words",
    "bearer.no-scheme",
    "errors.no-credentials",
    "grants.client-id",
    "lifetime.twelve-hours",
    "mtls.wrong-client",
    "reason.on-refusal",
    "refresh.format",
    "refresh.no-rotation",
    "request.encoded-credentials",
    "refresh.expires-in",
    "refresh.twelve-hours",
    "registration.unknown",
    "refresh.unknown-status",
    "token.format",
}
TRUSTING = {
    *(f"{topic}.{twin}" for topic in ("mtls", "alerts") for twin in ("foreign", "no-client-auth")),
    *(f"{topic}.{twin}" for topic in ("mtls", "alerts") for twin in ("expired", "not-yet-valid", "revoked")),
    *("mtls.certificate-required", "alerts.none", "mtls.wrong-client", "tls-host.api", "tls-host.token"),
}


def test_a_mock_with_other_switches_breaks_the_rules_that_they_are_about(tmp_path: Path) -> None:
    """The contract holds for mockwise as it is by default; each switch moves it away from one or two rules."""
    with MockWise(
        token_format="random",
        token_lifetime="6h",
        handshake_refusals="http",
        foreign_certificate="accept",
        missing_authorization="unauthorized",
        user_token_format="random",
        refresh_rotation="on",
        basic_encoding="raw",
        client_id_parameter="optional",
        registration_refusal=400,
        refresh_refusal=401,
        hints=False,
        certs=tmp_path / "certs",
    ) as mock:
        tried = try_contract(surroundings(**mock.default.environ(), **linked(mock.default)))
    assert tried.broken == SWITCHED


def test_a_server_that_trusts_everybody_breaks_the_rules_about_certificates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listener that asks for no certificate, in front of a mock that does not need one."""
    # No switch does this.
    monkeypatch.setitem(context._REQUIREMENTS, "required", ssl.CERT_NONE)
    with MockWise(mtls="optional", token_format="uuid", certs=tmp_path / "certs") as mock:
        tried = try_contract(surroundings(**mock.default.environ()))
    assert tried.broken == TRUSTING


def soft(exchange: Exchange) -> None:
    """Answer everything with 200, so that nothing is refused."""
    exchange.status = 200


def hard(exchange: Exchange) -> None:
    """Nothing but the plainest request for a token is granted, and no token is fit for use."""
    plain = exchange.request.get("content-type") == "application/x-www-form-urlencoded"
    if not (exchange.grants and plain):
        exchange.status = 500
        exchange.body = b"{}"
    else:
        exchange.say(exchange.members() | {"access_token": "not a token"})


def flat(exchange: Exchange) -> None:
    """Everything is refused as nothing in particular."""
    exchange.status = 418


def test_every_rule_can_be_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that nothing breaks says nothing: drifts, switches, careless servers and combined faults break all of them."""
    double = Drifting.install(monkeypatch)
    broken = (
        {rule for _, rules in (DRIFTS | DRIFTS_OF_USERS).values() for rule in rules} | SWITCHED | TRUSTING
    )
    broken |= {rule for combined in (COMBINED | LIMITS).values() for rule in combined.breaks}
    with MockWise(token_format="uuid") as mock:
        environ = surroundings(**mock.default.environ(), **linked(mock.default))
        rules = {rule["name"] for rule in try_contract(environ).report["rules"]}
        for drift in (soft, hard, flat):
            double.drift = drift
            broken |= try_contract(environ).broken
    assert rules - broken == set()
