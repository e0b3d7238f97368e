from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from mockwise import MockWise, Sandbox


@pytest.fixture(scope="session")
def mock() -> Iterator[MockWise]:
    """One running mock; a test works in a sandbox of its own."""
    with MockWise(token_format="uuid") as running:
        yield running


@pytest.fixture(scope="session")
def control(mock: MockWise) -> Iterator[httpx.Client]:
    """A client of its control host, as any language has one."""
    with httpx.Client(base_url=mock.control_url) as client:
        yield client


@pytest.fixture
def box(mock: MockWise) -> Iterator[Sandbox]:
    """A fresh sandbox of the shared mock for each test."""
    with mock.sandbox() as fresh:
        yield fresh
