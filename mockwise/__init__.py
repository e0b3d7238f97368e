"""mockwise: Wise's OAuth edge on your own machine, over real mutual TLS. For testing only.

    from mockwise import MockWise

    with MockWise() as mock:
        box = mock.sandbox()

Names are imported when they are first used, so that `import mockwise` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockwise.audit.findings import Finding
    from mockwise.config import Settings
    from mockwise.core.errors import BadValue, MockwiseError, StateTrouble
    from mockwise.core.faults import (
        Delay,
        Drip,
        Drop,
        Garble,
        Pass,
        Respond,
        RevokeToken,
        SpoilToken,
        TooManyRequests,
    )
    from mockwise.core.journal import Exchange
    from mockwise.credentials import Credentials
    from mockwise.mock import MockWise
    from mockwise.sandbox import Sandbox
    from mockwise.transport.authority import Authority
    from mockwise.transport.trouble import BadServer

__all__ = [
    "Authority",
    "BadServer",
    "BadValue",
    "Credentials",
    "Delay",
    "Drip",
    "Drop",
    "Exchange",
    "Finding",
    "Garble",
    "MockWise",
    "MockwiseError",
    "Pass",
    "Respond",
    "RevokeToken",
    "Sandbox",
    "Settings",
    "SpoilToken",
    "StateTrouble",
    "TooManyRequests",
]

_HOMES = {
    "Authority": "mockwise.transport.authority",
    "BadServer": "mockwise.transport.trouble",
    "BadValue": "mockwise.core.errors",
    "Credentials": "mockwise.credentials",
    "Delay": "mockwise.core.faults",
    "Drip": "mockwise.core.faults",
    "Drop": "mockwise.core.faults",
    "Exchange": "mockwise.core.journal",
    "Finding": "mockwise.audit.findings",
    "Garble": "mockwise.core.faults",
    "MockWise": "mockwise.mock",
    "MockwiseError": "mockwise.core.errors",
    "Pass": "mockwise.core.faults",
    "Respond": "mockwise.core.faults",
    "RevokeToken": "mockwise.core.faults",
    "Sandbox": "mockwise.sandbox",
    "Settings": "mockwise.config",
    "SpoilToken": "mockwise.core.faults",
    "StateTrouble": "mockwise.core.errors",
    "TooManyRequests": "mockwise.core.faults",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for (PEP 562)."""
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module 'mockwise' has no attribute {name!r}") from None
    from mockwise.real_time import real_dates  # noqa: PLC0415  because `import mockwise` costs nothing

    with real_dates():
        return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return __all__
