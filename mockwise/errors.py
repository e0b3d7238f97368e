"""Errors of the person who uses the mock, as opposed to those of the peer who calls it.

MockwiseError
├── InvalidValueError         also a ValueError
├── NotFoundError
├── WrongScopeError           also an AttributeError
├── StorageError
└── ConflictError
    └── AlreadyExistsError    also an InvalidValueError
"""

from __future__ import annotations


class MockwiseError(Exception):
    """The mock was misused or cannot do what was asked; the message says what to do about it."""


class InvalidValueError(MockwiseError, ValueError):
    """A value that was handed in cannot be used; the message says what is allowed."""


class NotFoundError(MockwiseError):
    """What was named does not exist; the message says what does."""


class ConflictError(MockwiseError):
    """What was asked for is at odds with what is there already, or with a limit."""


class AlreadyExistsError(ConflictError, InvalidValueError):
    """A value could be used, had somebody not taken it already."""


class WrongScopeError(MockwiseError, AttributeError):
    """What was asked for changes more than one sandbox, and belongs to the mock."""


class StorageError(MockwiseError):
    """The state that is kept in a file or on a server cannot be reached or read; the next request tries again.

    `reason` is what a peer is told of it: plain ASCII, without a path or an address.
    """

    def __init__(
        self,
        message: str,
        reason: str = "mockwise cannot reach the state that it was started with (--state); its log says why. Try again.",
    ) -> None:
        super().__init__(message)
        self.reason = reason
