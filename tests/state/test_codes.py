from __future__ import annotations

from datetime import timedelta

import pytest

from mockwise.state.codes import LIFETIMES, Code, Purpose
from mockwise.state.sandbox_state import SandboxState
from tests.state.helpers import together


def issue(box: SandboxState, purpose: Purpose = "authorization") -> tuple[str, Code]:
    """A fresh code: its text and record."""
    text = box.codes.issue(purpose, "app", 1, 2, "https://a.example/")
    code = box.codes.of_text(purpose, text)
    assert code is not None
    return text, code


@pytest.mark.parametrize(("purpose", "minutes"), [("authorization", 30), ("claim", 5)])
def test_codes_have_their_time(box: SandboxState, purpose: Purpose, minutes: int) -> None:
    """Facts 2, DOCUMENTED: 30 minutes and 5 minutes."""
    assert LIFETIMES[purpose] == timedelta(minutes=minutes)
    _, code = issue(box, purpose)
    assert code.expires_at - code.issued_at == timedelta(minutes=minutes)


def test_a_code_serves_one_purpose(box: SandboxState) -> None:
    """An authorization code is no claim-account code (docs/wise/operations.md#endpoints and docs/wise/consent-and-revocation.md#authorization-page)."""
    text, _ = issue(box)
    assert box.codes.of_text("claim", text) is None
    assert box.codes.of_text("authorization", "another") is None


def test_one_of_many_threads_uses_a_code(box: SandboxState) -> None:
    """A code is used once, however many try at the same time (docs/wise/lifetimes-and-formats.md#lifetimes)."""
    text, code = issue(box)
    assert together(8, lambda _: box.codes.use(code)).count(True) == 1
    used = box.codes.of_text("authorization", text)
    assert used is not None
    assert used.used_at == box.clock.now()
    assert not box.codes.use(used)


def test_codes_are_withdrawn(box: SandboxState) -> None:
    """What is withdrawn is expired, unless it was used, and no other (mock-only)."""
    text, _ = issue(box)
    used_text, code = issue(box)
    box.codes.use(code)
    other = box.codes.issue("authorization", "app", 7)
    box.codes.withdraw("user_id", 1)
    withdrawn, kept = (box.codes.of_text("authorization", it) for it in (text, other))
    assert withdrawn is not None
    assert kept is not None
    assert withdrawn.expires_at == box.clock.now() < kept.expires_at
    assert (withdrawn.withdrawn, kept.withdrawn) == (True, False)
    used = box.codes.of_text("authorization", used_text)
    assert used is not None
    assert not used.withdrawn


@pytest.mark.parametrize("used", [True, False])
def test_a_dead_code_is_forgotten_after_a_day(box: SandboxState, used: bool) -> None:
    """Memory stays flat; reasons survive a while (mock-only)."""
    text, code = issue(box)
    if used:
        box.codes.use(code)
    box.clock.advance(timedelta(days=1, minutes=31))
    for _ in range(3):
        issue(box)
    assert box.codes.of_text("authorization", text) is None
