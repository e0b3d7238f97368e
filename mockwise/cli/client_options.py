"""The options that say who asks whom for a token: shared by `token`, `doctor` and `call`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

VARIABLES = {
    "url": "MOCKWISE_MTLS_URL",
    "client_id": "MOCKWISE_CLIENT_ID",
    "client_secret": "MOCKWISE_CLIENT_SECRET",
    "ca": "MOCKWISE_CA_FILE",
    "cert": "MOCKWISE_CERT_FILE",
    "key": "MOCKWISE_KEY_FILE",
    "key_password": "MOCKWISE_KEY_PASSWORD",
    "p12": "MOCKWISE_KEYSTORE_FILE",
}
"""The variable that stands in for each option."""


def file_option(name: str, what: str) -> typer.models.OptionInfo:
    """An option that names a file."""
    option: typer.models.OptionInfo = typer.Option(
        metavar="FILE", envvar=VARIABLES[name], help=what, show_default=False
    )
    return option


Url = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        envvar=VARIABLES["url"],
        help="The host, for example of `mockwise serve`, or Wise's.",
    ),
]
ClientId = Annotated[str | None, typer.Option(metavar="ID", envvar=VARIABLES["client_id"], help="Who asks.")]
ClientSecret = Annotated[
    str | None,
    typer.Option(
        metavar="SECRET",
        envvar=VARIABLES["client_secret"],
        help="Its secret; better in the variable, where no list of processes shows it.",
    ),
]
Ca = Annotated[Path | None, file_option("ca", "The authority to trust; without it the system's.")]
Cert = Annotated[Path | None, file_option("cert", "The client certificate, PEM.")]
Key = Annotated[Path | None, file_option("key", "Its key, PEM; without it the certificate's file has both.")]
KeyPassword = Annotated[
    str | None,
    typer.Option(
        metavar="PASSWORD",
        envvar=VARIABLES["key_password"],
        help="Of an encrypted key; better in the variable, where no list of processes shows it.",
    ),
]


def source_of(ctx: typer.Context, name: str) -> str:
    """The source of a value: the option, or its environment variable."""
    source = ctx.get_parameter_source(name)
    option = f"--{name.replace('_', '-')}"
    if source is not None and source.name == "ENVIRONMENT":
        return VARIABLES[name]
    if name == "key_password" and source is not None and source.name == "DEFAULT":
        return f"{option} or {VARIABLES[name]}"
    return option


def sources(ctx: typer.Context) -> dict[str, str]:
    """By option, the option or variable that its value came from."""
    return {name.replace("_", "-"): source_of(ctx, name) for name in VARIABLES}
