from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import timedelta

import pytest

from mockwise.state.options import SandboxPolicy


def test_the_defaults_are_what_was_decided() -> None:
    """A sandbox of which nothing is said behaves as Wise documents and is strict (mock-only)."""
    policy = SandboxPolicy()
    assert policy.token_lifetime == timedelta(hours=12)  # facts 2
    assert policy.token_format == "jwt"  # facts 10, C7
    assert policy.token_repeat == "new"  # facts 2, UNKNOWN
    assert policy.mtls == "required"  # facts 3.2
    assert policy.foreign_certificate == "refuse"  # facts 3.4, UNKNOWN
    assert policy.certificate_clock == "real"  # mock-only
    assert policy.missing_authorization == "missing_token"  # facts 12.1
    assert policy.hints


def test_switches_are_not_flipped_in_place() -> None:
    """A policy is a value: who wants another makes another (core.store)."""
    policy = SandboxPolicy()
    with pytest.raises(FrozenInstanceError):
        policy.hints = False  # type: ignore[misc]  # because that is the mistake
