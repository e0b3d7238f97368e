"""Routes whose answers may be long: few are made at the same time.

A list of 10,000 takes some 30 MiB while it is made, as models, as values and as JSON. They are made in threads, which
take turns with the interpreter, so that more at once would be ready no sooner; the rest wait before they begin.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from fastapi.routing import APIRoute
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.requests import Request
    from starlette.responses import Response

AT_ONCE = 2


def make_semaphore() -> asyncio.Semaphore:
    """The semaphore that an app keeps as `app.state.lists`, for the event loop that serves it."""
    return asyncio.Semaphore(AT_ONCE)


class ListRoute(APIRoute):
    """A route that waits for its turn, if it reads; sending the answer is not part of the turn."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        if "GET" not in (self.methods or ()):
            return handle

        async def in_turn(request: Request) -> Response:
            async with cast("asyncio.Semaphore", request.app.state.lists):
                return await handle(request)

        return in_turn
