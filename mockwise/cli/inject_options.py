"""Gives commands shared options: one parameter of a command is replaced by others that Typer reads as options."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

Command = Callable[..., None]

BY_DEFAULT = "http://127.0.0.1:8445"
"""The default URL of the control host, for `serve` and for the commands that call it."""


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

    def injected(**values: Any) -> None:  # noqa: ANN401  because Typer hands over anything
        called(**values)

    own = [it for it in inspect.signature(command, eval_str=True).parameters.values() if it.name != replaced]
    injected.__name__, injected.__doc__, injected.__annotations__ = command.__name__, command.__doc__, {}
    keyword_only = [it.replace(kind=inspect.Parameter.KEYWORD_ONLY) for it in [*own, *by]]
    injected.__signature__ = inspect.Signature(keyword_only)  # type: ignore[attr-defined]  # inspect reads this attribute
    return injected
