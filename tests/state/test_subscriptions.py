"""Webhook subscriptions of applications: each client has its own (docs/wise/operations.md#endpoints)."""

from __future__ import annotations

import uuid

from mockwise.state.registry import Registry
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.subscriptions import SubscriptionSpec
from tests.state.helpers import NOON

WANTED = SubscriptionSpec(
    name="#1", trigger_on="transfers#state-change", version="4.0.0", url="https://x.test/"
)


def test_a_client_has_its_own_subscriptions(box: SandboxState, registry: Registry) -> None:
    """Another client of the sandbox neither sees nor finds them."""
    app, other = (
        box.clients.get("app"),
        registry.add_client(box, client_id="other", client_key="key"),
    )
    assert app is not None
    first, second = (box.subscriptions.add(app, WANTED) for _ in range(2))
    theirs = box.subscriptions.add(other, WANTED)

    assert box.subscriptions.of(app) == [first, second]
    assert box.subscriptions.of(other) == [theirs]
    assert box.subscriptions.get(app, first.subscription_id) == first
    assert box.subscriptions.get(other, first.subscription_id) is None
    assert box.subscriptions.get(app, "x") is None
    assert (theirs.client_id, theirs.client_key, theirs.created_at) == ("other", "key", NOON)
    assert str(uuid.UUID(theirs.subscription_id)) == theirs.subscription_id != first.subscription_id

    box.subscriptions.delete(first)
    box.subscriptions.delete(first)
    assert box.subscriptions.of(app) == [second]
