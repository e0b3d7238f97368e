"""Operations that a client-credentials token opens."""

from __future__ import annotations

from . import sources
from .rulebook import not_applicable, rule
from .wise import Wise

_NOBODY = {"email": "nobody@example.com"}
_EXISTS = "/v1/users/exists"


@rule("api.subscriptions", label="DOCUMENTED", source=sources.OPENAPI, facts="6.3")
def test_subscriptions(wise: Wise) -> None:
    """`GET /v3/applications/{clientKey}/subscriptions` gives an array, empty if there are none."""
    answer = wise.call(_subscriptions(_key(wise)))
    assert answer.status_code == 200
    assert isinstance(answer.json(), list)


@rule("api.subscriptions-of-others", label="mock-only", source=sources.MOCKWISE, facts="6.3, 5.1")
def test_subscriptions_of_others(wise: Wise) -> None:
    """Those of another application are refused with 403."""
    assert wise.call(_subscriptions("mockwise-contract-stranger")).status_code == 403


@rule("api.users-exist", label="DOCUMENTED", source=sources.OPENAPI, facts="6.3")
def test_users_exist(wise: Wise) -> None:
    """`POST /v1/users/exists` answers `{"exists": false}` for an address that nobody has."""
    answer = wise.call(_EXISTS, "POST", json=_NOBODY)
    assert (answer.status_code, answer.json()) == (200, {"exists": False})


@rule("api.users-exist-quarterly", label="DOCUMENTED", source=sources.OPENAPI, facts="5.4, 6.3")
def test_users_exist_quarterly(wise: Wise) -> None:
    """`POST /2026Q3/users/exists` is the same operation."""
    answer = wise.call("/2026Q3/users/exists", "POST", json=_NOBODY)
    assert (answer.status_code, answer.json()) == (200, {"exists": False})


@rule(
    "api.users-exist-nobody", label="INFERRED", source=f"{sources.ERRORS}: other operations", facts="5.1, 6.3"
)
def test_users_exist_nobody(wise: Wise) -> None:
    """Without `email` it answers 400 with `errors` that name the path `email`."""
    answer = wise.call(_EXISTS, "POST", json={})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == "email"


@rule(
    "api.users-exist-malformed", label="INFERRED", source=f"{sources.ERRORS}: other operations", facts="6.3"
)
def test_users_exist_malformed(wise: Wise) -> None:
    """With an `email` that is no address it answers 422."""
    assert wise.call(_EXISTS, "POST", json={"email": "nobody"}).status_code == 422


def _subscriptions(key: str) -> str:
    return f"/v3/applications/{key}/subscriptions"


def _key(wise: Wise) -> str:
    key = wise.target.client_key
    if key is None:
        not_applicable("the client key is not known: set MOCKWISE_CLIENT_KEY")
    return key
