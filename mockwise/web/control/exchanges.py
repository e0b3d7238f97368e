"""The journal of a sandbox: what was asked and answered, secrets masked; looked up, counted, or as it happens."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field

from mockwise.common.peer_certificate import PeerCertificate
from mockwise.errors import NotFoundError
from mockwise.journal import query
from mockwise.journal.journal import Exchange, Pairs
from mockwise.web.control.errors import documented
from mockwise.web.control.head import is_head
from mockwise.web.control.lists import ListRoute
from mockwise.web.control.shared import SANDBOX, JournalDep, Limit, SandboxDep, Time
from mockwise.web.control.stream import events

router = APIRouter(prefix=f"{SANDBOX}/exchanges", tags=["exchanges"], route_class=ListRoute)


class PeerView(BaseModel):
    """The certificate that a client presented."""

    common_name: str
    serial: str
    not_before: Time
    not_after: Time
    fingerprint: str = Field(description="SHA-256, hex.")

    @classmethod
    def of(cls, it: PeerCertificate) -> Self:
        """The view of a peer's certificate."""
        return cls(
            common_name=it.common_name,
            serial=it.serial,
            not_before=it.not_before,
            not_after=it.not_after,
            fingerprint=it.fingerprint,
        )


class ExchangeView(BaseModel):
    """One request and its answer."""

    number: int = Field(description="Counts up within the sandbox.")
    time: Time = Field(description="When the request arrived, on the sandbox's clock.")
    wall_time: Time = Field(description="When it arrived, really.")
    duration_ms: float
    sandbox: str
    host: str = Field(description="mtls or tls.", examples=["mtls"])
    connection: str = Field(examples=["c7"])
    open_connections: int = Field(
        description="How many connections of this client were open, this one included."
    )
    tls_version: str | None = Field(examples=["TLSv1.3"])
    cipher: str | None
    certificate: PeerView | None
    client_id: str | None = Field(description="The client that was named, whether or not it was let in.")
    grant_type: str | None
    token: str | None = Field(description="The digest of the token that was issued or presented.")
    token_kind: str | None = Field(description="Its kind, if it is known.", examples=["client_credentials"])
    link: str | None = Field(
        description="The digest of the refresh token that was presented, or stands behind the token."
    )
    fingerprint: str = Field(description="The same for requests that were the same, secrets included.")
    method: str
    path: str
    query: str
    request_headers: Pairs
    request_body: str
    status: int = Field(description="0 if the client left before an answer.")
    response_headers: Pairs
    response_body: str
    fault: str | None
    reason: str | None = Field(description="Why it was refused and what to do.")
    trace_id: str
    basic_encoding: Literal["raw", "form"] | None = Field(
        description="How HTTP Basic had to be read to be right, if one of the two readings alone was."
    )

    @classmethod
    def of(cls, it: Exchange) -> Self:
        """The view of an exchange of the journal."""
        return cls(
            number=it.number,
            time=it.time,
            wall_time=it.wall_time,
            duration_ms=round(it.duration / timedelta(milliseconds=1), 3),
            sandbox=it.sandbox,
            host=it.host,
            connection=it.connection,
            open_connections=it.open_connections,
            tls_version=it.tls_version,
            cipher=it.cipher,
            certificate=None if it.certificate is None else PeerView.of(it.certificate),
            client_id=it.client_id,
            grant_type=it.grant_type,
            token=it.token,
            token_kind=it.token_kind,
            link=it.link,
            fingerprint=it.fingerprint,
            method=it.method,
            path=it.path,
            query=it.query,
            request_headers=it.request_headers,
            request_body=it.request_body,
            status=it.status,
            response_headers=it.response_headers,
            response_body=it.response_body,
            fault=it.fault,
            reason=it.reason,
            trace_id=it.trace_id,
            basic_encoding=it.basic_encoding,
        )


class Exchanges(BaseModel):
    """The exchanges of a sandbox that match a query."""

    count: int = Field(description="How many that are kept match.")
    exchanges: list[ExchangeView] = Field(description="The newest of them, oldest first.")


