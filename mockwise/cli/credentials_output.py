"""Prints the credentials of a client, or writes its files. A secret that was made is printed once, for whoever asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mockwise.cli import output
from mockwise.cli.control import Json

OutFolder = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Write ca.pem, client.pem and client.key there instead of printing them."
    ),
]

_FILES = {"ca": ("ca.pem", 0o644), "certificate": ("client.pem", 0o644), "key": ("client.key", 0o600)}


def print_credentials(made: Json, folder: Path | None, *, as_json: bool) -> None:
    """Print id, secret, certificate, key and authority; the last three go into a folder, if there is one.

    Raises:
        OSError: the folder cannot be written.
    """
    files = {} if folder is None else _written(made, folder)
    if as_json:
        output.print_json({**made, **files})
        return
    output.print_fields(
        [
            ("client id", made["client_id"]),
            ("client secret", made["client_secret"]),
            *((f"{name} file", file) for name, file in files.items()),
        ]
    )
    for name in _FILES if folder is None else ():
        typer.echo(made[name], nl=False)


def _written(made: Json, folder: Path) -> dict[str, str]:
    """The files that were written, by the member of the answer that they hold."""
    from mockwise.pki.folder import replace_file

    folder.mkdir(parents=True, exist_ok=True)
    for name, (file, mode) in _FILES.items():
        replace_file(folder / file, made[name].encode(), mode)
    return {name: str(folder / file) for name, (file, _) in _FILES.items()}
