"""Mutual TLS: the second check beside the secret and the token."""

from __future__ import annotations

import ssl

import httpx

from . import sources
from .rulebook import not_applicable, rule
from .target_client import PLAYGROUND, TOKEN_PATH, Outcome, TargetClient, bearer

_PATH_VALIDATION = "RFC 5280 section 6.1.3"


@rule("mtls.adds-to-basic", label="DOCUMENTED", source=sources.MTLS, known="mtls.md#when-it-is-required")
def test_adds_to_basic(wise: TargetClient) -> None:
    """A certificate does not replace id and secret: alone it gives no token."""
    assert wise.no_credentials.status_code >= 400


@rule("mtls.adds-to-bearer", label="DOCUMENTED", source=sources.MTLS, known="mtls.md#when-it-is-required")
def test_adds_to_bearer(wise: TargetClient) -> None:
    """A certificate does not replace the bearer token: alone it opens nothing."""
    assert wise.no_token.status_code >= 400


@rule("mtls.playground", label="DOCUMENTED", source=sources.MTLS, known="mtls.md#certificates")
def test_playground(wise: TargetClient) -> None:
    """Certificate and token together open `GET /v1/authenticated/playground`, Wise's mTLS test endpoint."""
    assert wise.playground.status_code == 200


@rule(
    "mtls.certificate-required", label="DOCUMENTED", source=sources.MTLS, known="mtls.md#when-it-is-required"
)
def test_certificate_required(wise: TargetClient) -> None:
    """The mTLS host gives no token without a certificate."""
    assert _is_refused(wise.without_certificate)


@rule("mtls.tls-1.2", label="mock-only", source=sources.MOCKWISE, known="token-endpoint.md#request")
def test_tls_12(wise: TargetClient) -> None:
    """The mTLS host speaks TLS 1.2."""
    assert not _is_refused(wise.speak(ssl.TLSVersion.TLSv1_2))


@rule("mtls.tls-1.3", label="mock-only", source=sources.MOCKWISE, known="token-endpoint.md#request")
def test_tls_13(wise: TargetClient) -> None:
    """The mTLS host speaks TLS 1.3."""
    assert not _is_refused(wise.speak(ssl.TLSVersion.TLSv1_3))


@rule(
    "mtls.foreign", label="INFERRED", source=_PATH_VALIDATION, known="mtls.md#certificates, mtls.md#refusals"
)
def test_foreign(wise: TargetClient) -> None:
    """A certificate of an authority that nobody here trusts gives no token."""
    assert _is_refused(wise.with_rejected_certificate("foreign"))


@rule(
    "mtls.expired", label="INFERRED", source=_PATH_VALIDATION, known="mtls.md#certificates, mtls.md#refusals"
)
def test_expired(wise: TargetClient) -> None:
    """A certificate that has expired gives no token."""
    assert _is_refused(wise.with_rejected_certificate("expired"))


@rule(
    "mtls.not-yet-valid",
    label="INFERRED",
    source=_PATH_VALIDATION,
    known="mtls.md#certificates, mtls.md#refusals",
)
def test_not_yet_valid(wise: TargetClient) -> None:
    """A certificate that is not valid yet gives no token."""
    assert _is_refused(wise.with_rejected_certificate("not-yet-valid"))


@rule(
    "mtls.revoked",
    label="INFERRED",
    source=_PATH_VALIDATION,
    known="mtls.md#refusals, developer-hub.md#credentials",
)
def test_revoked(wise: TargetClient) -> None:
    """A certificate that was revoked gives no token."""
    assert _is_refused(wise.with_rejected_certificate("revoked"))


@rule("mtls.no-client-auth", label="INFERRED", source="RFC 5280 section 4.2.1.12", known="mtls.md#refusals")
def test_no_client_auth(wise: TargetClient) -> None:
    """A certificate that is not for clients gives no token."""
    assert _is_refused(wise.with_rejected_certificate("no-client-auth"))


@rule(
    "mtls.wrong-client",
    label="INFERRED",
    source=f"{sources.MTLS}: the CN is the client id",
    known="mtls.md#certificates, mtls.md#refusals",
)
def test_wrong_client(wise: TargetClient) -> None:
    """A certificate of another client gives no token: 401 `invalid_client`."""
    outcome = wise.with_rejected_certificate("wrong-client")
    assert isinstance(outcome, httpx.Response), outcome
    assert (outcome.status_code, outcome.json().get("error")) == (401, "invalid_client")


@rule("tls-host.token", label="DOCUMENTED", source=sources.MTLS, known="mtls.md#when-it-is-required")
def test_tls_host_token(wise: TargetClient) -> None:
    """A client that must use mutual TLS gets no token on the TLS host."""
    _must_be_enforced(wise)
    assert wise.on_tls_host.status_code == 401


@rule("tls-host.api", label="DOCUMENTED", source=sources.MTLS, known="mtls.md#when-it-is-required")
def test_tls_host_api(wise: TargetClient) -> None:
    """Nor does its token open the API there: enforcement holds for all endpoints."""
    _must_be_enforced(wise)
    answer = wise.ask_tls_host("GET", PLAYGROUND, headers=bearer(wise.access_token))
    assert answer.status_code == 401


@rule("tls-host.answers", label="DOCUMENTED", source=sources.MTLS, known="mtls.md#hosts")
def test_tls_host_answers(wise: TargetClient) -> None:
    """The TLS host asks for no certificate: it answers in HTTP."""
    answer = wise.ask_tls_host("POST", TOKEN_PATH)
    assert 400 <= answer.status_code < 500


def _must_be_enforced(wise: TargetClient) -> None:
    if wise.target.enforcement != "required":
        not_applicable(
            f"that this client must use mutual TLS is {wise.target.enforcement}: MOCKWISE_CONTRACT_MTLS"
        )


def _is_refused(outcome: Outcome) -> bool:
    return isinstance(outcome, httpx.TransportError) or outcome.status_code >= httpx.codes.BAD_REQUEST
