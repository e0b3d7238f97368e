"""Bad servers: those that a good client must refuse, each at an address of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from mockwise.sandbox.mock_controls import MockControls
from mockwise.transport.server.bad_server_kinds import BAD_SERVER_SPECS, BadServer, BadServerKind
from mockwise.web.control.errors import documented
from mockwise.web.control.shared import MockDep

router = APIRouter(prefix="/bad-servers", tags=["bad servers"])

Kind = Annotated[BadServerKind, Path(description="The kind of bad server.", examples=["expired"])]


class BadServerView(BaseModel):
    """A kind of bad server, and where it is if it runs."""

    kind: BadServerKind = Field(examples=["expired"])
    story: str = Field(description="What is wrong with it, and what a client must do.")
    must_refuse: bool = Field(
        description="Whether a good client refuses it. If not, it restricts the TLS version alone."
    )
    url: str | None = Field(
        description="Where it is, without a path; null: it was not started yet.",
        examples=["https://127.0.0.1:50443"],
    )

    @classmethod
    def of(cls, it: BadServer) -> Self:
        """The view of a bad server that runs."""
        return cls(kind=it.kind, story=it.story, must_refuse=it.must_refuse, url=it.url)


class BadServersView(BaseModel):
    """Every kind of bad server."""

    count: int = Field(description="How many kinds there are.")
    running: int = Field(description="How many of them run.")
    bad_servers: list[BadServerView]

    @classmethod
    def of(cls, mock: MockControls) -> Self:
        """The view of all kinds, and of those that run."""
        return cls.listed(mock.running_bad_servers)

    @classmethod
    def listed(cls, running: Iterable[BadServer]) -> Self:
        """The view of all kinds, of which these run."""
        views = {it.kind: BadServerView.of(it) for it in running}
        rest = {
            kind: BadServerView(kind=kind, story=spec.story, must_refuse=spec.must_refuse, url=None)
            for kind, spec in BAD_SERVER_SPECS.items()
        }
        listed = list((rest | views).values())
        return cls(count=len(listed), running=len(views), bad_servers=listed)


@router.get("", summary="All kinds of bad servers")
def bad_servers(mock: MockDep) -> BadServersView:
    """Lists what is wrong with each, and the URLs of those that run."""
    return BadServersView.of(mock)


@router.post("", summary="Start all bad servers", responses=documented(409))
def start_all(mock: MockDep) -> BadServersView:
    """Starts one of each kind. Those that run already stay where they are."""
    return BadServersView.listed(mock.bad_servers())


@router.post("/{kind}", summary="Start a bad server", responses=documented(409))
def start(mock: MockDep, kind: Kind) -> BadServerView:
    """It runs at a port of its own until the mock ends; to start it again gives the same URL."""
    return BadServerView.of(mock.bad_server(kind))
