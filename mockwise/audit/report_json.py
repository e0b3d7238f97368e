"""Audits as JSON, for the command and the control API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mockwise.audit.auditing import Report
from mockwise.audit.findings import counted


def as_json(reports: Sequence[Report]) -> dict[str, Any]:
    """What `mockwise audit --json` prints: counts by level, then every finding, with the sandbox that it is of."""
    found = [
        {"sandbox": report.sandbox, **asdict(finding)} for report in reports for finding in report.findings
    ]
    return {
        "counts": counted(it for report in reports for it in report.findings),
        "sandboxes": [
            {"name": it.sandbox, "exchanges": len(it.record.exchanges), "tokens": it.record.token_count}
            for it in reports
        ],
        "findings": found,
    }
