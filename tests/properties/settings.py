"""How hard properties are tried: the same few examples in each CI run, or as many as you have time for.

`MOCKWISE_EXAMPLES=20 pytest tests/properties tests/fuzz` tries twenty times as many examples, drawn anew; without the
variable each property has the same examples in every run, and all of them together take about a minute and a half.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_TIMES = int(os.environ.get("MOCKWISE_EXAMPLES", "0"))

ALWAYS_THE_SAME = _TIMES == 0


def effort(examples: int) -> settings:
    """So many examples in CI.

    There is no deadline: another program on the machine is no mistake of the product. There is no database: a checkout
    stays clean. A world takes its time to be made, and its size is meant; hence the checks that are left out.
    """
    return settings(
        max_examples=examples * max(_TIMES, 1),
        derandomize=ALWAYS_THE_SAME,
        database=None,
        deadline=None,
        print_blob=True,
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
    )
