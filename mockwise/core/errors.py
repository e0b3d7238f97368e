"""The error of the person who uses the mock, as opposed to the peer who calls it."""

from __future__ import annotations


class MockwiseError(Exception):
    """The mock was misused or cannot do what was asked; the message says what to do about it."""


class BadValue(MockwiseError, ValueError):  # noqa: N818  because it names the value, not the event
    """A value that was handed in cannot be used; the message says what is allowed."""
