"""Tokens, refresh tokens, codes, secrets, clients, users, clocks and sandboxes, in any order.

A machine does what users of the mock, its clients and Wise's users may do, in orders that nobody thought of, and after
each step the product must agree with the model beside it (`model.py`), which was written from the design. No sockets,
no event loop, and a wall's clock that moves only when it is told.

`MOCKWISE_EXAMPLES=20 pytest tests/properties/test_lifecycle.py` tries ever new and longer orders; see `effort.py`.
"""

from __future__ import annotations

from hypothesis import settings

from tests.properties.rules_of_users import UserRules
from tests.properties.settings import ALWAYS_THE_SAME, effort


class Lifecycle(UserRules):
    """The state machine with the rules of clients, grants and users together."""


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(effort(120), stateful_step_count=40 if ALWAYS_THE_SAME else 90)
