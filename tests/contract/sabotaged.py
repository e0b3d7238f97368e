"""Runs pytest with rules whose own mock goes wrong in the way that the first argument names."""

import sys

import pytest

from tests.contract.drifting import Drifting
from tests.contract.storms import LIMITS, STORMS

patch = pytest.MonkeyPatch()
storm = (STORMS | LIMITS)[sys.argv[1]]
Drifting.install(patch).drift = storm.drift
for sabotage in storm.inside:
    sabotage(patch)
sys.exit(pytest.main(sys.argv[2:]))
