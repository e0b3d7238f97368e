"""Subprocesses that are measured, and both ends of the pipe to them.

A child says one line of JSON when it is ready, answers each line that it is sent with one more, and ends when its input
does: so none outlives the benchmark, however that ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

_PATIENCE = 30.0  # seconds for ending, before it is killed
_HURRY = 2.0  # seconds, where something went wrong or somebody pressed Ctrl-C


class Child:
    """The parent's end: `python -m MODULE ARGUMENTS...`."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the parent, which ends its children
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdout is not None
        try:
            self.end(_PATIENCE if kind is None else _HURRY)
        except BaseException:
            self._process.kill()
            self._process.wait()
            if kind is None:  # else what went wrong first is what matters
                raise
        finally:
            self._process.stdout.close()

    def end(self, patience: float = _PATIENCE) -> None:
        """Let it end, and wait for that.

        Raises:
            subprocess.TimeoutExpired: it does not.
        """
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(patience)

    def read(self) -> Any:
        """Wait for its next line.

        Raises:
            RuntimeError: it ended; standard error has its reason.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a subprocess ended too early: {self._process.args!r}")
        return json.loads(line)

    def ask(self) -> Any:
        """Send the child a line and read its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self.read()


def obey(ready: object, answer: Callable[[], object]) -> None:
    """The child's end: say that it is ready, then answer each line until there are no more."""
    _say(ready)
    for _ in sys.stdin:
        _say(answer())


def _say(value: object) -> None:
    print(json.dumps(value), flush=True)
