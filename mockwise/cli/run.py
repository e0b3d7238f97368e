"""`mockwise run -- COMMAND`: a mock for as long as a command runs.

A signal reaches the command exactly once. At a terminal the command shares our process group, which the terminal
signals as a whole (Ctrl-C), so only signals that the terminal does not send are handed on. Elsewhere the command gets a group of
its own, so that `timeout` and CI, which signal our group, do not reach it twice, and the signals that we get are handed on to
all of that group.
"""

from __future__ import annotations

import functools
import os
import re
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from mockwise.cli.app import commands
from mockwise.cli.audit_output import AuditOutput, Mode
from mockwise.cli.environment import environment
from mockwise.cli.findings import HtmlFile, JUnitFile
from mockwise.cli.inject_options import Command
from mockwise.cli.options import takes_settings
from mockwise.cli.output import SIGNALLED
from mockwise.cli.queued_output import queued_output
from mockwise.common.own_process import own_process, set_aside
from mockwise.errors import InvalidValueError, MockwiseError
from mockwise.mock import MockWise
from mockwise.sandbox.handle import Sandbox
from mockwise.settings import Settings

app = commands()

_OURS, _NOT_EXECUTABLE, _NOT_FOUND = 125, 126, 127
"""Exit statuses as those of env(1) and timeout(1): the mock cannot be started; the command cannot."""

_DRAIN_TIMEOUT = 0.5  # seconds for which output is still written after a signal
_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)
]
_FROM_TERMINALS = set(_SIGNALS) - {signal.SIGTERM}

_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
_VALUES: dict[str, Callable[[Sandbox], object]] = {
    "mtls_url": lambda sandbox: sandbox.mtls_url,
    "tls_url": lambda sandbox: sandbox.tls_url,
    "token_url": lambda sandbox: sandbox.token_url,
    "control_url": lambda sandbox: sandbox.control_url,
    "client_id": lambda sandbox: sandbox.client_id,
    "client_secret": lambda sandbox: sandbox.client_secret,
    "ca_file": lambda sandbox: sandbox.ca_file,
    "cert_file": lambda sandbox: sandbox.cert_file,
    "key_file": lambda sandbox: sandbox.key_file,
}


def _with_status(command: Command) -> Command:
    """End with status 125 if the mock fails, which no command uses; an unusable option is 2, as everywhere."""

    @functools.wraps(command)
    def with_status(**values: object) -> None:
        try:
            command(**values)
        except InvalidValueError:
            raise
        except MockwiseError as error:
            typer.echo(f"mockwise: {error}", err=True)
            raise typer.Exit(_OURS) from None

    return with_status


@app.command(context_settings={"allow_interspersed_args": False})
@_with_status
@takes_settings(defaults={}, without_variable=("mtls_port", "tls_port", "control_port"))
def run(
    settings: Settings,
    command: Annotated[list[str], typer.Argument(metavar="COMMAND", help="What to run, as it is.")],
    *,
    env: Annotated[
        list[str] | None,
        typer.Option(
            "--env",
            metavar="NAME=TEMPLATE",
            help="Set another variable, for example WISE_URL={mtls_url}. May be repeated.",
        ),
    ] = None,
    audit: Annotated[
        Mode,
        typer.Option(
            help="Print afterwards which of Wise's rules COMMAND broke; fail: and end with 1 if that is an error, if nothing asked the mock, or if a fault that COMMAND armed did not happen.",
        ),
    ] = Mode.REPORT,
    junit: JUnitFile = None,
    html: HtmlFile = None,
) -> None:
    """Run COMMAND with a mock of its own, on free ports, in MOCKWISE_* variables; end with its status.

    Write -- before COMMAND. The status is 2 if an option cannot be used, 125 if the mock cannot be started, 126 or 127 if COMMAND cannot.
    """
    templates = dict(_read_template(text) for text in env or [])
    raise typer.Exit(run_with_mock(settings, command, templates, AuditOutput(audit, junit, html)))


def run_with_mock(
    settings: Settings, command: list[str], templates: Mapping[str, str], audit_output: AuditOutput
) -> int:
    """Start a mock, run the command, audit it, stop the mock; returns the exit status.

    Raises:
        MockwiseError: the mock cannot be started, or a report cannot be written.
    """
    relay = _Relay()
    try:
        with queued_output() as output:
            status = _run_with_mock(relay, settings, command, templates, audit_output)
        output.drain(_DRAIN_TIMEOUT if relay.is_signalled else None)
    finally:
        relay.is_over = True
    return status


