"""`mockwise serve`: a mock in the foreground.

The server's thread queues events, this thread makes lines of them, and a third one writes them, so that a
terminal that stands still makes neither a client nor a signal wait. A signal is one more event in the queue.
"""

from __future__ import annotations

import enum
import queue
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal

import typer

from mockwise.cli.app import commands
from mockwise.cli.options import PREFIX, takes_settings
from mockwise.cli.output import SIGNALLED
from mockwise.cli.queued_output import Output, queued_output
from mockwise.cli.ready_file import ReadyFile
from mockwise.cli.terminal import Terminal
from mockwise.common.own_process import own_process, set_aside
from mockwise.mock import Exchange, FailedHandshake, MockWise
from mockwise.settings import Settings

app = commands()

_DEFAULTS = {"mtls_port": 8443, "tls_port": 8444, "control_port": 8445, "certs": "certs"}
_MOST_WAITING = 10_000  # events; more are not shown, but counted
_POLL_INTERVAL = 1.0  # seconds
_BATCH_DELAY = 0.05  # seconds
_DRAIN_TIMEOUT = 0.5  # seconds for which output is still written at the end, if nothing is read meanwhile
_ENDING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)
]

Event = Exchange | FailedHandshake | Literal["stop"]


class LogLevel(enum.StrEnum):
    """The least severity of the lines that are shown."""

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
    """Run a mock until a signal ends it: SIGINT, SIGTERM, or SIGHUP unless that is ignored, as under nohup.

    Raises:
        MockwiseError: it cannot be started; the message says why and what to do.
        Exit: SIGQUIT has ended it, which is no usual end.
    """
    ready = None if ready_file is None else ReadyFile(ready_file)
    if ready is not None:
        ready.check()
    with suppress(AttributeError):  # Windows has no such signal
        signal.signal(
            signal.SIGCHLD, signal.SIG_IGN
        )  # as the first process of a container it inherits orphans, which are reaped so
    happened: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with queued_output() as output, _ending_signals(happened) as received:
        _serve(settings, happened, ready, log_level, output, bad_servers=bad_servers)
    output.drain(_DRAIN_TIMEOUT)
    if received[0] not in _usual_endings():
        raise typer.Exit(SIGNALLED + received[0])


def _serve(
    settings: Settings,
    happened: queue.SimpleQueue[Event],
    ready: ReadyFile | None,
    log_level: LogLevel,
    output: Output,
    *,
    bad_servers: bool,
) -> None:
    terminal = Terminal(refusals_only=log_level is LogLevel.WARNING)

    def show(event: Exchange | FailedHandshake) -> None:
        if happened.qsize() < _MOST_WAITING:
            happened.put(event)
        else:
            output.out.drop(1)

    _raise_limit_of_open_files()
    with ExitStack() as stack:
        stack.enter_context(own_process())
        mock = stack.enter_context(MockWise(settings))
        set_aside()
        if log_level is not LogLevel.ERROR:  # printing an exchange costs as much as answering it
            mock.watch(show, waits=False)
        terminal.banner(mock.default, mock.bad_servers() if bad_servers else (), mock.state)
        if ready is not None:
            output.drain(_DRAIN_TIMEOUT)  # a script that waits for the file may read the banner next
            stack.callback(ready.remove)
            ready.write(mock.default.environ())
        events: list[Event] = []
        while "stop" not in events:
            events = next_events(happened)
            terminal.show(events)
        terminal.goodbye()


@contextmanager
def _ending_signals(happened: queue.SimpleQueue[Event]) -> Iterator[list[int]]:
    """Queue the signals that end the mock as events; yields those received. After a failure the old handlers return."""
    received: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        received.append(number)
        happened.put("stop")  # a SimpleQueue may be put to in a signal handler

    before = {number: signal.getsignal(number) for number in _ENDING}
    for number in _ENDING:
        if number != getattr(signal, "SIGHUP", None) or before[number] is not signal.SIG_IGN:
            signal.signal(number, stop)
    try:
        yield received
    except BaseException:
        for number, handler in before.items():
            signal.signal(number, handler)
        raise


def _usual_endings() -> set[int]:
    return {number for number in _ENDING if signal.Signals(number).name != "SIGQUIT"}


def next_events(happened: queue.SimpleQueue[Event]) -> list[Event]:
    """Wait for the next event, and a moment for more: many lines at once cost little more than one."""
    events = [next_event(happened)]
    if events != ["stop"]:
        time.sleep(_BATCH_DELAY)
    with suppress(queue.Empty):
        while True:
            events.append(happened.get_nowait())
    return events


def next_event(happened: queue.SimpleQueue[Event]) -> Event:
    """Wait for the next event.

    A signal that comes in the moment before a wait does not end that wait (nor does any signal on Windows), and its
    handler runs only afterwards: so the wait is repeated with a timeout.
    """
    while True:
        with suppress(queue.Empty):
            return happened.get(timeout=_POLL_INTERVAL)


def _raise_limit_of_open_files() -> None:
    """Allow as many descriptors as the system lets a process have: the lower limit is for programs with select()."""
    with suppress(
        ImportError, OSError, ValueError
    ):  # Windows has no such limit; macOS allows less than it says
        import resource  # because Windows has no such module

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
