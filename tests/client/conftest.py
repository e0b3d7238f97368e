from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.client.support import Caller, Clock, MakeCaller, Server


@pytest.fixture
def clock() -> Clock:
    """A clock that only sleeping and tests move."""
    return Clock()


@pytest.fixture
def server() -> Server:
    """A server that does as it is told."""
    return Server()


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """Both kinds of httpx client."""
    return str(request.param)


@pytest.fixture
def caller(kind: str) -> Iterator[MakeCaller]:
    """Makes clients of one kind, and closes them."""
    made: list[Caller] = []

    def make(auth: httpx.Auth, server: Server | None = None, **options: Any) -> Caller:
        made.append(Caller(kind, auth, server, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()
