"""The way into the hub of a mock with a control token."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from mockwise import MockWise
from mockwise.web.access import Sessions, cookie_name, cookie_of
from tests.dashboard.dashboard_client import DashboardClient

TOKEN = "let-me-in"


@pytest.fixture(scope="module")
def mock() -> Iterator[MockWise]:
    """A mock with a control token."""
    with MockWise(token_format="uuid", control_token=TOKEN) as running:
        yield running


@pytest.fixture
def logged_out(mock: MockWise) -> Iterator[DashboardClient]:
    """Somebody who is not logged in."""
    with DashboardClient(mock.default) as it:
        yield it


def log_in(dashboard: DashboardClient, token: str = TOKEN) -> httpx.Response:
    """Send the login form with that token."""
    return dashboard.client.post("/login", data={"token": token})


@pytest.mark.parametrize(
    "path", ["/", "/hub", "/hub/default", "/hub/default/live", "/hub/default/files/client.key"]
)
def test_nothing_is_told_to_a_stranger(logged_out: DashboardClient, path: str) -> None:
    """Every page is the login form, and the API stays JSON."""
    answer = logged_out.client.get(path)
    assert answer.status_code == 401
    assert '<form class="card narrow" method="post" action="/login">' in answer.text
    assert logged_out.box.client_id not in answer.text
    assert logged_out.client.get("/sandboxes").json()["error"] == "unauthorized"


def test_the_form_lets_in(logged_out: DashboardClient) -> None:
    """The token goes once, in a body; the cookie is not for scripts and not for other sites' requests."""
    assert logged_out.client.get("/login").status_code == 401
    answer = log_in(logged_out)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert TOKEN not in cookie
    assert logged_out.open_page().status == 200
    assert "Log out" in logged_out.open_page().text
    assert logged_out.client.get("/sandboxes").status_code == 200
    equivalents = logged_out.submit("freeze").equivalents
    assert "$MOCKWISE_CONTROL_TOKEN" in equivalents["http"]
    assert TOKEN not in "".join(equivalents.values())


def test_a_wrong_token_is_told(logged_out: DashboardClient) -> None:
    """And the form comes again."""
    answer = log_in(logged_out, "guess")
    assert answer.status_code == 401
    assert "That is not this mock" in answer.text
    assert "set-cookie" not in answer.headers


def test_logging_out_ends_it(logged_out: DashboardClient) -> None:
    """The cookie is worth nothing afterwards, also to who kept it."""
    log_in(logged_out)
    kept = dict(logged_out.client.cookies)
    answer = logged_out.client.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert logged_out.open_page().status == 401
    logged_out.client.cookies.update(kept)
    assert logged_out.open_page().status == 401


def test_another_site_cannot_log_in_or_out(mock: MockWise) -> None:
    """A form without a sender may be another site's."""
    for path in ("/login", "/logout"):
        assert httpx.post(mock.control_url + path, data={"token": TOKEN}).status_code == 403


def test_where_nothing_is_asked_nobody_logs_in(mockwise_server: MockWise) -> None:
    """Without a control token the way is open."""
    origin = {"origin": mockwise_server.control_url}
    for answer in (
        httpx.get(f"{mockwise_server.control_url}/login"),
        httpx.post(f"{mockwise_server.control_url}/login", headers=origin, data={"token": "x"}),
    ):
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "Log out" not in httpx.get(f"{mockwise_server.control_url}/hub/default").text


def test_the_oldest_browsers_are_forgotten() -> None:
    """Nobody fills the memory by logging in."""
    sessions = Sessions("t")
    keys = [sessions.begin("t") for _ in range(101)]
    assert [sessions.known(key) for key in (keys[0], keys[1], keys[-1], None)] == [False, True, True, False]
    sessions.end(None)
    assert Sessions(None).begin("") is None
    assert not Sessions(None).needed


def test_ports_have_cookies_of_their_own() -> None:
    """Cookies do not know ports (RFC 6265 section 8.5), so two mocks would log each other out."""
    assert cookie_name("127.0.0.1:8445") == "mockwise-8445"
    assert cookie_name("mock.test") == "mockwise"
    assert cookie_of("mockwise-8445=abc; other=1", "127.0.0.1:8445") == "abc"
    assert cookie_of("mockwise-8446=abc", "127.0.0.1:8445") is None
    assert cookie_of(None, "127.0.0.1:8445") is None
    assert cookie_of('a="', "127.0.0.1:8445") is None
