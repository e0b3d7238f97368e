from __future__ import annotations

import pytest

from tests.web.wise_app import WiseApp


@pytest.fixture
def wise_app() -> WiseApp:
    """A mock of its own for each test: opaque tokens, mTLS not enforced."""
    return WiseApp()
