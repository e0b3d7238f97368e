"""What the routes have in common: how they find the mock and the sandbox, and how they word times and PEM."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Self, TypeVar

from fastapi import Depends, Path, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, model_validator

from mockwise.errors import NotFoundError
from mockwise.journal.journal import Journal
from mockwise.sandbox.credentials import Credentials
from mockwise.sandbox.handle import Sandbox
from mockwise.sandbox.mock_controls import MockControls
from mockwise.state.users import User
from mockwise.storage.records import Records

T = TypeVar("T")

Time = Annotated[datetime, AfterValidator(lambda time: time.astimezone(UTC))]

Pem = Annotated[str, Field(examples=["-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n"])]
KeyPem = Annotated[str, Field(examples=["-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n"])]

Limit = Annotated[int, Query(ge=0, description="How many to show at most; 0 only counts.")]

MOST = 1000
"""The default of `limit` in lists that are short in most sandboxes."""

Before = Annotated[
    str | None,
    Query(
        description="Only those in front of this one in the list: what a page shows first, to have the page before it."
    ),
]

SANDBOX = "/sandboxes/{name}"
"""Where the routes of a sandbox begin."""

_LONGEST_ADDRESS = 320  # RFC 5321 section 4.5.3.1: 64, an @, 255


class RequestBody(BaseModel):
    """The JSON body of a request; an unknown field is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="after")
    def _is_text(self) -> Self:
        try:
            "".join(_texts(self.__dict__)).encode()
        except UnicodeEncodeError:
            raise ValueError(
                "a text holds half of a character (a lone surrogate): write whole ones"
            ) from None
        return self


def _texts(value: object) -> Iterator[str]:
    """The texts in a value, at whatever depth: JSON may be nested deeper than Python likes to call."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case Mapping() as pairs:
                waiting += [*pairs.keys(), *pairs.values()]
            case list() as items:
                waiting += items


async def _mock_of(request: Request) -> MockControls:
    mock: MockControls = request.app.state.mock
    return mock


MockDep = Annotated[MockControls, Depends(_mock_of)]

# From here on nothing that reads the state is a coroutine, and no route that does. The state may be in a file or on a
# server and take its time, which a thread can wait for and the event loop cannot.


def _sandbox_of(
    mock: MockDep, name: Annotated[str, Path(description="The sandbox.", examples=["default"])]
) -> Sandbox:
    return mock.sandbox_named(name)


SandboxDep = Annotated[Sandbox, Depends(_sandbox_of)]


def _journal_of(sandbox: SandboxDep) -> Journal:
    return sandbox.journal


JournalDep = Annotated[Journal, Depends(_journal_of)]
"""The journal of a sandbox, which is in memory: a coroutine may read it."""


def _client_of(
    sandbox: SandboxDep, client_id: Annotated[str, Path(description="The client's id.")]
) -> Credentials:
    return sandbox.credentials_of(client_id)


ClientDep = Annotated[Credentials, Depends(_client_of)]


def _user_of(
    sandbox: SandboxDep,
    user: Annotated[
        str,
        Path(
            description="The user's id or e-mail address.",
            max_length=_LONGEST_ADDRESS,
            examples=["ann@example.com"],
        ),
    ],
) -> User:
    return sandbox.user(user)


UserDep = Annotated[User, Depends(_user_of)]

UserName = Annotated[
    StrictInt | Annotated[str, Field(max_length=_LONGEST_ADDRESS)],
    Field(description="The user's id or e-mail address.", examples=["ann@example.com"]),
]
"""A user, as bodies name one."""


def newest_of(records: Records[T], limit: int, before: str | None, what: str) -> list[T]:
    """The newest records of a list, or of what is in front of one of them; no others are read.

    Raises:
        NotFoundError: there is no such record.
    """
    found = records.newest(limit, before)
    if found is None:
        raise _no_such(what, before)
    return found


def page_of(
    items: Sequence[T], limit: int, before: str | None, name: Callable[[T], object], what: str
) -> Sequence[T]:
    """The newest of a list, or of what is in front of one of its items.

    Raises:
        NotFoundError: there is no such item.
    """
    end = len(items)
    if before is not None:
        end = next((at for at, it in enumerate(items) if str(name(it)) == before), -1)
        if end < 0:
            raise _no_such(what, before)
    return items[max(end - limit, 0) : end]


def _no_such(what: str, before: str | None) -> NotFoundError:
    return NotFoundError(f"before: this list has no {what} {before!r}")
