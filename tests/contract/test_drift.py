"""A mock that drifts breaks the rules that it should, and no others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockwise import MockWise
from tests.contract.contract_results import linked, surroundings, try_contract
from tests.contract.drifting import Drift, Drifting, Exchange
from tests.contract.drifts import DRIFTS
from tests.contract.drifts_of_users import DRIFTS_OF_USERS

ALL = DRIFTS | DRIFTS_OF_USERS
ALONE, COMBINED = 7, 7


@pytest.fixture(scope="module")
def drifting() -> Iterator[tuple[dict[str, str], Drifting]]:
    """A mock whose answers can be made to drift, with a linked user, and the double that makes them."""
    with pytest.MonkeyPatch.context() as patch:
        double = Drifting.install(patch)
        with MockWise(token_format="uuid") as mock:
            yield surroundings(**mock.default.environ(), **linked(mock.default)), double


def test_its_double_without_a_drift_breaks_nothing(drifting: tuple[dict[str, str], Drifting]) -> None:
    """The twin of all below: what breaks there breaks by the drift."""
    environ, double = drifting
    double.drift = None
    assert try_contract(environ).broken == set()


@pytest.mark.parametrize(("drift", "breaks"), list(ALL.values())[:ALONE], ids=list(ALL)[:ALONE])
def test_a_drift_breaks_its_rules_alone(
    drifting: tuple[dict[str, str], Drifting], drift: Drift, breaks: set[str]
) -> None:
    """Exit status 1, those rules are broken with a reason, and the others are kept or not applicable."""
    environ, double = drifting
    double.drift = drift
    tried = try_contract(environ)

    assert (tried.status, tried.broken) == (1, breaks), tried.of("broken")
    assert all(tried.of("broken").values())


@pytest.mark.parametrize("first", range(ALONE, ALONE + COMBINED))
def test_drifts_together_break_their_rules_and_no_others(
    drifting: tuple[dict[str, str], Drifting], first: int
) -> None:
    """Several drifts that do not touch each other, because each look at a target takes a second."""
    environ, double = drifting
    combined = list(ALL.values())[first::COMBINED]

    def drift(exchange: Exchange) -> None:
        for single, _ in combined:
            single(exchange)

    double.drift = drift
    breaks = {rule for _, rules in combined for rule in rules}
    tried = try_contract(environ)
    assert tried.broken == breaks, tried.of("broken")
