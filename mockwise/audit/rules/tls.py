"""Whether a client comes over the right host, with a TLS and a certificate that will do tomorrow, and says who it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from mockwise.audit.audit_input import AuditInput, grouped, header, is_token_request
from mockwise.audit.findings import Violation, rule
from mockwise.journal.journal import Exchange

_OLD = frozenset({"SSLv2", "SSLv3", "TLSv1", "TLSv1.1"})
_NEAR = timedelta(days=30)
_NOTICES = (28, 14, 7, 3, 1, 0)  # days before the end
_LONGEST_CORRELATION_ID = 36
_BAD_SERVER = "bad server: "
_GOOD_ENOUGH = frozenset({"bad server: tls1.2-only", "bad server: tls1.3-only"})


def _hits(found: Iterable[Exchange], what: str) -> Iterable[Violation]:
    for client_id, exchanges in grouped((it.client_id, it) for it in found).items():
        count = "1 request" if len(exchanges) == 1 else f"{len(exchanges)} requests"
        yield Violation(client_id, exchanges, f"{count} {what}")


@rule(
    "error",
    title="The server's certificate is not verified",
    says="The client must validate the authorization server's TLS certificate.",
    source="RFC 6749 section 10.9; RFC 9325 section 3.7; Wise, docs/wise/mtls.md#certificates (the Wise CA for the trust store, DOCUMENTED)",
    remedy="Verify certificate and host name against the authority that Wise names; never switch verification off.",
)
def server_not_verified(record: AuditInput) -> Iterable[Violation]:
    """It spoke to a server that it had to refuse."""
    wrong = (it for it in record.exchanges if it.host.startswith(_BAD_SERVER) and it.host not in _GOOD_ENOUGH)
    yield from _hits(wrong, "went to a server whose certificate had to be refused")


@rule(
    "error",
    title="TLS is older than 1.2",
    says="TLS 1.2 or higher is required; TLS 1.0 and 1.1 must not be used.",
    source="Wise, Getting started (docs/wise/token-endpoint.md#request, DOCUMENTED); RFC 8996",
    remedy="Update the TLS library, or the setting that holds it back.",
)
def tls_too_old(record: AuditInput) -> Iterable[Violation]:
    """By what the handshake agreed on."""
    yield from _hits((it for it in record.exchanges if it.tls_version in _OLD), "over TLS older than 1.2")


@rule(
    "warning",
    title="The client certificate is near its end",
    says="A client certificate is valid for one year from its issue; several may be active at the same time.",
    source="Wise, mTLS (docs/wise/mtls.md#certificates, DOCUMENTED)",
    remedy="Have a new certificate signed, install it beside the old one, and revoke the old one once nothing uses it.",
)
def certificate_near_end(record: AuditInput) -> Iterable[Violation]:
    """Less than thirty days from the last request that presented it."""
    last: dict[tuple[str | None, str], Exchange] = {}
    for it in record.exchanges:
        if it.certificate is not None:
            last[it.client_id, it.certificate.serial] = it
    for (client_id, serial), it in last.items():
        now = max(it.time, it.wall_time) if record.sandbox_judges_certificates else it.wall_time
        if it.certificate is not None and (left := it.certificate.not_after - now) < _NEAR:
            ends = f"ends in {left.days} days" if left > timedelta() else "is over"
            yield Violation(client_id, [it], f"the certificate with the serial {serial} {ends}")


@rule(
    "note",
    title="Wise announces the end of a client certificate",
    says="The technical contact gets an e-mail 28, 14, 7, 3, 1 and 0 days before a client certificate ends, until it is "
    "replaced or revoked; if it is still used then, the integration may fail.",
    source="Wise, Expiry notifications (docs/wise/mtls.md#certificates, D26x, DOCUMENTED)",
    remedy="Have the notices go to a mailbox that is read, and install a new certificate before the last of them. If the "
    "sandbox's clock was moved on purpose, this is what Wise would have sent by then.",
)
def certificate_end_announced(record: AuditInput) -> Iterable[Violation]:
    """By the sandbox's clock, of the newest certificate that each client presented."""
    newest: dict[str | None, Exchange] = {}
    for it in record.exchanges:
        if it.certificate is not None and it.certificate.serial not in record.revoked_certificates:
            before = newest.get(it.client_id, it).certificate
            if before is None or it.certificate.not_after >= before.not_after:
                newest[it.client_id] = it
    for client_id, it in newest.items():
        if it.certificate is not None and (what := _announced(it.certificate.not_after - record.now)):
            yield Violation(
                client_id, [it], f"the certificate with the serial {it.certificate.serial} {what}"
            )


def _announced(left: timedelta) -> str | None:
    """What a client can have read of a certificate that ends in so long."""
    sent = [str(days) for days in _NOTICES if left < timedelta(days=days + 1)]
    if not sent:
        return None
    days = "1 day" if left.days == 1 else f"{left.days} days"
    ends = f"ends in {days}" if left > timedelta() else "has ended"
    return f"{ends} by the sandbox's clock; notices sent so far: {', '.join(sent)} days before"


@rule(
    "warning",
    title="The TLS host is used instead of the mTLS host",
    says="It is a strict requirement to set up and use mutual TLS; then Wise accepts a client's calls on the mTLS host "
    "only, for all endpoints.",
    source="Wise, Authentication & Access, and mTLS (docs/wise/mtls.md#when-it-is-required, DOCUMENTED)",
    remedy="Call https://api-mtls.transferwise.com, or https://api-mtls.wise-sandbox.com, with the client certificate "
    "for every request, the token request included.",
)
def tls_host_used(record: AuditInput) -> Iterable[Violation]:
    """By a client for which mTLS is switched on; the consent page, which has no other host, is no such call."""
    strict = {it.client_id for it in record.clients.values() if it.mtls == "required"}
    wrong = (
        it
        for it in record.exchanges
        if it.host == "tls" and it.client_id in strict and (is_token_request(it) or it.token is not None)
    )
    yield from _hits(wrong, "to the TLS host")


@rule(
    "warning",
    title="The correlation id is too long",
    says="X-External-Correlation-Id has at most 36 characters; a longer one is ignored and not echoed.",
    source="Wise, Correlation ID (docs/wise/errors.md#headers, DOCUMENTED)",
    remedy="Send a UUID.",
)
def correlation_id_too_long(record: AuditInput) -> Iterable[Violation]:
    """So Wise's support cannot find it."""
    name = "x-external-correlation-id"
    wrong = (it for it in record.exchanges if len(header(it, name) or "") > _LONGEST_CORRELATION_ID)
    yield from _hits(wrong, "with a correlation id that is ignored")
