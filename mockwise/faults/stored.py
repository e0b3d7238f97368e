"""Faults as stores keep them: the table that `mockwise.faults.schema` describes, as JSON text."""

from __future__ import annotations

import json
from functools import lru_cache

from mockwise.errors import InvalidValueError
from mockwise.faults.base import Fault
from mockwise.faults.schema import read_fault, write_fault

_REMEMBERED = 1024  # texts, because a fault is read at each request that it may be for


def write_stored_fault(fault: Fault) -> str:
    """Write a fault as JSON text; of faults that are read alike, always the same.

    Raises:
        InvalidValueError: it has a function, which lives in one process alone.
    """
    if fault.when is not None:
        raise InvalidValueError(
            f"{fault.when!r} cannot be kept in a file or shared with another mock: a function lives in one process alone"
        )
    return json.dumps(write_fault(fault), separators=(",", ":"))


@lru_cache(maxsize=_REMEMBERED)
def read_stored_fault(text: str) -> Fault:
    """Read a fault that `write_stored_fault` wrote.

    Raises:
        InvalidValueError: this version of mockwise has no such fault.
    """
    return read_fault(json.loads(text))
