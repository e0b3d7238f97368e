"""Runs pytest with rules whose own mock goes wrong in the way that the first argument names."""

import sys

import pytest

from tests.contract.combined_faults import COMBINED, LIMITS
from tests.contract.drifting import Drifting

patch = pytest.MonkeyPatch()
combined = (COMBINED | LIMITS)[sys.argv[1]]
Drifting.install(patch).drift = combined.drift
for sabotage in combined.inside:
    sabotage(patch)
sys.exit(pytest.main(sys.argv[2:]))
