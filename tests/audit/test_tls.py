"""Whether a client comes over the right host, with TLS and certificate that will do (docs/wise/token-endpoint.md#request, docs/wise/mtls.md#when-it-is-required, docs/wise/mtls.md#certificates and docs/wise/errors.md#headers)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mockwise.common.peer_certificate import PeerCertificate
from tests.audit.journal_builder import HOUR, JournalBuilder, at, levels, only

DAY = 24 * HOUR


def certificate(days: float) -> PeerCertificate:
    """One that ends so many days after noon."""
    return PeerCertificate("app", "0abc", at(-DAY), at(days * DAY), "f")


@pytest.mark.parametrize(
    ("version", "broken"), [("TLSv1", True), ("TLSv1.1", True), ("TLSv1.2", False), (None, False)]
)
def test_tls_below_1_2_is_an_error(version: str | None, *, broken: bool) -> None:
    """TLS 1.2 or higher (docs/wise/token-endpoint.md#request)."""
    builder = JournalBuilder()
    builder.ask(status=200, tls_version=version)
    assert levels(builder.findings) == ({"tls-too-old": "error"} if broken else {})


@pytest.mark.parametrize(("days", "said"), [(20, "ends in 20 days"), (-1, "is over"), (31, None)])
def test_a_certificate_near_its_end_is_a_warning(days: float, said: str | None) -> None:
    """A month is needed to have another one signed (docs/wise/mtls.md#certificates: one year)."""
    builder = JournalBuilder()
    builder.ask(status=200, certificate=certificate(days))
    builder.ask(status=200)
    found = [it.what for it in builder.findings if it.rule == "certificate-near-end"]
    assert found == ([f"the certificate with the serial 0abc {said}"] if said else [])


@pytest.mark.parametrize("by_sandbox", [False, True])
def test_certificates_have_real_time_unless_the_sandbox_judges_them(*, by_sandbox: bool) -> None:
    """A clock that was moved by a year ends no certificate, but for `certificate_clock="sandbox"`."""
    builder = JournalBuilder()
    builder.judged_by_sandbox = by_sandbox
    builder.ask(360 * DAY, wall=0, status=200, certificate=certificate(365))
    assert levels(builder.findings).get("certificate-near-end") == ("warning" if by_sandbox else None)


def test_the_tls_host_is_a_warning_where_mtls_is_required() -> None:
    """All endpoints are on the mTLS host only (docs/wise/mtls.md#when-it-is-required)."""
    builder = JournalBuilder()
    builder.client("app")
    builder.ask(host="tls", status=401)
    builder.call("t", host="tls", status=401)
    assert levels(builder.findings) == {"tls-host-used": "warning"}
    assert only(builder.findings).what == "2 requests to the TLS host"


def test_the_tls_host_is_right_for_others() -> None:
    """For a client in the middle of its integration, for the consent page, for nobody in particular."""
    builder = JournalBuilder()
    builder.client("app", "optional")
    builder.client("strict")
    builder.ask(host="tls", status=200)
    builder.call(None, host="tls", client_id="strict", path="/oauth/authorize/")
    builder.ask(host="mtls", client_id="strict", status=200)
    builder.ask(host="tls", client_id=None, status=401)
    assert builder.broken == []


def test_a_correlation_id_over_36_characters_is_a_warning() -> None:
    """A correlation id over 36 characters is ignored (docs/wise/errors.md#headers): it is a warning."""
    builder = JournalBuilder()
    for length in (0, 36, 37):
        builder.ask(status=200, request_headers=(("X-External-Correlation-Id", "x" * length),))
    assert levels(builder.findings) == {"correlation-id-too-long": "warning"}
    assert [it.number for it in only(builder.findings).evidence] == [3]


@pytest.mark.parametrize(
    ("kind", "broken"), [("expired", True), ("wrong-host", True), ("tls1.2-only", False)]
)
def test_a_server_that_had_to_be_refused_is_an_error(kind: str, *, broken: bool) -> None:
    """The client must verify the server's certificate (RFC 6749 section 10.9)."""
    builder = JournalBuilder()
    builder.ask(status=200, host=f"bad server: {kind}")
    assert levels(builder.findings) == ({"server-not-verified": "error"} if broken else {})


def test_ends_are_told_in_whole_days() -> None:
    """So that a report does not change while one looks."""
    builder = JournalBuilder()
    end = at(0) + timedelta(days=3, hours=5)
    builder.ask(status=200, certificate=PeerCertificate("app", "0abc", at(-DAY), end, "f"))
    assert builder.findings[0].what.endswith("ends in 3 days")


ANNOUNCED = "certificate-end-announced"


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (336, None),  # 29 days are left
        (337, "ends in 28 days by the sandbox's clock; notices sent so far: 28 days before"),
        (350, "ends in 15 days by the sandbox's clock; notices sent so far: 28 days before"),
        (351, "ends in 14 days by the sandbox's clock; notices sent so far: 28, 14 days before"),
        (358, "ends in 7 days by the sandbox's clock; notices sent so far: 28, 14, 7 days before"),
        (362, "ends in 3 days by the sandbox's clock; notices sent so far: 28, 14, 7, 3 days before"),
        (364, "ends in 1 day by the sandbox's clock; notices sent so far: 28, 14, 7, 3, 1 days before"),
        (364.9, "ends in 0 days by the sandbox's clock; notices sent so far: 28, 14, 7, 3, 1, 0 days before"),
        (366, "has ended by the sandbox's clock; notices sent so far: 28, 14, 7, 3, 1, 0 days before"),
    ],
)
def test_the_notices_of_a_certificates_end_are_a_note(passed: float, said: str | None) -> None:
    """28, 14, 7, 3, 1 and 0 days before, by the sandbox's clock (docs/wise/mtls.md#certificates, D26x)."""
    builder = JournalBuilder()
    builder.ask(status=200, certificate=certificate(365))
    builder.ask(passed * DAY, wall=0, status=200)
    found = [(it.level, it.what) for it in builder.findings if it.rule == ANNOUNCED]
    assert found == ([("note", f"the certificate with the serial 0abc {said}")] if said else [])


def test_the_end_of_a_certificate_that_was_replaced_or_revoked_is_not_announced() -> None:
    """Notices end with either (docs/wise/mtls.md#certificates, D26x); an older one that is still shown beside its heir changes nothing."""
    builder = JournalBuilder()
    builder.ask(status=200, certificate=certificate(10))
    builder.ask(status=200, certificate=replace(certificate(365), serial="0def"))
    builder.ask(status=200, certificate=certificate(10))
    builder.ask(status=200, client_id="other", certificate=replace(certificate(5), serial="0123"))
    builder.revoked.add("0123")
    assert ANNOUNCED not in builder.broken