def _run_with_mock(
    relay: _Relay,
    settings: Settings,
    command: list[str],
    templates: Mapping[str, str],
    audit_output: AuditOutput,
) -> int:
    with own_process(), MockWise(settings) as mock:
        set_aside()
        sandbox = mock.default
        # An outer mock's names would mislead where this one has none of its own.
        inherited = {name: value for name, value in environment().items() if name != "MOCKWISE_CONTROL_TOKEN"}
        own = {
            name: _PLACEHOLDER.sub(lambda found: str(_VALUES[found[1]](sandbox)), template)
            for name, template in templates.items()
        }
        if sandbox.strict:
            typer.echo(f"mockwise: strict; --seed {sandbox.seed} repeats it exactly", err=True)
        try:
            status = relay.run(command, {**inherited, **sandbox.environ(), **own})
        except OSError as error:
            return _cannot_start(command[0], error)
        return audit_output.write(mock, status)


class _Relay:
    """Runs one command and hands signals on to it.

    A signal that comes before the command starts prevents it; one that comes after its end stops the audit output.
    """

    def __init__(self) -> None:
        self._shared = not hasattr(os, "killpg") or _fronts_a_terminal()
        self._child: subprocess.Popen[bytes] | None = None
        self._waiting: deque[int] = deque()
        self.is_signalled = False
        """Whether a signal has come."""
        self.is_over = False
        """Whether the command has ended, so that signals are no longer handed on."""
        for number in _SIGNALS:
            if (
                signal.getsignal(number) is not signal.SIG_IGN
            ):  # an ignored signal stays ignored, as under nohup, and the command inherits that
                signal.signal(number, self._take)

    def run(self, command: list[str], environ: Mapping[str, str]) -> int:
        """Run the command; returns its exit status.

        Raises:
            OSError: the command cannot be started.
        """
        if self._waiting:
            return SIGNALLED + self._waiting[0]
        self._child = subprocess.Popen(command, env=environ, process_group=None if self._shared else 0)  # noqa: S603  because the user has given this command
        self._hand_on()
        status = _wait(self._child)
        self.is_over, self._child = True, None
        return SIGNALLED - status if status < 0 else status

    def _take(self, number: int, _: FrameType | None) -> None:
        self.is_signalled = True
        if self.is_over:
            raise typer.Exit(SIGNALLED + number)
        self._waiting.append(number)
        self._hand_on()

    def _hand_on(self) -> None:
        child = self._child
        with suppress(IndexError, ProcessLookupError):
            while child is not None:
                number = self._waiting.popleft()
                if not self._shared:
                    os.killpg(child.pid, number)
                elif number not in _FROM_TERMINALS:
                    os.kill(child.pid, number)


def _wait(child: subprocess.Popen[bytes]) -> int:
    """Wait for the command; returns its status, negative for a signal.

    As the first process of a container this one inherits orphans, and reaps them.
    """
    if not hasattr(os, "killpg"):  # Windows has neither orphans nor a way to wait for any child
        return child.wait()
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == child.pid:
            child.returncode = os.waitstatus_to_exitcode(status)
            return child.returncode


def _fronts_a_terminal() -> bool:
    """Whether this process group is the terminal's foreground group, to which it sends its signals."""
    try:
        with Path("/dev/tty").open("rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def _cannot_start(name: str, error: OSError) -> int:
    missing = isinstance(error, FileNotFoundError)
    why = "there is no such command, or not what it runs on" if missing else error.strerror
    typer.echo(f"mockwise: {name} cannot be run: {why}. Check the words after --", err=True)
    return _NOT_FOUND if missing else _NOT_EXECUTABLE


def _read_template(text: str) -> tuple[str, str]:
    name, equals, template = text.partition("=")
    if not (name and equals):
        raise InvalidValueError(
            f"--env: write NAME=TEMPLATE, for example WISE_URL={{mtls_url}}, instead of {text!r}"
        )
    for unknown in sorted(set(_PLACEHOLDER.findall(template)) - set(_VALUES)):
        known = ", ".join(f"{{{name}}}" for name in _VALUES)
        raise InvalidValueError(f"--env: there is no {{{unknown}}}; there are {known}")
    return name, template
