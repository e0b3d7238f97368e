from __future__ import annotations

import pytest

from tests.oauth.token_endpoint import Desk


@pytest.fixture
def desk() -> Desk:
    """A token endpoint with one client, whose clock stands still."""
    return Desk()
