from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import timedelta

import pytest

from mockwise.state.options import SandboxPolicy


def test_the_defaults_are_what_was_decided() -> None:
    """A sandbox of which nothing is said behaves as Wise documents and is strict (mock-only)."""
    policy = SandboxPolicy()
    assert policy.token_lifetime == timedelta(hours=12)  # docs/wise/lifetimes-and-formats.md#lifetimes
    assert policy.token_format == "jwt"  # docs/wise/conflicts.md#c7
    assert policy.token_repeat == "new"  # docs/wise/lifetimes-and-formats.md#lifetimes, UNKNOWN
    assert policy.mtls == "required"  # docs/wise/mtls.md#when-it-is-required
    assert policy.foreign_certificate == "refuse"  # docs/wise/mtls.md#refusals, UNKNOWN
    assert policy.certificate_clock == "real"  # mock-only
    assert policy.missing_authorization == "missing_token"  # docs/wise/errors.md#missing-token
    assert policy.hints


def test_switches_are_not_flipped_in_place() -> None:
    """A policy is a value: who wants another makes another (storage.store)."""
    policy = SandboxPolicy()
    with pytest.raises(FrozenInstanceError):
        policy.hints = False  # type: ignore[misc]  # because that is the mistake
