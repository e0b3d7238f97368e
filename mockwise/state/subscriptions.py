"""Webhook subscriptions of applications (docs/wise/operations.md#endpoints). They are kept and shown; the mock sends no notifications."""

from __future__ import annotations

import uuid
from datetime import datetime

from mockwise.common.clock import Clock
from mockwise.state.clients import Client
from mockwise.storage.record_index import Index
from mockwise.storage.store import Kind, Record, Store


class SubscriptionSpec(Record, frozen=True, kw_only=True):
    """A subscription as a client asks for it: which events, and where to send them."""

    name: str
    trigger_on: str
    version: str
    url: str
    mtls_enabled: bool | None = None
    """Whether notifications go out over mutual TLS; None: it was not said (docs/wise/mtls.md#certificates)."""


class Subscription(Record, frozen=True, kw_only=True):
    """A webhook subscription that was made for a client."""

    subscription_id: str
    client_id: str
    client_key: str
    wanted: SubscriptionSpec
    created_at: datetime


SUBSCRIPTIONS = Kind("subscription", Subscription)


class Subscriptions:
    """The subscriptions of one sandbox: adds, finds and deletes them."""

    def __init__(self, store: Store, sandbox: str, clock: Clock) -> None:
        self._store = store
        self._sandbox = sandbox
        self._clock = clock
        self._by_client = Index(store, sandbox, "subscription-by-client")

    def add(self, client: Client, wanted: SubscriptionSpec) -> Subscription:
        """Make a subscription for a client."""
        subscription = Subscription(
            subscription_id=str(uuid.uuid4()),
            client_id=client.client_id,
            client_key=client.client_key,
            wanted=wanted,
            created_at=self._clock.now(),
        )
        self._by_client.add(client.client_id, subscription.subscription_id)
        self._store.put(SUBSCRIPTIONS, self._sandbox, subscription.subscription_id, subscription)
        return subscription

    def get(self, client: Client, subscription_id: str) -> Subscription | None:
        """The subscription if it is this client's, or None."""
        found = self._store.get(SUBSCRIPTIONS, self._sandbox, subscription_id)
        return found if found is not None and found.client_id == client.client_id else None

    def of(self, client: Client) -> list[Subscription]:
        """The subscriptions of a client, oldest first."""
        found = (self.get(client, key) for key in self._by_client.keys(client.client_id))
        return [it for it in found if it is not None]

    def delete(self, subscription: Subscription) -> None:
        """End a subscription; twice changes nothing."""
        self._store.delete(SUBSCRIPTIONS, self._sandbox, subscription.subscription_id)
        self._by_client.remove(subscription.client_id, subscription.subscription_id)
