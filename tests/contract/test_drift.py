"""A mock that drifts breaks the rules that it should, and no others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockwise import MockWise, Sandbox
from tests.contract.drifting import Drift, Drifting, Exchange
from tests.contract.drifts import DRIFTS
from tests.contract.tried import surroundings, try_contract

ALONE, STORMS = 7, 7


@pytest.fixture(scope="module")
def drifting() -> Iterator[tuple[Sandbox, Drifting]]:
    """A mock whose answers can be made to drift."""
    with pytest.MonkeyPatch.context() as patch:
        double = Drifting.install(patch)
        with MockWise(token_format="uuid") as mock:
            yield mock.default, double


def test_its_double_without_a_drift_breaks_nothing(drifting: tuple[Sandbox, Drifting]) -> None:
    """The twin of all below: what breaks there breaks by the drift."""
    box, double = drifting
    double.drift = None
    assert try_contract(surroundings(**box.environ())).broken == set()


@pytest.mark.parametrize(("drift", "breaks"), list(DRIFTS.values())[:ALONE], ids=list(DRIFTS)[:ALONE])
def test_a_drift_breaks_its_rules_alone(
    drifting: tuple[Sandbox, Drifting], drift: Drift, breaks: set[str]
) -> None:
    """Exit status 1, those rules are broken with a reason, and the others are kept or not applicable."""
    box, double = drifting
    double.drift = drift
    tried = try_contract(surroundings(**box.environ()))

    assert (tried.status, tried.broken) == (1, breaks), tried.of("broken")
    assert all(tried.of("broken").values())


@pytest.mark.parametrize("first", range(ALONE, ALONE + STORMS))
def test_drifts_together_break_their_rules_and_no_others(
    drifting: tuple[Sandbox, Drifting], first: int
) -> None:
    """Several drifts that do not touch each other, because each look at a target takes a second."""
    box, double = drifting
    storm = list(DRIFTS.values())[first::STORMS]

    def drift(exchange: Exchange) -> None:
        for single, _ in storm:
            single(exchange)

    double.drift = drift
    breaks = {rule for _, rules in storm for rule in rules}
    tried = try_contract(surroundings(**box.environ()))
    assert tried.broken == breaks, tried.of("broken")
