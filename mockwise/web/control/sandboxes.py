"""Sandboxes: made, looked at, reset and dropped."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Annotated, Self

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from mockwise.core.errors import NotThere
from mockwise.core.sandbox import SandboxState
from mockwise.core.tokens import TokenState
from mockwise.oauth.metadata import TOKEN_PATH
from mockwise.web.control.errors import documented
from mockwise.web.control.lists import ListRoute
from mockwise.web.control.options import NewSandbox, Options
from mockwise.web.control.ports import Mock
from mockwise.web.control.shared import BOX, MOST, Before, KeyPem, Limit, Pem, TheBox, TheMock, Time, page_of

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
    def of(cls, mock: Mock, sandbox: str) -> Self:
        """What the sandbox's own client needs."""
        papers = mock.papers(sandbox)
        return cls(
            name=sandbox,
            mtls_url=mock.mtls_url,
            tls_url=mock.tls_url,
            token_url=mock.mtls_url + TOKEN_PATH,
            control_url=mock.control_url,
            client_id=papers.client.client_id,
            client_secret=papers.client_secret,
            ca=mock.ca_pem,
            certificate=papers.certificate_pem,
            key=papers.key_pem,
            environ=dict(mock.environ(sandbox)),
        )


@router.get("/sandboxes", summary="All sandboxes", responses=documented(404))
def sandboxes(mock: TheMock, limit: Limit = MOST, before: Before = None) -> Sandboxes:
    """Oldest first; `default` is always there."""
    # No coroutine: tokens are counted beside the event loop, not in it.
    views = []
    names = mock.registry.names()
    for name in page_of(names, limit, before, str, "sandbox"):
        with suppress(NotThere):  # closed meanwhile
            views.append(_view(mock, mock.registry.get(name)))
    return Sandboxes(count=len(names), sandboxes=views)


@router.post("/sandboxes", status_code=201, summary="Make a sandbox", responses=documented(400, 409))
def make(mock: TheMock, order: Annotated[NewSandbox | None, Body()] = None) -> SandboxCredentials:
    """The answer is all that a client in any language and any container needs."""
    order = order or NewSandbox()
    return SandboxCredentials.of(mock, mock.open(order.name, order.options()))


@router.get(BOX, summary="A sandbox", responses=documented(404))
def sandbox(mock: TheMock, box: TheBox) -> SandboxView:
    """Where it is and what is in it; no secrets."""
    return _view(mock, box)


@router.get(f"{BOX}/credentials", summary="What its own client needs", responses=documented(404))
def credentials(mock: TheMock, box: TheBox) -> SandboxCredentials:
    """The same as when it was made, as it is now."""
    return SandboxCredentials.of(mock, box.name)


@router.get(f"{BOX}/environ", summary="The MOCKWISE_* variables", responses=documented(404))
def environ(mock: TheMock, box: TheBox) -> dict[str, str]:
    """For a process on the mock's own machine, where the files are."""
    return dict(mock.environ(box.name))


@router.post(f"{BOX}/reset", summary="Make it as new", responses=documented(404))
def reset(mock: TheMock, box: TheBox) -> SandboxView:
    """Tokens, other users and clients and the journal go; the clock runs with the real one; its own client stays."""
    mock.reset(box.name)
    return _view(mock, mock.registry.get(box.name))


@router.delete(BOX, status_code=204, summary="Drop a sandbox", responses=documented(404, 409))
def drop(mock: TheMock, box: TheBox) -> None:
    """The default one ends with its mock."""
    mock.close(box.name)


def _view(mock: Mock, box: SandboxState) -> SandboxView:
    clock, wall, real = box.clock, box.clock.wall(), box.clock.real()
    fates = Counter(box.tokens.fate(token).state for token in box.tokens.all())
    return SandboxView(
        name=box.name,
        mtls_url=mock.mtls_url,
        tls_url=mock.tls_url,
        token_url=mock.mtls_url + TOKEN_PATH,
        client_id=mock.own_client(box.name),
        now=clock.at(wall),
        frozen=clock.frozen,
        clients=len(box.clients.all()),
        tokens=TokenCounts(
            live=fates[TokenState.LIVE],
            expired=fates[TokenState.EXPIRED],
            revoked=fates[TokenState.REVOKED] + fates[TokenState.CLIENT_REVOKED],
        ),
        certificates=sum(it.state(real) == "active" for it in box.certificates.all()),
        users=len(box.users.all()),
        links=sum(map(box.links.alive, box.links.all())),
        faults=sum(not it.spent for it in box.armory.all()),
        exchanges=box.journal.count(),
        options=Options.of(box.policy),
    )
