"""Trying the contract as the command line does, and reading its JSON."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from mockwise.contracting import run_contract

RULES = Path(__file__).parents[2] / "contract"


@dataclass(frozen=True)
class Tried:
    """What came of it."""

    status: int
    report: dict[str, Any]
    err: str

    def of(self, verdict: str) -> dict[str, str]:
        """Rules of that verdict, with why."""
        return {rule["name"]: rule["why"] for rule in self.report["rules"] if rule["verdict"] == verdict}

    @property
    def broken(self) -> set[str]:
        """Names of the broken rules."""
        return set(self.of("broken"))


def surroundings(**changes: str) -> dict[str, str]:
    """This process's environment without any target, and with changes.

    Nor is the process that tries to be measured: the rules are no part of the product's coverage.
    """
    kept = (name for name in os.environ if not name.startswith(("MOCKWISE_", "COVERAGE_")))
    return {name: os.environ[name] for name in kept} | changes


def try_contract(
    environ: Mapping[str, str],
    url: str | None = None,
    *,
    tls_url: str | None = None,
    junit: Path | None = None,
) -> Tried:
    """Try every rule and read the report."""
    out, err = io.StringIO(), io.StringIO()
    status = run_contract(
        url,
        environ=environ,
        tls_url=tls_url,
        junit=junit,
        as_json=True,
        out=Console(file=out),
        err=Console(file=err),
    )
    return Tried(status, json.loads(out.getvalue()), err.getvalue())
