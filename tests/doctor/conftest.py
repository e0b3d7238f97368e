from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mockwise import MockWise, Sandbox


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of certificates, those that must be refused among them."""
    return tmp_path_factory.mktemp("certs")


@pytest.fixture(scope="module")
def mock(certs: Path) -> Iterator[MockWise]:
    """A mock that keeps its certificates there."""
    with MockWise(certs=certs, token_format="uuid") as mock:
        yield mock


@pytest.fixture
def box(mock: MockWise) -> Sandbox:
    """Its default sandbox."""
    return mock.default
