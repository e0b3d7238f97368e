"""The second of two independent checks: does the peer's certificate speak for this client?

What TLS refused never gets here. What TLS let through is judged again at each request, by the clock that the
sandbox's options name, so that a certificate which ran out or was revoked on an open connection is refused too.
Wise's own behaviour here is UNKNOWN (docs/wise/mtls.md#refusals); that the common name is the client id is DOCUMENTED (docs/wise/mtls.md#certificates).
"""

from __future__ import annotations

from mockwise.common.peer_certificate import PeerCertificate
from mockwise.oauth.messages import Peer
from mockwise.oauth.reasons.certificates import other_certificate
from mockwise.state.clients import Client
from mockwise.state.sandbox_state import SandboxState


def reject_reason(sandbox: SandboxState, client: Client | None, peer: Peer) -> str | None:
    """Why the peer may not speak for the client, as a sentence to show; None if it may.

    Without a client it is a personal token that speaks: it works without a certificate (DOCUMENTED, docs/wise/mtls.md#when-it-is-required).
    """
    if peer.certificate is not None:
        return _flaw(sandbox, client, peer.certificate, on_list=peer.revoked)
    if client is None or client.mtls == "optional":
        return None
    if peer.on_mtls_host:
        return "No client certificate was presented. Present the one issued to this client."
    return (
        "This client must use the mTLS host for every call; this is the TLS host, which takes no certificate."
    )


def _flaw(
    sandbox: SandboxState, client: Client | None, certificate: PeerCertificate, *, on_list: bool
) -> str | None:
    now = sandbox.clock.now() if sandbox.options.certificate_clock == "sandbox" else sandbox.clock.real()
    if now < certificate.not_before:
        return "The client certificate is not valid yet. Check its dates and the clock."
    if now > certificate.not_after:
        return "The client certificate has expired. Have a new one issued."
    if on_list or sandbox.certificates.revoked(certificate.serial):
        return "The client certificate was revoked. Have a new one issued."
    if client is None or sandbox.options.foreign_certificate == "accept":
        return None
    if certificate.common_name != client.client_id:
        return other_certificate(sandbox, client, certificate.common_name)
    return None
