"""The TLS handshakes that failed, as the mock remembers them."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from mockwise.transport.tls.alerts import FailedHandshake
from mockwise.web.control.errors import documented
from mockwise.web.control.lists import ListRoute
from mockwise.web.control.shared import Limit, MockDep, Time

router = APIRouter(tags=["mock"], route_class=ListRoute)


class HandshakeView(BaseModel):
    """A TLS handshake that was refused."""

    time: Time
    listener: str = Field(description="Which host: mtls or tls.", examples=["mtls"])
    connection: str = Field(examples=["c7"])
    peer: str | None = Field(description="Address and port of the client.", examples=["127.0.0.1:50123"])
    tls_version: str | None = Field(examples=["TLSv1.3"])
    alert: str | None = Field(
        description="The TLS alert that it ended with (RFC 8446 section 6).", examples=["certificate_expired"]
    )
    reason: str = Field(description="What was wrong and what to do.")

    @classmethod
    def of(cls, it: FailedHandshake) -> Self:
        """The view of a failed handshake."""
        peer = None if it.peer is None else (f"[{it.peer[0]}]" if ":" in it.peer[0] else it.peer[0])
        return cls(
            time=it.time,
            listener=it.listener,
            connection=it.connection,
            peer=None if it.peer is None else f"{peer}:{it.peer[1]}",
            tls_version=it.tls_version,
            alert=it.alert,
            reason=it.reason,
        )


class Handshakes(BaseModel):
    """Refused handshakes; they belong to the mock, since a refused peer says nothing of a sandbox."""

    count: int = Field(description="How many are remembered, or were refused since then.")
    handshakes: list[HandshakeView] = Field(description="The newest of them, oldest first.")


Since = Annotated[
    str | None,
    Query(
        description="Only those at this time or later, in real time, with a zone.",
        examples=["2026-07-01T12:00:00Z"],
    ),
]


@router.get("/handshakes", summary="Refused TLS handshakes", responses=documented(400))
async def handshakes(mock: MockDep, limit: Limit = 100, since: Since = None) -> Handshakes:
    """Lists the newest failed handshakes, oldest first."""
    known = mock.handshakes if since is None else mock.handshakes_since(since)
    shown = known[max(len(known) - limit, 0) :]
    return Handshakes(count=len(known), handshakes=[HandshakeView.of(it) for it in shown])


class Forgotten(BaseModel):
    """How many refused handshakes were forgotten by a call."""

    forgotten: int = Field(description="How many were remembered until now.")


@router.delete("/handshakes", summary="Forget them")
async def forget(mock: MockDep) -> Forgotten:
    """Empties the list of refused handshakes."""
    return Forgotten(forgotten=mock.forget_handshakes())
