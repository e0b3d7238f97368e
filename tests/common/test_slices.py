"""Long work lets other threads go on: by the time that it has taken, not by the number of its items."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockwise.common.slices import SLICE, in_slices


@pytest.mark.parametrize(("milliseconds", "pauses"), [(0.001, 0), (1.0, 4)])
def test_only_what_takes_long_pauses(
    monkeypatch: pytest.MonkeyPatch, milliseconds: float, pauses: int
) -> None:
    """Four slices of quick items need no pause, four of slow ones need one each; no item is lost."""
    now, paused = [0.0], []
    monkeypatch.setattr("mockwise.common.slices.monotonic", lambda: now[0])
    monkeypatch.setattr("mockwise.common.slices.pause", lambda: paused.append(now[0]))

    def items() -> Iterator[int]:
        for number in range(4 * SLICE):
            now[0] += milliseconds / 1000
            yield number

    assert list(in_slices(items())) == list(range(4 * SLICE))
    assert len(paused) == pauses
