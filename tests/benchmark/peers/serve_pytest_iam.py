"""pytest-iam as its documentation shows: a fixture that serves while a test runs. Run with the pytest it is installed for."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest


@pytest.fixture(scope="session")
def iam_server_port() -> int:
    """Where it shall listen, instead of a port of its own choice."""
    return int(os.environ["PYTEST_IAM_PORT"])


def test_serve(iam_server: Any) -> None:
    """Register a client and wait to be ended."""
    client = iam_server.models.Client(
        client_id="client",
        client_secret="secret",
        client_name="benchmark",
        grant_types=["client_credentials"],
        token_endpoint_auth_method="client_secret_basic",
        scope=["openid"],
    )
    iam_server.backend.save(client)
    while True:
        time.sleep(3600)
