from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from typing_extensions import override

from mockwise.transport.tls.alerts import AlertSSLObject
from mockwise.transport.tls.handshake import HandshakeProtocol
from tests.cli.processes import wait_until
from tests.transport.support import Server, exchange

if TYPE_CHECKING:
    from mockwise.transport.server.listener import ListenerServer
    from mockwise.transport.tls.context import LiveContext


class ClosedTransport(asyncio.Transport):
    """A connection whose peer left before TLS began."""

    @override
    def is_closing(self) -> bool:
        return True


def test_a_connection_that_is_gone_before_tls_begins_is_let_go() -> None:
    """The loops would wait for its handshake until the time is up, or for ever."""
    host = cast("ListenerServer", SimpleNamespace(name="here", handshakes=set(), stopping=False))

    async def meet() -> None:
        handshake = HandshakeProtocol(host, cast("LiveContext", None))
        handshake.connection_made(ClosedTransport())
        assert host.handshakes == {handshake}
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))
        await asyncio.sleep(0)  # the task's callback
        assert not host.handshakes

    asyncio.run(meet())


class LeavingTransport(asyncio.Transport):
    """A connection whose peer leaves with its first byte."""

    left = False

    @override
    def is_closing(self) -> bool:
        return self.left


def fake_listener() -> ListenerServer:
    """As much of a listener as a handshake needs that never begins."""
    return cast(
        "ListenerServer",
        SimpleNamespace(
            name="here",
            handshakes=set(),
            stopping=False,
            handshake_timeout=60.0,
            descriptor_guard=SimpleNamespace(connection_opened=lambda _: None),
        ),
    )


def test_a_connection_that_goes_with_its_first_byte_is_let_go() -> None:
    """Before the task runs that would begin TLS; nobody is told of a handshake that never was."""
    host = fake_listener()

    async def meet() -> None:
        transport = LeavingTransport()
        handshake = HandshakeProtocol(host, cast("LiveContext", None))
        handshake.connection_made(transport)
        handshake.data_received(b"\x16")
        transport.left = True
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))
        await asyncio.sleep(0)  # the task's callback
        assert not host.handshakes

    asyncio.run(meet())


def test_a_connection_that_goes_while_revocations_are_fetched_is_let_go() -> None:
    """Mocks that share state ask for the others' revocations before a handshake, which takes time."""
    host = fake_listener()
    transport = LeavingTransport()

    async def synchronize() -> None:
        transport.left = True

    async def meet() -> None:
        trust = SimpleNamespace(before_handshake=synchronize)
        handshake = HandshakeProtocol(host, cast("LiveContext", SimpleNamespace(trust=trust)))
        handshake.connection_made(transport)
        handshake.data_received(b"\x16")
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))
        await asyncio.sleep(0)  # the task's callback
        assert not host.handshakes

    asyncio.run(meet())


@pytest.mark.parametrize(("name", "served"), [("good", 3), ("foreign", 0)])
def test_what_openssl_had_for_a_connection_goes_with_it(server: Server, name: str, served: int) -> None:
    """It does not wait for Python's collector, which looks at what is older only now and then."""
    gc.collect()
    others = watched_objects()  # those of other tests' servers
    gc.disable()
    try:
        with server.secured() as kept:
            exchange(kept)
            assert watched_objects() == others + 1  # so that they are seen if they stay
            answers = 0
            for _ in range(3):
                with suppress(OSError):
                    answers += bool(server.get(name=name))
            assert answers == served
            assert len(server.refusals.all) == 3 - served
            wait_until(lambda: watched_objects() <= others + 1)
    finally:
        gc.enable()


def watched_objects() -> int:
    """The TLS objects of the server that are in memory."""
    return sum(type(it) is AlertSSLObject for it in gc.get_objects())
