"""The recipes as a test reads them, and the surroundings that it runs them in."""

from __future__ import annotations

import os
import random
import shutil
import socket
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it has no types

RECIPES = Path(__file__).parent


def read_yaml(name: str) -> Any:
    """A recipe of that kind."""
    return yaml.safe_load((RECIPES / name).read_text())


def surroundings(**more: str) -> dict[str, str]:
    """The environment as somebody has it who installed mockwise: the one here, without an outer mock's names."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("MOCKWISE_")}
    return own | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"} | more


def free_ports(control: int = 0) -> dict[str, str]:
    """Settings that let a recipe which means the usual ports run beside others."""
    return {
        "MOCKWISE_SERVE_MTLS_PORT": "0",
        "MOCKWISE_SERVE_TLS_PORT": "0",
        "MOCKWISE_SERVE_CONTROL_PORT": str(control),
    }


def known_port() -> int:
    """A port that nobody has, below those that the system gives to whoever asks for a free one."""
    for port in random.sample(range(20_000, 30_000), 100):
        with socket.socket() as it:
            it.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                it.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("a hundred ports are all taken")


def need(program: str, package: str) -> str:
    """Where a program is that CI installs; elsewhere its tests are left out if it is not there."""
    found = shutil.which(program)
    if found is not None:
        return found
    message = f"there is no {program}: install Debian's package {package}"
    if "CI" in os.environ:
        pytest.fail(message)
    pytest.skip(message)
