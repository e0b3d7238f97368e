"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mockwise.journal.journal import Exchange
from mockwise.journal.lines import printable

if TYPE_CHECKING:
    from mockwise.audit.audit_input import AuditInput

Level = Literal["error", "warning", "note"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")
"""From bad to good. An error costs money or access at Wise; a warning is a mistake that Wise forgives; a note may be
on purpose."""

_MOST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Evidence:
    """One exchange that a finding rests on."""

    number: int
    """Its number in the journal."""
    line: str
    """What happened, in one line, without secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A rule that a client breaks."""

    rule: str
    """The rule's name, which does not change: `tokens-not-held`."""
    level: Level
    title: str
    what: str
    """What this client did."""
    says: str
    """What Wise or the RFC says of that."""
    source: str
    """Where it is said."""
    remedy: str
    """What to change."""
    client_id: str | None
    evidence: tuple[Evidence, ...]
    """The first exchanges that show it, and the last."""

    def __str__(self) -> str:
        return f"{self.level}: {self.title} [{self.rule}]: {self.what}"


@dataclass(frozen=True, slots=True)
class Violation:
    """What a rule's function found: of which client, in which exchanges, in one sentence."""

    client_id: str | None
    exchanges: Sequence[Exchange]
    what: str


Check = Callable[["AuditInput"], Iterable[Violation]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule with its citation."""

    name: str
    level: Level
    title: str
    says: str
    source: str
    remedy: str
    check: Check

    def findings(self, record: AuditInput) -> list[Finding]:
        """What it finds in a journal."""
        return [
            Finding(
                rule=self.name,
                level=self.level,
                title=self.title,
                what=hit.what,
                says=self.says,
                source=self.source,
                remedy=self.remedy,
                client_id=hit.client_id,
                evidence=tuple(Evidence(it.number, tell(it)) for it in _shown(hit.exchanges)),
            )
            for hit in self.check(record)
        ]


def rule(level: Level, *, title: str, says: str, source: str, remedy: str) -> Callable[[Check], Rule]:
    """Make a rule of a function; its name is the function's."""

    def decorate(check: Check) -> Rule:
        name = check.__name__.replace("_", "-")
        return Rule(name=name, level=level, title=title, says=says, source=source, remedy=remedy, check=check)

    return decorate


def counted(findings: Iterable[Finding]) -> dict[Level, int]:
    """How many there are of each level."""
    levels = [it.level for it in findings]
    return {level: levels.count(level) for level in LEVELS}


def summed(findings: Iterable[Finding]) -> str:
    """How many findings there are of each level, as text: `2 errors, 1 note`; `nothing found` without any."""
    return summed_counts(dict(counted(findings).items()))


def summed_counts(counts: Mapping[str, int]) -> str:
    """Counts by level, in words."""
    words = [f"{count} {level}{'' if count == 1 else 's'}" for level, count in counts.items() if count]
    return ", ".join(words) or "nothing found"


def tell(exchange: Exchange) -> str:
    """An exchange as evidence: by the sandbox's clock, with its connection and token, which rules go by."""
    words = [
        f"{exchange.time:%H:%M:%S}",
        exchange.method,
        printable(exchange.path),
        str(exchange.status or "left"),
        exchange.host,
        exchange.connection,
    ]
    if exchange.token is not None:
        words.append(f"token {exchange.token[:8]}")
    if exchange.fault is not None:
        words.append(f"({exchange.fault})")
    return " ".join(words)


def _shown(exchanges: Sequence[Exchange]) -> Sequence[Exchange]:
    if len(exchanges) <= _MOST_SHOWN:
        return exchanges
    return [*exchanges[: _MOST_SHOWN - 1], exchanges[-1]]
