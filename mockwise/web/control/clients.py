"""A sandbox's clients, their secrets, and what happens when one leaks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from mockwise.common.durations import parse_duration, spell
from mockwise.state.clients import Client
from mockwise.state.options import MTLS
from mockwise.state.sandbox_state import SandboxState
from mockwise.web.control.errors import documented
from mockwise.web.control.links import links_ended
from mockwise.web.control.lists import ListRoute
from mockwise.web.control.ports import ClientBundle, Mock
from mockwise.web.control.shared import (
    MOST,
    SANDBOX,
    Before,
    ClientDep,
    KeyPem,
    Limit,
    MockDep,
    Pem,
    RequestBody,
    SandboxDep,
    Time,
    page_of,
)

router = APIRouter(prefix=f"{SANDBOX}/clients", tags=["clients"], route_class=ListRoute)

ONE = "/{client_id:path}"  # an id may hold a slash


class NewClient(RequestBody):
    """A client to make."""

    client_id: str | None = Field(default=None, description="1 to 64 characters; made up without one.")
    client_secret: str | None = Field(default=None, description="Made up without one.")
    client_key: str | None = Field(default=None, description="The id without one.")
    mtls: MTLS | None = Field(default=None, description="Must it use the mTLS host? As the sandbox without.")
    token_lifetime: str | None = Field(default=None, description="The sandbox's without.", examples=["90s"])
    redirect_uris: list[str] | None = Field(
        default=None,
        description="Where the consent page may send users back to, matched exactly. The sandbox's without.",
        examples=[["https://localhost/callback"]],
    )


class Rotation(RequestBody):
    """How a secret is to be replaced."""

    secret: str | None = Field(default=None, description="The new one; made up without.")
    overlap: str = Field(default="0s", description="How long the old one works on.", examples=["5m"])


class ClientView(BaseModel):
    """An OAuth client."""

    client_id: str
    client_key: str = Field(description="Stands in the paths of webhook subscriptions.")
    own: bool = Field(description="Whether the sandbox was made with it.")
    mtls: MTLS
    token_lifetime: str | None = Field(description="null: the sandbox's.", examples=["90s"])
    redirect_uris: list[str] = Field(
        description="Matched exactly, query included.", examples=[["https://localhost/callback"]]
    )
    revoked_at: Time | None


class ClientsView(BaseModel):
    """The clients of a sandbox, oldest first."""

    count: int = Field(description="How many there are.")
    clients: list[ClientView] = Field(description="The newest of them, oldest first.")


class ClientCredentialsView(ClientView):
    """A client with both of its credentials."""

    client_secret: str
    ca: Pem = Field(description="The authority to trust, PEM.")
    certificate: Pem = Field(description="The client certificate, PEM.")
    key: KeyPem = Field(description="Its private key, PEM.")
    serial: str = Field(description="The certificate's serial number, hex.")


class SecretView(BaseModel):
    """A client's new secret."""

    client_id: str
    client_secret: str
    old_secrets_end_at: Time = Field(description="When the older ones stop working, on the sandbox's clock.")


class Leak(BaseModel):
    """What a suspected leak did."""

    client_id: str
    ended_links: int = Field(description="How many refresh tokens died of it.")


@router.get("", summary="All clients", responses=documented(404))
def clients(mock: MockDep, box: SandboxDep, limit: Limit = MOST, before: Before = None) -> ClientsView:
    """Oldest first; no secrets."""
    known = box.clients.all()
    shown = page_of(known, limit, before, lambda it: it.client_id, "client")
    return ClientsView(count=len(known), clients=[_view(mock, box, it) for it in shown])


@router.post("", status_code=201, summary="Make a client", responses=documented(400, 404, 409))
def add(
    mock: MockDep, box: SandboxDep, order: Annotated[NewClient | None, Body()] = None
) -> ClientCredentialsView:
    """The answer has both credentials: the secret, and a certificate with its key."""
    order = order or NewClient()
    client_bundle = mock.add_client(
        box.name,
        client_id=order.client_id,
        client_secret=order.client_secret,
        client_key=order.client_key,
        mtls=order.mtls,
        token_lifetime=order.token_lifetime,
        redirect_uris=order.redirect_uris,
    )
    return _credentials(mock, box, client_bundle)


@router.get(ONE, summary="A client", responses=documented(404))
def client(mock: MockDep, box: SandboxDep, which: ClientDep) -> ClientView:
    """No secrets."""
    return _view(mock, box, which)


@router.delete(ONE, summary="Revoke a client", responses=documented(404))
def revoke(mock: MockDep, box: SandboxDep, which: ClientDep) -> ClientView:
    """It cannot authenticate any more and its tokens are dead; it stays in the list."""
    box.clients.revoke(which.client_id)
    return _view(mock, box, box.clients.get(which.client_id) or which)


@router.post(f"{ONE}/secret", summary="Rotate its secret", responses=documented(400, 404))
def rotate(
    mock: MockDep, box: SandboxDep, which: ClientDep, order: Annotated[Rotation | None, Body()] = None
) -> SecretView:
    """Issued tokens stay as they are: what Wise does to them is unknown."""
    order = order or Rotation()
    overlap = parse_duration(order.overlap)
    now = box.clock.now()
    secret = mock.rotate(box.name, which.client_id, order.secret, overlap)
    return SecretView(client_id=which.client_id, client_secret=secret, old_secrets_end_at=now + overlap)


@router.post(f"{ONE}/leak", summary="Suspect a leak", responses=documented(404))
def leak(box: SandboxDep, which: ClientDep) -> Leak:
    """As Wise does when a token or the secret seems to have leaked: refresh tokens and what came from them die."""
    count = links_ended(
        box, "client_id", which.client_id, lambda: box.user_events.suspect_leak(which.client_id)
    )
    return Leak(client_id=which.client_id, ended_links=count)


def _view(mock: Mock, box: SandboxState, it: Client) -> ClientView:
    return ClientView(
        client_id=it.client_id,
        client_key=it.client_key,
        own=it.client_id == mock.own_client(box.name),
        mtls=it.mtls,
        token_lifetime=None if it.token_lifetime is None else spell(it.token_lifetime),
        redirect_uris=list(it.redirect_uris),
        revoked_at=it.revoked_at,
    )


def _credentials(mock: Mock, box: SandboxState, client_bundle: ClientBundle) -> ClientCredentialsView:
    return ClientCredentialsView(
        **_view(mock, box, client_bundle.client).model_dump(),
        client_secret=client_bundle.client_secret,
        ca=mock.ca_pem,
        certificate=client_bundle.certificate_pem,
        key=client_bundle.key_pem,
        serial=client_bundle.serial,
    )
