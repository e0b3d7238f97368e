"""A mock whose answers can be made to drift."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mockwise.web.wise.app import build_app

TOKEN = "/oauth/token"


@dataclass
class Exchange:
    """An answer on its way out, to be changed."""

    method: str
    path: str
    request: dict[str, str]
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def grants(self) -> bool:
        """Whether it gives a token."""
        return self.path.endswith(TOKEN) and self.status == 200

    @property
    def refuses_a_bearer(self) -> bool:
        """Whether it is the API's 401."""
        return not self.path.endswith(TOKEN) and self.status == 401

    def members(self) -> dict[str, Any]:
        """The members of the JSON body."""
        members: dict[str, Any] = json.loads(self.body)
        return members

    def say(self, members: object) -> None:
        """Replace the body with this JSON."""
        self.body = json.dumps(members, separators=(",", ":")).encode()


Drift = Callable[[Exchange], None]


class Drifting:
    """An app whose answers drift, as `drift` says."""

    drift: Drift | None = None

    @classmethod
    def install(cls, patch: pytest.MonkeyPatch) -> Drifting:
        """Every mock that starts from here on drifts with this one."""
        double = cls()
        patch.setattr("mockwise.mock.build_app", lambda *given: double.around(build_app(*given)))
        return double

    def around(self, app: ASGIApp) -> ASGIApp:
        """Wrap an app so that its answers drift."""

        async def drifting(scope: Scope, receive: Receive, send: Send) -> None:
            if self.drift is None:
                await app(scope, receive, send)
                return
            sent: list[Message] = []

            async def keep(message: Message) -> None:
                sent.append(message)

            await app(scope, receive, keep)
            for message in _changed(scope, sent, self.drift):
                await send(message)

        return drifting


def _changed(scope: Scope, sent: list[Message], drift: Drift) -> list[Message]:
    exchange = Exchange(
        method=scope["method"],
        path=scope["path"],
        request=_texts(scope["headers"]),
        status=sent[0]["status"],
        headers=_texts(sent[0]["headers"]),
        body=b"".join(message.get("body", b"") for message in sent[1:]),
    )
    drift(exchange)
    exchange.headers["content-length"] = str(len(exchange.body))
    headers = [(name.encode(), value.encode()) for name, value in exchange.headers.items()]
    return [
        {"type": "http.response.start", "status": exchange.status, "headers": headers},
        {"type": "http.response.body", "body": exchange.body},
    ]


def _texts(headers: Any) -> dict[str, str]:
    return {bytes(name).decode("latin-1"): bytes(value).decode("latin-1") for name, value in headers}
