"""Sentences that messages share: what was meant by a name that is none, and what a table holds."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping


def nearest(name: object, known: Iterable[str]) -> str | None:
    """The known name that is most like one that is not known; None: none is like it."""
    return next(iter(difflib.get_close_matches(str(name), list(known), 1)), None)


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """The sentence that ends a message about a name that is not known: the one that was meant, or all there are."""
    names = list(known)
    near = nearest(name, names)
    return f"There are: {', '.join(names)}" if near is None else f"Did you mean {near!r}?"


def keys_given(table: object) -> str:
    """What was handed in for a table, without values, which may be secrets."""
    if isinstance(table, Mapping):
        return f"this one has {', '.join(map(str, table)) or 'nothing'}"
    return f"this is a {type(table).__name__}"
