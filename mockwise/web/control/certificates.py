"""Client certificates by signing request, as Wise's Developer Hub issues them (docs/wise/mtls.md#certificates)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from mockwise.state.certificates import CertificateState, IssuedCertificate
from mockwise.web.control.errors import documented
from mockwise.web.control.lists import ListRoute
from mockwise.web.control.shared import (
    MOST,
    SANDBOX,
    Before,
    KeyPem,
    Limit,
    Pem,
    RequestBody,
    SandboxDep,
    Time,
    newest_of,
)

router = APIRouter(prefix=f"{SANDBOX}/certificates", tags=["certificates"], route_class=ListRoute)


class CertificateOrder(RequestBody):
    """A signing request, and what the certificate is issued for."""

    name: str = Field(description="Unique among the client's active certificates.", examples=["laptop"])
    csr: str = Field(
        description="A signing request, PEM without text around it: RSA 2048, 3072 or 4096, or EC P-256 or P-384; "
        "an organization in the subject. Its common name is replaced by the client id.",
        examples=["-----BEGIN CERTIFICATE REQUEST-----\n...\n-----END CERTIFICATE REQUEST-----\n"],
    )
    client_id: str | None = Field(default=None, description="For which client; the sandbox's own without.")


class CertificateView(BaseModel):
    """A certificate that was issued to a client. Its dates are real time."""

    name: str
    client_id: str = Field(description="Also its common name.")
    serial: str = Field(description="Hex.")
    not_before: Time
    not_after: Time
    revoked_at: Time | None = Field(description="On the sandbox's clock.")
    state: CertificateState


class CertificatesView(BaseModel):
    """The certificates of a sandbox's clients, oldest first."""

    count: int = Field(description="How many there are.")
    certificates: list[CertificateView] = Field(description="The newest of them, oldest first.")


class SignedCertificateView(CertificateView):
    """A certificate that was asked for by a signing request."""

    certificate: Pem = Field(description="PEM.")
    ca: Pem = Field(description="The authority to trust, PEM.")


class Renewal(RequestBody):
    """When a new certificate is valid, in real time."""

    valid_from: str | None = Field(
        default=None,
        description="A time with its zone, or how far from now: 2d, -1d. A day ago without. Ahead: not yet valid.",
        examples=["-2d"],
    )
    valid_until: str | None = Field(
        default=None,
        description="The same. A year from now without. In the past: expired, so that handshakes are refused.",
        examples=["2d"],
    )
    revoke_old: bool = Field(default=False, description="Whether the old one is taken back.")


class RenewedCertificateView(CertificateView):
    """A new certificate with its key."""

    certificate: Pem = Field(description="PEM.")
    key: KeyPem = Field(description="Its private key, PEM.")
    ca: Pem = Field(description="The authority to trust, PEM.")


@router.get("", summary="All certificates", responses=documented(404))
def certificates(sandbox: SandboxDep, limit: Limit = MOST, before: Before = None) -> CertificatesView:
    """Oldest first, with those that ended."""
    now, known = sandbox.clock.real, sandbox.pages.certificates
    shown = newest_of(known, limit, before, "certificate")
    return CertificatesView(
        count=known.count(), certificates=[CertificateView(**_fields(it, now)) for it in shown]
    )


@router.post("", status_code=201, summary="Have one signed", responses=documented(400, 404, 409))
def certify(sandbox: SandboxDep, body: CertificateOrder) -> SignedCertificateView:
    """Valid for one year; a client has at most ten active ones."""
    signed = sandbox.certify(body.csr, body.name, client_id=body.client_id)
    return SignedCertificateView(
        **_fields(signed.issued, sandbox.clock.real), certificate=signed.certificate_pem, ca=sandbox.ca_pem
    )


@router.delete("/{serial}", summary="Revoke one", responses=documented(400, 404))
def revoke(sandbox: SandboxDep, serial: str) -> CertificateView:
    """New handshakes are refused, its open connections end; it stays in the list."""
    return CertificateView(**_fields(sandbox.revoke_certificate(serial), sandbox.clock.real))


@router.post("/{serial}/renew", status_code=201, summary="Renew one", responses=documented(400, 404, 409))
def renew(
    sandbox: SandboxDep, serial: str, body: Annotated[Renewal | None, Body()] = None
) -> RenewedCertificateView:
    """Its client gets a new certificate and a new key, for the dates that you choose; the old one stays valid.

    If it is the sandbox's own client's, `GET /sandboxes/{name}/credentials` and the files have the new one from now on.
    """
    wanted = body or Renewal()
    renewed = sandbox.renew_certificate(
        valid_from=wanted.valid_from,
        valid_until=wanted.valid_until,
        revoke_old=wanted.revoke_old,
        serial=serial,
    )
    return RenewedCertificateView(
        **_fields(renewed.issued, sandbox.clock.real),
        certificate=renewed.certificate_pem,
        key=renewed.key_pem,
        ca=sandbox.ca_pem,
    )


def _fields(it: IssuedCertificate, now: datetime) -> dict[str, Any]:
    return {
        "name": it.name,
        "client_id": it.client_id,
        "serial": it.serial,
        "not_before": it.not_before,
        "not_after": it.not_after,
        "revoked_at": it.revoked_at,
        "state": it.state(now),
    }
