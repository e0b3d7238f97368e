"""What an exchange weighs in the journal."""

from __future__ import annotations

from dataclasses import replace

from mockwise.core.policy import Policy
from tests.web.house import FORM, House

_POLICY = Policy(token_format="uuid", mtls="optional")


def test_long_requests_leave_less_room() -> None:
    """Bodies, headers and paths count: the journal stays within its bytes, whoever fills it (Policy.journal_bytes)."""
    house = House(replace(_POLICY, journal_bytes=200_000))
    for _ in range(40):
        house.token()
    assert house.box.journal.count() == 40
    long = "x" * 30_000
    for _ in range(10):
        house.token(content=f"grant_type=client_credentials&x={long}", headers=FORM)
    assert house.box.journal.count() == 6
    for _ in range(10):
        house.call("GET", "/v1/authenticated/playground", "wrong", headers={"x-long": long})
    assert house.box.journal.count() == 6
    for _ in range(10):
        house.call("GET", f"/v1/{long}", "wrong")
    assert house.box.journal.count() == 6


def test_an_exchange_that_is_too_long_is_not_kept() -> None:
    """A journal may be of no size at all."""
    house = House(replace(_POLICY, journal_bytes=0))
    assert house.token().status_code == 200
    assert house.box.journal.exchanges() == []
