"""How long a thread waits for the state."""

from __future__ import annotations

import pytest

from mockwise.errors import StorageError
from mockwise.storage.deadlines import WAIT_LIMIT, time_left, waiting_until


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time that passes when the test changes it."""
    moments = [100.0]
    monkeypatch.setattr("mockwise.storage.deadlines.monotonic", lambda: moments[0])
    return moments


def test_who_is_no_request_waits_the_usual_time() -> None:
    """A call in Python has that for each thing it asks (storage.deadlines)."""
    assert (time_left(), time_left(0.25)) == (WAIT_LIMIT, 0.25)


def test_a_request_waits_no_longer_than_it_may_in_all(moment: list[float]) -> None:
    """Whatever it asks; and then it is told so (storage.deadlines)."""
    with waiting_until(102.0):
        assert (time_left(), time_left(0.25)) == (2.0, 0.25)
        moment[0] = 101.5
        assert time_left() == 0.5
        moment[0] = 102.0
        with pytest.raises(StorageError, match="did not answer within 5 seconds") as caught:
            time_left()
    assert caught.value.reason.isascii()
    assert time_left() == WAIT_LIMIT
