"""An axis of time for a client under test: a thousand calls within a second, and then twelve hours.

It is piecewise linear: between two moments at which something happened, it is as long as the logarithm of the time
between them. So a burst can be seen in detail, and a long pause as a pause that says how long it was.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

_PAUSE = timedelta(minutes=1)  # what is longer is shown as a pause, where there is room
_ROOM = 56.0  # for its label
_APART = 84.0  # labels of the axis
_MOST_BASE, _ALL_BASES = 0.5, 12.0  # so that moments of one burst can be told apart


@dataclass(frozen=True, slots=True)
class Pause:
    """A long time in which nothing happened, as a place on the axis."""

    left: float
    right: float
    length: timedelta


class TimeAxis:
    """Maps moments to places between `left` and `right`."""

    def __init__(self, moments: Iterable[datetime], left: float, right: float) -> None:
        self._moments = sorted(set(moments))
        least = min(_MOST_BASE, _ALL_BASES / len(self._moments)) if self._moments else 0.0
        weights = [least + _weight(later - earlier) for earlier, later in pairwise(self._moments)]
        unit = (right - left) / (sum(weights) or 1.0)
        self._places = [left]
        for weight in weights:
            self._places.append(self._places[-1] + weight * unit)

    def place(self, moment: datetime) -> float:
        """Where a moment is; what is outside is at the nearer end."""
        index = bisect_right(self._moments, moment) - 1
        if index < 0 or index >= len(self._moments) - 1:
            return self._places[0 if index < 0 else -1]
        share = (moment - self._moments[index]) / (self._moments[index + 1] - self._moments[index])
        return self._places[index] + share * (self._places[index + 1] - self._places[index])

    @property
    def labels(self) -> list[tuple[float, timedelta]]:
        """Places with room for a label, and the time since the first."""
        found: list[tuple[float, timedelta]] = []
        for moment, place in zip(self._moments, self._places, strict=True):
            if not found or place - found[-1][0] >= _APART:
                found.append((place, moment - self._moments[0]))
        return found

    @property
    def pauses(self) -> list[Pause]:
        """The spans without a moment that are longer than a minute and have room for a label."""
        spans = zip(pairwise(self._moments), pairwise(self._places), strict=True)
        return [
            Pause(left, right, later - earlier)
            for (earlier, later), (left, right) in spans
            if later - earlier >= _PAUSE and right - left >= _ROOM
        ]


def _weight(gap: timedelta) -> float:
    return math.log10(1 + 10 * gap.total_seconds()) / 2
