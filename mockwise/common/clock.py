"""Time. A sandbox has its own clock; this is the only file that reads the wall's.

The wall's clock is Python's, which a test may freeze or move: the sandboxes follow it. What must not follow takes the
real time (`real_time.py`).

The clock's setting is a record like any other: an offset from the wall, or the moment it stands still at.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from mockwise.errors import InvalidValueError
from mockwise.storage.store import Kind, Record, Store, change

# A token's end must still be a date, and Python's calendar ends with the year 9999; it knows no year 0.
FIRST = datetime(1000, 1, 1, tzinfo=UTC)
LAST = datetime(9000, 1, 1, tzinfo=UTC)
NOW = "now"
"""How people write the real time."""


def wall_now() -> datetime:
    """What this process takes for the time, aware, in UTC: a test may have moved it."""
    from datetime import datetime  # because it is the one that a test has put there by now

    return datetime.now(UTC)


class ClockSetting(Record, frozen=True, omit_defaults=False):
    """How a sandbox's clock differs from the wall's."""

    offset: timedelta = timedelta()
    frozen_at: datetime | None = None

    def read(self, wall: datetime) -> datetime:
        """The time on this clock when the wall's shows `wall`."""
        return wall + self.offset if self.frozen_at is None else self.frozen_at


CLOCKS = Kind("clock", ClockSetting)
_KEY = "clock"


class Clock:
    """A sandbox's clock. Changes are seen by the next request at once.

    Args:
        store: where its setting is kept.
        sandbox: whose it is.
        wall: the time that it stands on.
        real: the time that certificates are judged by; the same unless told.
    """

    def __init__(
        self,
        store: Store,
        sandbox: str,
        wall: Callable[[], datetime] = wall_now,
        real: Callable[[], datetime] | None = None,
    ) -> None:
        self._store = store
        self._sandbox = sandbox
        self.wall = wall
        self.real = real or wall
        store.replace(CLOCKS, sandbox, _KEY, None, ClockSetting())

    def now(self) -> datetime:
        """The sandbox's time, aware, in UTC."""
        return self.at(self.wall())

    def at(self, wall: datetime) -> datetime:
        """The sandbox's time when the wall's clock shows `wall`."""
        setting = self._store.get(CLOCKS, self._sandbox, _KEY)
        return wall if setting is None else setting.read(wall)

    @property
    def frozen(self) -> bool:
        """Whether the clock stands still."""
        setting = self._store.get(CLOCKS, self._sandbox, _KEY)
        return setting is not None and setting.frozen_at is not None

    def advance(self, by: timedelta) -> datetime:
        """Move forward; a frozen clock moves and stays frozen. Returns the new time.

        Raises:
            InvalidValueError: the length is negative, or the clock would pass the year 9000.
        """
        return self._change(lambda old, wall: _moved(old, wall, by))

    def freeze(self) -> datetime:
        """Stand still at the present time; returns it."""
        return self._change(lambda old, wall: ClockSetting(old.offset, old.read(wall)))

    def resume(self) -> datetime:
        """Run on from where the clock stood still; returns the time."""
        return self._change(lambda old, wall: ClockSetting(old.read(wall) - wall))

    def set(self, time: datetime | str) -> datetime:
        """Show `time`, an aware one, ISO 8601 text, or `now` for the real time; a frozen clock stays frozen there.

        Returns:
            It.

        Raises:
            InvalidValueError: it is no time, has no zone, or is outside the years 1000 to 9000.
        """
        time = self.wall() if time == NOW else read_time(time)
        if time.tzinfo is None:
            raise InvalidValueError(f"the time needs a zone: write {time.isoformat()}Z or pass tzinfo=UTC")
        if not FIRST <= time <= LAST:
            raise InvalidValueError(f"the clock stands between the years {FIRST.year} and {LAST.year}")
        time = time.astimezone(UTC)
        return self._change(
            lambda old, wall: ClockSetting(time - wall, None if old.frozen_at is None else time)
        )

    def reset(self) -> datetime:
        """Show the wall's time again, running; returns it."""
        return self._change(lambda _, __: ClockSetting())

    def _change(self, to: Callable[[ClockSetting, datetime], ClockSetting]) -> datetime:
        wall = self.wall()
        new = change(self._store, CLOCKS, self._sandbox, _KEY, lambda old: to(old, wall))
        return wall if new is None else new.read(wall)


def read_time(value: object) -> datetime:
    """A time as people write it: a `datetime`, or ISO 8601 text.

    Raises:
        InvalidValueError: it is none.
    """
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and not value.isdecimal():
        with suppress(ValueError):
            return datetime.fromisoformat(value.strip())
    raise InvalidValueError("write a time with its zone, such as 2027-01-07T00:00:00Z, or now")


def _moved(setting: ClockSetting, wall: datetime, by: timedelta) -> ClockSetting:
    """Raise before a time is reached from which a lifetime could no longer be counted."""
    if by < timedelta():
        raise InvalidValueError("the clock advances forwards: to go back, set it")
    if by > LAST - setting.read(wall):
        raise InvalidValueError(f"the clock cannot pass the year {LAST.year}: advance by less, or reset it")
    if setting.frozen_at is not None:
        return ClockSetting(setting.offset, setting.frozen_at + by)
    return ClockSetting(setting.offset + by)
