"""The pytest fixtures. This module imports the house only when a fixture is first used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockwise.mock import MockWise
    from mockwise.sandbox import Sandbox

_MARKER = "mockwise(**options): give this test's sandbox other options, for example token_lifetime='60s'"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture(scope="session")
def mockwise_settings() -> Mapping[str, Any]:
    """Options of the session's server; override this fixture to change them."""
    return {}


@pytest.fixture(scope="session")
def mockwise_server(mockwise_settings: Mapping[str, Any]) -> Iterator[MockWise]:
    """The session's server, a `MockWise`; with pytest-xdist each worker has one."""
    from mockwise.mock import MockWise  # noqa: PLC0415  because it must cost nothing until used

    with MockWise(**mockwise_settings) as server:
        yield server


@pytest.fixture
def mockwise(mockwise_server: MockWise, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A fresh and isolated `Sandbox` on the session's server."""
    from mockwise.core.errors import BadValue  # noqa: PLC0415  because it must cost nothing until used

    try:
        sandbox = mockwise_server.sandbox(**_marked(request))
    except BadValue as error:
        pytest.fail(f"@pytest.mark.mockwise: {error}", pytrace=False)
    with sandbox:
        yield sandbox


@pytest.fixture
def mockwise_own(mockwise_settings: Mapping[str, Any], request: pytest.FixtureRequest) -> Iterator[MockWise]:
    """A private `MockWise` for one test, for what reaches beyond a sandbox: trust, server certificate, handshakes."""
    from mockwise.core.errors import BadValue  # noqa: PLC0415  because it must cost nothing until used
    from mockwise.mock import MockWise  # noqa: PLC0415  because it must cost nothing until used

    try:
        server = MockWise(**{**mockwise_settings, **_marked(request)})
    except BadValue as error:
        pytest.fail(f"@pytest.mark.mockwise: {error}", pytrace=False)
    with server:
        yield server


def _marked(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The options of all `mockwise` markers of a test; the nearest one wins."""
    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("mockwise"))):
        if marker.args:
            pytest.fail("@pytest.mark.mockwise takes options by name: token_lifetime='60s'", pytrace=False)
        options |= marker.kwargs
    return options
