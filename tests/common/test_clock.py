from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mockwise.common.clock import LAST, Clock, wall_now
from mockwise.errors import InvalidValueError
from mockwise.storage.memory import MemoryStore
from tests.state.helpers import NOON, FakeClock, together

HOUR = timedelta(hours=1)


@pytest.fixture
def store() -> MemoryStore:
    """Where the clock's setting is kept."""
    return MemoryStore()


@pytest.fixture
def clock(store: MemoryStore, wall_clock: FakeClock) -> Clock:
    """A clock on a wall that the test moves."""
    return Clock(store, "box", wall_clock)


def test_the_wall_is_aware_and_utc() -> None:
    """The real time carries its zone, UTC (common.clock)."""
    before = datetime.now(UTC)
    assert before <= wall_now() <= datetime.now(UTC)
    assert wall_now().tzinfo is UTC


def test_a_new_clock_shows_the_walls_time(clock: Clock, wall_clock: FakeClock) -> None:
    """An untouched clock runs with the wall's (common.clock)."""
    assert clock.now() == NOON
    wall_clock.move(HOUR)
    assert clock.now() == NOON + HOUR
    assert not clock.frozen


def test_advance_adds_up(clock: Clock, wall_clock: FakeClock) -> None:
    """Each advance moves the clock on from where it is, and it keeps running (mock-only)."""
    assert clock.advance(12 * HOUR) == NOON + 12 * HOUR
    wall_clock.move(HOUR)
    assert clock.advance(HOUR) == NOON + 14 * HOUR
    assert clock.now() == NOON + 14 * HOUR


def test_a_frozen_clock_stands_still(clock: Clock, wall_clock: FakeClock) -> None:
    """A frozen clock shows the moment it was frozen at, whatever the wall does (mock-only)."""
    assert clock.freeze() == NOON
    wall_clock.move(HOUR)
    assert clock.frozen
    assert clock.now() == NOON


def test_freezing_twice_changes_nothing(clock: Clock, wall_clock: FakeClock) -> None:
    """Freezing a frozen clock leaves it at its moment (mock-only)."""
    clock.freeze()
    wall_clock.move(HOUR)
    assert clock.freeze() == NOON


def test_a_frozen_clock_is_advanced_by_hand(clock: Clock, wall_clock: FakeClock) -> None:
    """Advancing moves a frozen clock and leaves it frozen (mock-only)."""
    clock.freeze()
    wall_clock.move(HOUR)
    assert clock.advance(5 * HOUR) == NOON + 5 * HOUR
    assert clock.frozen


def test_resume_goes_on_from_where_it_stood(clock: Clock, wall_clock: FakeClock) -> None:
    """A resumed clock runs on from its frozen moment: no time is made up (mock-only)."""
    clock.freeze()
    wall_clock.move(5 * HOUR)
    assert clock.resume() == NOON
    wall_clock.move(HOUR)
    assert clock.now() == NOON + HOUR
    assert not clock.frozen


def test_resuming_a_running_clock_changes_nothing(clock: Clock) -> None:
    """Resuming without a freeze keeps the time (mock-only)."""
    clock.advance(HOUR)
    assert clock.resume() == clock.now() == NOON + HOUR


@pytest.mark.parametrize("by", [-365 * 24 * HOUR, -HOUR, HOUR, 365 * 24 * HOUR])
def test_set_shows_a_time_and_runs(clock: Clock, wall_clock: FakeClock, by: timedelta) -> None:
    """A clock may be set to any time, forward or back, and runs on from there (mock-only)."""
    assert clock.set(NOON + by) == NOON + by
    wall_clock.move(HOUR)
    assert clock.now() == NOON + by + HOUR


def test_setting_a_frozen_clock_keeps_it_frozen(clock: Clock, wall_clock: FakeClock) -> None:
    """Setting moves a frozen clock's moment and does not start it (mock-only)."""
    clock.freeze()
    clock.set(NOON + HOUR)
    wall_clock.move(HOUR)
    assert clock.frozen
    assert clock.now() == NOON + HOUR


