"""Long lists are made a few at a time."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from mockwise.web.control.lists import AT_ONCE, ListRoute, make_semaphore

MANY = 3 * AT_ONCE


@pytest.mark.parametrize(("method", "expected"), [("GET", AT_ONCE), ("POST", MANY)])
def test_so_many_lists_are_made_at_the_same_time_and_all_get_theirs(method: str, expected: int) -> None:
    """What changes something is short, and may wait for its user (mock-only)."""
    now = most = 0
    router = APIRouter(route_class=ListRoute)

    @router.api_route("/list", methods=[method])
    async def made() -> int:
        nonlocal now, most
        now += 1
        most = max(most, now)
        for _ in range(10 * MANY):  # so that all that may begin have begun
            await asyncio.sleep(0)
        now -= 1
        return now

    app = FastAPI()
    app.state.lists = make_semaphore()
    app.include_router(router)

    async def ask_at_once() -> list[int]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://testserver"
        ) as client:
            answers = await asyncio.gather(*(client.request(method, "/list") for _ in range(MANY)))
        return [it.status_code for it in answers]

    assert asyncio.run(ask_at_once()) == [200] * MANY
    assert most == expected
