"""The audit of a sandbox: runs every rule over its journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mockwise.audit.audit_input import AuditInput, audit_input_of
from mockwise.audit.findings import LEVELS, Finding
from mockwise.audit.rules import RULES
from mockwise.common.slices import in_slices
from mockwise.state.sandbox_state import SandboxState


@dataclass(frozen=True, slots=True)
class Report:
    """An audit of one sandbox, with what it was made from."""

    sandbox: str
    findings: Sequence[Finding]
    """The worst first."""
    record: AuditInput


def examine(sandbox: SandboxState) -> Report:
    """Audit a sandbox, and keep what the findings were made from, which a page shows beside them."""
    record = audit_input_of(sandbox)
    return Report(sandbox.name, judge(record), record)


def judge(record: AuditInput) -> list[Finding]:
    """The findings of all rules, the worst first."""
    found = [finding for rule in in_slices(RULES, 1) for finding in rule.findings(record)]
    return sorted(found, key=lambda it: LEVELS.index(it.level))
