"""`mockwise serve`: a mock in the foreground.

The server's thread hands over what happened; this thread prints it, so that a terminal that stands still never makes
a client wait. A signal is one more thing that happened.
"""

from __future__ import annotations

import enum
import json
import os
import queue
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal

import typer

from mockwise.cli.app import commands
from mockwise.cli.options import PREFIX, takes_settings
from mockwise.cli.terminal import Terminal
from mockwise.config import Settings
from mockwise.core.errors import MockwiseError
from mockwise.mock import Exchange, MockWise, Refusal

app = commands()

_DEFAULTS = {"mtls_port": 8443, "tls_port": 8444, "control_port": 8445, "certs": "certs"}
_MOST_WAITING = 10_000  # lines; what comes on top of them is not shown
_NAP = 1.0  # seconds
_MOMENT = 0.05  # seconds

Event = Exchange | Refusal | Literal["stop"]


class LogLevel(enum.StrEnum):
    """From which weight on a line is shown."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@app.command()
@takes_settings(defaults=_DEFAULTS)
def serve(
    settings: Settings,
    ready_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            envvar=f"{PREFIX}READY_FILE",
            show_envvar=False,
            help="Write URLs and credentials here, as JSON, once all hosts answer.",
        ),
    ] = None,
    bad_servers: Annotated[
        bool,
        typer.Option(
            "--bad-servers",
            envvar=f"{PREFIX}BAD_SERVERS",
            show_envvar=False,
            help="Also start servers that a good client must refuse, on free ports: expired, wrong-host, hang ...",
        ),
    ] = False,
    log_level: Annotated[
        LogLevel,
        typer.Option(
            envvar=f"{PREFIX}LOG_LEVEL",
            show_envvar=False,
            help="info: a line per exchange; warning: refusals only; error: neither.",
        ),
    ] = LogLevel.INFO,
) -> None:
    """Start a mock and keep it until Ctrl-C or SIGTERM."""
    serve_until_stopped(settings, ready_file, log_level, bad_servers=bad_servers)


def serve_until_stopped(
    settings: Settings, ready_file: Path | None, log_level: LogLevel, *, bad_servers: bool
) -> None:
    """Run a mock until SIGINT or SIGTERM.

    Raises:
        MockwiseError: it cannot be started; the message says why and what to do.
    """
    terminal = Terminal(refusals_only=log_level is LogLevel.WARNING)
    happened: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def stop(_: int, __: FrameType | None) -> None:
        happened.put("stop")  # a SimpleQueue may be put to in a signal handler

    def show(event: Exchange | Refusal) -> None:
        if happened.qsize() < _MOST_WAITING:
            happened.put(event)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    if ready_file is not None:
        ready_file.unlink(missing_ok=True)
    _raise_limit_of_open_files()
    with MockWise(settings) as mock:
        if log_level is not LogLevel.ERROR:  # to tell of an exchange costs as much as to answer it
            mock.watch(show)
        terminal.greet(mock.default, mock.bad_servers() if bad_servers else (), mock.state)
        if ready_file is not None:
            _write_ready_file(ready_file, mock.default.environ())
        events: list[Event] = []
        while "stop" not in events:
            events = next_events(happened)
            terminal.show(events)
        terminal.part()
    if ready_file is not None:
        ready_file.unlink(missing_ok=True)


def next_events(happened: queue.SimpleQueue[Event]) -> list[Event]:
    """Wait for what happens next, and a moment for what comes with it: many lines at once cost little more than one."""
    events = [next_event(happened)]
    if events != ["stop"]:
        time.sleep(_MOMENT)
    with suppress(queue.Empty):
        while True:
            events.append(happened.get_nowait())
    return events


def next_event(happened: queue.SimpleQueue[Event]) -> Event:
    """Wait for what happens next.

    A signal that comes in the moment before a wait does not end that wait (nor does any signal on Windows), and its
    handler runs only afterwards: so the wait is in naps.
    """
    while True:
        with suppress(queue.Empty):
            return happened.get(timeout=_NAP)


def _raise_limit_of_open_files() -> None:
    """As many descriptors as the system lets a process have: the lower limit is for programs that use select()."""
    with suppress(
        ImportError, OSError, ValueError
    ):  # Windows has no such limit; macOS allows less than it says
        import resource  # noqa: PLC0415  because it is not everywhere

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _write_ready_file(path: Path, content: dict[str, str]) -> None:
    """Write it whole or not at all, readable by the owner only, since a secret is in it."""
    try:
        handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(content, indent=2) + "\n")
        Path(name).replace(path)
    except OSError as error:
        raise MockwiseError(
            f"the ready file cannot be written: {error}. Name another with --ready-file"
        ) from None
