"""Quarterly versions in a path: those that are served, and the others (docs/wise/errors.md#versions)."""

from __future__ import annotations

import pytest

from mockwise.faults.kinds import SpoilToken
from mockwise.state.options import SandboxOptions
from tests.web.wise.asgi import authorized, exchange
from tests.web.wise.bearers import bearer
from tests.web.wise.upstream_server import FakePeer
from tests.web.wise_app import AUTH, GRANT, WiseApp

NOT_FOUND = '{"status":"404","message":"Resource not found","error":"Not Found"}'
UNSERVED = ["2027Q1", "9999Q1", "2026Q2", "2026Q1"]
BARE = SandboxOptions(token_format="uuid", mtls="optional")
SAML = [("POST", "login/saml2/sso"), ("GET", "saml2/metadata")]


@pytest.mark.parametrize("version", UNSERVED)
def test_nothing_is_served_under_another_version(wise_app: WiseApp, version: str) -> None:
    """404 in the observed shape; a bad bearer token is 401 there as anywhere."""
    live = f"Bearer {bearer(wise_app)}"
    for path in ("me", "currencies", "profiles/1/subscriptions", "nothing", "one-time-token/status", ""):
        for none in (None, live, "notreal", "Basic cGFydG5lcjp3aXNlLWd1eQ=="):
            headers = {} if none is None else {"authorization": none}
            missing = wise_app.request("GET", f"/{version}/{path}", headers=headers)
            assert (missing.status_code, missing.text) == (404, NOT_FOUND), (path, none)
        refused = wise_app.call("GET", f"/{version}/{path}", "unknown")
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    reason = wise_app.call("GET", f"/{version}/me").headers["x-mockwise-reason"]
    assert reason == (
        "The path begins with a version of the API that is not served. Those that are served are: 2026Q3, 2026Q4 "
        "(option versions)."
    )


@pytest.mark.parametrize("version", UNSERVED)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_nor_is_the_token_endpoint(wise_app: WiseApp, method: str, version: str) -> None:
    """Whatever is sent there; and a fault for a token, which finds none, waits for the next request."""
    wise_app.box.fault_queue.arm(SpoilToken(text="uuid"))
    for auth in (AUTH, None):
        missing = wise_app.request(method, f"/{version}/oauth/token", data=GRANT, auth=auth)
        assert (missing.status_code, missing.text) == (404, NOT_FOUND)
        assert wise_app.last.fault is None
    refused = wise_app.call(method, f"/{version}/oauth/token", "unknown", data=GRANT)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    assert wise_app.token().status_code == 200
    assert wise_app.last.fault == "spoil-token"


def test_another_method_spends_no_fault_for_a_token(wise_app: WiseApp) -> None:
    """As long as no token is granted, none can be spoilt."""
    wise_app.box.fault_queue.arm(SpoilToken(text="uuid"))
    assert wise_app.request("PUT", "/oauth/token", data=GRANT, auth=AUTH).status_code == 405
    assert wise_app.last.fault is None


def test_a_stub_does_not_make_a_version(wise_app: WiseApp) -> None:
    """It stands for any that is served, whichever it was laid down for."""
    wise_app.box.stubs.add("GET", "/2027Q1/new", json={})
    token = bearer(wise_app)
    statuses = {
        it: wise_app.call("GET", f"/{it}/new", token).status_code for it in ("2026Q3", "2026Q4", "2027Q1")
    }
    assert statuses == {"2026Q3": 200, "2026Q4": 200, "2027Q1": 404}


def test_an_answer_of_the_mocks_own_varies_beside_a_stub() -> None:
    """Under the strict profile what is not stubbed has its members in any order."""
    wise_app = WiseApp(BARE.model_copy(update={"strict": True, "seed": 7}))
    wise_app.box.stubs.add("GET", "/2026Q3/new", json={"a": 1, "b": 2})
    assert len({wise_app.request("GET", "/2027Q1/new").text for _ in range(20)}) > 2
    assert {wise_app.call("GET", "/2026Q4/new", bearer(wise_app)).text for _ in range(9)} == {'{"a":1,"b":2}'}


def test_an_upstream_is_not_asked_for_another_version(wise_app: WiseApp) -> None:
    """What Wise's edge does not know does not come through it."""
    for path, asked in (("/2027Q1/transfers", 0), ("/2026Q4/transfers", 1), ("/2026Q4/new", 1)):
        upstream, peer = exchange(wise_app, FakePeer(), path=path, headers=authorized(bearer(wise_app)))
        assert (peer.status, len(upstream.heads())) == (200 if asked else 404, asked), path


def test_which_versions_are_served_is_an_option() -> None:
    """They take the place of the known ones; paths without a version are always served."""
    wise_app = WiseApp(BARE.model_copy(update={"versions": ("2026Q4", "2027Q1")}))
    for version, status in (("2026Q3", 404), ("2026Q4", 200), ("2027Q1", 200)):
        assert (
            wise_app.request("POST", f"/{version}/oauth/token", data=GRANT, auth=AUTH).status_code == status
        )
        assert wise_app.call("GET", f"/{version}/me", bearer(wise_app)).status_code == status
    assert wise_app.token().status_code == 200
    none = WiseApp(BARE.model_copy(update={"versions": ()}))
    assert none.call("GET", "/v1/me", bearer(none)).status_code == 200
    missing = none.call("GET", "/2026Q3/me", bearer(none))
    assert missing.status_code == 404
    assert "are none (option versions)" in missing.headers["x-mockwise-reason"]


@pytest.mark.parametrize("path", ["/2026Q3/currencies", "/2026Q4/currencies", "/v1/currencies", "/v1/quotes"])
def test_what_was_seen_to_be_open_needs_no_token(wise_app: WiseApp, path: str) -> None:
    """OBSERVED on production of 2026Q3 and of the quotes, else INFERRED (docs/wise/errors.md#missing-token); a bad token is refused there."""
    for headers in ({}, {"authorization": "notreal"}):
        assert wise_app.request("GET", path, headers=headers).status_code == 501
    assert wise_app.call("GET", path, bearer(wise_app)).status_code == 501
    assert wise_app.call("GET", path, bearer(wise_app, "personal")).status_code == 501
    assert wise_app.call("GET", path, "unknown").status_code == 401
    wise_app.box.stubs.add("GET", path, json=[])
    assert wise_app.request("GET", path).text == "[]"


@pytest.mark.parametrize(("method", "path"), SAML)
def test_sign_in_by_saml_is_there_without_a_token(wise_app: WiseApp, method: str, path: str) -> None:
    """Since 2026Q4 (DOCUMENTED, docs/wise/sources.md#newer-sources); the mock does not model it."""
    answer = wise_app.request(method, f"/2026Q4/{path}", data={"SAMLResponse": "PHNhbWw+"})
    assert (answer.status_code, answer.json()["path"]) == (501, f"/2026Q4/{path}")
    assert "PHNhbWw" not in wise_app.last.request_body
    assert wise_app.request(method, f"/2026Q3/{path}").status_code == 404
    assert wise_app.request("PUT", f"/2026Q3/{path}").status_code == 404
    assert wise_app.request("PUT", f"/2026Q4/{path}").status_code == 405
