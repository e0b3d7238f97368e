"""The command line: the entry point `mockwise`, which reports every failure in one line."""

from __future__ import annotations

import errno
import gc
import os
import signal
import sys
from pathlib import Path

_FAILED, _USAGE = 1, 2
"""Exit statuses: something cannot be done; an option or an argument cannot be used."""

_OUTPUT_FAILS = {errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT}


def main() -> None:
    """Run `mockwise`; an unusable option becomes one line and status 2, any other failure one line and status 1.

    Garbage collection is off until the command is imported: what is made meanwhile stays, and collecting takes a
    fifth of the time of the imports.
    """
    gc.disable()
    try:
        _run()
    except KeyboardInterrupt:
        sys.exit(130)


def _run() -> None:
    _open_missing_streams()
    from mockwise.errors import (
        InvalidValueError,
        MockwiseError,
    )  # because `import mockwise.cli` must cost nothing

    try:
        if sys.argv[1:2] == ["serve"]:
            _prepare_to_serve()
        from mockwise.cli.app import app  # because of the same

        app()
    except MockwiseError as error:
        print(f"mockwise: {error}", file=sys.stderr)  # noqa: T201  because this is the message to the user
        sys.exit(_USAGE if isinstance(error, InvalidValueError) else _FAILED)
    except OSError as error:
        if error.filename is not None or error.errno not in _OUTPUT_FAILS:
            sys.exit(f"mockwise: {_error_line(error)}")
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)  # what is still in the buffer goes there
        sys.exit(f"mockwise: standard output cannot be written: {error.strerror}")


def _open_missing_streams() -> None:
    """Discard output whose descriptor was closed before the start, for which Python has no stream."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115  because it stays open until the end


def _prepare_to_serve() -> None:
    """Do at once what must not wait for the half second of imports.

    Scripts would take a ready file that an earlier mock has left for this one's. And a signal that comes before the
    mock has started must end it with status 0, too.

    Raises:
        InvalidValueError: the ready file cannot be written.
    """
    from mockwise.cli.environment import environment  # because of the same
    from mockwise.cli.ready_file import ReadyFile, named_ready_file  # because of the same

    if (path := named_ready_file(sys.argv[1:], environment())) is not None:
        ready = ReadyFile(path)
        ready.clear()
        ready.check()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and (name != "SIGHUP" or signal.getsignal(number) is not signal.SIG_IGN):
            signal.signal(number, lambda *_: sys.exit(0))


def _error_line(error: OSError) -> str:
    """The error of the system in one line, with the name of the file."""
    try:
        Path.cwd()
    except OSError:
        return "the current directory has been deleted: change to one that is there"
    about = f"{error.filename}: " if error.filename else ""
    return f"{about}{error.strerror or error}"
