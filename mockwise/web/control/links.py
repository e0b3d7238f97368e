"""What users granted to clients: refresh tokens, listed by digest and revoked. Their texts are kept nowhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from mockwise.errors import InvalidValueError, NotFoundError
from mockwise.state.refresh_grants import Owner, RefreshGrant
from mockwise.state.revocation_causes import RevocationCause
from mockwise.state.sandbox_state import SandboxState
from mockwise.web.control.errors import documented
from mockwise.web.control.lists import ListRoute
from mockwise.web.control.shared import SANDBOX, Before, Limit, RequestBody, SandboxDep, Time, page_of
from mockwise.web.control.tokens import State

router = APIRouter(prefix=f"{SANDBOX}/links", tags=["links"], route_class=ListRoute)


class LinkView(BaseModel):
    """A refresh token: what a user granted to a client. Times are the sandbox's."""

    digest: str = Field(
        description="Its name, made from its text.", examples=["5b1f0c9de27a4e6c8a90d3f1b2c4e5a6"]
    )
    client_id: str
    user_id: int
    profile_id: int | None = Field(description="The profile that the user consented for, if it was one.")
    by_registration: bool = Field(description="Whether it came from a registration code.")
    granted_at: Time
    expires_at: Time
    state: State
    ended_at: Time | None = Field(description="When it died, if it did.")
    ended_by: RevocationCause | None = Field(
        description="What it died of; null: of its age, or somebody revoked it."
    )
    access_tokens: list[str] = Field(
        description="Digests of the access tokens made from it that the next refresh kills."
    )


class LinksView(BaseModel):
    """Refresh tokens of a sandbox."""

    count: int = Field(description="How many match.")
    links: list[LinkView] = Field(description="The newest of them, oldest first.")


class RefreshGrantSelector(RequestBody):
    """Which refresh token a call is about."""

    link: str = Field(description="Its text, its digest, or how the digest begins.")


@router.get("", summary="All refresh tokens", responses=documented(404))
def links(
    sandbox: SandboxDep,
    *,
    client_id: Annotated[str | None, Query(description="Only this client's.")] = None,
    user_id: Annotated[int | None, Query(description="Only this user's.")] = None,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
    limit: Limit = 100,
    before: Before = None,
) -> LinksView:
    """By digest; the dead ones are remembered for a day."""
    found = [
        it
        for it in sandbox.links.all()
        if client_id in {None, it.client_id}
        and user_id in {None, it.user_id}
        and state in {None, _state_of(sandbox, it)[0]}
    ]
    shown = page_of(found, limit, before, lambda it: it.digest, "refresh token")
    return LinksView(count=len(found), links=[_view(sandbox, it) for it in shown])


@router.post("/revoke", summary="Revoke a refresh token", responses=documented(400, 404))
def revoke(sandbox: SandboxDep, body: RefreshGrantSelector) -> LinkView:
    """It and the access tokens made from it are refused from now on (RFC 7009 section 2.1)."""
    digest = _named(sandbox, body.link).digest
    sandbox.links.revoke(digest, None)
    return _view(sandbox, _named(sandbox, digest))


def links_ended(sandbox: SandboxState, owner: Owner, whose: object, happen: Callable[[], object]) -> int:
    """Let something happen to a user, a client or a profile; returns how many of their refresh tokens died of it."""
    alive = {link.digest for link in sandbox.links.of(owner, whose) if sandbox.links.alive(link)}
    happen()
    return sum(
        link.digest in alive and not sandbox.links.alive(link) for link in sandbox.links.of(owner, whose)
    )


def _named(sandbox: SandboxState, name: str) -> RefreshGrant:
    found = sandbox.links.of_text(name)
    if found is not None:
        return found
    matching = [link for link in sandbox.links.all() if name and link.digest.startswith(name.lower())]
    if len(matching) > 1:
        raise InvalidValueError(
            f"{len(matching)} refresh tokens have a digest that begins so. Write more of it"
        )
    if not matching:
        raise NotFoundError(
            f"sandbox {sandbox.name!r} knows no such refresh token. Name it by its whole text or by the digest that lists show"
        )
    return matching[0]


def _view(sandbox: SandboxState, it: RefreshGrant) -> LinkView:
    state, ended_at = _state_of(sandbox, it)
    return LinkView(
        digest=it.digest,
        client_id=it.client_id,
        user_id=it.user_id,
        profile_id=it.profile_id,
        by_registration=it.by_registration,
        granted_at=it.granted_at,
        expires_at=it.expires_at,
        state=state,
        ended_at=ended_at,
        ended_by=it.ended_by if state == "revoked" else None,
        access_tokens=list(it.access),
    )


def _state_of(sandbox: SandboxState, it: RefreshGrant) -> tuple[State, datetime | None]:
    """The state of a refresh token and when that began: of several causes the first in time."""
    now, client = sandbox.clock.now(), sandbox.clients.get(it.client_id)
    causes: list[tuple[State, datetime | None]] = [
        ("client revoked", None if client is None else client.revoked_at),
        ("expired", it.expires_at if now >= it.expires_at else None),
        ("revoked", it.ended_at),
    ]
    return min(
        (cause for cause in causes if cause[1]), key=lambda cause: cause[1] or now, default=("live", None)
    )
