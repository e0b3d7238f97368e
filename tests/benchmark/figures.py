"""What a benchmark says: samples, bars, and rows of both."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Spread:
    """The samples of one measured quantity."""

    samples: tuple[float, ...]

    @classmethod
    def of(cls, samples: Sequence[float]) -> Spread:
        """The spread of some samples, of which there is at least one."""
        return cls(tuple(samples))

    @property
    def median(self) -> float:
        """The median of the samples."""
        return statistics.median(self.samples)

    @property
    def low(self) -> float:
        """The least of the samples."""
        return min(self.samples)

    @property
    def high(self) -> float:
        """The greatest of the samples."""
        return max(self.samples)


@dataclass(frozen=True)
class Limit:
    """What is to be reached, by the ratio to the floor or by the figure itself; the median is judged."""

    kind: Literal["at least", "at most"]
    limit: float
    of: Literal["ratio", "figure"]

    def holds(self, value: float) -> bool:
        """Whether a value reaches it."""
        return value >= self.limit if self.kind == "at least" else value <= self.limit

    def spell(self, unit: str) -> str:
        """The bar in words, for a figure of that unit."""
        return f"{self.kind} {self.limit:g} {'x' if self.of == 'ratio' else unit}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the result. `unit` belongs to figure and floor; samples of both were taken in turns."""

    name: str
    unit: str
    figure: Spread | None
    """None: it could not be measured here; `note` says why."""
    floor: Spread | None = None
    """What it is compared with: a bare server, or a peer."""
    bars: tuple[Limit, ...] = ()
    note: str = ""
    charted: bool = True
    """Whether its ratio is worth a bar of the chart."""
    ratio: Spread | None = field(init=False)

    def __post_init__(self) -> None:
        ratio = None
        if self.figure is not None and self.floor is not None:
            pairs = zip(self.figure.samples, self.floor.samples, strict=True)
            ratio = Spread.of([figure / floor for figure, floor in pairs])
        object.__setattr__(self, "ratio", ratio)

    @property
    def reached(self) -> bool | None:
        """Whether every bar was; None if there is none, because the row is there to inform."""
        return all(map(self._reaches, self.bars)) if self.bars else None

    def _reaches(self, bar: Limit) -> bool:
        spread = self.figure if bar.of == "figure" else self.ratio
        assert spread is not None, f"{self.name}: a bar needs a figure, and one on the ratio a floor"
        return bar.holds(spread.median)

    def as_json(self) -> dict[str, Any]:
        """The row for a JSON file, samples included."""
        return {
            "name": self.name,
            "unit": self.unit,
            "figure": _as_json(self.figure),
            "floor": _as_json(self.floor),
            "ratio": _as_json(self.ratio),
            "bars": [bar.spell(self.unit) for bar in self.bars],
            "reached": self.reached,
            "note": self.note,
        }


def _as_json(spread: Spread | None) -> dict[str, Any] | None:
    if spread is None:
        return None
    return {"median": spread.median, "min": spread.low, "max": spread.high, "samples": spread.samples}
