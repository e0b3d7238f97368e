"""The pytest process in which the rules are tried, and the events that it reports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_PAUSE = 0.05  # seconds between two reads of the file of events
_PATIENCE = 10.0  # seconds that an interrupted process has for stopping its own mock
_FILES = ("MOCKWISE_CA_FILE", "MOCKWISE_CERT_FILE", "MOCKWISE_KEY_FILE", "MOCKWISE_CONTRACT_TWINS")
_TAIL = 12  # lines of pytest's output that the report of a crash shows


class PytestProcess:
    """A pytest process that tries one folder of rules. Leaving the `with` block ends it.

    Args:
        rules: the folder.
        scratch: an empty folder for events and output; the working directory of the process.
        environ: the environment, with the target's credentials: they are on no command line.
        junit: where pytest is to write JUnit XML.
    """

    def __init__(self, rules: Path, scratch: Path, environ: Mapping[str, str], junit: Path | None) -> None:
        self._events = scratch / "events.jsonl"
        self._events.touch(mode=0o600)
        self._output = scratch / "output.txt"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603  because it is this interpreter and our own rules
                _command(rules, junit),
                cwd=scratch,
                env=_environment(environ, self._events),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that Ctrl-C reaches it once, through this process
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_PATIENCE)
            self._process.kill()
        self._process.wait()

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield the events that the recorder writes, until the process has ended."""
        with self._events.open(encoding="utf-8") as file:
            rest = ""
            ended = False
            while not ended:
                # Checked before reading, so that the last events are read.
                ended = self._ended_within(_PAUSE)
                *lines, rest = (rest + file.read()).split("\n")
                yield from map(json.loads, lines)

    @property
    def status(self) -> int:
        """The exit status of pytest."""
        return self._process.wait()

    def output_tail(self, *secrets: str) -> str:
        """The last lines of what pytest printed, with secrets masked."""
        printed = self._output.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        text = "\n".join(printed[-_TAIL:])
        for secret in filter(None, secrets):
            text = text.replace(secret, "***")
        return text

    def _ended_within(self, seconds: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.poll() is not None


def _command(rules: Path, junit: Path | None) -> list[str]:
    # -P keeps the working directory out of the import path.
    command = [sys.executable, "-P", "-m", "pytest", "-c", str(rules / "pytest.ini")]
    command += ["--rootdir", str(rules), "--confcutdir", str(rules), "-p", "no:cacheprovider", "--color=no"]
    if junit is not None:
        command.append(f"--junitxml={junit.absolute()}")
    return [*command, str(rules)]


def _environment(environ: Mapping[str, str], events: Path) -> dict[str, str]:
    """The environment without the variables of pytest, and with absolute paths, because the directory differs."""
    kept = {name: value for name, value in environ.items() if not name.startswith("PYTEST_")}
    return {
        **kept,
        **{name: str(Path(kept[name]).absolute()) for name in _FILES if kept.get(name)},
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MOCKWISE_CONTRACT_RESULTS": str(events),
    }