def test_a_time_of_another_zone_is_shown_in_utc(clock: Clock) -> None:
    """The clock speaks UTC whatever zone it was set in, as Wise's timestamps do (docs/wise/token-endpoint.md#response)."""
    clock.freeze()
    shown = clock.set(datetime(2030, 1, 1, 12, tzinfo=timezone(timedelta(hours=2))))
    assert shown.isoformat() == "2030-01-01T10:00:00+00:00"


def test_a_time_without_a_zone_is_refused(clock: Clock) -> None:
    """A naive time is no moment; the error says how to write one (errors)."""
    with pytest.raises(
        InvalidValueError, match="needs a zone: write 2030-01-01T00:00:00Z or pass tzinfo=UTC"
    ):
        clock.set(datetime(2030, 1, 1))
    assert clock.now() == NOON


def test_the_clock_reaches_its_last_moment_and_no_further(clock: Clock) -> None:
    """The clock stops short of Python's last year, so that a token's end is a date (mock-only)."""
    assert clock.set(LAST) == LAST
    with pytest.raises(InvalidValueError, match=r"year.* 9000"):
        clock.set(LAST + timedelta(microseconds=1))
    with pytest.raises(InvalidValueError, match=r"year.* 9000: advance by less"):
        clock.advance(timedelta(microseconds=1))
    assert clock.now() == LAST


@pytest.mark.parametrize("frozen", [True, False])
def test_an_advance_past_the_end_changes_nothing(clock: Clock, frozen: bool) -> None:
    """A refused advance leaves the clock as it was, running or frozen (errors)."""
    if frozen:
        clock.freeze()
    with pytest.raises(InvalidValueError):
        clock.advance(timedelta.max)
    assert clock.now() == NOON
    assert clock.frozen is frozen


def test_an_advance_before_the_first_date_changes_nothing(clock: Clock) -> None:
    """A clock that was refused its new time can still be read (errors)."""
    with pytest.raises(InvalidValueError):
        clock.advance(timedelta(days=-1_000_000))
    assert clock.now() == NOON


def test_a_time_before_the_first_date_is_refused(clock: Clock) -> None:
    """A time that is no date in UTC is a bad value, not an OverflowError (errors)."""
    with pytest.raises(InvalidValueError):
        clock.set(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))))


def test_reset_returns_to_the_wall(clock: Clock, wall_clock: FakeClock) -> None:
    """Resetting undoes offset and freeze (mock-only)."""
    clock.advance(HOUR)
    clock.freeze()
    assert clock.reset() == NOON
    wall_clock.move(HOUR)
    assert clock.now() == NOON + HOUR


def test_any_wall_time_has_its_sandbox_time(clock: Clock) -> None:
    """A moment of the wall's clock reads as the sandbox's clock shows it, running or frozen (Clock.at)."""
    clock.advance(HOUR)
    assert clock.at(NOON + HOUR) == NOON + 2 * HOUR
    clock.freeze()
    assert clock.at(NOON + HOUR) == NOON + HOUR


def test_two_sandboxes_have_two_times(clock: Clock, store: MemoryStore, wall_clock: FakeClock) -> None:
    """A sandbox's clock is its own (mock-only)."""
    other = Clock(store, "other", wall_clock)
    clock.advance(HOUR)
    assert other.now() == NOON


def test_the_setting_outlives_the_object(clock: Clock, store: MemoryStore, wall_clock: FakeClock) -> None:
    """The setting is a record: who opens the same store reads the same time (storage.store)."""
    clock.advance(HOUR)
    clock.freeze()
    wall_clock.move(HOUR)
    assert Clock(store, "box", wall_clock).now() == NOON + HOUR


def test_a_dropped_sandboxs_clock_shows_the_wall(clock: Clock, store: MemoryStore) -> None:
    """A request that is under way while its sandbox is dropped still reads a time (storage.store)."""
    clock.advance(HOUR)
    store.drop("box")
    assert clock.now() == NOON
    assert clock.advance(HOUR) == NOON
    assert not clock.frozen


@pytest.mark.parametrize("frozen", [True, False])
def test_no_advance_is_lost_between_threads(clock: Clock, frozen: bool) -> None:
    """Threads that advance at once all count (storage.store)."""
    if frozen:
        clock.freeze()

    def push(_: int) -> None:
        for _step in range(50):
            clock.advance(timedelta(seconds=1))

    together(8, push)
    assert clock.now() == NOON + timedelta(seconds=400)
