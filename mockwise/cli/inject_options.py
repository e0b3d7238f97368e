"""Gives commands shared options: one parameter of a command is replaced by others that Typer reads as options.

Typer has no means of its own for options that are made from data and stand behind the name of a command: options of a
callback stand before it, and parameters of click that a command class adds are not handed to its function. What Typer
does read is `inspect.signature`, which takes `__signature__` for a function's signature (PEP 362).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

Command = Callable[..., None]


def parameter(name: str, annotation: object, default: object = inspect.Parameter.empty) -> inspect.Parameter:
    """A keyword-only parameter, from which Typer makes an option."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def inject_options(
    command: Command, called: Command, *, replaced: str, by: Sequence[inspect.Parameter]
) -> Command:
    """A command with the signature of `command`, but with one parameter replaced by others.

    Args:
        command: its name, docstring and other parameters are taken over.
        called: gets all values by name, and calls `command`.
        replaced: the parameter of `command` that Typer must not see.
        by: the parameters that Typer sees in its place.
    """

    def injected(**values: Any) -> None:
        called(**values)

    own = [it for it in inspect.signature(command, eval_str=True).parameters.values() if it.name != replaced]
    injected.__name__, injected.__doc__, injected.__annotations__ = command.__name__, command.__doc__, {}
    keyword_only = [it.replace(kind=inspect.Parameter.KEYWORD_ONLY) for it in [*own, *by]]
    injected.__signature__ = inspect.Signature(keyword_only)  # type: ignore[attr-defined]  # inspect reads this attribute
    return injected
