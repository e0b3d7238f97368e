from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Unpack

import pytest

from tests.transport.support import Certificates, Loop, Server, ServerOptions


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates, good and bad; made once."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(params=["asyncio", "uvloop"])
def loop(request: pytest.FixtureRequest) -> Loop:
    """Each event loop in turn."""
    kind: Loop = request.param
    return kind


@pytest.fixture
def serve(certificates: Certificates, loop: Loop) -> Iterator[Callable[..., Server]]:
    """Starts servers, which stop after the test."""
    with ExitStack() as running:

        def start(**options: Unpack[ServerOptions]) -> Server:
            server = Server(certificates, loop, **options)
            running.callback(server.server_thread.stop)
            server.server_thread.start()
            return server

        yield start


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    """A running server of its own for each test."""
    return serve()
