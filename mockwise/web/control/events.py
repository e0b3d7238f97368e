"""What can happen to users and profiles, and which tokens die of it (docs/wise/lifetimes-and-formats.md#what-ends-a-token): one call an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Body, Path
from pydantic import BaseModel, Field

from mockwise.state.sandbox_state import SandboxState
from mockwise.state.users import User
from mockwise.web.control.errors import documented
from mockwise.web.control.links import links_ended
from mockwise.web.control.shared import (
    SANDBOX,
    MockDep,
    RequestBody,
    SandboxDep,
    UserDep,
    UserName,
    client_in,
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


class Transfer(BaseModel):
    """What became of the business."""

    profile: ProfileView
    owner: UserView
    ended_links: int = Field(description="How many refresh tokens died of it.")


@router.post("/users/{user}/email", summary="The user changes address", responses=documented(400, 404, 409))
def change_email(sandbox: SandboxDep, user: UserDep, body: NewAddress) -> EventOutcome:
    """All tokens of the user die, personal ones too; the registration code asks for the old address."""
    return _outcome(sandbox, user, lambda: sandbox.user_events.change_email(user.user_id, body.email))


@router.post("/users/{user}/deactivate", summary="The user is deactivated", responses=documented(404))
def deactivate(sandbox: SandboxDep, user: UserDep) -> EventOutcome:
    """All tokens of the user die, personal ones too, and no new ones are given."""
    return _outcome(sandbox, user, lambda: sandbox.user_events.deactivate(user.user_id))


@router.post("/users/{user}/claim", summary="The user claims the account", responses=documented(400, 404))
def claim(sandbox: SandboxDep, user: UserDep) -> EventOutcome:
    """Of an account that a client signed up: the registration code is dead, and the tokens that came from it."""
    return _outcome(sandbox, user, lambda: sandbox.user_events.claim(user.user_id))


@router.post("/users/{user}/security", summary="The user enhances security", responses=documented(404))
def enhance_security(sandbox: SandboxDep, user: UserDep) -> EventOutcome:
    """The user's refresh tokens die, and the access tokens made from them."""
    return _outcome(sandbox, user, lambda: sandbox.user_events.enhance_security(user.user_id))


@router.post(
    "/users/{user}/disconnect", summary="The user disconnects an application", responses=documented(404)
)
def disconnect(
    mock: MockDep, sandbox: SandboxDep, user: UserDep, body: Annotated[Disconnection | None, Body()] = None
) -> EventOutcome:
    """The client's tokens of this user die, for all profiles or one."""
    body = body or Disconnection()
    client = client_in(sandbox, mock.own_client(sandbox.name) if body.client_id is None else body.client_id)
    if body.profile_id is not None:
        sandbox.users.require_profile(body.profile_id)
    return _outcome(
        sandbox, user, lambda: sandbox.user_events.disconnect(user.user_id, client.client_id, body.profile_id)
    )


@router.post(
    "/profiles/{profile_id}/owner", summary="A business changes hands", responses=documented(400, 404)
)
def transfer(
    sandbox: SandboxDep, profile_id: Annotated[int, Path(examples=[30000002])], body: NewOwner
) -> Transfer:
    """All tokens for the profile die; the new owner links it anew."""
    owner = sandbox.users.require(body.user)
    count = links_ended(
        sandbox,
        "profile_id",
        profile_id,
        lambda: sandbox.user_events.transfer_ownership(profile_id, owner.user_id),
    )
    return Transfer(
        profile=ProfileView.of(sandbox.users.require_profile(profile_id)),
        owner=UserView.of(sandbox, owner),
        ended_links=count,
    )


def _outcome(sandbox: SandboxState, user: User, happen: Callable[[], object]) -> EventOutcome:
    count = links_ended(sandbox, "user_id", user.user_id, happen)
    return EventOutcome(user=UserView.of(sandbox, sandbox.users.require(user.user_id)), ended_links=count)
