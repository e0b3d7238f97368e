"""Rules that only the contract's own mock is asked for can be broken too: by a mock that goes wrong inside."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.combined_faults import COMBINED, LIMITS, CombinedFaults
from tests.contract.contract_results import RULES, surroundings, try_launched

ABOUT_LIMITS = "test_limits.py"


def broken_by(name: str, scratch: Path, *rules: str) -> set[str]:
    """The rules that break under these combined faults, none of which may be left untried."""
    results = try_launched("sabotaged.py", name, *rules, environ=surroundings(), scratch=scratch)
    assert (results.unable, results.untried) == (None, [])
    return {finding.rule.name for finding in results.of("broken")}


@pytest.mark.parametrize(("name", "combined"), COMBINED.items(), ids=COMBINED)
def test_combined_faults_break_their_rules_and_no_others(
    name: str, combined: CombinedFaults, tmp_path: Path
) -> None:
    """Several sabotages that do not touch each other run at once, because each run takes some seconds."""
    without = str(RULES / ABOUT_LIMITS)
    assert broken_by(name, tmp_path, f"--ignore={without}", str(RULES)) == combined.breaks


@pytest.mark.parametrize(("name", "combined"), LIMITS.items(), ids=LIMITS)
def test_limits_that_do_not_hold_break_the_rules_about_them(
    name: str, combined: CombinedFaults, tmp_path: Path
) -> None:
    """The same for rate limits."""
    assert broken_by(name, tmp_path, str(RULES / ABOUT_LIMITS)) == combined.breaks
