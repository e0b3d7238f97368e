"""What a mock does while Python's clocks are stopped or moved; to be imported while they are, too."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Literal

import httpx
import pytest

from mockwise import Delay, MockWise, Sandbox

PATIENCE = 10.0  # seconds after which a test that waits has failed
DAY = timedelta(days=1)


def token(box: Sandbox, context: ssl.SSLContext | None = None) -> httpx.Response:
    """Ask for a token over a new connection."""
    with httpx.Client(verify=context or box.ssl_context(), trust_env=False, timeout=PATIENCE) as client:
        return client.post(
            box.token_url,
            auth=(box.client_id, box.client_secret),
            data={"grant_type": "client_credentials"},
        )


def refused(mock: MockWise, box: Sandbox) -> str | None:
    """The alert with which a handshake fails."""
    with pytest.raises((httpx.NetworkError, httpx.RemoteProtocolError)):
        token(box)
    return mock.handshakes[-1].alert


def all_is_well(mock: MockWise) -> None:
    """Certificates are issued, renewed, revoked and rotated; lists are renewed; timers end; every host answers."""
    box = mock.default
    assert token(box).status_code == 200
    certificates_are_judged_by_the_real_time(mock)
    for fresh in (mock.sandbox(), mock.default):
        fresh.arm(Delay(0.05))
        assert token(fresh).status_code == 200
    with mock.rotate_authority() as drill:
        assert token(box).status_code == 200
        drill.switch_server()
        assert token(box).status_code == 200
    mock.rotate_server_certificate()
    assert token(box).status_code == 200
    assert token(mock.sandbox()).status_code == 200
    with httpx.Client(
        base_url=box.control_url, trust_env=False, timeout=PATIENCE, follow_redirects=True
    ) as control:
        for path in ("/health", "/", "/sandboxes/default", "/sandboxes/default/certificates"):
            answer = control.get(path)
            assert answer.status_code == 200, (path, answer.text)
        listed = control.get("/sandboxes/default/certificates").json()["certificates"]
        assert [it["state"] for it in listed].count("active") == 1
    assert not [it for it in box.audit() if it.rule == "certificate-near-end"]


def certificates_are_judged_by_the_real_time(mock: MockWise) -> None:
    """By the mock as by OpenSSL."""
    box = mock.default
    box.renew_certificate(valid_until=-DAY, revoke_old=True)
    assert refused(mock, box) == "certificate_expired"
    box.renew_certificate(valid_from=DAY)
    assert refused(mock, box) == "bad_certificate"
    box.renew_certificate()
    assert token(box).status_code == 200
    box.revoke_certificate()
    assert refused(mock, box) == "certificate_revoked"
    box.renew_certificate()
    assert token(box).status_code == 200


@contextmanager
def started(loop: Literal["asyncio", "uvloop"]) -> Iterator[MockWise]:
    """A mock."""
    with MockWise(loop=loop) as mock:
        yield mock
