"""The authorities that the mock trusts, and the certificates that it shows: trusted, distrusted, rotated."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from mockwise.pki.authority import Authority
from mockwise.sandbox.mock_controls import MockControls
from mockwise.transport.tls.ca_rotation import CaRotation
from mockwise.web.control.errors import documented
from mockwise.web.control.shared import KeyPem, MockDep, Pem, RequestBody

router = APIRouter(prefix="/authority", tags=["authority"])


class AuthorityPair(RequestBody):
    """A certificate authority of yours."""

    certificate: Pem = Field(description="Its certificate, PEM; its chain may follow.")
    key: KeyPem = Field(
        description="Its private key, PEM, without a password. TLS wants a revocation list of each authority, which the "
        "mock signs with it. It is kept in memory alone, and is never shown."
    )


class AuthorityCertificate(RequestBody):
    """The certificate of an authority."""

    certificate: Pem = Field(description="PEM.")


class RotationOptions(RequestBody):
    """How the mock's authority is to be replaced."""

    overlap: bool = Field(
        default=True,
        description="Whether old and new are both good until it is finished; false: it is over at once.",
    )


class AuthorityView(BaseModel):
    """A certificate authority, without its key."""

    fingerprint: str = Field(description="The SHA-256 of its certificate, hex.")
    certificate: Pem = Field(description="PEM.")

    @classmethod
    def of(cls, it: Authority) -> Self:
        """The view of an authority."""
        return cls(fingerprint=it.fingerprint, certificate=it.certificate_pem.decode())


class TrustView(BaseModel):
    """Whom clients are to trust, and whose client certificates the mock accepts."""

    ca: Pem = Field(
        description="The mock's authority, which clients are to trust; both while it is rotated. PEM."
    )
    trusted: list[AuthorityView] = Field(
        description="The authorities whose client certificates are accepted, the mock's own among them."
    )

    @classmethod
    def of(cls, mock: MockControls) -> Self:
        """The view of what a mock trusts."""
        return cls(ca=mock.ca_pem, trusted=[AuthorityView.of(it) for it in mock.trusted])


class RotationView(BaseModel):
    """A change of the mock's authority."""

    old: AuthorityView
    new: AuthorityView
    switched: bool = Field(description="Whether the server shows a certificate of the new one.")
    over: bool = Field(description="Whether the old one is worth nothing any more.")
    ca: Pem = Field(description="What clients are to trust now, PEM.")

    @classmethod
    def of(cls, mock: MockControls, it: CaRotation) -> Self:
        """The view of a change of authority."""
        return cls(
            old=AuthorityView.of(it.old),
            new=AuthorityView.of(it.new),
            switched=it.switched,
            over=it.over,
            ca=mock.ca_pem,
        )


@router.get("", summary="Whom the mock trusts")
def authority(mock: MockDep) -> TrustView:
    """Shows the mock's own authority, and all those whose client certificates are accepted."""
    return TrustView.of(mock)


@router.post("/trust", summary="Trust an authority", responses=documented(400))
def trust(mock: MockDep, body: AuthorityPair) -> AuthorityView:
    """Client certificates of this authority are accepted too, from the next handshake on."""
    loaded = mock.load_authority(body.certificate, body.key)
    mock.trust(loaded)
    return AuthorityView.of(loaded)


@router.post("/distrust", summary="Distrust an authority", responses=documented(400, 404, 409))
def distrust(mock: MockDep, body: AuthorityCertificate) -> TrustView:
    """Client certificates of this authority are accepted no longer, from the next handshake on."""
    mock.distrust(body.certificate)
    return TrustView.of(mock)


@router.post("/server-certificate", status_code=204, summary="Rotate the server's certificate")
def rotate_server_certificate(mock: MockDep) -> None:
    """Clients are shown a new server certificate of the same authority, from the next handshake on."""
    mock.rotate_server_certificate()


@router.get("/rotation", summary="The change of authority", responses=documented(404))
def rotation(mock: MockDep) -> RotationView:
    """Shows the change that is under way, and how far it has come."""
    return RotationView.of(mock, mock.rotation)


@router.post("/rotation", status_code=201, summary="Replace the mock's authority", responses=documented(409))
def rotate_authority(mock: MockDep, body: Annotated[RotationOptions | None, Body()] = None) -> RotationView:
    """Begins the overlap: old and new authority are good on both sides, and every sandbox has a new certificate.

    A client that takes `ca`, certificate and key anew (`GET /sandboxes/{name}/credentials`) notices nothing. Then switch
    the server to the new authority, if you like, and finish.
    """
    return RotationView.of(mock, mock.rotate_authority(overlap=(body or RotationOptions()).overlap))


@router.post("/rotation/switch", summary="Switch the server over", responses=documented(404))
def switch(mock: MockDep) -> RotationView:
    """The server shows a certificate of the new authority; old client certificates are still accepted."""
    rotation = mock.rotation
    rotation.switch_server()
    return RotationView.of(mock, rotation)


@router.post("/rotation/finish", summary="End the overlap", responses=documented(404))
def finish(mock: MockDep) -> RotationView:
    """The old authority is worth nothing any more: its client certificates are refused."""
    rotation = mock.rotation
    rotation.finish()
    return RotationView.of(mock, rotation)
