"""mockwise as its users start it: processes."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.api_calls import GRANT

MOCKWISE = [sys.executable, "-m", "mockwise"]
FREE_PORTS = ["--mtls-port", "0", "--tls-port", "0", "--control-port", "0"]
PATIENCE = 20.0  # seconds


class Served:
    """A running `mockwise serve`, its output in a file."""

    def __init__(self, process: subprocess.Popen[bytes], ready: Path, out: Path) -> None:
        self.process = process
        self.ready = ready
        self.out = out
        wait_until(lambda: _is_written(ready) or process.poll() is not None)
        assert ready.exists(), out.read_text()
        self.environ: dict[str, str] = json.loads(ready.read_text())

    def ask(self) -> httpx.Response:
        """Ask for a token with nothing but what the ready file says."""
        context = ssl.create_default_context(cafile=self.environ["MOCKWISE_CA_FILE"])
        context.load_cert_chain(self.environ["MOCKWISE_CERT_FILE"], self.environ["MOCKWISE_KEY_FILE"])
        credentials = (self.environ["MOCKWISE_CLIENT_ID"], self.environ["MOCKWISE_CLIENT_SECRET"])
        with httpx.Client(verify=context) as client:
            return client.post(
                self.environ["MOCKWISE_MTLS_URL"] + "/oauth/token", auth=credentials, data=GRANT
            )

    def lines(self, containing: str) -> list[str]:
        """Lines of the output, once there is one."""
        wait_until(lambda: containing in self.out.read_text())
        return [line for line in self.out.read_text().splitlines() if containing in line]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; returns the exit status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def _is_written(file: Path) -> bool:
    return file.exists() and file.read_text() != "stale"


def wait_until(true: object) -> None:
    """Wait for another process, by looking."""
    assert callable(true)
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)  # because another process cannot be waited for otherwise


@contextmanager
def served(folder: Path, *options: str, environ: dict[str, str] | None = None) -> Iterator[Served]:
    """Serve on free ports from a folder of its own."""
    ready, out = folder / "ready.json", folder / "out.txt"
    with out.open("wb") as file:
        process = subprocess.Popen(
            [*MOCKWISE, "serve", *FREE_PORTS, "--ready-file", str(ready), *options],
            cwd=folder,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environ or {})},
        )
    try:
        yield Served(process, ready, out)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(PATIENCE)


def mockwise(
    *words: str, environ: Mapping[str, str] | None = None, folder: Path | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; no outer mock's names are in its environment."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("MOCKWISE_")}
    return subprocess.run(
        [*MOCKWISE, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={**own, **(environ or {})},
        cwd=folder,
        input=stdin,
    )


def succeed(*words: str, environ: Mapping[str, str] | None = None, folder: Path | None = None) -> str:
    """What a command prints that must succeed."""
    done = mockwise(*words, environ=environ, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fail(
    *words: str, environ: Mapping[str, str] | None = None, folder: Path | None = None, status: int = 2
) -> str:
    """The one line with which a command must fail."""
    done = mockwise(*words, environ=environ, folder=folder)
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def in_terminal(words: Sequence[str], environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A command at a terminal of its own, whose keys are our `stdin` and whose screen is our `stdout`."""
    program = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
    return subprocess.Popen(
        [sys.executable, "-c", program, *words],
        env={**os.environ, "TERM": "xterm", **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


@contextmanager
def full_pipe() -> Iterator[tuple[int, int]]:
    """A pipe that nobody reads and that has no room: the end to read and the end to write."""
    reading, writing = os.pipe()
    flags = fcntl.fcntl(writing, fcntl.F_GETFL)
    fcntl.fcntl(writing, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, b"." * 4096)
    fcntl.fcntl(writing, fcntl.F_SETFL, flags)
    try:
        yield reading, writing
    finally:
        os.close(reading)
        os.close(writing)
