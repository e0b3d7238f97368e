"""Calls with an upstream behind them."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import TypeVar

from mockwise.oauth.jose import Signer
from mockwise.oauth.server import AuthorizationServer
from mockwise.web.wise.app import build_app
from tests.web.wise.bearers import bearer
from tests.web.wise.upstream_server import OK, FakePeer, UpstreamServer
from tests.web.wise_app import WiseApp

T = TypeVar("T")
PATH = "/v1/transfers"


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Work in a loop of its own, which leaves nothing behind: what nobody closed warns, and a warning is an error."""

    async def bounded() -> T:
        async with asyncio.timeout(30):
            return await work()

    result = asyncio.run(bounded())
    gc.collect()
    return result


def send_on(wise_app: WiseApp, url: str) -> WiseApp:
    """Let the app forward unmodelled calls to an upstream."""
    wise_app.app = build_app(wise_app.registry, AuthorizationServer(Signer()), url)
    return wise_app


def authorized(token: str, *more: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    """Headers with that bearer token, and with what else is given."""
    return [(b"authorization", f"Bearer {token}".encode()), *more]


def exchange(
    wise_app: WiseApp, peer: FakePeer, answer: bytes = OK, **request: object
) -> tuple[UpstreamServer, FakePeer]:
    """Send one request on, with a fresh user token unless it has headers."""

    async def work() -> tuple[UpstreamServer, FakePeer]:
        async with UpstreamServer(answer) as upstream:
            asked = {"method": "GET", "path": PATH, "headers": authorized(bearer(wise_app)), **request}
            await peer.ask(send_on(wise_app, upstream.url), **asked)  # type: ignore[arg-type]  # because of `object`
        return upstream, peer

    return run(work)
