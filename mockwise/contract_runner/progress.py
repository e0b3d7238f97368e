"""Shows progress while the rules are tried, then a table of the results."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager, nullcontext

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from mockwise.contract_runner.results import VERDICTS, Results, RuleFinding, Verdict

_STYLES: dict[Verdict, str] = {"kept": "green", "broken": "bold red", "not applicable": "yellow"}
_MARKS: dict[Verdict, str] = {"kept": "kept  ", "broken": "BROKEN", "not applicable": "n/a   "}
_LABELS = ("DOCUMENTED", "OBSERVED", "INFERRED", "mock-only")  # the most certain first
_WIDTH_OF_FILES = 200  # characters
_LONGEST_WHY = 300  # characters; the rest is in JSON and JUnit


class ProgressView:
    """Shows progress on `console`: a bar at a terminal, a line for each rule elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        if console.is_terminal:
            columns = (TextColumn("{task.description:<32}"), BarColumn(), MofNCompleteColumn())
            self._bar = Progress(*columns, console=console, transient=True)
            self._task = self._bar.add_task("starting", total=None)

    def running(self) -> AbstractContextManager[object]:
        """A context manager that shows the bar while its block runs."""
        return self._bar or nullcontext()

    def show(self, finding: RuleFinding, results: Results) -> None:
        """Show that one more rule was tried."""
        if self._bar is None:
            self._console.print(_line(finding), soft_wrap=True)
            return
        if finding.verdict == "broken":
            self._bar.console.print(_line(finding))
        self._bar.update(
            self._task,
            description=finding.rule.name,
            completed=len(results.findings),
            total=len(results.rules),
        )


def print_table(console: Console, results: Results) -> None:
    """Print the rules by verdict, the broken ones last; then counts by label, and one line of summary.

    A reason that several rules in a row share is printed once.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("rule", "label"):
        table.add_column(column, no_wrap=True)
    table.add_column("source, and why", overflow="fold")
    said = ""
    for verdict in reversed(VERDICTS):
        for finding in results.of(verdict):
            name = Text(f"{_MARKS[verdict]} {finding.rule.name}", _STYLES[verdict])
            table.add_row(name, finding.rule.label, Text("\n".join(_details(finding, said))))
            said = finding.why
        table.add_section()
    for part in (table, _labels(results)):
        console.print(part)
        console.print()
    console.print(_summary(results), soft_wrap=True)


def console_for(*, stderr: bool) -> Console:
    """A console that does not wrap lines which go to a file."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=_WIDTH_OF_FILES)


def _details(finding: RuleFinding, said: str) -> list[str]:
    if finding.verdict == "broken":
        return [finding.rule.sentence, finding.rule.source, _short(finding.why)]
    return [finding.rule.source, *([_short(finding.why)] if finding.why not in {"", said} else [])]


def _labels(results: Results) -> Table:
    """How many rules of each label were kept, were not applicable, and are broken."""
    counted = Counter((it.rule.label, it.verdict) for it in results.findings.values())
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("label")
    for verdict in reversed(VERDICTS):
        table.add_column(verdict, justify="right", style=_STYLES[verdict])
    for label in _LABELS:
        table.add_row(label, *(str(counted[label, verdict]) for verdict in reversed(VERDICTS)))
    return table


def _summary(results: Results) -> Text:
    parts = [Text(f"{len(results.of(v))} {v}", _STYLES[v]) for v in reversed(VERDICTS)]
    labels = Counter(finding.rule.label for finding in results.of("broken"))
    drift = "".join(f", {count} {label}" for label, count in sorted(labels.items()))
    where = results.target.get("mtls_url", "")
    own = " (the contract's own mock)" if results.target.get("own_mock") else ""
    return Text.assemble(
        Text(", ").join(parts), f" at {where}{own}", f"; broken are{drift[1:]}" if drift else ""
    )


def _line(finding: RuleFinding) -> Text:
    why = f": {_short(finding.why)}" if finding.why else ""
    return Text.assemble((f"{finding.verdict:<14}", _STYLES[finding.verdict]), f" {finding.rule.name}{why}")


def _short(why: str) -> str:
    """A reason in one line, cut if it is long."""
    text = " ".join(why.split())
    return text if len(text) <= _LONGEST_WHY else text[: _LONGEST_WHY - 1] + "…"
