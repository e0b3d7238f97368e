from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from mockwise.state.options import SandboxOptions


def test_the_defaults_are_what_was_decided() -> None:
    """A sandbox of which nothing is said behaves as Wise documents and is strict (mock-only)."""
    options = SandboxOptions()
    assert options.token_lifetime == timedelta(hours=12)  # docs/wise/lifetimes-and-formats.md#lifetimes
    assert options.token_format == "jwt"  # docs/wise/conflicts.md#c7
    assert options.token_repeat == "new"  # docs/wise/lifetimes-and-formats.md#lifetimes, UNKNOWN
    assert options.mtls == "required"  # docs/wise/mtls.md#when-it-is-required
    assert options.foreign_certificate == "refuse"  # docs/wise/mtls.md#refusals, UNKNOWN
    assert options.certificate_clock == "real"  # mock-only
    assert options.missing_authorization == "missing_token"  # docs/wise/errors.md#missing-token
    assert options.hints


def test_switches_are_not_flipped_in_place() -> None:
    """Options are a value: who wants others makes others (storage.store)."""
    options = SandboxOptions()
    with pytest.raises(ValidationError, match="frozen"):
        options.hints = False  # type: ignore[misc]  # because that is the mistake
