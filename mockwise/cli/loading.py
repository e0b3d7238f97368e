"""Imports the module of a command quickly."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_WITH_FASTAPI = {"serve", "run"}


def load(module: str) -> ModuleType:
    """Import a module of this package, and turn garbage collection on again, if `main` has turned it off.

    What was made until now stays in memory, so it is frozen and never examined.
    """
    name = f"mockwise.cli.{module}"
    if module in _WITH_FASTAPI:
        with _models_deferred():
            loaded = importlib.import_module(name)
    else:
        loaded = importlib.import_module(name)
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
    return loaded


@contextmanager
def _models_deferred() -> Iterator[None]:
    """Build pydantic models that are defined in the block when they are first used.

    FastAPI defines some fifty models of OpenAPI, which takes a sixth of the start; only /docs of the control host
    uses them.
    """
    from pydantic import BaseModel, ConfigDict  # because most commands do not need it

    kept = BaseModel.model_config
    BaseModel.model_config = ConfigDict(**kept, defer_build=True)
    try:
        yield
    finally:
        BaseModel.model_config = kept
