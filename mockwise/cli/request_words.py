"""Options that say something of an HTTP message."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

import typer

from mockwise.errors import InvalidValueError

Headers = Annotated[
    list[str] | None,
    typer.Option("--header", metavar="NAME:VALUE", help="A header of it. May be repeated."),
]

_HEADER = re.compile(
    r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:(?P<value>[\t\x20-\x7e]*)"
)  # RFC 9110 section 5


def read_headers(words: Iterable[str] | None) -> dict[str, str]:
    """The headers that `--header` gives.

    Raises:
        InvalidValueError: one has no name, no colon, or characters that no header has.
    """
    found = {word: _HEADER.fullmatch(word) for word in words or ()}
    for word, header in found.items():
        if header is None:
            raise InvalidValueError(
                f"--header: {word.partition(':')[0]!r} is no header: write it such as 'x-id: 1'"
            )
    return {header["name"]: header["value"].strip() for header in found.values() if header}
