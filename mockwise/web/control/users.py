"""Wise users of a sandbox, their profiles and their personal tokens."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field

from mockwise.common.digests import digest_of
from mockwise.sandbox.handle import Sandbox
from mockwise.state.users import Profile, ProfileType, User
from mockwise.web.control.errors import documented
from mockwise.web.control.lists import ListRoute
from mockwise.web.control.shared import (
    MOST,
    SANDBOX,
    Before,
    Limit,
    RequestBody,
    SandboxDep,
    UserDep,
    newest_of,
)

router = APIRouter(prefix=f"{SANDBOX}/users", tags=["users"], route_class=ListRoute)


class NewUser(RequestBody):
    """A user to make, with a personal profile."""

    email: str = Field(examples=["ann@example.com"])
    first_name: str | None = Field(
        default=None, min_length=1, description="Made up without one.", examples=["Ann"]
    )
    last_name: str | None = Field(
        default=None, min_length=1, description="Made up without one.", examples=["Example"]
    )
    business: str | None = Field(
        default=None,
        min_length=1,
        description="The name of a business of theirs, which gets a profile beside the personal one.",
        examples=["Example Bakery Ltd"],
    )


class NewProfile(RequestBody):
    """A profile to add to a user."""

    type: ProfileType
    name: str = Field(
        min_length=1, description="The person's or the business's.", examples=["Example Bakery Ltd"]
    )


class NewPersonalToken(RequestBody):
    """A personal token to make."""

    read_only: bool = Field(default=False, description="Whether it may only look.")


class ProfileView(BaseModel):
    """A personal or business profile: what a user consents for."""

    id: int = Field(examples=[30000001])
    type: ProfileType
    name: str = Field(examples=["Example Bakery Ltd"])

    @classmethod
    def of(cls, it: Profile) -> Self:
        """The view of a profile."""
        return cls(id=it.profile_id, type=it.type, name=it.name)


class UserView(BaseModel):
    """A Wise user and the user's profiles."""

    id: int = Field(examples=[10000001])
    email: str = Field(examples=["ann@example.com"])
    name: str | None = Field(
        description="null: a client signed the user up, and nothing else is known.", examples=["Ann Example"]
    )
    active: bool = Field(description="false: deactivated.")
    signed_up_by: str | None = Field(
        description="The client that signed the user up; null: none did, or the user has claimed the account."
    )
    profiles: list[ProfileView] = Field(description="Oldest first.")

    @classmethod
    def of(cls, sandbox: Sandbox, it: User) -> Self:
        """The view of a user, with the user's profiles."""
        return cls(
            id=it.user_id,
            email=it.email,
            name=it.name,
            active=it.active,
            signed_up_by=None if it.registration is None else it.registration.client_id,
            profiles=[ProfileView.of(profile) for profile in sandbox.profiles(it)],
        )


class UsersView(BaseModel):
    """The users of a sandbox, oldest first."""

    count: int = Field(description="How many there are.")
    users: list[UserView] = Field(description="The newest of them, oldest first.")


class PersonalToken(BaseModel):
    """A personal token that was made."""

    token: str = Field(description="Its text, which is told this once.")
    digest: str = Field(description="Its name in lists.", examples=["0d3a6f0c5f7b4d0f9a3c5f0e1b2c3d4e"])


@router.get("", summary="All users", responses=documented(404))
def users(sandbox: SandboxDep, limit: Limit = MOST, before: Before = None) -> UsersView:
    """Oldest first; those that a sandbox is made with are the option `users`."""
    known = sandbox.pages.users
    shown = newest_of(known, limit, before, "user")
    return UsersView(count=known.count(), users=[UserView.of(sandbox, it) for it in shown])


@router.post("", status_code=201, summary="Make a user", responses=documented(400, 404, 409))
def add(sandbox: SandboxDep, body: NewUser) -> UserView:
    """From now on `POST /v1/users/exists` knows the address, and the consent page offers the profiles."""
    made = sandbox.add_user(
        body.email, first_name=body.first_name, last_name=body.last_name, business=body.business
    )
    return UserView.of(sandbox, made)


@router.get("/{user}", summary="A user", responses=documented(404))
def user(sandbox: SandboxDep, user: UserDep) -> UserView:
    """By id or e-mail address."""
    return UserView.of(sandbox, user)


@router.post("/{user}/profiles", status_code=201, summary="Add a profile", responses=documented(404))
def add_profile(sandbox: SandboxDep, user: UserDep, body: NewProfile) -> ProfileView:
    """Each profile of a user is linked on its own."""
    return ProfileView.of(sandbox.add_profile(user, body.type, body.name))


@router.post(
    "/{user}/personal-tokens",
    status_code=201,
    summary="Make a personal token",
    responses=documented(404, 409),
)
def add_personal_token(
    sandbox: SandboxDep, user: UserDep, body: Annotated[NewPersonalToken | None, Body()] = None
) -> PersonalToken:
    """As the user does in the account settings: it belongs to no client, and lives until it is revoked."""
    text = sandbox.personal_token(user, read_only=(body or NewPersonalToken()).read_only)
    return PersonalToken(token=text, digest=digest_of(text))
