"""Runs pytest in a world where Wise's sandbox is at home: its names lead to this machine, and to nowhere else."""

import socket
import sys
from typing import Any

import pytest

_NAMES = ("api-mtls.wise-sandbox.com", "api.wise-sandbox.com")
_look_up = socket.getaddrinfo


def _at_home(host: Any, *given: Any, **options: Any) -> Any:
    if host not in _NAMES:
        raise OSError(f"{host!r} is not to be looked up")
    return _look_up("127.0.0.1", *given, **options)


socket.getaddrinfo = _at_home
sys.exit(pytest.main(sys.argv[1:]))
