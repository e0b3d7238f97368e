"""Operations that a client-credentials token opens."""

from __future__ import annotations

import re

from . import sources
from .local_mock import SandboxFactory
from .rulebook import not_applicable, rule
from .target_client import TargetClient

_NOBODY = {"email": "nobody@example.com"}
_EXISTS = "/v1/users/exists"
_WANTED = {
    "name": "State of transfers",
    "trigger_on": "transfers#state-change",
    "delivery": {"version": "4.0.0", "url": "https://app.example.com/hook"},
}
_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@rule("api.subscriptions", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_subscriptions(wise: TargetClient) -> None:
    """`GET /v3/applications/{clientKey}/subscriptions` gives an array, empty if there are none."""
    answer = wise.call(_subscriptions(_key(wise)))
    assert answer.status_code == 200
    assert isinstance(answer.json(), list)


@rule("api.subscription", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_subscription(new_sandbox: SandboxFactory) -> None:
    """One in it has `id`, `name`, `trigger_on`, `delivery`, `scope` of the application, `created_by` and `created_at`."""
    with new_sandbox() as sandbox:
        wise, client_id = sandbox.wise, sandbox.wise.target.client_id
        path = _subscriptions(client_id)
        assert wise.call(path, "POST", json=_WANTED).status_code in {200, 201}
        (listed,) = wise.call(path).json()
        assert _SECONDS.fullmatch(listed.pop("created_at"))
        assert _UUID.fullmatch(listed.pop("id"))
        application = {"type": "application", "id": client_id}
        scope = {"domain": "application", "id": client_id}
        assert listed == _WANTED | {"scope": scope, "created_by": application}


@rule(
    "api.subscription-ends",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="operations.md#client-credentials-operations",
)
def test_subscription_ends(new_sandbox: SandboxFactory) -> None:
    """`GET` and `DELETE` with its `id` behind the path show it and end it."""
    with new_sandbox() as sandbox:
        path = _subscriptions(sandbox.wise.target.client_id)
        made = sandbox.wise.call(path, "POST", json=_WANTED).json()
        one = f"{path}/{made['id']}"
        assert sandbox.wise.call(one).json() == made
        assert sandbox.wise.call(one, "DELETE").is_success
        assert sandbox.wise.call(path).json() == []


@rule(
    "api.subscriptions-of-others",
    label="mock-only",
    source=sources.MOCKWISE,
    known="operations.md#endpoints, errors.md#shapes",
)
def test_subscriptions_of_others(wise: TargetClient) -> None:
    """Those of another application are refused with 403."""
    assert wise.call(_subscriptions("mockwise-contract-stranger")).status_code == 403


@rule("api.users-exist", label="DOCUMENTED", source=sources.OPENAPI, known="operations.md#endpoints")
def test_users_exist(wise: TargetClient) -> None:
    """`POST /v1/users/exists` answers `{"exists": false}` for an address that nobody has."""
    answer = wise.call(_EXISTS, "POST", json=_NOBODY)
    assert (answer.status_code, answer.json()) == (200, {"exists": False})


@rule(
    "api.users-exist-quarterly",
    label="DOCUMENTED",
    source=sources.OPENAPI,
    known="errors.md#versions, operations.md#endpoints",
)
def test_users_exist_quarterly(wise: TargetClient) -> None:
    """`POST /2026Q3/users/exists` is the same operation."""
    answer = wise.call("/2026Q3/users/exists", "POST", json=_NOBODY)
    assert (answer.status_code, answer.json()) == (200, {"exists": False})


@rule(
    "api.users-exist-nobody",
    label="INFERRED",
    source=f"{sources.ERRORS}: other operations",
    known="errors.md#shapes, operations.md#endpoints",
)
def test_users_exist_nobody(wise: TargetClient) -> None:
    """Without `email` it answers 400 with `errors` that name the path `email`."""
    answer = wise.call(_EXISTS, "POST", json={})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == "email"


@rule(
    "api.users-exist-malformed",
    label="INFERRED",
    source=f"{sources.ERRORS}: other operations",
    known="operations.md#endpoints",
)
def test_users_exist_malformed(wise: TargetClient) -> None:
    """With an `email` that is no address it answers 422."""
    assert wise.call(_EXISTS, "POST", json={"email": "nobody"}).status_code == 422


def _subscriptions(key: str) -> str:
    return f"/v3/applications/{key}/subscriptions"


def _key(wise: TargetClient) -> str:
    key = wise.target.client_key
    if key is None:
        not_applicable("the client key is not known: set MOCKWISE_CLIENT_KEY")
    return key
