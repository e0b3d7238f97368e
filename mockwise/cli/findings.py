"""Prints the findings of an audit, and writes its reports to files."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from mockwise.audit.findings import summed_counts
from mockwise.cli import output
from mockwise.cli.control import Json
from mockwise.errors import InvalidValueError, MockwiseError
from mockwise.journal.lines import printable

JUnitFile = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Write the audit as JUnit XML, too.")
]
HtmlFile = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Write the audit as a page with time lines, too."),
]

_INDENT, _WIDEST, _NARROWEST = " " * 10, 110, 30  # columns
_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}


def print_audit(seen: Json, out: Console) -> None:
    """A table of what was found, and below it what to change; one line if there is nothing."""
    findings: Sequence[Json] = seen["findings"]
    exchanges = sum(it["exchanges"] for it in seen["sandboxes"])
    if not findings:
        audited = "1 exchange" if exchanges == 1 else f"{exchanges} exchanges"
        out.print(Text.assemble(("audit: ", "dim"), ("nothing found", "green"), (f" in {audited}", "dim")))
        return
    columns = {"level": "level", "rule": "rule", "sandbox": "sandbox", "client_id": "client", "what": "what"}
    for name in ("sandbox", "client_id"):
        if len({it[name] for it in findings}) == 1:
            del columns[name]
    output.print_table(
        f"Audit: {summed_counts(seen['counts'])}",
        tuple(columns.values()),
        [[_cell(name, it[name]) for name in columns] for it in findings],
        out,
    )
    for it in {it["rule"]: it for it in findings}.values():
        out.print()
        out.print(Text.assemble((it["title"], "bold"), (f"  {it['rule']}", "dim")))
        numbers = " ".join(f"#{evidence['number']}" for evidence in it["evidence"])
        for name, text in (
            ("change", it["remedy"]),
            ("said", it["says"]),
            ("source", it["source"]),
            ("seen in", numbers),
        ):
            lines = textwrap.wrap(text, max(min(out.width, _WIDEST) - len(_INDENT), _NARROWEST))
            out.print(Text.assemble((f"  {name:<8}", "dim"), f"\n{_INDENT}".join(lines)))


def _cell(name: str, value: str | None) -> Text:
    return Text(printable(value or "-"), _STYLES[value] if name == "level" and value else "")


def check_file(file: Path | None, option: str) -> None:
    """Check that a report can be written, before the command begins.

    Raises:
        InvalidValueError: its folder is not there, or it is a folder.
    """
    if file is not None and (file.is_dir() or not file.absolute().parent.is_dir()):
        raise InvalidValueError(f"{option}: {file} cannot be written: name a file in a folder that is there")


def write_files(files: Mapping[Path | None, Callable[[], str]]) -> None:
    """Write each report to its file; None is a report that is not wanted. One that fails does not stop the others.

    Raises:
        MockwiseError: a file cannot be written; the message names each file.
    """
    problems = []
    for file, text in files.items():
        if file is not None:
            try:
                file.write_text(text(), "utf-8")
            except OSError as error:
                problems.append(f"{file} cannot be written: {error.strerror}")
    if problems:
        raise MockwiseError(f"{'; '.join(problems)}: make room, or name another file")
