"""The fixtures, as a project that installed mockwise uses them."""

from __future__ import annotations

import pytest

FETCH = """
import httpx
import pytest

def fetch(box):
    with httpx.Client(verify=box.ssl_context()) as client:
        return client.post(
            box.token_url, auth=(box.client_id, box.client_secret), data={"grant_type": "client_credentials"}
        ).json()
"""


@pytest.fixture(autouse=True)
def _quiet(pytester: pytest.Pytester) -> None:
    """Warnings are errors in the project too."""
    pytester.makeini("[pytest]\nfilterwarnings = error\nasyncio_default_fixture_loop_scope = function\n")


def test_the_fixture_alone_is_enough(pytester: pytest.Pytester) -> None:
    """A test that takes `mockwise` gets a fresh sandbox on the session's one server."""
    pytester.makepyfile(
        FETCH
        + """
boxes = []

@pytest.mark.parametrize("number", [1, 2])
def test_fresh(mockwise, mockwise_server, number):
    assert fetch(mockwise)["expires_in"] == 43199
    assert len(mockwise.exchanges) == 1
    boxes.append((mockwise.name, mockwise.mtls_url))
    assert len({name for name, _ in boxes}) == len(boxes) == number
    assert len({url for _, url in boxes}) == 1
    assert mockwise_server.sandboxes == ["default", mockwise.name]
"""
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=2)


def test_options_by_fixture_and_by_marker(pytester: pytest.Pytester) -> None:
    """`mockwise_settings` is for all, the marker for one test; of several markers the nearest wins."""
    pytester.makepyfile(
        FETCH
        + """
pytestmark = pytest.mark.mockwise(token_lifetime="2m")

@pytest.fixture(scope="session")
def mockwise_settings():
    return {"token_format": "uuid", "token_lifetime": "3m"}

def test_module(mockwise):
    assert fetch(mockwise)["expires_in"] == 119
    assert len(fetch(mockwise)["access_token"]) == 36

@pytest.mark.mockwise(token_lifetime="60s", client_id="mine")
def test_nearest(mockwise):
    assert fetch(mockwise)["expires_in"] == 59
    assert mockwise.client_id == "mine"

@pytest.mark.mockwise(public_host=["localhost"])
def test_own(mockwise_own, mockwise_server):
    assert mockwise_own.mtls_url.startswith("https://localhost:")
    assert fetch(mockwise_own.default)["expires_in"] == 119
    assert mockwise_own is not mockwise_server
"""
    )
    pytester.runpytest_subprocess("--strict-markers").assert_outcomes(passed=3)


