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
