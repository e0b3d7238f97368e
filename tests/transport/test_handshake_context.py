"""Contexts of handshakes are used again."""

from __future__ import annotations

import ssl

import pytest

from mockwise.transport.tls import context
from mockwise.transport.tls.context import HandshakeContext


def test_a_door_is_used_again() -> None:
    """OpenSSL takes its time to make a context (mock-only)."""
    inner = ssl.create_default_context()
    with (
        HandshakeContext.to(inner, lambda _: None, bytearray()) as first,
        HandshakeContext.to(inner, lambda _: None, bytearray()) as other,
    ):
        assert other is not first
    with HandshakeContext.to(inner, lambda _: None, bytearray()) as again:
        assert again in {first, other}


def test_contexts_are_kept_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a rush there are not more of them than are of use; and none holds on to a connection (mock-only)."""
    monkeypatch.setattr(context, "_CONTEXTS", [])
    monkeypatch.setattr(context, "_MOST_CONTEXTS", 0)
    with HandshakeContext.to(ssl.create_default_context(), lambda _: None, bytearray()) as made:
        pass
    assert context._CONTEXTS == []
    assert not hasattr(made, "opened")
