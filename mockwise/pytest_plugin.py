"""The pytest fixtures, and the audit of what tests did with them.

pytest imports this module in every project of its environment, so mockwise itself is imported when a fixture is first used.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from datetime import datetime

    from mockwise.audit.findings import Finding
    from mockwise.mock import MockWise
    from mockwise.sandbox.handle import Sandbox

_MARKER = "mockwise(**options): give this test's sandbox other options, for example token_lifetime='60s'"
_OPTION = "mockwise_audit"
_AUDIT = pytest.StashKey[dict[str, Any]]()
_FAILED = pytest.StashKey[bool]()
_IN_USE = pytest.StashKey[tuple["MockWise", "Sandbox", "datetime"]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option `--mockwise-audit`."""
    parser.getgroup("mockwise").addoption(
        "--mockwise-audit",
        choices=("off", "report", "fail"),
        default="off",
        help="report at the end which of Wise's rules the clients under test break; fail: and fail if there is an error",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker `mockwise`."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture(scope="session")
def mockwise_settings() -> Mapping[str, Any]:
    """Options of the session's server; override this fixture to change them."""
    return {}


@pytest.fixture(scope="session")
def mockwise_server(
    mockwise_settings: Mapping[str, Any], request: pytest.FixtureRequest
) -> Iterator[MockWise]:
    """The session's server, a `MockWise`; with pytest-xdist each worker has one."""
    from mockwise import MockWise

    with MockWise(**mockwise_settings) as server, _without_proxy(server):
        yield server
        _audit(request, lambda: [it for report in server.reports() for it in report.findings])


@pytest.fixture
def mockwise(mockwise_server: MockWise, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A fresh and isolated `Sandbox` on the session's server."""
    from mockwise.errors import InvalidValueError

    with _in_this_process(mockwise_server) as server:
        try:
            sandbox = server.sandbox(**_marker_options(request))
        except InvalidValueError as error:
            pytest.fail(f"@pytest.mark.mockwise: {error}", pytrace=False)
        _report_seed(request, sandbox)
        with sandbox:
            _begin_test(request, server, sandbox)
            yield sandbox
            _audit(request, sandbox.audit)
            _check_faults(request, sandbox)


def _without_proxy(server: MockWise) -> AbstractContextManager[None]:
    """A context in which clients call the server without a proxy."""
    from mockwise.common.proxies import called_directly

    return called_directly((server.mtls_url, server.tls_url, server.control_url))


@contextmanager
def _in_this_process(server: MockWise) -> Iterator[MockWise]:
    """The session's server, or one with its settings if this test runs in a forked process (pytest-forked)."""
    from mockwise import MockWise

    if server.forked:
        with MockWise(server.settings) as own:
            yield own
    else:
        yield server


@pytest.fixture
def mockwise_own(mockwise_settings: Mapping[str, Any], request: pytest.FixtureRequest) -> Iterator[MockWise]:
    """A private `MockWise` for one test, for what reaches beyond a sandbox: trust, server certificate, handshakes."""
    from mockwise import MockWise
    from mockwise.errors import InvalidValueError

    try:
        server = MockWise(**{**mockwise_settings, **_marker_options(request)})
    except InvalidValueError as error:
        pytest.fail(f"@pytest.mark.mockwise: {error}", pytrace=False)
    with server, _without_proxy(server):
        own = server.default
        _report_seed(request, own)
        _begin_test(request, server, own)
        yield server
        _audit(request, lambda: [it for report in server.reports() for it in report.findings])
        _check_faults(request, own)


def _marker_options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The options of all `mockwise` markers of a test; the nearest one wins."""
    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("mockwise"))):
        if marker.args:
            pytest.fail("@pytest.mark.mockwise takes options by name: token_lifetime='60s'", pytrace=False)
        options |= marker.kwargs
    return options


def _report_seed(request: pytest.FixtureRequest, sandbox: Sandbox) -> None:
    """Add the seed to the report of a failed test, so that it can be repeated."""
    if sandbox.strict:
        said = f"strict: @pytest.mark.mockwise(strict=True, seed={sandbox.seed}) repeats it exactly"
        request.node.add_report_section("setup", "mockwise", said)


def _begin_test(request: pytest.FixtureRequest, server: MockWise, sandbox: Sandbox) -> None:
    """Note what a test uses, in case it fails."""
    from mockwise.real_time import real_now

    request.node.stash[_IN_USE] = (server, sandbox, real_now())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a test that failed what its mock knows."""
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    if report.when == "call" and report.failed and (in_use := item.stash.get(_IN_USE, None)):
        from mockwise.errors import MockwiseError
        from mockwise.sandbox.failure_report import failure_report

        server, sandbox, began = in_use
        with suppress(MockwiseError):  # the test has closed the sandbox or stopped the mock itself
            report.sections.append(("mockwise", failure_report(sandbox, server.handshakes, began)))
    return report


def _check_faults(request: pytest.FixtureRequest, sandbox: Sandbox) -> None:
    """Fail a test that has passed, if its sandbox is set so, because a fault that it armed did not happen."""
    if request.node.stash.get(_FAILED, False):
        return
    from mockwise.errors import MockwiseError

    failure = None
    try:
        if sandbox.unspent_faults == "fail":
            sandbox.assert_faults_spent(only_certain=True)
    except MockwiseError:
        return  # the test has closed the sandbox itself, or this is a forked copy
    except AssertionError as error:
        failure = str(error)
    if failure is not None:
        pytest.fail(failure, pytrace=False)


def _audit(request: pytest.FixtureRequest, find: Callable[[], Iterable[Finding]]) -> None:
    """Note the findings of a test as plain values, which a worker of pytest-xdist can send."""
    if request.config.getoption(_OPTION) == "off":
        return
    from mockwise.errors import MockwiseError

    with suppress(MockwiseError):  # the test has closed the sandbox itself
        findings = [
            {
                "test": request.node.nodeid or "the session's server",
                **{
                    name: getattr(it, name) for name in ("rule", "level", "title", "what", "remedy", "source")
                },
            }
            for it in find()
        ]
        _note(request.config, {"audits": 1, "findings": findings})


def _note(config: pytest.Config, more: Mapping[str, Any]) -> None:
    notes = config.stash.setdefault(_AUDIT, {"audits": 0, "findings": []})
    notes["audits"] += more["audits"]
    notes["findings"] += more["findings"]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over the notes of a worker of pytest-xdist."""
    if notes := getattr(node, "workeroutput", {}).get(_OPTION):
        _note(node.config, notes)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a worker send the notes; otherwise fail the session, if it is to fail, because of an error."""
    config = session.config
    notes = config.stash.get(_AUDIT, None)
    if notes is None:
        return
    if hasattr(config, "workeroutput"):
        config.workeroutput[_OPTION] = notes
    elif config.getoption(_OPTION) == "fail" and any(it["level"] == "error" for it in notes["findings"]):
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the findings by rule, the worst first."""
    notes = config.stash.get(_AUDIT, None)
    if notes is None:
        return
    levels = [it["level"] for it in notes["findings"]]
    counts = ((level, levels.count(level)) for level in ("error", "warning", "note"))
    summary = ", ".join(f"{count} {level}{'' if count == 1 else 's'}" for level, count in counts if count)
    terminalreporter.section(f"mockwise audit: {summary or 'nothing found'}")
    by_rule: dict[str, list[dict[str, str]]] = {}
    for finding in sorted(notes["findings"], key=lambda it: ("error", "warning", "note").index(it["level"])):
        by_rule.setdefault(finding["rule"], []).append(finding)
    colours = {"error": {"red": True}, "warning": {"yellow": True}, "note": {"cyan": True}}
    for rule, findings in by_rule.items():
        first = findings[0]
        terminalreporter.write_line(f"{first['level']}: {first['title']} [{rule}]", **colours[first["level"]])
        for it in findings:
            terminalreporter.write_line(f"  {it['test']}: {it['what']}")
        terminalreporter.write_line(f"  change: {first['remedy']}")
        terminalreporter.write_line(f"  source: {first['source']}")
