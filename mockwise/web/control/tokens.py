"""The access tokens of a sandbox: listed by digest, ended one by one or all at once. Their texts are kept nowhere."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, Field

from mockwise.common.token_kinds import TokenKind
from mockwise.errors import InvalidValueError
from mockwise.sandbox.clients import LifeState
from mockwise.sandbox.handle import Sandbox
from mockwise.state.revocation_causes import RevocationCause
from mockwise.state.tokens import NEVER, IssuedToken
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

router = APIRouter(prefix=f"{SANDBOX}/tokens", tags=["tokens"], route_class=ListRoute)


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
    state: LifeState
    issued_at: Time
    expires_at: Time | None = Field(description="null: never; a personal token lives until it is revoked.")
    ended_at: Time | None = Field(description="When it died, if it did.")
    ended_by: RevocationCause | None = Field(
        description="What it died of; null: of its age, or somebody revoked it."
    )

    @classmethod
    def of(cls, sandbox: Sandbox, it: IssuedToken) -> Self:
        """The view of a token's record."""
        status = sandbox.token_status(it)
        return cls(
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


class TokensView(BaseModel):
    """The access tokens of a sandbox that match."""

    count: int = Field(description="How many match.")
    tokens: list[TokenView] = Field(description="The newest of them, oldest first.")


class TokenSelector(RequestBody):
    """Which tokens: one, or all that a client got until now; without either, all of the sandbox's own client."""

    token: str | None = Field(default=None, description="Its text, its digest, or how the digest begins.")
    client_id: str | None = None

    def choice(self) -> tuple[str | None, str | None]:
        """Whose tokens (None: the own client's), and which one (None: all of them).

        Raises:
            InvalidValueError: both are named.
        """
        if self.token is not None and self.client_id is not None:
            raise InvalidValueError("name a token, or a client whose tokens are all meant, not both")
        return self.client_id, self.token


class Ended(BaseModel):
    """Which tokens a call ended, and how many."""

    client_id: str | None = Field(description="Whose; null: a user's personal token.")
    token: str | None = Field(description="Its digest; null: all of them.")
    live: int | None = Field(description="How many of all of them were live until then; null: one was named.")

    @classmethod
    def of(cls, it: IssuedToken) -> Self:
        """The view of one token that was ended."""
        return cls(client_id=it.client_id, token=it.digest, live=None)


OptionalSelector = Annotated[TokenSelector | None, Body()]


@router.get("", summary="All tokens", responses=documented(404))
def tokens(
    sandbox: SandboxDep,
    *,
    client_id: Annotated[str | None, Query(description="Only this client's.")] = None,
    kind: Annotated[TokenKind | None, Query(description="Only those of this kind.")] = None,
    user_id: Annotated[int | None, Query(description="Only those that act for this user.")] = None,
    state: Annotated[LifeState | None, Query(description="Only those in this state.")] = None,
    limit: Limit = 100,
    before: Before = None,
) -> TokensView:
    """By digest; the dead ones are remembered for a day."""
    # This is no coroutine, so that a million tokens are read in a thread and not in the event loop.
    if all(it is None for it in (client_id, kind, user_id, state)):
        known = sandbox.pages.tokens
        newest = newest_of(known, limit, before, "token")
        return TokensView(count=known.count(), tokens=[TokenView.of(sandbox, it) for it in newest])
    found = sandbox.find_tokens(client_id=client_id, kind=kind, user_id=user_id, state=state)
    shown = page_of(found, limit, before, lambda it: it.digest, "token")
    return TokensView(count=len(found), tokens=[TokenView.of(sandbox, it) for it in shown])


@router.post("/revoke", summary="Revoke tokens", responses=documented(400, 404))
def revoke(sandbox: SandboxDep, selector: OptionalSelector = None) -> Ended:
    """Revokes a token, or all that a client got until now: they are refused from now on."""
    client_id, token = (selector or TokenSelector()).choice()
    if token is not None:
        return Ended.of(sandbox.revoke_token(token))
    client = sandbox.credentials_of(client_id)
    return Ended(client_id=client.client_id, token=None, live=client.revoke_tokens())


@router.post("/expire", summary="Expire tokens", responses=documented(400, 404))
def expire(sandbox: SandboxDep, selector: OptionalSelector = None) -> Ended:
    """Ends tokens as if their time had come; the clock stays as it is."""
    client_id, token = (selector or TokenSelector()).choice()
    if token is not None:
        return Ended.of(sandbox.expire_token(token))
    client = sandbox.credentials_of(client_id)
    return Ended(client_id=client.client_id, token=None, live=client.expire_tokens())