def test_mistakes_are_told_without_a_traceback(pytester: pytest.Pytester) -> None:
    """A wrong marker fails its test with one sentence."""
    pytester.makepyfile(
        """
import pytest

@pytest.mark.mockwise(token_lifetim="60s")
def test_name(mockwise):
    pass

@pytest.mark.mockwise("60s")
def test_position(mockwise):
    pass

@pytest.mark.mockwise(mtls_port=1)
def test_reach(mockwise):
    pass

@pytest.mark.mockwise(mtls_port=-1)
def test_own(mockwise_own):
    pass
"""
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=4)
    result.stdout.fnmatch_lines(
        [
            "*there is no option of a sandbox 'token_lifetim'. Did you mean 'token_lifetime'?*",
            "*takes options by name: token_lifetime='60s'*",
            "*take mockwise_own. there is no option of a sandbox 'mtls_port'*",
            "*mtls_port: Input should be greater than or equal to 0*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_workers_of_xdist_have_a_server_each(pytester: pytest.Pytester) -> None:
    """Parallel runs need nothing more."""
    pytester.makepyfile(
        FETCH
        + """
@pytest.mark.parametrize("number", range(8))
def test_it(mockwise, number):
    mockwise.advance(hours=number)
    assert fetch(mockwise)["token_type"] == "bearer"
"""
    )
    pytester.runpytest_subprocess("-n", "2").assert_outcomes(passed=8)


def test_async_tests_take_the_same_fixture(pytester: pytest.Pytester) -> None:
    """The server is in a thread of its own: the test's loop is free."""
    pytester.makepyfile(
        """
import httpx
import pytest

async def fetch(box):
    async with httpx.AsyncClient(verify=box.ssl_context()) as client:
        return await client.post(
            box.token_url, auth=(box.client_id, box.client_secret), data={"grant_type": "client_credentials"}
        )

@pytest.mark.asyncio
async def test_asyncio(mockwise):
    assert (await fetch(mockwise)).status_code == 200

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_anyio(mockwise, anyio_backend):
    assert (await fetch(mockwise)).status_code == 200
"""
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=2)


def test_a_strict_test_that_fails_says_what_repeats_it(pytester: pytest.Pytester) -> None:
    """The report has the seed; a test that passes, or is not strict, says nothing."""
    pytester.makepyfile(
        FETCH
        + """
@pytest.mark.mockwise(strict=True, seed=7)
def test_fails(mockwise):
    assert not fetch(mockwise)["access_token"]

@pytest.mark.mockwise(strict=True, seed=8)
def test_fails_too(mockwise_own):
    assert not fetch(mockwise_own.default)["access_token"]

@pytest.mark.mockwise(strict=True, seed=9)
def test_passes(mockwise):
    assert fetch(mockwise)["token_type"] == "bearer"

@pytest.mark.mockwise(scenario="outage")
def test_plain(mockwise):
    mockwise.assert_token_requests(1)
"""
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=3)
    for seed in (7, 8):
        result.stdout.fnmatch_lines(
            [f"strict: @pytest.mark.mockwise(strict=True, seed={seed}) repeats it exactly"]
        )
    result.stdout.no_fnmatch_line("*seed=9) repeats*")
    result.stdout.no_fnmatch_line("*seed=0)*")
    result.stdout.fnmatch_lines(["*0 requests with path /oauth/token, not 1"])
    result.stdout.no_fnmatch_line("*assertions.py*")


def test_a_fault_that_did_not_happen_fails_its_test(pytester: pytest.Pytester) -> None:
    """The test tried less than it seems to. Only what the test armed, and what had to happen, is asked for."""
    pytester.makepyfile(
        FETCH
        + """
from datetime import timedelta
from mockwise import Delay, Pass, Respond

def test_left(mockwise):
    mockwise.arm(Respond(503, path="/v1/*"))
    fetch(mockwise)

def test_left_of_its_own(mockwise_own):
    mockwise_own.default.arm(Respond(502))

@pytest.mark.mockwise(unspent_faults="ignore")
def test_ignored(mockwise):
    mockwise.arm(Respond(503, times=2))

def test_spent(mockwise):
    mockwise.arm(Respond(503))
    fetch(mockwise)

def test_closed(mockwise):
    mockwise.arm(Respond(503))
    mockwise.close()

@pytest.mark.mockwise(faults=[Respond(503)], scenario="outage")
def test_nobody_armed_them(mockwise):
    mockwise.play("flaky")

def test_they_need_not_happen(mockwise):
    mockwise.arm(Pass(), Delay(1, share=0.5), Respond(503, lasts=timedelta(hours=1)))

def test_reset(mockwise):
    mockwise.arm(Respond(503))
    mockwise.reset()

def test_has_failed_already(mockwise):
    mockwise.arm(Respond(503))
    assert False
"""
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=8, failed=1, errors=2)
    result.stdout.fnmatch_lines(
        [
            "faults were armed and did not happen:",
            "  1: respond status=503 'path=/v1/*'  (happened 0 of 1)",
            "  1: respond status=502  (happened 0 of 1)",
        ]
    )


def test_a_forked_test_has_a_server_of_its_own_where_it_needs_one(pytester: pytest.Pytester) -> None:
    """pytest-forked runs a test in a copy of the process: also when the session's server is there already."""
    pytester.makepyfile(
        FETCH
        + """
import os, warnings

def test_here(mockwise):
    assert fetch(mockwise)["expires_in"] == 43199

@pytest.mark.forked
def test_forked(mockwise, mockwise_server):
    assert fetch(mockwise)["expires_in"] == 43199
    mockwise.assert_token_requests(1)
    assert mockwise_server.forked

def test_a_child_that_comes_back(mockwise, mockwise_own, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        raise SystemExit(3)  # a mistake: the copy goes on as pytest
    os.waitpid(child, 0)
    assert fetch(mockwise)["expires_in"] == 43199
    assert fetch(mockwise_own.default)["expires_in"] == 43199

def test_here_again(mockwise):
    assert fetch(mockwise)["expires_in"] == 43199
"""
    )
    pytester.makeconftest(FORKED)
    pytester.runpytest_subprocess("--mockwise-audit", "report", "-p", "no:cacheprovider").assert_outcomes(
        passed=4
    )


FORKED = """
import os, warnings
import pytest
from _pytest.runner import runtestprotocol

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item):
    "What pytest-forked does, in short."
    if item.get_closest_marker("forked"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            reports = runtestprotocol(item, log=False)
            os._exit(0 if all(it.passed for it in reports) else 1)
        passed = os.waitpid(child, 0)[1] == 0
        report = pytest.TestReport(item.nodeid, item.location, {}, "passed" if passed else "failed", None, "call")
        item.ihook.pytest_runtest_logreport(report=report)
        return True

def pytest_configure(config):
    config.addinivalue_line("markers", "forked: in a copy of the process")
"""


FAILS = (
    FETCH
    + """
import ssl
from mockwise import Respond

def test_that_fails(mockwise):
    mockwise.arm(Respond(503, path="/oauth/tokn", times=2))
    mockwise.advance("12h")
    with httpx.Client(verify=mockwise.ssl_context()) as client:
        credentials = (mockwise.client_id, "MARKER0SECRET")
        client.post(mockwise.token_url, auth=credentials, data={"grant_type": "client_credentials"})
    context = ssl.create_default_context(cafile=mockwise.ca_file)
    with httpx.Client(verify=context) as client, pytest.raises(httpx.TransportError):
        client.get(mockwise.token_url)
    assert False

def test_that_passes(mockwise):
    fetch(mockwise)

def test_that_asks_nothing(mockwise_own):
    assert False

def test_that_closes_its_sandbox(mockwise):
    mockwise.close()
    assert False

def test_without_a_mock():
    assert False
"""
)


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_a_failed_test_shows_what_the_mock_knows(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    """Exchanges and refused handshakes with their reasons, the clock, the faults that did not happen; no secrets."""
    pytester.makepyfile(FAILS)
    outcome = pytester.runpytest_subprocess(*workers)
    outcome.assert_outcomes(passed=1, failed=4)
    outcome.stdout.fnmatch_lines(
        [
            "* mockwise *",
            "sandbox 'sandbox-*' at https://127.0.0.1:*, whose clock is 12h ahead",
            "exchanges:",
            "  ??:??:?? 401 POST /oauth/token mtls mockwise-*  The client secret is wrong. *",
            "refused handshakes of the mock:",
            "  ??:??:?? mtls certificate_required  the client showed no certificate: *",
            "faults that were armed and did not happen:",
            "  1: respond status=503 path=/oauth/tokn times=2  (happened 0 of 2)",
            "* mockwise *",
            "sandbox 'default' at https://127.0.0.1:*",
            "nothing asked the mock",
        ]
    )
    said = outcome.stdout.str()
    assert said.count("- mockwise -") == 2
    assert "MARKER0SECRET" not in said.partition("- mockwise -")[2].partition("____")[0]


def test_exchanges_and_handshakes_are_logged(pytester: pytest.Pytester) -> None:
    """At the level INFO, which pytest captures where it is asked to."""
    pytester.makepyfile(FAILS)
    outcome = pytester.runpytest_subprocess(
        "-k", "that_fails", "--log-level", "INFO", "--show-capture", "log"
    )
    outcome.stdout.fnmatch_lines(
        [
            "* Captured log call *",
            "INFO *mockwise.exchanges:*401 POST /oauth/token mtls *  The client secret is wrong. *",
            "INFO *mockwise.handshakes:*mtls certificate_required  the client showed no certificate: *",
        ]
    )
