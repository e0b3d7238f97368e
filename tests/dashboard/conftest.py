from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockwise import MockWise, Sandbox
from tests.browser import Browser, chromium_or_skip
from tests.dashboard.dashboard_client import DashboardClient


@pytest.fixture
def box(mockwise_server: MockWise) -> Iterator[Sandbox]:
    """A sandbox that is not the default one."""
    with mockwise_server.sandbox() as made:
        yield made


@pytest.fixture
def dashboard(box: Sandbox) -> Iterator[DashboardClient]:
    """Somebody without a browser who looks at that sandbox's hub."""
    with DashboardClient(box) as it:
        yield it


@pytest.fixture(scope="session")
def running_browser() -> Iterator[Browser]:
    """A browser for all tests here."""
    chromium_or_skip()
    with Browser() as it:
        yield it


@pytest.fixture
def browser(running_browser: Browser) -> Browser:
    """The same, as a light window of a usual size."""
    running_browser.emulate(width=1280)
    return running_browser
