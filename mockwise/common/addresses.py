"""Addresses and URLs of listeners."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence


def is_wildcard(host: str) -> bool:
    """Whether the address means every address of this machine, which is no name to call it by."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def is_loopback(bound: socket.socket) -> bool:
    """Whether only this machine can reach the socket."""
    return ipaddress.ip_address(bound.getsockname()[0]).is_loopback


def url_of(scheme: str, host: str, bound: socket.socket, public_names: Sequence[str] = ()) -> str:
    """How a listener on `host` is called: by the first public name, if there is one."""
    if public_names:
        host = public_names[0]
    elif is_wildcard(host):
        host = "127.0.0.1"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{bound.getsockname()[1]}"
