"""The quarterly versions of Wise's API, such as `2026Q3`, which stand first in a path (docs/wise/errors.md#versions)."""

from __future__ import annotations

import re

from mockwise.errors import InvalidValueError

QUARTER = re.compile("[0-9]{4}Q[1-4]")
"""What a version looks like."""

VERSIONS = ("2026Q3", "2026Q4")
"""Those that Wise publishes. Another is 404, the preview 2027Q1 too (OBSERVED in September 2026, docs/wise/errors.md#order-of-checks)."""


def check_version(version: str) -> str:
    """Return a version such as 2026Q4; raise for another text.

    Raises:
        InvalidValueError: it is none.
    """
    if not QUARTER.fullmatch(version):
        raise InvalidValueError(f"a version is a year and a quarter, such as 2026Q4: {version!r}")
    return version


def version_of(path: str) -> str | None:
    """The version that a path begins with, if it does with one."""
    first = path[1:].partition("/")[0]
    return first if QUARTER.fullmatch(first) else None
