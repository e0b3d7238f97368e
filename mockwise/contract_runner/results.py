"""The results of all rules, gathered from the events that the rules' recorder writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Verdict = Literal["kept", "broken", "not applicable"]
VERDICTS: tuple[Verdict, ...] = ("broken", "not applicable", "kept")
"""All verdicts, the worst first."""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """A rule as its test describes it."""

    name: str
    label: str
    source: str
    known: str
    sentence: str


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """The verdict on a rule that was tried; `why` it is broken or not applicable."""

    rule: RuleResult
    verdict: Verdict
    why: str


@dataclass(slots=True)
class Results:
    """The target, the rules and the findings, as far as events have come."""

    target: dict[str, Any] = field(default_factory=dict)
    rules: dict[str, RuleResult] = field(default_factory=dict)
    findings: dict[str, RuleFinding] = field(default_factory=dict)
    unable: str | None = None

    def apply_event(self, event: Mapping[str, Any]) -> RuleFinding | None:
        """Apply one event; returns the finding, if it is a new one."""
        match event["event"]:
            case "rules":
                self.rules = {rule["name"]: RuleResult(**rule) for rule in event["rules"]}
            case "target":
                self.target = {name: value for name, value in event.items() if name != "event"}
            case "unable":
                self.unable = event["why"]
            case _:
                return self._record_verdict(event["rule"], event["verdict"], event["why"])
        return None

    def _record_verdict(self, name: str, verdict: Verdict, why: str) -> RuleFinding | None:
        new = name not in self.findings
        # A rule that was kept may still be broken by its teardown.
        self.findings[name] = RuleFinding(self.rules[name], verdict, why)
        return self.findings[name] if new else None

    @property
    def untried(self) -> list[str]:
        """The names of the rules without a finding."""
        return [name for name in self.rules if name not in self.findings]

    def of(self, verdict: Verdict) -> list[RuleFinding]:
        """The findings with that verdict, in the rules' order."""
        return [finding for finding in self.findings.values() if finding.verdict == verdict]

    def as_dict(self) -> dict[str, Any]:
        """The results as JSON shows them. Names of members are stable."""
        return {
            "target": self.target or None,
            "unable": self.unable,
            "summary": {verdict.replace(" ", "_"): len(self.of(verdict)) for verdict in reversed(VERDICTS)},
            "rules": [
                {"verdict": finding.verdict, "why": finding.why or None, **asdict(finding.rule)}
                for finding in self.findings.values()
            ],
        }
