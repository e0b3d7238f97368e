from __future__ import annotations

import pytest

from tests.web.wise_app import House


@pytest.fixture
def house() -> House:
    """A mock of its own for each test: opaque tokens, mTLS not enforced."""
    return House()
