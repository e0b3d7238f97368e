"""A consent without a browser: as if a user had approved on the page at `/oauth/authorize/` (facts 7.1)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from mockwise.core.errors import NotThere
from mockwise.core.sandbox import SandboxState
from mockwise.oauth.consent import authorize
from mockwise.web.control.errors import documented
from mockwise.web.control.shared import BOX, Order, TheBox, TheMock, UserName, client_in

router = APIRouter(prefix=f"{BOX}/consents", tags=["consents"])


class NewConsent(Order):
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
async def consent(
    mock: TheMock, box: TheBox, order: Annotated[NewConsent | None, Body()] = None
) -> ConsentView:
    """As if the user had approved on the page: the same checks, and a code for the client."""
    order = order or NewConsent()
    client = client_in(box, mock.own_client(box.name) if order.client_id is None else order.client_id)
    user_id = _user_id(box, order)
    redirect_uri = order.redirect_uri or next(iter(client.redirect_uris), "")
    given = authorize(
        box,
        client.client_id,
        user_id,
        order.profile_id,
        redirect_uri=redirect_uri,
        state=order.state,
        claim_account_code=order.claim_account_code,
    )
    return ConsentView(
        code=given.code,
        state=given.state,
        profile_id=given.profile_id,
        redirect_url=given.redirect_url,
        redirect_uri=redirect_uri,
        client_id=client.client_id,
        user_id=user_id,
    )


def _user_id(box: SandboxState, order: NewConsent) -> int:
    if order.user is not None:
        return box.users.named(order.user).user_id
    claim = box.codes.of_text("claim", order.claim_account_code or "")
    if claim is not None:
        return claim.user_id
    if order.profile_id is not None:
        return box.users.profile_named(order.profile_id).user_id
    for user in box.users.all():
        if user.active:
            return user.user_id
    raise NotThere(f"sandbox {box.name!r} has no active user: make one first")
