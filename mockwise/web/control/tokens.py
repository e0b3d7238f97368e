"""The access tokens of a sandbox: listed by digest, ended one by one or all at once. Their texts are kept nowhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, Field

from mockwise.common.token_kinds import TokenKind
from mockwise.errors import InvalidValueError
from mockwise.state.revocation_causes import RevocationCause
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.tokens import NEVER, IssuedToken, TokenState
from mockwise.web.control.errors import documented
from mockwise.web.control.lists import ListRoute
from mockwise.web.control.ports import Mock
from mockwise.web.control.shared import (
    SANDBOX,
    Before,
    Limit,
    MockDep,
    RequestBody,
    SandboxDep,
    Time,
    client_in,
    page_of,
)

router = APIRouter(prefix=f"{SANDBOX}/tokens", tags=["tokens"], route_class=ListRoute)

State = Literal["live", "expired", "revoked", "client revoked"]


class TokenView(BaseModel):
    """An access token. Times are the sandbox's."""

    digest: str = Field(
        description="Its name, made from its text.", examples=["0d3a6f0c5f7b4d0f9a3c5f0e1b2c3d4e"]
    )
    number: int = Field(description="Counts up within the sandbox.")
    kind: TokenKind
    client_id: str | None = Field(description="The client that it was issued to; null: it is personal.")
    user_id: int | None = Field(description="The user that it acts for; null: the client itself.")
    profile_id: int | None = Field(description="The profile that the user consented for, if it was one.")
    link: str | None = Field(description="Digest of the refresh token behind it, if there is one.")
    read_only: bool = Field(description="Whether it is a personal token that may only look.")
    state: State
    issued_at: Time
    expires_at: Time | None = Field(description="null: never; a personal token lives until it is revoked.")
    ended_at: Time | None = Field(description="When it died, if it did.")
    ended_by: RevocationCause | None = Field(
        description="What it died of; null: of its age, or somebody revoked it."
    )


class TokensView(BaseModel):
    """The access tokens of a sandbox that match."""

    count: int = Field(description="How many match.")
    tokens: list[TokenView] = Field(description="The newest of them, oldest first.")


class TokenSelector(RequestBody):
    """Which tokens: one, or all that a client got until now; without either, all of the sandbox's own client."""

    token: str | None = Field(default=None, description="Its text, its digest, or how the digest begins.")
    client_id: str | None = None


class Ended(BaseModel):
    """Which tokens a call ended, and how many."""

    client_id: str | None = Field(description="Whose; null: a user's personal token.")
    token: str | None = Field(description="Its digest; null: all of them.")
    live: int | None = Field(description="How many of all of them were live until then; null: one was named.")


OptionalSelector = Annotated[TokenSelector | None, Body()]


@router.get("", summary="All tokens", responses=documented(404))
def tokens(
    sandbox: SandboxDep,
    *,
    client_id: Annotated[str | None, Query(description="Only this client's.")] = None,
    kind: Annotated[TokenKind | None, Query(description="Only those of this kind.")] = None,
    user_id: Annotated[int | None, Query(description="Only those that act for this user.")] = None,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
    limit: Limit = 100,
    before: Before = None,
) -> TokensView:
    """By digest; the dead ones are remembered for a day."""
    # This is no coroutine, so that a million tokens are read in a thread and not in the event loop.
    found = [
        it
        for it in sandbox.tokens.all()
        if client_id in {None, it.client_id}
        and kind in {None, it.kind}
        and user_id in {None, it.subject.user_id}
        and (state is None or sandbox.tokens.status_of(it).state.value == state)
    ]
    shown = page_of(found, limit, before, lambda it: it.digest, "token")
    return TokensView(count=len(found), tokens=[_view(sandbox, it) for it in shown])


@router.post("/revoke", summary="Revoke tokens", responses=documented(400, 404))
def revoke(mock: MockDep, sandbox: SandboxDep, selector: OptionalSelector = None) -> Ended:
    """Revokes a token, or all that a client got until now: they are refused from now on."""
    return _end(mock, sandbox, selector or TokenSelector(), sandbox.tokens.revoke, sandbox.tokens.revoke_all)


@router.post("/expire", summary="Expire tokens", responses=documented(400, 404))
def expire(mock: MockDep, sandbox: SandboxDep, selector: OptionalSelector = None) -> Ended:
    """Ends tokens as if their time had come; the clock stays as it is."""
    return _end(mock, sandbox, selector or TokenSelector(), sandbox.tokens.expire, sandbox.tokens.expire_all)


def _end(
    mock: Mock,
    sandbox: SandboxState,
    selector: TokenSelector,
    one: Callable[[str], IssuedToken],
    all_of_client: Callable[[str], None],
) -> Ended:
    if selector.token is not None:
        if selector.client_id is not None:
            raise InvalidValueError("name a token, or a client whose tokens are all meant, not both")
        token = one(selector.token)
        return Ended(client_id=token.client_id, token=token.digest, live=None)
    client = client_in(
        sandbox, mock.own_client(sandbox.name) if selector.client_id is None else selector.client_id
    )
    live = sum(it.client_id == client.client_id and _is_live(sandbox, it) for it in sandbox.tokens.all())
    all_of_client(client.client_id)
    return Ended(client_id=client.client_id, token=None, live=live)


def _is_live(sandbox: SandboxState, it: IssuedToken) -> bool:
    return sandbox.tokens.status_of(it).state is TokenState.LIVE


def _view(sandbox: SandboxState, it: IssuedToken) -> TokenView:
    status = sandbox.tokens.status_of(it)
    return TokenView(
        digest=it.digest,
        number=it.number,
        kind=it.kind,
        client_id=it.client_id,
        user_id=it.subject.user_id,
        profile_id=it.subject.profile_id,
        link=it.subject.link,
        read_only=it.subject.read_only,
        state=status.state.value,
        issued_at=it.issued_at,
        expires_at=None if it.expires_at == NEVER else it.expires_at,
        ended_at=status.at,
        ended_by=status.cause,
    )
