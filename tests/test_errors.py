from __future__ import annotations

from mockwise.errors import AlreadyExistsError, ConflictError, InvalidValueError, MockwiseError, NotFoundError
from mockwise.oauth.errors import OAuthError


def test_the_two_families_are_apart() -> None:
    """The test author's mistakes are never turned into answers to the peer (errors)."""
    assert not issubclass(MockwiseError, OAuthError)
    assert not issubclass(OAuthError, MockwiseError)


def test_a_bad_value_is_a_value_error() -> None:
    """A bad value is caught by those who know only Python's own errors (errors)."""
    assert issubclass(InvalidValueError, MockwiseError)
    assert issubclass(InvalidValueError, ValueError)


def test_a_taken_value_is_both() -> None:
    """Who asks for it may mend the value or what is there (errors)."""
    assert issubclass(AlreadyExistsError, ConflictError)
    assert issubclass(AlreadyExistsError, InvalidValueError)
    assert not issubclass(NotFoundError, InvalidValueError)
