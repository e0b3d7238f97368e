"""A real Redis server for the tests, on a socket of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import NoReturn

import pytest
import redis

_PATIENCE = 20.0  # seconds; a loaded machine takes its time


def _without() -> NoReturn:
    """A machine without a server may skip its tests; CI, which installs one, may not."""
    message = "there is no redis-server: install Debian's package of that name"
    pytest.fail(message) if "CI" in os.environ else pytest.skip(message)
    raise AssertionError


class RedisServer:
    """A server that keeps nothing on disk; it can be lost, be slow, and come back."""

    def __init__(self, folder: Path) -> None:
        self._program = shutil.which("redis-server") or shutil.which("valkey-server") or _without()
        self._socket = folder / "redis.sock"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._socket}?db=0"

    def start(self) -> None:
        """Start, empty; returns when it answers."""
        self._socket.unlink(missing_ok=True)
        options = ["--port", "0", "--unixsocket", str(self._socket), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            [self._program, *options, "--dir", str(self._folder)], stdout=subprocess.DEVNULL
        )
        until = time.monotonic() + _PATIENCE
        while not self._answers():
            assert time.monotonic() < until, "redis-server does not answer"
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def stop(self) -> None:
        """Lose it."""
        if self._process is not None:
            self.go_on()
            self._process.terminate()
            self._process.wait(_PATIENCE)
            self._process = None

    def stand_still(self) -> None:
        """Answer nothing from here on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Answer again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def clear(self) -> None:
        """Forget everything."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def set(self, setting: str, value: str) -> None:
        """Configure it while it runs."""
        with redis.Redis.from_url(self.url) as client:
            client.config_set(setting, value)

    def put_aside(self, key: str, value: str) -> None:
        """Write something by hand."""
        with redis.Redis.from_url(self.url) as client:
            client.set(key, value)

    def keys(self) -> list[bytes]:
        """The names of all that is there."""
        with redis.Redis.from_url(self.url) as client:
            return sorted(client.keys())
