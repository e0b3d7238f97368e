"""Writes what happens as JSON lines, for whoever started pytest: one object a line, flushed at once.

{"event": "rules", "target": {...}, "rules": [{...}, ...]}
{"event": "verdict", "rule": "token.granted", "verdict": "kept", "why": ""}
{"event": "unable", "why": "..."}
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import pytest

from .rulebook import ContractRule

MASK = "***"
_TELLING = 8  # characters of a secret that tell something


class Recorder:
    """One file of events; none if nobody asked for it."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def rules(self, rules: Collection[ContractRule]) -> None:
        """Record the rules that will be tried, in this order."""
        self._write({"event": "rules", "rules": [rule.as_dict() for rule in rules]})

    def target(self, mtls_url: str, tls_url: str | None, *, own_mock: bool) -> None:
        """Record which target the rules are tried against."""
        self._write({"event": "target", "mtls_url": mtls_url, "tls_url": tls_url, "own_mock": own_mock})

    def verdict(self, rule: ContractRule, verdict: str, why: str) -> None:
        """Record the verdict on a rule that was tried."""
        self._write({"event": "verdict", "rule": rule.name, "verdict": verdict, "why": why})

    def unable(self, why: str) -> None:
        """Record why no rule could be tried."""
        self._write({"event": "unable", "why": why})

    def _write(self, event: dict[str, object]) -> None:
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(event) + "\n")


def judge(report: pytest.TestReport, said: str) -> tuple[str, str] | None:
    """Verdict and reason of a finished phase of a test; None if it says nothing."""
    if report.failed:
        return "broken", said
    if report.skipped:
        assert isinstance(report.longrepr, tuple)
        return "not applicable", report.longrepr[2].removeprefix("Skipped: ")
    return ("kept", "") if report.when == "call" else None


def mask(text: str, secrets: Collection[str]) -> str:
    """The text without the secrets, nor any part of them that is long enough to matter: pytest shortens what it shows."""
    parts = {
        secret[start : start + _TELLING]
        for secret in secrets
        for start in range(max(len(secret) - _TELLING, 0) + 1)
    }
    lengths = sorted({len(part) for part in parts})
    hidden: set[int] = set()
    for start in range(len(text)):
        for length in lengths:
            if text[start : start + length] in parts:
                hidden.update(range(start, start + length))
    return "".join(
        character if place not in hidden else MASK if place - 1 not in hidden else ""
        for place, character in enumerate(text)
    )
