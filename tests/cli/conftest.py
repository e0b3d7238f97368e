"""What tests of commands share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockwise import MockWise, Sandbox


@pytest.fixture
def sandbox(mockwise_server: MockWise) -> Iterator[Sandbox]:
    """A sandbox that is not the default one."""
    with mockwise_server.sandbox() as made:
        yield made
