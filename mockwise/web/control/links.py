"""What users granted to clients: refresh tokens, listed by digest and revoked. Their texts are kept nowhere."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from mockwise.sandbox.clients import LifeState
from mockwise.sandbox.handle import Sandbox
from mockwise.state.refresh_grants import RefreshGrant
from mockwise.state.revocation_causes import RevocationCause
from mockwise.web.control.errors import documented
from mockwise.web.control.lists import ListRoute
from mockwise.web.control.shared import (
    SANDBOX,
    Before,
    Limit,
    RequestBody,
    SandboxDep,
    Time,
    newest_of,
    page_of,
)

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
    state: LifeState
    ended_at: Time | None = Field(description="When it died, if it did.")
    ended_by: RevocationCause | None = Field(
        description="What it died of; null: of its age, or somebody revoked it."
    )
    access_tokens: list[str] = Field(
        description="Digests of the access tokens made from it that the next refresh kills."
    )

    @classmethod
    def of(cls, sandbox: Sandbox, it: RefreshGrant) -> Self:
        """The view of a refresh token's record."""
        status = sandbox.link_status(it)
        return cls(
            digest=it.digest,
            client_id=it.client_id,
            user_id=it.user_id,
            profile_id=it.profile_id,
            by_registration=it.by_registration,
            granted_at=it.granted_at,
            expires_at=it.expires_at,
            state=status.state,
            ended_at=status.at,
            ended_by=status.cause,
            access_tokens=list(it.access),
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
    state: Annotated[LifeState | None, Query(description="Only those in this state.")] = None,
    limit: Limit = 100,
    before: Before = None,
) -> LinksView:
    """By digest; the dead ones are remembered for a day."""
    if all(it is None for it in (client_id, user_id, state)):
        known = sandbox.pages.links
        newest = newest_of(known, limit, before, "refresh token")
        return LinksView(count=known.count(), links=[LinkView.of(sandbox, it) for it in newest])
    found = sandbox.find_links(client_id=client_id, user_id=user_id, state=state)
    shown = page_of(found, limit, before, lambda it: it.digest, "refresh token")
    return LinksView(count=len(found), links=[LinkView.of(sandbox, it) for it in shown])


@router.post("/revoke", summary="Revoke a refresh token", responses=documented(400, 404))
def revoke(sandbox: SandboxDep, body: RefreshGrantSelector) -> LinkView:
    """It and the access tokens made from it are refused from now on (RFC 7009 section 2.1)."""
    return LinkView.of(sandbox, sandbox.revoke_link(body.link))
