"""An audit as JUnit XML, which CI services read: a suite for each sandbox, in it a test case for each rule.

An error is a failure. Warnings and notes are output of a case that has passed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from mockwise.audit.auditing import Report
from mockwise.audit.findings import Finding
from mockwise.audit.rules import RULES

_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(reports: Sequence[Report]) -> str:
    """The findings of audits as a JUnit XML document."""
    root = ET.Element("testsuites", name="mockwise audit")
    for report in reports:
        failed = {it.rule for it in report.findings if it.level == "error"}
        suite = ET.SubElement(
            root,
            "testsuite",
            name=_xml(f"mockwise audit: {report.sandbox}"),
            tests=str(len(RULES)),
            failures=str(len(failed)),
            errors="0",
            skipped="0",
            timestamp=f"{report.record.now:%Y-%m-%dT%H:%M:%S}",
        )
        for rule in RULES:
            case = ET.SubElement(
                suite,
                "testcase",
                classname=_xml(f"mockwise.audit.{report.sandbox}"),
                name=rule.name,
                time="0",
            )
            found = [it for it in report.findings if it.rule == rule.name]
            if rule.name in failed:
                failure = ET.SubElement(case, "failure", type=rule.level, message=_xml(rule.title))
                failure.text = _told(found)
            elif found:
                ET.SubElement(case, "system-out").text = _told(found)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _told(findings: Iterable[Finding]) -> str:
    return _xml("\n\n".join(map(as_text, findings)))


def as_text(finding: Finding) -> str:
    """A finding in some lines of plain text."""
    lines = [
        f"{finding.level}: {finding.title} [{finding.rule}]",
        f"client {finding.client_id or '-'}: {finding.what}",
        f"{finding.says} ({finding.source})",
        f"To change: {finding.remedy}",
        *(f"  #{it.number} {it.line}" for it in finding.evidence),
    ]
    return "\n".join(lines)


def _xml(text: str) -> str:
    """What no XML document may hold is replaced."""
    return _NO_XML.sub("?", text)
