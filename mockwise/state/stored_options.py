"""The options of a sandbox as stores keep them: JSON text of those that are not the default."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import msgspec

from mockwise.faults.stored import read_stored_fault, write_stored_fault
from mockwise.state.options import SandboxOptions

_REMEMBERED = 64  # texts: options are read with each request, if other mocks share the state
_DEFAULT = SandboxOptions()


def write_stored_options(options: SandboxOptions) -> str:
    """Write options as JSON text.

    Raises:
        InvalidValueError: a fault among them has a function, which lives in one process alone.
    """
    values = {name: getattr(options, name) for name in SandboxOptions.model_fields}
    values["faults"] = tuple(write_stored_fault(fault) for fault in options.faults)
    said = {name: value for name, value in values.items() if value != getattr(_DEFAULT, name)}
    return json.dumps(msgspec.to_builtins(said), separators=(",", ":"))


@lru_cache(maxsize=_REMEMBERED)
def read_stored_options(text: str) -> SandboxOptions:
    """Read options that `write_stored_options` wrote.

    Raises:
        InvalidValueError: this version of mockwise has no such option, or not with that value.
    """
    types: dict[str, Any] = {name: it.annotation for name, it in SandboxOptions.model_fields.items()}
    types["faults"] = tuple[str, ...]
    values = {name: msgspec.convert(value, types[name]) for name, value in json.loads(text).items()}
    if "faults" in values:
        values["faults"] = tuple(map(read_stored_fault, values["faults"]))
    return SandboxOptions(**values)
