"""Commands that share options: a function is given parameters for Typer to read, and another is called with the rest."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

Command = Callable[..., None]

BY_DEFAULT = "http://127.0.0.1:8445"
"""Where `serve` puts the control host and the verbs look for it."""


def parameter(name: str, annotation: object, default: object = inspect.Parameter.empty) -> inspect.Parameter:
    """A parameter that Typer makes an option of."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def inject_options(
    command: Command, called: Command, *, replaced: str, by: Sequence[inspect.Parameter]
) -> Command:
    """Make `called` look like `command`, but for one parameter, which others replace.

    Args:
        command: its name, docstring and other parameters are taken over.
        called: gets all values by name, and calls `command`.
        replaced: the parameter of `command` that Typer shall not see.
        by: what Typer shall see for it.
    """

    def shaped(**values: Any) -> None:  # noqa: ANN401  because Typer hands over anything
        called(**values)

    own = [it for it in inspect.signature(command, eval_str=True).parameters.values() if it.name != replaced]
    shaped.__name__, shaped.__doc__, shaped.__annotations__ = command.__name__, command.__doc__, {}
    keyword_only = [it.replace(kind=inspect.Parameter.KEYWORD_ONLY) for it in [*own, *by]]
    shaped.__signature__ = inspect.Signature(keyword_only)  # type: ignore[attr-defined]
    return shaped
