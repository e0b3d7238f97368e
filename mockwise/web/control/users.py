"""Wise users of a sandbox."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from mockwise.core.users import User
from mockwise.web.control.errors import documented
from mockwise.web.control.shared import BOX, Order, TheBox

router = APIRouter(prefix=f"{BOX}/users", tags=["users"])


class NewUser(Order):
    """A user to make."""

    email: str = Field(examples=["ann@example.com"])


class UserView(BaseModel):
    """A Wise user."""

    id: int
    email: str = Field(examples=["ann@example.com"])


class Users(BaseModel):
    """The users of a sandbox, oldest first."""

    users: list[UserView]


@router.get("", summary="All users", responses=documented(404))
async def users(box: TheBox) -> Users:
    """Oldest first."""
    return Users(users=[_view(it) for it in box.users.all()])


@router.post("", status_code=201, summary="Make a user", responses=documented(400, 404, 409))
async def add(box: TheBox, order: NewUser) -> UserView:
    """From now on `POST /v1/users/exists` knows the address."""
    return _view(box.users.add(order.email))


def _view(user: User) -> UserView:
    return UserView(id=user.user_id, email=user.email)
