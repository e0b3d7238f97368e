"""How the module of a command comes into the process: soon, since somebody waits for what it does."""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_WITH_FASTAPI = {"serve", "run"}


def load(module: str) -> ModuleType:
    """Import a module of this package, and collect garbage from here on, if `main` has stopped that.

    What was made until now stays, so it is never looked through again.
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
    """Let models that are defined meanwhile be built when they are first used.

    FastAPI defines some fifty for the documents of an API, which takes a sixth of the start; they are read by who
    opens /docs of the control host.
    """
    from pydantic import BaseModel, ConfigDict  # noqa: PLC0415  because most commands do without

    kept = BaseModel.model_config
    BaseModel.model_config = ConfigDict(**kept, defer_build=True)
    try:
        yield
    finally:
        BaseModel.model_config = kept
