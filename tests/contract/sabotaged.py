"""Runs pytest with rules whose own mock goes wrong in the way that the first argument names."""

import sys

import pytest

from tests.contract.combined_faults import LIMITS, STORMS
from tests.contract.drifting import Drifting

patch = pytest.MonkeyPatch()
storm = (STORMS | LIMITS)[sys.argv[1]]
Drifting.install(patch).drift = storm.drift
for sabotage in storm.inside:
    sabotage(patch)
sys.exit(pytest.main(sys.argv[2:]))
