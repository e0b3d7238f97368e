"""Where a server listens: what cannot be listened on is named."""

from __future__ import annotations

import re
import socket

import pytest

from mockwise.transport.server.listener import bind


def test_a_taken_port_is_named() -> None:
    """The error says which address, and what to do."""
    with bind("127.0.0.1", 0) as taken, pytest.raises(OSError, match="another process has it"):
        bind("127.0.0.1", taken.getsockname()[1])
    with bind("127.0.0.1", 0) as free:
        assert free.getsockname()[1]


@pytest.mark.parametrize(
    "name", ["no.such.host.invalid", "niet.gevönden.invalid", "two..dots", "zwei..pünktchen"]
)
def test_an_unknown_name_is_named(name: str) -> None:
    """The error says so, also of a name that is none."""
    with pytest.raises(OSError, match=f"cannot listen on '{re.escape(name)}'"):
        bind(name, 0)


def test_an_address_of_another_machine_is_named() -> None:
    """The error of an address that is not this machine's names the address."""
    with pytest.raises(OSError, match=r"cannot listen on 192\.0\.2\.1 port 0"):
        bind("192.0.2.1", 0)


def test_port_zero_over_ipv6_takes_a_free_one() -> None:
    """An IPv6 address is as good as any, where there is IPv6."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with bind("::1", 0) as sock:
        assert sock.family == socket.AF_INET6
