"""What can happen to users and profiles, and which tokens die of it (docs/wise/lifetimes-and-formats.md#what-ends-a-token): one call an event."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Body, Path
from pydantic import BaseModel, Field

from mockwise.sandbox.handle import Sandbox
from mockwise.state.users import User
from mockwise.web.control.errors import documented
from mockwise.web.control.shared import (
    SANDBOX,
    RequestBody,
    SandboxDep,
    UserDep,
    UserName,
)
from mockwise.web.control.users import ProfileView, UserView

router = APIRouter(prefix=SANDBOX, tags=["events"])

# These are no coroutines: an event may read every token, which is done in a thread and not in the event loop.


class NewAddress(RequestBody):
    """The e-mail address that a user changes to."""

    email: str = Field(examples=["ann.new@example.com"])


class Disconnection(RequestBody):
    """Which application the user disconnects."""

    client_id: str | None = Field(default=None, description="The sandbox's own client without.")
    profile_id: int | None = Field(default=None, description="For one profile only; all without.")


class NewOwner(RequestBody):
    """Who owns the business from now on."""

    user: UserName


class EventOutcome(BaseModel):
    """What became of the user."""

    user: UserView
    ended_links: int = Field(description="How many refresh tokens died of it.")

    @classmethod
    def of(cls, sandbox: Sandbox, user: User, ended_links: int) -> Self:
        """The view of a user after an event, which ended so many links."""
        return cls(user=UserView.of(sandbox, user), ended_links=ended_links)


class Transfer(BaseModel):
    """What became of the business."""

    profile: ProfileView
    owner: UserView
    ended_links: int = Field(description="How many refresh tokens died of it.")


@router.post("/users/{user}/email", summary="The user changes address", responses=documented(400, 404, 409))
def change_email(sandbox: SandboxDep, user: UserDep, body: NewAddress) -> EventOutcome:
    """All tokens of the user die, personal ones too; the registration code asks for the old address."""
    with sandbox.watch_links(user=user) as ended:
        changed = sandbox.change_email(user, body.email)
    return EventOutcome.of(sandbox, changed, len(ended))


@router.post("/users/{user}/deactivate", summary="The user is deactivated", responses=documented(404))
def deactivate(sandbox: SandboxDep, user: UserDep) -> EventOutcome:
    """All tokens of the user die, personal ones too, and no new ones are given."""
    with sandbox.watch_links(user=user) as ended:
        changed = sandbox.deactivate_user(user)
    return EventOutcome.of(sandbox, changed, len(ended))


@router.post("/users/{user}/claim", summary="The user claims the account", responses=documented(400, 404))
def claim(sandbox: SandboxDep, user: UserDep) -> EventOutcome:
    """Of an account that a client signed up: the registration code is dead, and the tokens that came from it."""
    with sandbox.watch_links(user=user) as ended:
        changed = sandbox.claim_account(user)
    return EventOutcome.of(sandbox, changed, len(ended))


@router.post("/users/{user}/security", summary="The user enhances security", responses=documented(404))
def enhance_security(sandbox: SandboxDep, user: UserDep) -> EventOutcome:
    """The user's refresh tokens die, and the access tokens made from them."""
    with sandbox.watch_links(user=user) as ended:
        changed = sandbox.enhance_security(user)
    return EventOutcome.of(sandbox, changed, len(ended))


@router.post(
    "/users/{user}/disconnect", summary="The user disconnects an application", responses=documented(404)
)
def disconnect(
    sandbox: SandboxDep, user: UserDep, body: Annotated[Disconnection | None, Body()] = None
) -> EventOutcome:
    """The client's tokens of this user die, for all profiles or one."""
    body = body or Disconnection()
    count = sandbox.disconnect(user, body.profile_id, client_id=body.client_id)
    return EventOutcome.of(sandbox, sandbox.user(user), count)


@router.post(
    "/profiles/{profile_id}/owner", summary="A business changes hands", responses=documented(400, 404)
)
def transfer(
    sandbox: SandboxDep, profile_id: Annotated[int, Path(examples=[30000002])], body: NewOwner
) -> Transfer:
    """All tokens for the profile die; the new owner links it anew."""
    with sandbox.watch_links(profile=profile_id) as ended:
        profile = sandbox.transfer_ownership(profile_id, body.user)
    return Transfer(
        profile=ProfileView.of(profile),
        owner=UserView.of(sandbox, sandbox.user(profile.user_id)),
        ended_links=len(ended),
    )
