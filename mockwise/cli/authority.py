"""`mockwise authority`: the authorities that the mock trusts, and the rotation of its own and of its server certificate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mockwise.cli import output
from mockwise.cli.app import commands, group
from mockwise.cli.control import Control, Json, with_whole_mock
from mockwise.cli.output import AsJson
from mockwise.errors import InvalidValueError

app = commands()
authority = group(
    app, "authority", "Trust and distrust authorities, and rotate the mock's own and its server certificate."
)

_Certificate = Annotated[str, typer.Argument(metavar="CERTIFICATE", help="The authority's file, PEM.")]


@authority.command()
@with_whole_mock
def show(mock: Control, *, as_json: AsJson = False) -> None:
    """Print the authority that clients are to trust, PEM; both while it is rotated."""
    seen = mock.mock("/authority")
    if as_json:
        output.print_json(seen)
        return
    typer.echo(seen["ca"], nl=False)
    for it in seen["trusted"]:
        output.note(f"client certificates of {it['fingerprint']} are accepted")


@authority.command()
@with_whole_mock
def trust(
    mock: Control,
    *,
    certificate: _Certificate,
    key: Annotated[str, typer.Argument(metavar="KEY", help="Its key, PEM, which signs a revocation list.")],
    as_json: AsJson = False,
) -> None:
    """Accept client certificates of another authority, too."""
    body = {"certificate": _read(certificate), "key": _read(key)}
    done = mock.change_authority("/trust", body)
    output.show(done, f"client certificates of {done['fingerprint']} are accepted", as_json=as_json)


@authority.command()
@with_whole_mock
def distrust(mock: Control, *, certificate: _Certificate, as_json: AsJson = False) -> None:
    """Accept client certificates of an authority no longer."""
    done = mock.change_authority("/distrust", {"certificate": _read(certificate)})
    output.show(done, "its client certificates are accepted no longer", as_json=as_json)


@authority.command("rotate-server-certificate")
@with_whole_mock
def rotate_server_certificate(mock: Control, *, as_json: AsJson = False) -> None:
    """Show clients a new server certificate of the same authority."""
    done = mock.change_authority("/server-certificate")
    output.show(done, "the server has a new certificate", as_json=as_json)


@authority.command()
@with_whole_mock
def rotation(mock: Control, *, as_json: AsJson = False) -> None:
    """Say how far the rotation of the mock's authority has come."""
    _show(mock.mock("/authority/rotation"), as_json=as_json)


@authority.command()
@with_whole_mock
def rotate(
    mock: Control,
    *,
    overlap: Annotated[
        bool, typer.Option("--overlap/--no-overlap", help="Whether old and new are both good until `finish`.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Begin to replace the mock's authority: clients take the new files, `switch` follows, then `finish`."""
    _show(mock.change_authority("/rotation", {"overlap": overlap}), as_json=as_json)


@authority.command()
@with_whole_mock
def switch(mock: Control, *, as_json: AsJson = False) -> None:
    """Let the server show a certificate of the new authority."""
    _show(mock.change_authority("/rotation/switch"), as_json=as_json)


@authority.command()
@with_whole_mock
def finish(mock: Control, *, as_json: AsJson = False) -> None:
    """End the overlap: client certificates of the old authority are refused."""
    _show(mock.change_authority("/rotation/finish"), as_json=as_json)


def _show(it: Json, *, as_json: bool) -> None:
    if it["over"]:
        stage = "it is over"
    else:
        stage = f"both are good, and the server shows the {'new' if it['switched'] else 'old'} one"
    sentence = f"authority {it['old']['fingerprint']} is replaced by {it['new']['fingerprint']}: {stage}"
    output.show(it, sentence, as_json=as_json)


def _read(file: str) -> str:
    """The text of a PEM file.

    Raises:
        InvalidValueError: it cannot be read, or is no text.
    """
    try:
        return Path(file).read_bytes().decode("ascii")
    except OSError as error:
        raise InvalidValueError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidValueError(f"{file} is not PEM: convert it with openssl first") from None
