"""Answers that a test lays down for operations of the API which the mock does not model."""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from mockwise.state.stubs import Stub
from mockwise.web.control.errors import documented
from mockwise.web.control.lists import ListRoute
from mockwise.web.control.shared import MOST, SANDBOX, Before, Limit, RequestBody, SandboxDep, page_of

router = APIRouter(prefix=f"{SANDBOX}/stubs", tags=["stubs"], route_class=ListRoute)

_PATH = "Written out or a template; a quarterly version stands for any that is served."


class NewStub(RequestBody):
    """The stub to add, in place of an earlier one for the same method and path."""

    method: str = Field(examples=["POST"])
    path: str = Field(description=_PATH, examples=["/v3/profiles/{profileId}/quotes"])
    status: int = Field(default=200, description="200 to 599.")
    content: Any = Field(
        default=None, alias="json", description="The body, to be written as JSON.", examples=[{"id": 1}]
    )
    body: str | None = Field(default=None, description="Or the body as it is.")
    headers: dict[str, str] = Field(
        default={}, description="More headers; a content-type among them counts.", examples=[{"x-id": "1"}]
    )

    def options(self) -> dict[str, Any]:
        """The members that the body gives; `json: null` is a body, too."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class StubView(BaseModel):
    """A stub: the answer to calls of one method and path."""

    method: str = Field(examples=["POST"])
    path: str = Field(examples=["/v3/profiles/{profileId}/quotes"])
    status: int
    body: str = Field(description="As far as it is text.", examples=['{"id":1}'])
    headers: list[tuple[str, str]] = Field(examples=[[["content-type", "application/json"]]])

    @classmethod
    def of(cls, it: Stub) -> Self:
        """The view of a stub."""
        return cls(
            method=it.method,
            path=it.path,
            status=it.status,
            body=it.body.decode("utf-8", "replace"),
            headers=list(it.headers),
        )


class StubsView(BaseModel):
    """The stubs of a sandbox, oldest first."""

    count: int = Field(description="How many there are.")
    stubs: list[StubView] = Field(description="The newest of them, oldest first.")


@router.get("", summary="All stubs", responses=documented(404))
def stubs(sandbox: SandboxDep, limit: Limit = MOST, before: Before = None) -> StubsView:
    """Oldest first; those that a sandbox is made with are the option `stubs`. `before` is method, blank and path."""
    known = sandbox.stubs
    shown = page_of(known, limit, before, lambda it: f"{it.method} {it.path}", "stub")
    return StubsView(count=len(known), stubs=[StubView.of(it) for it in shown])


@router.post("", status_code=201, summary="Lay down an answer", responses=documented(400, 404))
def add(sandbox: SandboxDep, body: NewStub) -> StubView:
    """From now on calls of that method and path are answered so, once their token is checked."""
    return StubView.of(sandbox.stub(**body.options()))


@router.delete("", status_code=204, summary="Take answers back", responses=documented(400, 404))
def remove(
    sandbox: SandboxDep,
    method: Annotated[str | None, Query(description="With `path`: only this one.", examples=["POST"])] = None,
    path: Annotated[str | None, Query(examples=["/v3/profiles/{profileId}/quotes"])] = None,
) -> None:
    """Removes the stub for a method and path; without either all stubs."""
    sandbox.unstub(method, path)
