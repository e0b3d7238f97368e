"""A sandbox's clients, their secrets, and what happens when one leaks."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from mockwise.common.durations import parse_duration, spell
from mockwise.sandbox.handle import Sandbox
from mockwise.state.clients import Client, ClientOptions
from mockwise.state.options import MTLS
from mockwise.web.control.errors import documented
from mockwise.web.control.lists import ListRoute
from mockwise.web.control.shared import (
    MOST,
    SANDBOX,
    Before,
    ClientDep,
    KeyPem,
    Limit,
    Pem,
    RequestBody,
    SandboxDep,
    Time,
    newest_of,
)

router = APIRouter(prefix=f"{SANDBOX}/clients", tags=["clients"], route_class=ListRoute)

ONE = "/{client_id:path}"  # an id may hold a slash


class NewClient(RequestBody):
    """The OAuth client that is to be made."""

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

    def options(self) -> ClientOptions:
        """The options that the body gives."""
        return ClientOptions(
            client_id=self.client_id,
            client_secret=self.client_secret,
            client_key=self.client_key,
            mtls=self.mtls,
            token_lifetime=self.token_lifetime,
            redirect_uris=self.redirect_uris,
        )


class Rotation(RequestBody):
    """How a secret is to be replaced."""

    secret: str | None = Field(default=None, description="The new one; made up without.")
    overlap: str = Field(default="0s", description="How long the old one works on.", examples=["5m"])


class ClientView(BaseModel):
    """An OAuth client, without its secret."""

    client_id: str
    client_key: str = Field(description="Stands in the paths of webhook subscriptions.")
    own: bool = Field(description="Whether the sandbox was made with it.")
    mtls: MTLS
    token_lifetime: str | None = Field(description="null: the sandbox's.", examples=["90s"])
    redirect_uris: list[str] = Field(
        description="Matched exactly, query included.", examples=[["https://localhost/callback"]]
    )
    revoked_at: Time | None

    @classmethod
    def of(cls, sandbox: Sandbox, it: Client) -> Self:
        """The view of a client's record."""
        return cls(
            client_id=it.client_id,
            client_key=it.client_key,
            own=it.client_id == sandbox.client_id,
            mtls=it.mtls,
            token_lifetime=None if it.token_lifetime is None else spell(it.token_lifetime),
            redirect_uris=list(it.redirect_uris),
            revoked_at=it.revoked_at,
        )


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
    """The secret that a client was given by a rotation."""

    client_id: str
    client_secret: str
    old_secrets_end_at: Time = Field(description="When the older ones stop working, on the sandbox's clock.")


class Leak(BaseModel):
    """What a suspected leak did."""

    client_id: str
    ended_links: int = Field(description="How many refresh tokens died of it.")


@router.get("", summary="All clients", responses=documented(404))
def clients(sandbox: SandboxDep, limit: Limit = MOST, before: Before = None) -> ClientsView:
    """Lists the clients, oldest first and without secrets."""
    known = sandbox.pages.clients
    shown = newest_of(known, limit, before, "client")
    return ClientsView(count=known.count(), clients=[ClientView.of(sandbox, it) for it in shown])


@router.post("", status_code=201, summary="Make a client", responses=documented(400, 404, 409))
def add(sandbox: SandboxDep, body: Annotated[NewClient | None, Body()] = None) -> ClientCredentialsView:
    """The answer has both credentials: the secret, and a certificate with its key."""
    made = sandbox.add_client(**(body or NewClient()).options())
    return ClientCredentialsView(
        **ClientView.of(sandbox, made.record).model_dump(),
        client_secret=made.newest_secret,
        ca=sandbox.ca_pem,
        certificate=made.certificate_pem,
        key=made.key_pem,
        serial=made.serial,
    )


@router.get(ONE, summary="A client", responses=documented(404))
def client(sandbox: SandboxDep, client: ClientDep) -> ClientView:
    """Shows the client without its secret."""
    return ClientView.of(sandbox, client.record)


@router.delete(ONE, summary="Revoke a client", responses=documented(404))
def revoke(sandbox: SandboxDep, client: ClientDep) -> ClientView:
    """It cannot authenticate any more and its tokens are dead; it stays in the list."""
    client.revoke()
    return ClientView.of(sandbox, client.record)


@router.post(f"{ONE}/secret", summary="Rotate its secret", responses=documented(400, 404))
def rotate(
    sandbox: SandboxDep, client: ClientDep, body: Annotated[Rotation | None, Body()] = None
) -> SecretView:
    """Issued tokens stay as they are: what Wise does to them is unknown."""
    body = body or Rotation()
    overlap, now = parse_duration(body.overlap), sandbox.now
    secret = client.rotate_secret(body.secret, overlap=overlap)
    return SecretView(client_id=client.client_id, client_secret=secret, old_secrets_end_at=now + overlap)


@router.post(f"{ONE}/leak", summary="Suspect a leak", responses=documented(404))
def leak(sandbox: SandboxDep, client: ClientDep) -> Leak:
    """As Wise does when a token or the secret seems to have leaked: refresh tokens and what came from them die."""
    return Leak(client_id=client.client_id, ended_links=sandbox.suspect_leak(client_id=client.client_id))
