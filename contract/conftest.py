"""Finds the target, hands it to the rules, and writes down what became of each."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import httpx
import pytest

from .recorder import Recorder, judge, mask
from .rulebook import not_applicable, rule_of
from .target import Target, TargetError, read_target
from .target_client import TargetClient
from .user_link import LinkedUser

if TYPE_CHECKING:
    from .local_mock import LocalMock, LocalSandbox

_HERE = Path(__file__).parent
_RECORDER = pytest.StashKey[Recorder]()
_SECRETS = pytest.StashKey[set[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known and open the record."""
    config.addinivalue_line("markers", "rule(rule): what a rule says, its label and its source")
    path = os.environ.get("MOCKWISE_CONTRACT_RESULTS")
    config.stash[_RECORDER] = Recorder(Path(path) if path else None)
    config.stash[_SECRETS] = set()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Check that every test is a rule, and that no two rules have the same name."""
    rules = [rule_of(item) for item in items if item.path.is_relative_to(_HERE)]
    names = [rule.name for rule in rules]
    if twice := {name for name in names if names.count(name) > 1}:
        raise pytest.UsageError(f"two rules have one name: {', '.join(sorted(twice))}")
    config.stash[_RECORDER].rules(rules)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Take the secrets out of what a broken rule says, and record the verdict."""
    report = yield
    secrets = item.config.stash[_SECRETS]
    said = ""
    if report.failed and call.excinfo is not None:
        report.longrepr = mask(report.longreprtext, secrets)
        said = mask(call.excinfo.exconly(tryshort=True), secrets)
    if judged := judge(report, said):
        item.config.stash[_RECORDER].verdict(rule_of(item), *judged)
    return report


@pytest.fixture(scope="session")
def own_mock(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[LocalMock | None]:
    """The contract's own mock; None if a target was given."""
    try:
        given = read_target(os.environ)
    except TargetError as error:
        _stop(pytestconfig, str(error))
    if given is not None:
        yield None
        return
    from mockwise import MockWise

    from .local_mock import LocalMock

    certs = tmp_path_factory.mktemp("own") / "certs"
    with MockWise(certs=certs) as mock:
        yield LocalMock(mock, certs / "bad", pytestconfig.stash[_SECRETS])


@pytest.fixture(scope="session")
def target(own_mock: LocalMock | None, pytestconfig: pytest.Config) -> Target:
    """The target that the rules are tried against."""
    found = own_mock.target if own_mock else read_target(os.environ)
    assert found is not None
    pytestconfig.stash[_RECORDER].target(found.mtls_url, found.tls_url, own_mock=own_mock is not None)
    return found


@pytest.fixture(scope="session")
def reached(target: Target, pytestconfig: pytest.Config) -> Iterator[TargetClient]:
    """A client of the target, once that has answered. A target that cannot be reached breaks no rule: nothing is tried."""
    wise = TargetClient(target, pytestconfig.stash[_SECRETS])
    try:
        _knock(wise, pytestconfig)
        yield wise
    finally:
        wise.close()


@pytest.fixture
def wise(reached: TargetClient, request: pytest.FixtureRequest) -> TargetClient:
    """A client of the target, for a rule."""
    if reached.target.is_wise and rule_of(request.node).label == "mock-only":
        not_applicable("Wise documents nothing here, so there is nothing to hold it to")
    return reached


@pytest.fixture(scope="session")
def reached_user(reached: TargetClient, own_mock: LocalMock | None) -> LinkedUser:
    """A user who is linked to the client, whose access token was refreshed twice."""
    token = own_mock.refresh_token() if own_mock else reached.target.refresh_token
    if token is None:
        not_applicable("no linked user is known: set MOCKWISE_CONTRACT_REFRESH_TOKEN")
    return LinkedUser(reached, token)


@pytest.fixture
def linked_user(reached_user: LinkedUser, wise: TargetClient) -> LinkedUser:
    """The linked user, for a rule that `wise` lets through."""
    assert reached_user.wise is wise
    return reached_user


@pytest.fixture
def new_sandbox(own_mock: LocalMock | None) -> Callable[..., AbstractContextManager[LocalSandbox]]:
    """Makes a sandbox for one rule alone, for those that move a clock, make users, use codes up or revoke."""
    if own_mock is None:
        not_applicable(
            "clock, users, codes and tokens of a target are left alone: this is tried on a mock of the contract's own"
        )
    return own_mock.new_sandbox


def _knock(wise: TargetClient, config: pytest.Config) -> None:
    try:
        assert wise.granted is not None
    except httpx.TransportError as error:
        _stop(config, f"{wise.target.mtls_url} cannot be reached: {error}")
    try:
        assert wise.target.tls_url is None or wise.on_tls_host is not None
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        _stop(config, f"{wise.target.tls_url} cannot be reached: {error}")
    except httpx.TransportError:
        pass  # it was reached; the rules say what is wrong


def _stop(config: pytest.Config, why: str) -> NoReturn:
    config.stash[_RECORDER].unable(why)
    pytest.exit(f"the contract cannot be tried: {why}", returncode=2)
