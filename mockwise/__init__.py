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
    from mockwise.config import Settings
    from mockwise.core.errors import BadValue, MockwiseError
    from mockwise.core.journal import Exchange
    from mockwise.credentials import Credentials
    from mockwise.mock import MockWise
    from mockwise.sandbox import Sandbox
    from mockwise.transport.authority import Authority

__all__ = [
    "Authority",
    "BadValue",
    "Credentials",
    "Exchange",
    "MockWise",
    "MockwiseError",
    "Sandbox",
    "Settings",
]

_HOMES = {
    "Authority": "mockwise.transport.authority",
    "BadValue": "mockwise.core.errors",
    "Credentials": "mockwise.credentials",
    "Exchange": "mockwise.core.journal",
    "MockWise": "mockwise.mock",
    "MockwiseError": "mockwise.core.errors",
    "Sandbox": "mockwise.sandbox",
    "Settings": "mockwise.config",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for (PEP 562)."""
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module 'mockwise' has no attribute {name!r}") from None
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return __all__
