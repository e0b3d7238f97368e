"""What is left to chance, and repeats."""

from __future__ import annotations

from mockwise.common.random import SeededRandom
from tests.state.helpers import together


def test_the_same_seed_draws_the_same() -> None:
    """The n-th of a kind, whatever else was drawn in between (common.random)."""
    one, other = SeededRandom(7), SeededRandom(7)
    first = [one.draw("token").random() for _ in range(3)]
    mixed = []
    for _ in range(3):
        other.draw("answer")
        mixed.append(other.draw("token").random())
    assert first == mixed
    assert len(set(first)) == 3
    assert (
        SeededRandom(8).draw("token").random()
        != SeededRandom(7).draw("token").random()
        != SeededRandom(7).draw("x").random()
    )


def test_threads_share_the_draws_out() -> None:
    """Each number of the seeded sequence is drawn once, by whichever thread."""
    randomness = SeededRandom(7)
    drawn = together(8, lambda _: randomness.draw("token").random())
    again = SeededRandom(7)
    assert sorted(drawn) == sorted(again.draw("token").random() for _ in range(8))
