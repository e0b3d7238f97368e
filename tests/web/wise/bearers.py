"""Tokens of every kind, live and dead, and a way to ask the app thousands of times in a moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from starlette.types import Message, Scope

from mockwise.state.tokens import IssuedToken, TokenSubject
from mockwise.state.users import Profile, User
from tests.web.wise_app import ID, NOW, Connection, WiseApp

_NUMBERS = count(1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class BearerResponse:
    """The answer of the app: status, headers and body."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class BearerRequest:
    """One request with a bearer token."""

    method: str
    path: str
    token: str | None = None
    certificate: str | None = None
    body: bytes = b""


async def answers(wise_app: WiseApp, asks: Iterable[BearerRequest]) -> list[BearerResponse]:
    """Ask in ASGI itself; a request's body is there at once."""
    return [await _answer(wise_app, ask) for ask in asks]


async def _answer(wise_app: WiseApp, ask: BearerRequest) -> BearerResponse:
    headers = [] if ask.token is None else [(b"authorization", f"Bearer {ask.token}".encode())]
    chain = [] if ask.certificate is None else [ask.certificate]
    connection = Connection(listener="tls" if ask.certificate is None else "mtls")
    scope: Scope = {
        "type": "http",
        "method": ask.method,
        "path": ask.path,
        "raw_path": ask.path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": headers,
        "extensions": {"mockwise.connection": connection, "tls": {"client_cert_chain": chain}},
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": ask.body}

    async def send(message: Message) -> None:
        sent.append(message)

    await wise_app.app(scope, receive, send)
    return BearerResponse(
        sent[0]["status"],
        {name.decode(): value.decode() for name, value in sent[0]["headers"]},
        b"".join(message.get("body", b"") for message in sent[1:]),
    )


def ann(wise_app: WiseApp) -> User:
    """The user that a sandbox begins with."""
    return wise_app.box.users.all()[0]


def profiles(wise_app: WiseApp) -> list[Profile]:
    """Her personal and her business profile."""
    return wise_app.box.users.profiles_of(ann(wise_app).user_id)


def bearer(
    wise_app: WiseApp,
    kind: Any = "user",
    *,
    user: User | None = None,
    lifetime: timedelta | None = _HOUR,
    **subject: Any,
) -> str:
    """The text of a token that was issued by hand."""
    return issued(wise_app, kind, user=user, lifetime=lifetime, **subject)[0]


def issued(
    wise_app: WiseApp,
    kind: Any = "user",
    *,
    user: User | None = None,
    lifetime: timedelta | None = _HOUR,
    **subject: Any,
) -> tuple[str, IssuedToken]:
    """The same, with the token."""
    text = f"token-{next(_NUMBERS)}"
    owner = None if kind == "client_credentials" else (user or ann(wise_app)).user_id
    client = None if kind == "personal" else ID
    fields = {"kind": kind, "client_id": client, "user_id": owner, **subject}
    return text, wise_app.box.tokens.issue(text, TokenSubject(**fields), NOW, lifetime)
