"""`/v3/applications/{clientKey}/subscriptions` (docs/wise/operations.md#endpoints). Statuses are DOCUMENTED, but for that of a missing one."""

from __future__ import annotations

from http import HTTPStatus

from mockwise.state.subscriptions import Subscription, SubscriptionSpec
from mockwise.web.wise.api_call import Call
from mockwise.web.wise.api_errors import spring
from mockwise.web.wise.responses import Response, json_response
from mockwise.web.wise.schemas import Creator, Delivery, Domain, SubscriptionAnswer, SubscriptionRequest


def create(call: Call) -> Response:
    """`POST .../subscriptions`: all fields are required, but `delivery.mtls_enabled`. Events and URLs are not judged."""
    wanted = call.read(SubscriptionRequest)
    subscription = call.sandbox.subscriptions.add(
        call.client,
        SubscriptionSpec(
            name=wanted.name,
            trigger_on=wanted.trigger_on,
            version=wanted.delivery.version,
            url=wanted.delivery.url,
            mtls_enabled=wanted.delivery.mtls_enabled,
        ),
    )
    return json_response(200, _told(subscription))


def list_all(call: Call) -> Response:
    """`GET .../subscriptions`: those of the client. None at all is the cheapest proof that a client-credentials token works."""
    return json_response(200, [_told(it) for it in call.sandbox.subscriptions.of(call.client)])


def show(call: Call) -> Response:
    """`GET .../subscriptions/{subscriptionId}`: one subscription of the client."""
    return json_response(200, _told(_named(call)))


def delete(call: Call) -> Response:
    """`DELETE .../subscriptions/{subscriptionId}`: delete one subscription of the client."""
    call.sandbox.subscriptions.delete(_named(call))
    return Response(204, b"", ())


def _named(call: Call) -> Subscription:
    subscription = call.sandbox.subscriptions.get(call.client, call.parameters["subscriptionId"])
    if subscription is None:  # INFERRED: shape 5 of docs/wise/errors.md#shapes
        raise spring(HTTPStatus.NOT_FOUND, call.context.time, "The client has no subscription with this id.")
    return subscription


def _told(it: Subscription) -> SubscriptionAnswer:
    wanted = it.wanted
    return SubscriptionAnswer(
        id=it.subscription_id,
        name=wanted.name,
        delivery=Delivery(version=wanted.version, url=wanted.url, mtls_enabled=wanted.mtls_enabled),
        trigger_on=wanted.trigger_on,
        scope=Domain(id=it.client_key),
        created_by=Creator(id=it.client_id),
        created_at=it.created_at,
    )
