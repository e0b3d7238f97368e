"""The audit that `mockwise run` prints and writes when its command has ended."""

from __future__ import annotations

import enum
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
        """Write and print it; returns the exit status, the command's own unless an error is to fail.

        Raises:
            MockwiseError: a report cannot be written.
        """
        if self == AuditOutput(Mode.OFF, None, None):
            return status
        reports = mock.reports()
        seen = as_json(reports)
        if self.mode is not Mode.OFF and any(it["exchanges"] for it in seen["sandboxes"]):
            print_audit(seen, output.stderr())
        try:
            write_files({self.junit: lambda: as_junit(reports), self.html: lambda: as_page(reports)})
        except MockwiseError as error:
            raise MockwiseError(f"{error}. The command itself ended with status {status}") from None
        fails = self.mode is Mode.FAIL and seen["counts"]["error"] > 0
        return status or int(fails)
