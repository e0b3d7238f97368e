"""Options that commands share: the settings of a mock as flags.

The flags are made from the fields of `Settings`, so that a new setting is one field and nothing here. The command
line wins over the environment, that over the settings file, and that over the command's own defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import typer
from pydantic.fields import FieldInfo

from mockwise.cli.config_file import read_config_file
from mockwise.cli.environment import environment
from mockwise.cli.inject_options import Command, inject_options, parameter
from mockwise.common.durations import spell
from mockwise.common.wording import nearest
from mockwise.errors import InvalidValueError
from mockwise.settings import FILE_OPTIONS, OPTIONS, Settings, read_settings, setting_problems

_FIELDS = {name: option for name, option in OPTIONS.items() if name not in FILE_OPTIONS}

PREFIX = "MOCKWISE_SERVE_"  # also for `run`: one set of variables sets up either


def takes_settings(
    *, defaults: Mapping[str, object], without_variable: tuple[str, ...] = ()
) -> Callable[[Command], Command]:
    """Give a command the parameter `settings`, and a flag for each of them and for a settings file.

    Args:
        defaults: the command's own, where they differ from those of `Settings`.
        without_variable: settings that this command does not take from the environment.
    """

    def decorate(command: Command) -> Command:
        def called(ctx: typer.Context, config: Path | None, **values: Any) -> None:
            given = {name: values.pop(name) for name in _FIELDS}
            own = {*values, "config", *given}
            command(settings=_gather(ctx, defaults, config, given, own), **values)

        flags = [
            setting_flag(
                name,
                field,
                default=defaults.get(name, field.default),
                variable=None if name in without_variable else PREFIX + name.upper(),
            )
            for name, field in _FIELDS.items()
        ]
        more = [parameter("ctx", typer.Context), *flags, parameter("config", _CONFIG, None)]
        return inject_options(command, called, replaced="settings", by=more)

    return decorate


_CONFIG = Annotated[
    Path | None,
    typer.Option(
        envvar=f"{PREFIX}CONFIG",
        show_envvar=False,
        metavar="FILE",
        help="Settings file, TOML; its keys are these options with _ for -. Options and variables win over it.",
    ),
]


def setting_flag(name: str, field: FieldInfo, *, default: object, variable: str | None) -> Parameter:
    """The flag of a setting.

    Args:
        name: of the setting.
        field: its declaration.
        default: what help shows as the default; None: nothing.
        variable: the variable of the environment that stands in for the flag, if one does.
    """
    flag = "--" + name.replace("_", "-")
    option = typer.Option(
        f"{flag}/--no-{flag[2:]}" if field.annotation is bool else flag,
        help=field.description,
        metavar=field.title or _metavar(field.annotation),
        envvar=variable,
        show_envvar=False,
        show_default=_shown(default),
    )
    return parameter(name, Annotated[_type(field.annotation), option], None)


def _type(annotation: object) -> Any:
    """The type that Typer reads; `Settings` checks the values."""
    if annotation is bool:
        return bool | None
    return list[str] | None if get_origin(annotation) is tuple else str | None


def _metavar(annotation: object) -> str:
    if get_origin(annotation) is Literal:
        return "|".join(map(str, get_args(annotation)))
    if get_origin(annotation) is tuple:
        return "NAME"
    known: list[tuple[object, str]] = [(int, "NUMBER"), (timedelta, "DURATION"), (Path | None, "DIR")]
    return next((shown for kind, shown in known if annotation == kind), "TEXT")


def _shown(default: object) -> str | bool:
    """How help shows a default; False: not at all."""
    match default:
        case None | ():
            return False
        case tuple():
            return ", ".join(default)
        case bool():
            return "yes" if default else "no"
        case timedelta():
            return spell(default)
        case _:
            return str(default)


def _gather(
    ctx: typer.Context,
    defaults: Mapping[str, object],
    config: Path | None,
    given: Mapping[str, object],
    own: set[str],
) -> Settings:
    """The settings from all sources; an error names where each mistake stands.

    Raises:
        InvalidValueError: a setting that does not exist or cannot be used.
    """
    from_file = {} if config is None else read_config_file(config)
    said = {name: value for name, value in given.items() if value is not None}
    problems = [f"{_place(ctx, name)}{sentence}" for name, sentence in setting_problems(said)]
    problems += _unknown_variables(own)
    if problems:
        raise InvalidValueError("; ".join(problems))
    return read_settings({**defaults, **from_file, **said})


def _place(ctx: typer.Context, name: str) -> str:
    source = ctx.get_parameter_source(name)
    return f"{PREFIX}{name.upper()}: " if source is not None and source.name == "ENVIRONMENT" else ""


def _unknown_variables(own: set[str]) -> Iterator[str]:
    known = sorted(name.upper() for name in {*own, "ready_file", "log_level", "bad_servers"})
    for variable in sorted(environment()):
        name = variable.removeprefix(PREFIX)
        if name not in {variable, *known}:
            near = nearest(name, known)
            remedy = (
                f"after {PREFIX} comes one of {', '.join(known)}"
                if near is None
                else f"did you mean {PREFIX}{near}?"
            )
            yield f"the variable {variable} sets nothing: {remedy}"
