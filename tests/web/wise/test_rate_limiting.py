"""Rate limits at the gateway (docs/wise/errors.md#headers and docs/wise/errors.md#rate-limits)."""

from __future__ import annotations

from mockwise.common.rate_limit import Limit, RateLimit
from mockwise.state.options import SandboxOptions
from mockwise.state.tokens import TokenSubject
from tests.web.wise_app import AUTH, WiseApp

LIMITED = SandboxOptions(
    token_format="uuid", mtls="optional", rate_limit=RateLimit(Limit(2, None), Limit(1, None))
)
PLAYGROUND = "/v1/authenticated/playground"


def test_one_too_many_is_429() -> None:
    """With `Retry-After` in whole seconds and the limiter's name (DOCUMENTED); the body is mock-only."""
    wise_app = WiseApp(LIMITED)
    assert [wise_app.token().status_code for _ in range(2)] == [200, 200]
    refused = wise_app.token()
    assert refused.status_code == 429
    assert (refused.headers["retry-after"], refused.headers["x-rate-limited-by"]) == ("1", "wise-public-api")
    assert refused.json() == {"error": "rate_limited", "error_description": "Too many requests"}
    assert "Wait 1 s" in refused.headers["x-mockwise-reason"]
    assert wise_app.last.status == 429


def test_token_requests_and_calls_are_counted_together() -> None:
    """The limit is the client's (DOCUMENTED); another client has its own."""
    wise_app = WiseApp(LIMITED)
    wise_app.registry.add_client(wise_app.box, client_id="other", client_secret="s")
    token = wise_app.access_token()
    assert [wise_app.call("GET", PLAYGROUND, token).status_code for _ in range(2)] == [200, 429]
    assert wise_app.token(auth=("other", "s")).status_code == 200


def test_a_wrong_secret_counts_as_well() -> None:
    """The gateway counts before anybody is authenticated (INFERRED)."""
    wise_app = WiseApp(LIMITED)
    statuses = [wise_app.token(auth=(AUTH[0], "wrong")).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]


def test_a_personal_token_has_its_users_limit() -> None:
    """100 a second and 900 a minute for people (docs/wise/errors.md#rate-limits)."""
    wise_app = WiseApp(LIMITED)
    [ann] = wise_app.box.users.all()
    for text in ("one", "two"):
        wise_app.box.tokens.issue(
            text, TokenSubject(kind="personal", user_id=ann.user_id), wise_app.box.clock.now(), None
        )
    assert [wise_app.call("GET", "/v1/me", text).status_code for text in ("one", "two")] == [200, 429]


def test_nobody_is_not_counted() -> None:
    """Who names no client and no token that the mock knows has no limit (mock-only)."""
    wise_app = WiseApp(LIMITED)
    unknown = [wise_app.call("GET", PLAYGROUND, "unknown").status_code for _ in range(3)]
    nobody = [wise_app.token(auth=("nobody", "s")).status_code for _ in range(3)]
    assert unknown == nobody == [401, 401, 401]
