"""The audit that `mockwise run` prints and writes when its command has ended."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mockwise.audit.junit import as_junit
from mockwise.audit.page import as_page
from mockwise.audit.report_json import as_json
from mockwise.cli import output
from mockwise.cli.findings import check_file, print_audit, write_files
from mockwise.errors import MockwiseError
from mockwise.mock import MockWise


class Mode(enum.StrEnum):
    """What `mockwise run --audit` does with the findings."""

    OFF = "off"
    REPORT = "report"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class AuditOutput:
    """Where the audit goes: whether it is printed, and the files of its reports."""

    mode: Mode
    junit: Path | None
    html: Path | None

    def __post_init__(self) -> None:
        check_file(self.junit, "--junit")
        check_file(self.html, "--html")

    def write(self, mock: MockWise, status: int) -> int:
        """Write and print it; returns the exit status, the command's own unless something is to fail.

        What fails beside an error of the audit is a command that did not call the mock, or armed a fault that did not happen.

        Raises:
            MockwiseError: a report cannot be written.
        """
        if self == AuditOutput(Mode.OFF, None, None):
            return status
        reports = mock.reports()
        seen = as_json(reports)
        is_asked = any(it["exchanges"] for it in seen["sandboxes"])
        if self.mode is not Mode.OFF and is_asked:
            print_audit(seen, output.stderr())
        try:
            write_files({self.junit: lambda: as_junit(reports), self.html: lambda: as_page(reports)})
        except MockwiseError as error:
            raise MockwiseError(f"{error}. The command itself ended with status {status}") from None
        tells = (
            self.mode is not Mode.OFF and status < output.SIGNALLED
        )  # one that was killed could not try anything
        untried = list(_untried(mock, is_asked=is_asked or bool(mock.handshakes))) if tells else []
        for line in untried:
            output.stderr().print(line)
        fails = self.mode is Mode.FAIL and (seen["counts"]["error"] > 0 or bool(untried))
        return status or int(fails)


def _untried(mock: MockWise, *, is_asked: bool) -> Iterator[str]:
    """What the command was to try and did not: to call the mock at all, and the faults that it armed."""
    if not is_asked:
        yield "mockwise: nothing asked the mock"
    for sandbox in (mock.sandbox_named(name) for name in mock.sandboxes):
        try:
            sandbox.assert_faults_spent(only_certain=True)
        except AssertionError as error:
            yield f"mockwise: sandbox {sandbox.name!r}: {error}"