async def _query(
    *,
    method: Annotated[str | None, Query(description="Only those with this method.")] = None,
    path: Annotated[
        str | None,
        Query(
            description="Only those with this path, in which * stands for any text; a quarterly version in front "
            "does not matter.",
            examples=["/oauth/token"],
        ),
    ] = None,
    status: Annotated[
        str | None,
        Query(
            pattern=f"^({query.STATUS.pattern})$",
            description="Only those answered so.",
            examples=["401", "4xx"],
        ),
    ] = None,
    client: Annotated[str | None, Query(description="Only those that named this client.")] = None,
    grant: Annotated[str | None, Query(description="Only those with this grant_type.")] = None,
    token: Annotated[
        str | None,
        Query(
            description="Only those that were given this token, or showed it: its digest, or the beginning."
        ),
    ] = None,
    host: Annotated[str | None, Query(description="Only those to this host.", examples=["mtls"])] = None,
    fault: Annotated[
        str | None, Query(description="Only those that this fault happened to; *: any.", examples=["respond"])
    ] = None,
    since: Annotated[
        str | None,
        Query(
            description="Only those from this time on, on the sandbox's clock; or after the exchange of this number.",
            examples=["2026-07-01T12:00:00Z", "17"],
        ),
    ] = None,
) -> query.Query:
    return query.make_query(
        {
            "method": method,
            "path": path,
            "status": status,
            "client": client,
            "grant": grant,
            "token": token,
            "host": host,
            "fault": fault,
            "since": since,
        }
    )


JournalQuery = Annotated[query.Query, Depends(_query)]


@router.get("", summary="The journal", responses=documented(400, 404))
def exchanges(sandbox: SandboxDep, wanted: JournalQuery, limit: Limit = 100) -> Exchanges:
    """The newest exchanges that match, oldest first."""
    # This is no coroutine, so that ten thousand exchanges are searched in a thread and not in the event loop.
    found = sandbox.search(wanted, limit)
    return Exchanges(count=found.total, exchanges=[ExchangeView.of(it) for it in found.exchanges])


@router.delete("", status_code=204, summary="Forget them", responses=documented(404))
async def clear(journal: JournalDep) -> None:
    """Empties the journal; later exchanges are numbered on from the last one."""
    journal.clear()


def _exchange_of(
    journal: JournalDep, number: Annotated[int, Path(description="The exchange's number.", examples=[1])]
) -> Exchange:
    found = journal.find(number)
    if found is None:
        raise NotFoundError(f"the journal has no exchange {number}: it was none, or is not kept any more")
    return found


class _EventStream(EventSourceResponse):
    """Server-sent events; without a type of its own, because the document would show errors in that type, too."""

    media_type = ""


@router.get(
    "/stream",
    summary="The journal as it happens",
    response_class=_EventStream,
    responses={
        200: {
            "description": "Server-sent events: first a comment; then, per exchange, the event `exchange` with its "
            "number as id and the exchange as JSON in its data. Ends with the sandbox, or the mock.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **documented(400, 404),
    },
)
async def stream(
    request: Request,
    sandbox: SandboxDep,
    journal: JournalDep,
    wanted: JournalQuery,
    last_event_id: Annotated[
        int | None, Header(description="Begin behind the exchange of this number, as far as they are kept.")
    ] = None,
) -> AsyncGenerator[ServerSentEvent]:
    """Streams the exchanges from now on; or from a number on, so that nothing is missed in between."""

    def encode(it: Exchange) -> ServerSentEvent | None:
        if not wanted.matches(it):
            return None
        return ServerSentEvent(event="exchange", id=str(it.number), data=ExchangeView.of(it))

    if is_head(request):
        return
    streams = request.app.state.streams
    async with aclosing(events(sandbox.name, journal, streams, encode, after=last_event_id)) as told:
        async for event in told:
            yield event


# Behind the stream, whose path would be a number otherwise.
@router.get("/{number}", summary="An exchange", responses=documented(404))
def exchange(found: Annotated[Exchange, Depends(_exchange_of)]) -> ExchangeView:
    """Shows one exchange of the journal, secrets masked."""
    return ExchangeView.of(found)
