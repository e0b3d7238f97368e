from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from mockwise.transport.handshake import Handshake

if TYPE_CHECKING:
    from mockwise.transport.context import LiveContext
    from mockwise.transport.host import Host


class Gone(asyncio.Transport):
    """A connection whose peer left before TLS began."""

    def is_closing(self) -> bool:
        """It is."""
        return True


def test_a_connection_that_is_gone_before_tls_begins_is_let_go() -> None:
    """The loops would wait for its handshake until the time is up, or for ever."""
    host = cast("Host", SimpleNamespace(name="here", handshakes=set(), stopping=False))

    async def meet() -> None:
        handshake = Handshake(host, cast("LiveContext", None))
        handshake.connection_made(Gone())
        assert host.handshakes == {handshake}
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))
        await asyncio.sleep(0)  # the task's callback
        assert not host.handshakes

    asyncio.run(meet())


class Leaving(asyncio.Transport):
    """A connection whose peer leaves with its first byte."""

    left = False

    def is_closing(self) -> bool:
        """Once it has left."""
        return self.left


def test_a_connection_that_goes_with_its_first_byte_is_let_go() -> None:
    """Before the task runs that would begin TLS; nobody is told of a handshake that never was."""
    crowd = SimpleNamespace(joined_by=lambda _: None)
    host = cast(
        "Host",
        SimpleNamespace(name="here", handshakes=set(), stopping=False, handshake_timeout=60.0, crowd=crowd),
    )

    async def meet() -> None:
        transport = Leaving()
        handshake = Handshake(host, cast("LiveContext", None))
        handshake.connection_made(transport)
        handshake.data_received(b"\x16")
        transport.left = True
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))
        await asyncio.sleep(0)  # the task's callback
        assert not host.handshakes

    asyncio.run(meet())
