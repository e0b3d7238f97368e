"""`mockwise stubs`: answers to operations that the mock does not model."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from mockwise.cli import output
from mockwise.cli.app import commands, group
from mockwise.cli.control import Control, Json, with_control, without_none
from mockwise.cli.output import DEFAULT_LIMIT, AsJson, Limit
from mockwise.cli.request_words import Headers, read_headers
from mockwise.errors import InvalidValueError

app = commands()
stubs = group(app, "stubs", "List, add and remove answers to operations that the mock does not model.")

_COLUMNS = ("method", "path", "status", "body")
_WIDTH = 60  # characters of a body that the list shows


@stubs.command("list")
@with_control
def list_stubs(mock: Control, *, limit: Limit = DEFAULT_LIMIT, as_json: AsJson = False) -> None:
    """List the stubs of a sandbox, oldest first."""
    output.show_list(mock.read("/stubs", limit=limit), "stubs", _COLUMNS, _row, as_json=as_json)


@stubs.command()
@with_control
def add(
    mock: Control,
    *,
    method: Annotated[str, typer.Argument(metavar="METHOD", help="Such as POST.")],
    path: Annotated[
        str,
        typer.Argument(metavar="PATH", help="Written out, or a template: /v3/profiles/{profileId}/quotes."),
    ],
    status: Annotated[int, typer.Option(metavar="NUMBER", help="The answer's status.")] = 200,
    json_body: Annotated[str | None, typer.Option(metavar="JSON", help="The answer's body, JSON.")] = None,
    body: Annotated[str | None, typer.Option(metavar="TEXT", help="Or the body as it is.")] = None,
    header: Headers = None,
    as_json: AsJson = False,
) -> None:
    """Answer calls of a method and a path from now on, once their token is checked; replaces an earlier stub."""
    said = without_none(
        {"method": method, "path": path, "body": body, "headers": read_headers(header) or None}
    )
    if json_body is not None:
        said["json"] = _read_json(json_body)
    made = mock.do("/stubs", {**said, "status": status})
    output.show(made, f"{made['method']} {made['path']} is answered {made['status']}", as_json=as_json)


@stubs.command()
@with_control
def remove(
    mock: Control,
    *,
    method: Annotated[
        str | None,
        typer.Argument(metavar="METHOD", help="Of the stub; without it, all go.", show_default=False),
    ] = None,
    path: Annotated[
        str | None, typer.Argument(metavar="PATH", help="As it was added.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Remove a stub, or all."""
    mock.delete("stubs", method=method, path=path)
    which = "all stubs" if method is None else f"the stub for {method.upper()} {path}"
    output.show({"method": method, "path": path}, f"removed {which}", as_json=as_json)


def _read_json(text: str) -> object:
    """The value of a JSON text.

    Raises:
        InvalidValueError: it is no JSON.
    """
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidValueError(
            f"--json-body: this is not JSON ({error}): write it such as '{{\"id\": 1}}', or take --body"
        ) from None


def _row(it: Json) -> tuple[str, ...]:
    body = it["body"]
    return it["method"], it["path"], str(it["status"]), body if len(body) <= _WIDTH else f"{body[:_WIDTH]}..."
