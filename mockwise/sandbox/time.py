"""What time it is in a sandbox, and how a test changes that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mockwise.common.durations import parse_duration
from mockwise.errors import InvalidValueError
from mockwise.sandbox.base import SandboxBase
from mockwise.sandbox.forked_clock import ask_time


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """What the clock of a sandbox shows at one moment. All times are aware, in UTC."""

    now: datetime
    """The time on the sandbox's clock: tokens, secrets, codes and rate limits follow it."""
    frozen: bool
    """Whether the clock stands still."""
    wall: datetime
    """The time of the mock's process, which the clock was set against; a test may have frozen or moved it."""
    real: datetime
    """The real time, which certificates are judged by."""


class TimeControls(SandboxBase):
    """What a sandbox lets a test do with time."""

    @property
    def now(self) -> datetime:
        """The time on the sandbox's clock, aware, in UTC; a fork of the mock's process asks the control host.

        Raises:
            MockwiseError: the sandbox is gone, or such a fork outlives the mock.
        """
        context = self._context
        if context.forked:
            return ask_time(context.control_url, context.control_token, self.name)
        return self._state.clock.now()

    @property
    def clock(self) -> ClockReading:
        """What the clock shows, beside the times that it is compared with, all read at one moment."""
        clock = self._state.clock
        wall = clock.wall()
        return ClockReading(now=clock.at(wall), frozen=clock.frozen, wall=wall, real=clock.real())

    def advance(self, by: str | timedelta = timedelta(), **units: float) -> datetime:
        """Move the clock forward: `advance("12h")`, `advance(hours=12)`, `advance(timedelta(hours=12))`.

        Returns:
            The new time.

        Raises:
            InvalidValueError: a duration that cannot be used.
        """
        try:
            more = timedelta(**units)
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidValueError(
                f"not a duration: {error}. Write for example advance('12h') or advance(hours=12)"
            ) from None
        return self._state.clock.advance(parse_duration(by) + parse_duration(more))

    def freeze(self) -> datetime:
        """Stop the clock; returns the time it shows."""
        return self._state.clock.freeze()

    def resume(self) -> datetime:
        """Let the clock run on from where it stands; returns the time."""
        return self._state.clock.resume()

    def set_time(self, time: datetime | str) -> datetime:
        """Set the clock to an aware time, to such a one in ISO 8601, or to `"now"`, the real time; returns it.

        Raises:
            InvalidValueError: it is no time, has no zone, or is past the year 9000.
        """
        return self._state.clock.set(time)
