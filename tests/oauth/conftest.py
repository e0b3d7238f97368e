from __future__ import annotations

import pytest

from tests.oauth.token_endpoint import TokenEndpoint


@pytest.fixture
def endpoint() -> TokenEndpoint:
    """A token endpoint with one client, whose clock stands still."""
    return TokenEndpoint()
