"""Options that say something of an HTTP message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from mockwise.errors import InvalidValueError

Headers = Annotated[
    list[str] | None,
    typer.Option("--header", metavar="NAME:VALUE", help="A header of it. May be repeated."),
]


def read_headers(words: Iterable[str] | None) -> dict[str, str]:
    """The headers that `--header` gives.

    Raises:
        InvalidValueError: one has no colon or no name.
    """
    pairs = [word.partition(":") for word in words or ()]
    for name, colon, _ in pairs:
        if not name.strip() or not colon:
            raise InvalidValueError(f"--header: {name!r} is no header: write it such as 'x-id: 1'")
    return {name.strip(): value.strip() for name, _, value in pairs}
