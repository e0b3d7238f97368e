"""The quarterly versions of Wise's API."""

from __future__ import annotations

import pytest

from mockwise.common.versions import VERSIONS, check_version, version_of
from mockwise.errors import InvalidValueError


@pytest.mark.parametrize(
    ("path", "version"),
    [
        *(("/2026Q3/me", "2026Q3"), ("/9999Q1", "9999Q1"), ("/2026Q4/", "2026Q4")),
        *(("/2026Q5/me", None), ("/2026q3/me", None), ("/v1/2026Q3", None), ("/2026Q3x/me", None)),
        *(("/", None), ("", None), ("*", None), ("//2026Q3/me", None), ("/2026Q3\n/me", None)),
        ("/\u0662\u0660\u0662\u0666Q3/me", None),
    ],
)
def test_a_version_stands_first(path: str, version: str | None) -> None:
    """A year of four digits, Q, and a quarter (docs/wise/errors.md#versions)."""
    assert version_of(path) == version


def test_the_known_versions_are_versions() -> None:
    """The known versions are valid, and in their order."""
    assert [check_version(it) for it in VERSIONS] == sorted(VERSIONS) == ["2026Q3", "2026Q4"]


@pytest.mark.parametrize("version", ["", "v1", "2026Q5", "2026q3", "/2026Q3", "2026Q3 ", "2026Q3\n"])
def test_anything_else_is_no_version(version: str) -> None:
    """And said to be none."""
    with pytest.raises(InvalidValueError, match="a version is a year and a quarter, such as 2026Q4"):
        check_version(version)
