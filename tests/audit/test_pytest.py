"""`pytest --mockwise-audit`, as a project that installed mockwise uses it."""

from __future__ import annotations

import pytest

TESTS = """
import httpx
import pytest

def fetch(box, times=1):
    with httpx.Client(verify=box.ssl_context()) as client:
        for _ in range(times):
            client.post(
                box.token_url, auth=(box.client_id, box.client_secret), data={"grant_type": "client_credentials"}
            )

def test_good(mockwise):
    fetch(mockwise)
"""
BAD = """
@pytest.mark.parametrize("number", [1, 2])
def test_bad(mockwise, number):
    fetch(mockwise, 3)
"""
OTHERS = """
def test_own(mockwise_own):
    fetch(mockwise_own.default, 2)

def test_server(mockwise_server):
    fetch(mockwise_server.default, 2)

def test_closed(mockwise):
    fetch(mockwise, 3)
    mockwise.close()
"""


@pytest.fixture(autouse=True)
def _quiet(pytester: pytest.Pytester) -> None:
    """Warnings are errors in the project too."""
    pytester.makeini("[pytest]\nfilterwarnings = error\nasyncio_default_fixture_loop_scope = function\n")


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
@pytest.mark.parametrize(("mode", "status"), [("report", 0), ("fail", 1)])
def test_findings_are_told_at_the_end(
    mode: str, status: int, workers: tuple[str, ...], pytester: pytest.Pytester
) -> None:
    """By rule, with the tests that broke it; `fail` is the session's status, with xdist too."""
    pytester.makepyfile(TESTS + BAD)
    result = pytester.runpytest_subprocess(f"--mockwise-audit={mode}", *workers)
    result.assert_outcomes(passed=3)
    assert result.ret == status
    result.stdout.fnmatch_lines(
        [
            "*= mockwise audit: 2 errors =*",
            "error: Tokens are fetched where a held one would do ?tokens-not-held?",
            "  *::test_bad?1?: 3 live tokens were held*",
            "  change: Keep the token in memory*",
            "  source: Wise, Authentication & Access*",
        ]
    )
    result.stdout.fnmatch_lines(["  *::test_bad?2?: 3 live tokens were held*"])


def test_all_fixtures_are_looked_at(pytester: pytest.Pytester) -> None:
    """A private server, and what is left on the session's; what a test closed is gone."""
    pytester.makepyfile(TESTS + OTHERS)
    result = pytester.runpytest_subprocess("--mockwise-audit=fail")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["*mockwise audit: 2 errors*", "  *::test_own: 2 live*", "  the session's server: 2*"]
    )
    result.stdout.no_fnmatch_line("*::test_closed*")


def test_a_failed_run_stays_what_it_is(pytester: pytest.Pytester) -> None:
    """The status of the tests comes first."""
    pytester.makepyfile(TESTS + BAD + "\ndef test_false():\n    raise KeyboardInterrupt\n")
    assert pytester.runpytest_subprocess("--mockwise-audit=fail").ret == pytest.ExitCode.INTERRUPTED


def test_good_tests_take_one_line(pytester: pytest.Pytester) -> None:
    """And none without the option, or without the fixture."""
    path = pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess("--mockwise-audit=fail")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*= mockwise audit: nothing found =*"])
    pytester.runpytest_subprocess().stdout.no_fnmatch_line("*audit*")
    path.write_text("def test_it():\n    import sys\n    assert 'mockwise.core' not in sys.modules\n")
    result = pytester.runpytest_subprocess("--mockwise-audit=fail")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*= mockwise audit*")
