"""Rate limits at the gateway (docs/wise/errors.md#headers and docs/wise/errors.md#rate-limits)."""

from __future__ import annotations

from mockwise.common.rate_limit import Limit, RateLimit
from mockwise.state.options import SandboxPolicy
from mockwise.state.tokens import TokenSubject
from tests.web.wise_app import AUTH, House

LIMITED = SandboxPolicy(
    token_format="uuid", mtls="optional", rate_limit=RateLimit(Limit(2, None), Limit(1, None))
)
PLAYGROUND = "/v1/authenticated/playground"


def test_one_too_many_is_429() -> None:
    """With `Retry-After` in whole seconds and the limiter's name (DOCUMENTED); the body is mock-only."""
    house = House(LIMITED)
    assert [house.token().status_code for _ in range(2)] == [200, 200]
    refused = house.token()
    assert refused.status_code == 429
    assert (refused.headers["retry-after"], refused.headers["x-rate-limited-by"]) == ("1", "wise-public-api")
    assert refused.json() == {"error": "rate_limited", "error_description": "Too many requests"}
    assert "Wait 1 s" in refused.headers["x-mockwise-reason"]
    assert house.last.status == 429


def test_token_requests_and_calls_are_counted_together() -> None:
    """The limit is the client's (DOCUMENTED); another client has its own."""
    house = House(LIMITED)
    house.registry.add_client(house.box, client_id="other", client_secret="s")
    token = house.access_token()
    assert [house.call("GET", PLAYGROUND, token).status_code for _ in range(2)] == [200, 429]
    assert house.token(auth=("other", "s")).status_code == 200


def test_a_wrong_secret_counts_as_well() -> None:
    """The gateway counts before anybody is authenticated (INFERRED)."""
    house = House(LIMITED)
    statuses = [house.token(auth=(AUTH[0], "wrong")).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]


def test_a_personal_token_has_its_users_limit() -> None:
    """100 a second and 900 a minute for people (docs/wise/errors.md#rate-limits)."""
    house = House(LIMITED)
    [ann] = house.box.users.all()
    for text in ("one", "two"):
        house.box.tokens.issue(
            text, TokenSubject(kind="personal", user_id=ann.user_id), house.box.clock.now(), None
        )
    assert [house.call("GET", "/v1/me", text).status_code for text in ("one", "two")] == [200, 429]


def test_nobody_is_not_counted() -> None:
    """Who names no client and no token that the mock knows has no limit (mock-only)."""
    house = House(LIMITED)
    unknown = [house.call("GET", PLAYGROUND, "unknown").status_code for _ in range(3)]
    nobody = [house.token(auth=("nobody", "s")).status_code for _ in range(3)]
    assert unknown == nobody == [401, 401, 401]
