"""Dead tokens stay a day on the sandbox's clock, so that reasons survive, and then leave (mock-only)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mockwise.common.digests import digest_of
from mockwise.oauth.personal import issue_personal
from mockwise.state.registry import Registry
from mockwise.state.revocation_causes import RevocationCause
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.tokens import IssuedToken, application
from tests.state.helpers import FakeClock

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MANY = 2500  # issues after which a sweep has surely happened


def issue(box: SandboxState, text: str, lifetime: timedelta = HOUR) -> IssuedToken:
    """A token for the client `app`, issued now."""
    return box.tokens.issue(text, application("app"), box.clock.now(), lifetime)


def issue_many(box: SandboxState, prefix: str = "new") -> None:
    """So many tokens that a sweep happens."""
    for number in range(MANY):
        issue(box, f"{prefix}-{number}")


def test_the_long_dead_leave(registry: Registry, box: SandboxState) -> None:
    """A token that ended over a day ago is forgotten, and so is where it was issued (storage.store)."""
    token = issue(box, "old")
    box.clock.advance(HOUR + DAY + HOUR)
    issue_many(box)
    assert box.tokens.get(token.digest) is None
    assert registry.of_token(token.digest) is None
    assert registry.of_token(digest_of("new-0")) is box


def test_the_lately_dead_stay(box: SandboxState) -> None:
    """A token that ended a day ago or less is remembered, for the refusal's reason (storage.store)."""
    box.clock.freeze()
    token = issue(box, "old")
    box.clock.advance(HOUR + DAY)
    issue_many(box)
    assert box.tokens.get(token.digest) == token


def test_the_living_stay(box: SandboxState) -> None:
    """A live token is never swept, however old and however many come after it (storage.store)."""
    token = issue(box, "old", timedelta(days=36500))
    box.clock.advance(timedelta(days=3650))
    issue_many(box)
    assert box.tokens.get(token.digest) == token


def test_real_time_sweeps_nothing(box: SandboxState, wall_clock: FakeClock) -> None:
    """The day is one of the sandbox's clock: while that stands still, nothing leaves (common.clock)."""
    token = issue(box, "old")
    box.tokens.revoke("old")
    box.clock.freeze()
    wall_clock.move(100 * DAY)
    issue_many(box)
    assert box.tokens.get(token.digest) is not None


@pytest.mark.parametrize("verb", ["revoke", "expire"])
def test_the_day_counts_from_the_end(box: SandboxState, verb: str) -> None:
    """A token that was ended early leaves a day after that, not after its lifetime (storage.store)."""
    token = issue(box, "old", 365 * DAY)
    getattr(box.tokens, verb)("old")
    box.clock.advance(DAY + HOUR)
    issue_many(box)
    assert box.tokens.get(token.digest) is None


@pytest.mark.parametrize("verb", ["revoke_all", "expire_all"])
def test_what_ended_with_all_leaves_too(box: SandboxState, verb: str) -> None:
    """A token that ended under a watermark leaves a day after that (storage.store)."""
    token = issue(box, "old", 365 * DAY)
    getattr(box.tokens, verb)("app")
    box.clock.advance(DAY + HOUR)
    issue_many(box)
    assert box.tokens.get(token.digest) is None


def test_a_revoked_clients_tokens_leave_too(box: SandboxState) -> None:
    """The tokens of a revoked client leave a day after it (storage.store)."""
    token = issue(box, "old", 365 * DAY)
    box.clients.revoke("app")
    box.clock.advance(DAY + HOUR)
    issue_many(box)
    assert box.tokens.get(token.digest) is None


def test_a_clock_set_back_keeps_the_dead_until_it_has_caught_up(box: SandboxState) -> None:
    """A token whose end lies ahead of the clock stays, and leaves once the clock is a day past it (common.clock)."""
    token = issue(box, "old")
    end = box.clock.advance(10 * DAY)
    box.tokens.revoke("old")
    box.clock.set(end - 20 * DAY)
    issue_many(box, "before")
    assert box.tokens.get(token.digest) is not None
    box.clock.set(end + DAY + HOUR)
    issue_many(box, "after")
    issue_many(box, "later")
    assert box.tokens.get(token.digest) is None


def test_memory_is_bounded_over_many_issues(box: SandboxState, wall_clock: FakeClock) -> None:
    """With a token a minute, each for an hour, some 1500 are live or lately dead; not many more are kept (section 7)."""
    most = 0
    for number in range(20_000):
        issue(box, str(number))
        wall_clock.move(timedelta(minutes=1))
        if number % 500 == 0:
            most = max(most, len(box.tokens.all()))
    assert 1500 < most < 2 * 1500 + 1000


def test_ending_all_again_and_again_keeps_nothing(box: SandboxState, wall_clock: FakeClock) -> None:
    """A sandbox whose tokens are revoked every hour forgets them as well (mock-only)."""
    for number in range(5000):
        issue(box, str(number))
        wall_clock.move(timedelta(minutes=10))
        if number % 6 == 0:
            box.tokens.revoke_all("app")
    assert len(box.tokens.all()) < 2500


def test_a_revoked_personal_token_leaves_its_user_too(box: SandboxState) -> None:
    """It never expires; once revoked it is forgotten after a day, and its user's list does not know it any more."""
    [user, *_] = box.users.all()
    digest = digest_of(issue_personal(box, user.user_id))
    box.tokens.revoke(digest)
    box.clock.advance(DAY + HOUR)
    issue_many(box)
    assert box.tokens.get(digest) is None
    box.tokens.revoke_personal(user.user_id, RevocationCause.REFRESHED)
