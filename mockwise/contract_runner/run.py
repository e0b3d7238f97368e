"""`mockwise contract`: tries the rules against a target and says which are kept."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console

from mockwise.contract_runner.locate import find_contract
from mockwise.contract_runner.progress import ProgressView, console_for, print_table
from mockwise.contract_runner.pytest_process import PytestProcess
from mockwise.contract_runner.results import Results
from mockwise.errors import MockwiseError

KEPT, BROKEN, UNABLE, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses: nothing is broken; a rule is; nothing could be tried; Ctrl-C."""

_SECRETS = ("MOCKWISE_CLIENT_SECRET", "MOCKWISE_CONTRACT_REFRESH_TOKEN")
_PYTEST_FINISHED = (0, 1)


def run_contract(
    url: str | None = None,
    *,
    environ: Mapping[str, str],
    tls_url: str | None = None,
    junit: Path | None = None,
    as_json: bool = False,
    preflight: Callable[[Mapping[str, str]], None] | None = None,
    out: Console | None = None,
    err: Console | None = None,
) -> int:
    """Try the contract, print the results, and return the exit status.

    Args:
        url: the target's mTLS host; without it the one in the environment, or else a mock of the contract's own.
        environ: holds the credentials (`MOCKWISE_CLIENT_ID`, `MOCKWISE_CLIENT_SECRET`, `MOCKWISE_CERT_FILE`,
            `MOCKWISE_KEY_FILE`, `MOCKWISE_CA_FILE`); everything else is passed on to the pytest process.
        tls_url: the target's TLS host; without it that of Wise's sandbox if that is the target, or else the environment's.
        junit: where to write JUnit XML as well.
        as_json: print one JSON object in place of the table.
        preflight: called before any rule, with the target's environment; if it raises `MockwiseError`, nothing is tried.
        out: where the report goes; stdout without it.
        err: where progress and errors go; stderr without it.

    Returns:
        0 if nothing is broken, 1 if a rule is, 2 if nothing could be tried, 130 after Ctrl-C.
    """
    out = out or console_for(stderr=False)
    err = err or console_for(stderr=True)
    results = Results()
    try:
        target = _target_environment(environ, url, tls_url)
        if preflight is not None:
            preflight(target)
        _try_rules(results, target, junit, ProgressView(err))
    except KeyboardInterrupt:
        err.print("interrupted: the rules that were left have not been tried")
        return INTERRUPTED
    except MockwiseError as error:
        results.unable = str(error)
    if as_json:
        out.out(json.dumps(results.as_dict(), indent=2), highlight=False)
    if results.unable is not None:
        err.print(
            f"the contract cannot be tried: {results.unable}", soft_wrap=True, markup=False, highlight=False
        )
        return UNABLE
    if not as_json:
        print_table(out, results)
    return BROKEN if results.of("broken") else KEPT


def _try_rules(results: Results, environ: Mapping[str, str], junit: Path | None, view: ProgressView) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="mockwise-contract-") as scratch,
        PytestProcess(find_contract(), Path(scratch), environ, junit) as process,
        view.running(),
    ):
        for event in process.events():
            if finding := results.apply_event(event):
                view.show(finding, results)
        if results.unable is None and (process.status not in _PYTEST_FINISHED or results.untried):
            tail = process.output_tail(*(environ.get(name, "") for name in _SECRETS))
            results.unable = f"pytest ended early, with status {process.status}:\n{tail}"


def _target_environment(environ: Mapping[str, str], url: str | None, tls_url: str | None) -> dict[str, str]:
    """The environment with the given URLs of the target."""
    changed = dict(environ)
    if url is not None:
        if changed.get("MOCKWISE_MTLS_URL", url) != url:
            changed.pop("MOCKWISE_TLS_URL", None)  # it is the other target's
        changed["MOCKWISE_MTLS_URL"] = url
    if tls_url is not None:
        changed["MOCKWISE_TLS_URL"] = tls_url
    return changed
