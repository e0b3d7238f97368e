"""The options that select exchanges: the filters of `mockwise.journal.query`, as flags."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mockwise.cli.inject_options import Command, inject_options, parameter
from mockwise.errors import InvalidValueError
from mockwise.journal.query import make_query

# (filter, metavar, help). Flags have the filters' names; parameters have a prefix, because other options use these names.
_FLAGS = (
    ("method", "METHOD", "Only this method."),
    ("path", "PATH", "Only this path: /oauth/token, or '/v1/*'."),
    ("status", "STATUS", "Only answers like this: 401, or 4xx."),
    ("client", "ID", "Only this client's."),
    ("grant", "GRANT", "Only with this grant_type."),
    ("token", "DIGEST", "Only with the token of this digest, or of one that begins so."),
    ("host", "HOST", "Only to mtls, or tls."),
    ("fault", "FAULT", "Only where this fault happened; '*': any."),
    ("since", "TIME|NUMBER", "Only from this time of the sandbox on, or after this exchange."),
)


def query_options(command: Command) -> Command:
    """Give a command the parameter `wanted`, the filters that were given, and a flag for each filter."""

    def called(**values: Any) -> None:
        said = {name: values.pop(f"with_{name}") for name, _, _ in _FLAGS}
        wanted = {name: value for name, value in said.items() if value is not None}
        try:
            make_query(wanted)
        except InvalidValueError as error:  # its message begins with the name of the filter
            raise InvalidValueError(f"--{error}") from None
        command(wanted=wanted, **values)

    flags = [parameter(f"with_{name}", _flag(name, *words), None) for name, *words in _FLAGS]
    return inject_options(command, called, replaced="wanted", by=flags)


def _flag(name: str, metavar: str, explained: str) -> Any:
    return Annotated[str | None, typer.Option(f"--{name}", metavar=metavar, help=explained)]
