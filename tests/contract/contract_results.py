"""Trying the contract as the command line does, and reading its JSON."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from mockwise import Sandbox
from mockwise.contract_runner import run_contract
from mockwise.contract_runner.results import Results

RULES = Path(__file__).parents[2] / "contract"


@dataclass(frozen=True)
class Tried:
    """The results of a run of the contract."""

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


def linked(box: Sandbox) -> dict[str, str]:
    """A user's link to the sandbox's client, as whoever tries the contract names it."""
    consent = box.authorize(redirect_uri="https://localhost/callback")
    form = {
        "grant_type": "authorization_code",
        "client_id": box.client_id,
        "code": consent.code,
        "redirect_uri": "https://localhost/callback",
    }
    with httpx.Client(verify=box.ssl_context()) as client:
        answer = client.post(box.token_url, auth=(box.client_id, box.client_secret), data=form)
    return {"MOCKWISE_CONTRACT_REFRESH_TOKEN": answer.json()["refresh_token"]}


def try_launched(launcher: str, *arguments: str, environ: Mapping[str, str], scratch: Path) -> Results:
    """Try the rules in the world that a launcher beside this file makes."""
    events = scratch / "events.jsonl"
    events.unlink(missing_ok=True)
    command = [sys.executable, str(Path(__file__).with_name(launcher)), *arguments]
    command += ["-q", "-c", str(RULES / "pytest.ini")]
    ended = subprocess.run(
        command,
        env={**environ, "MOCKWISE_CONTRACT_RESULTS": str(events)},
        cwd=scratch,
        capture_output=True,
        text=True,
        check=False,
    )
    assert events.is_file(), ended.stdout + ended.stderr
    results = Results()
    for line in events.read_text().splitlines():
        results.apply_event(json.loads(line))
    return results


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
