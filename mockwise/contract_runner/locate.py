"""Finds the rules of the contract: beside the package in a checkout, inside it in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from mockwise.errors import MockwiseError

_PACKAGE = Path(__file__).parent.parent
_PLACES = (_PACKAGE / "_contract", _PACKAGE.parent / "contract")


def find_contract(places: tuple[Path, ...] = _PLACES) -> Path:
    """The folder that holds the rules.

    Raises:
        MockwiseError: this installation has none.
    """
    for place in places:
        if (place / "rulebook.py").is_file():
            return place
    raise MockwiseError(
        "this installation carries no contract: install mockwise from its wheel or its repository"
    )
