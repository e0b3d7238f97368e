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
    from mockwise.errors import InvalidValueError, MockwiseError, StorageError
    from mockwise.faults.kinds import (
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
    from mockwise.journal.journal import Exchange
    from mockwise.mock import MockWise
    from mockwise.pki.authority import Authority
    from mockwise.sandbox.credentials import Credentials
    from mockwise.sandbox.handle import Sandbox
    from mockwise.settings import Settings
    from mockwise.transport.server.bad_server_kinds import BadServer

__all__ = [
    "Authority",
    "BadServer",
    "Credentials",
    "Delay",
    "Drip",
    "Drop",
    "Exchange",
    "Finding",
    "Garble",
    "InvalidValueError",
    "MockWise",
    "MockwiseError",
    "Pass",
    "Respond",
    "RevokeToken",
    "Sandbox",
    "Settings",
    "SpoilToken",
    "StorageError",
    "TooManyRequests",
]

_HOMES = {
    "Authority": "mockwise.pki.authority",
    "BadServer": "mockwise.transport.server.bad_server_kinds",
    "InvalidValueError": "mockwise.errors",
    "Credentials": "mockwise.sandbox.credentials",
    "Delay": "mockwise.faults.kinds",
    "Drip": "mockwise.faults.kinds",
    "Drop": "mockwise.faults.kinds",
    "Exchange": "mockwise.journal.journal",
    "Finding": "mockwise.audit.findings",
    "Garble": "mockwise.faults.kinds",
    "MockWise": "mockwise.mock",
    "MockwiseError": "mockwise.errors",
    "Pass": "mockwise.faults.kinds",
    "Respond": "mockwise.faults.kinds",
    "RevokeToken": "mockwise.faults.kinds",
    "Sandbox": "mockwise.sandbox.handle",
    "Settings": "mockwise.settings",
    "SpoilToken": "mockwise.faults.kinds",
    "StorageError": "mockwise.errors",
    "TooManyRequests": "mockwise.faults.kinds",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for (PEP 562)."""
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module 'mockwise' has no attribute {name!r}") from None
    from mockwise.real_time import real_dates  # because `import mockwise` costs nothing

    with real_dates():
        return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return __all__
