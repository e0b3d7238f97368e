"""Sandboxes: made, listed, shown, reset and dropped."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Self

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from mockwise.errors import NotFoundError
from mockwise.sandbox.handle import Sandbox
from mockwise.state.tokens import TokenState
from mockwise.web.control.errors import documented
from mockwise.web.control.lists import ListRoute
from mockwise.web.control.options import NewSandbox, Options
from mockwise.web.control.shared import (
    MOST,
    SANDBOX,
    Before,
    KeyPem,
    Limit,
    MockDep,
    Pem,
    SandboxDep,
    Time,
    page_of,
)

router = APIRouter(tags=["sandboxes"], route_class=ListRoute)


class TokenCounts(BaseModel):
    """How many tokens are remembered; the dead ones for a day."""

    live: int
    expired: int
    revoked: int = Field(description="By themselves, or with their client.")


class SandboxView(BaseModel):
    """A sandbox: where it is and what is in it."""

    name: str = Field(examples=["default"])
    mtls_url: str = Field(examples=["https://127.0.0.1:8443"])
    tls_url: str = Field(examples=["https://127.0.0.1:8444"])
    token_url: str = Field(examples=["https://127.0.0.1:8443/oauth/token"])
    client_id: str = Field(description="Id of the sandbox's own client.")
    now: Time = Field(description="The time on its clock.")
    frozen: bool = Field(description="Whether its clock stands still.")
    clients: int
    tokens: TokenCounts
    certificates: int = Field(description="Active ones.")
    users: int
    links: int = Field(description="Live refresh tokens.")
    faults: int = Field(description="Armed, and not spent.")
    exchanges: int = Field(description="In its journal.")
    options: Options

    @classmethod
    def of(cls, sandbox: Sandbox) -> Self:
        """The view of a sandbox and of what is in it."""
        it = sandbox.status()
        return cls(
            name=sandbox.name,
            mtls_url=sandbox.mtls_url,
            tls_url=sandbox.tls_url,
            token_url=sandbox.token_url,
            client_id=sandbox.client_id,
            now=it.clock.now,
            frozen=it.clock.frozen,
            clients=it.clients,
            tokens=TokenCounts(
                live=it.tokens[TokenState.LIVE],
                expired=it.tokens[TokenState.EXPIRED],
                revoked=it.tokens[TokenState.REVOKED] + it.tokens[TokenState.CLIENT_REVOKED],
            ),
            certificates=it.certificates,
            users=it.users,
            links=it.links,
            faults=it.faults,
            exchanges=it.exchanges,
            options=Options.of(sandbox.options),
        )


class Sandboxes(BaseModel):
    """The sandboxes of the mock, oldest first."""

    count: int = Field(description="How many there are.")
    sandboxes: list[SandboxView] = Field(description="The newest of them, oldest first.")


class SandboxCredentials(BaseModel):
    """All that a client in any language and any container needs."""

    name: str
    mtls_url: str = Field(examples=["https://127.0.0.1:8443"])
    tls_url: str = Field(examples=["https://127.0.0.1:8444"])
    token_url: str = Field(examples=["https://127.0.0.1:8443/oauth/token"])
    control_url: str = Field(examples=["http://127.0.0.1:8445"])
    client_id: str
    client_secret: str
    ca: Pem = Field(description="The authority to trust, PEM.")
    certificate: Pem = Field(description="The client certificate, PEM.")
    key: KeyPem = Field(description="Its private key, PEM.")
    environ: dict[str, str] = Field(
        description="The MOCKWISE_* variables; the files are on the mock's own machine."
    )

    @classmethod
    def of(cls, sandbox: Sandbox) -> Self:
        """What the sandbox's own client needs."""
        own = sandbox.credentials
        return cls(
            name=sandbox.name,
            mtls_url=sandbox.mtls_url,
            tls_url=sandbox.tls_url,
            token_url=sandbox.token_url,
            control_url=sandbox.control_url,
            client_id=own.client_id,
            client_secret=own.newest_secret,
            ca=sandbox.ca_pem,
            certificate=own.certificate_pem,
            key=own.key_pem,
            environ=sandbox.environ({}),
        )


@router.get("/sandboxes", summary="All sandboxes", responses=documented(404))
def sandboxes(mock: MockDep, limit: Limit = MOST, before: Before = None) -> Sandboxes:
    """Oldest first; `default` is always there."""
    # This is no coroutine, so that tokens are counted in a thread and not in the event loop.
    views = []
    names = mock.sandboxes
    for name in page_of(names, limit, before, str, "sandbox"):
        with suppress(NotFoundError):  # closed meanwhile
            views.append(SandboxView.of(mock.sandbox_named(name)))
    return Sandboxes(count=len(names), sandboxes=views)


@router.post("/sandboxes", status_code=201, summary="Make a sandbox", responses=documented(400, 409))
def make(mock: MockDep, body: Annotated[NewSandbox | None, Body()] = None) -> SandboxCredentials:
    """The answer is all that a client in any language and any container needs."""
    body = body or NewSandbox()
    return SandboxCredentials.of(mock.sandbox(body.name, **body.options()))


@router.get(SANDBOX, summary="A sandbox", responses=documented(404))
def sandbox(sandbox: SandboxDep) -> SandboxView:
    """Where it is and what is in it; no secrets."""
    return SandboxView.of(sandbox)


@router.get(f"{SANDBOX}/credentials", summary="What its own client needs", responses=documented(404))
def credentials(sandbox: SandboxDep) -> SandboxCredentials:
    """The credentials of the sandbox's own client as they are now, in the form of `POST /sandboxes`."""
    return SandboxCredentials.of(sandbox)


@router.get(f"{SANDBOX}/environ", summary="The MOCKWISE_* variables", responses=documented(404))
def environ(sandbox: SandboxDep) -> dict[str, str]:
    """For a process on the mock's own machine, where the files are."""
    return sandbox.environ({})  # the caller has an environment of its own, to which these are added


@router.post(f"{SANDBOX}/reset", summary="Make it as new", responses=documented(404))
def reset(sandbox: SandboxDep) -> SandboxView:
    """Tokens, other users and clients and the journal go; the clock runs with the real one; its own client stays."""
    sandbox.reset()
    return SandboxView.of(sandbox)


@router.delete(SANDBOX, status_code=204, summary="Drop a sandbox", responses=documented(404, 409))
def drop(sandbox: SandboxDep) -> None:
    """Closes the sandbox; the default one cannot be dropped, and ends with its mock."""
    sandbox.close()
