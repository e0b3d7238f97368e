"""Which paths and methods are served, and what happens when mockwise itself fails."""

from __future__ import annotations

import pytest
from starlette.routing import Route

from mockwise.oauth.server import AuthorizationServer
from mockwise.state.options import SandboxOptions
from mockwise.state.users import Users
from tests.web.wise_app import AUTH, GRANT, JSON, WiseApp

NOT_FOUND = {"status": "404", "message": "Resource not found", "error": "Not Found"}


@pytest.mark.parametrize("path", ["/oauth/token", "/2026Q3/oauth/token", "/2026Q4/oauth/token"])
def test_the_token_endpoint_is_also_under_each_quarter(wise_app: WiseApp, path: str) -> None:
    """`/oauth/token` is served as it is and under each version that is (docs/wise/token-endpoint.md#request and docs/wise/errors.md#versions)."""
    assert wise_app.request("POST", path, data=GRANT, auth=AUTH).status_code == 200
    assert wise_app.request("POST", path, data=GRANT).status_code == 401


def test_a_quarter_is_written_as_it_is_read(wise_app: WiseApp) -> None:
    """A quarter stands in a URL as it is spelled (docs/wise/errors.md#versions), in either direction."""
    route = Route("/{version:quarter}/oauth/token", wise_app.app, name="token")
    assert route.url_path_for("token", version="2026Q3") == "/2026Q3/oauth/token"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/oauth",
        "/oauth/token/",
        "/oauth//token",
        "//oauth/token",
        "/OAuth/Token",
        "/oauth/tokens",
        "/v1/oauth/token",
        "/2026Q0/oauth/token",
        "/2026Q5/oauth/token",
        "/26Q3/oauth/token",
        "/2026q3/oauth/token",
        "/2026Q3/2026Q3/oauth/token",
        "/2026Q3/oauth/token/",
        "/docs",
        "/openapi.json",
    ],
)
def test_every_other_path_is_not_found(wise_app: WiseApp, path: str) -> None:
    """What is not a path of Wise's is 404 in the observed shape (docs/wise/errors.md#missing-token), with client credentials and without."""
    for auth in (AUTH, None):
        missing = wise_app.request("POST", path, data=GRANT, auth=auth)
        assert (missing.status_code, missing.json()) == (404, NOT_FOUND)
        assert missing.headers["content-type"] == "application/json"
        assert missing.headers["x-mockwise-reason"].startswith("Nothing is served at this path.")


def test_a_line_feed_after_the_path_is_not_ignored(wise_app: WiseApp) -> None:
    """A path with a line feed behind it is another path (RFC 3986 section 6.2.1)."""
    assert wise_app.request("POST", "/oauth/token%0A", data=GRANT, auth=AUTH).status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_the_token_endpoint_takes_post_alone(wise_app: WiseApp, method: str) -> None:
    """Another method is 405 in Spring's words (docs/wise/token-endpoint.md#request, INFERRED) and names what is allowed (RFC 9110 15.5.6)."""
    refused = wise_app.request(method, "/2026Q3/oauth/token", auth=AUTH, data=GRANT)
    assert refused.status_code == 405
    assert refused.headers["allow"] == "POST"
    assert refused.headers["content-type"] == "application/json"
    assert refused.headers["x-mockwise-reason"] == "This path is served for other methods: POST."
    if method != "HEAD":
        assert refused.text == (
            '{"error":"method_not_allowed","error_description":'
            f"\"Request method '{method}' not supported\"}}"
        )


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/v1/authenticated/playground", {"GET"}), ("/2026Q3/users/exists", {"POST"})],
)
def test_an_operation_is_served_for_its_method_alone(wise_app: WiseApp, path: str, allowed: set[str]) -> None:
    """405 names every method that the path is served for (RFC 9110 section 15.5.6)."""
    refused = wise_app.call("DELETE", path)
    assert (refused.status_code, set(refused.headers["allow"].split(", "))) == (405, allowed)


def test_hints_off_hides_the_reason_of_routing_too(wise_app: WiseApp) -> None:
    """404 and 405 have a reason like every refusal, and follow the same switch."""
    bare = WiseApp(SandboxOptions(hints=False))
    for method, path, status in (("GET", "/nowhere", 404), ("GET", "/oauth/token", 405)):
        assert "x-mockwise-reason" in wise_app.request(method, path).headers
        assert "x-mockwise-reason" not in (answer := bare.request(method, path)).headers
        assert answer.status_code == bare.last.status == status
        assert bare.last.reason


def test_a_mistake_of_the_mock_is_500_and_journaled(
    wise_app: WiseApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure inside never leaves the peer without an answer; the server, which sees it too, logs it."""
    token = wise_app.access_token()

    # The store of users, because nothing between it and the app catches anything.
    def fail(self: Users, email: str) -> None:
        raise ZeroDivisionError(f"{email} in {self}")

    monkeypatch.setattr(Users, "of_email", fail)
    answer = wise_app.call("POST", "/v1/users/exists", token, content=b'{"email":"a@b"}', headers=JSON)

    assert answer.status_code == 500
    assert answer.text == '{"error":"server_error","error_description":"Internal Server Error"}'
    assert answer.headers["x-mockwise-reason"].startswith("mockwise itself failed")
    assert (wise_app.last.status, wise_app.last.reason) == (500, answer.headers["x-mockwise-reason"])


def test_a_mistake_at_the_token_endpoint_is_500_too(
    wise_app: WiseApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shortcut of the token route past the app's layers does not pass its safety net."""

    # The grant table's caller, because nothing between it and the edge catches anything.
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(AuthorizationServer, "token", fail)
    answer = wise_app.token()
    assert (answer.status_code, answer.json()["error"]) == (500, "server_error")
    assert wise_app.last.status == 500
