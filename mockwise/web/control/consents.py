"""A consent without a browser: as if a user had approved on the page at `/oauth/authorize/` (docs/wise/consent-and-revocation.md#authorization-page)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from mockwise.web.control.errors import documented
from mockwise.web.control.lists import ListRoute
from mockwise.web.control.shared import SANDBOX, RequestBody, SandboxDep, UserName

router = APIRouter(prefix=f"{SANDBOX}/consents", tags=["consents"], route_class=ListRoute)


class NewConsent(RequestBody):
    """Who consents to what. Everything may be left out."""

    user: UserName | None = Field(
        default=None,
        description="Id or e-mail address; without one whom the claim code or the profile names, else the oldest who is active.",
        examples=["ann@example.com"],
    )
    profile_id: int | None = Field(default=None, description="The user's first one without.")
    client_id: str | None = Field(default=None, description="The sandbox's own client without.")
    redirect_uri: str | None = Field(
        default=None,
        description="One of the client's; its first one without.",
        examples=["https://localhost/callback"],
    )
    state: str | None = Field(default=None, description="What the client wants to hear again.")
    claim_account_code: str | None = Field(
        default=None, description="With it the user takes over the account that the client made."
    )


class ConsentView(BaseModel):
    """A consent that was given: what the client hears of it."""

    code: str = Field(description="To be exchanged at /oauth/token within 30 minutes, once.")
    state: str | None
    profile_id: int | None = Field(description="null: the user has no profile yet.", examples=[30000001])
    redirect_url: str = Field(
        description="Where the browser would be sent.",
        examples=["https://localhost/callback?code=ABCDEF&profileId=30000001"],
    )
    redirect_uri: str = Field(
        description="What to send with the code.", examples=["https://localhost/callback"]
    )
    client_id: str
    user_id: int = Field(examples=[10000001])


@router.post("", status_code=201, summary="Consent without a browser", responses=documented(400, 404))
def consent(sandbox: SandboxDep, body: Annotated[NewConsent | None, Body()] = None) -> ConsentView:
    """As if the user had approved on the page: the same checks, and a code for the client."""
    body = body or NewConsent()
    given = sandbox.authorize(
        body.user,
        body.profile_id,
        redirect_uri=body.redirect_uri,
        state=body.state,
        client_id=body.client_id,
        claim_account_code=body.claim_account_code,
    )
    return ConsentView(
        code=given.code,
        state=given.state,
        profile_id=given.profile_id,
        redirect_url=given.redirect_url,
        redirect_uri=given.redirect_uri,
        client_id=sandbox.client_id if body.client_id is None else body.client_id,
        user_id=given.user_id,
    )
