"""The consent page in a real browser and with Authlib, against a real mock over TLS."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from mockwise import MockWise
from mockwise.journal.journal import Exchange
from mockwise.sandbox.handle import Sandbox
from tests.browser import Browser, chromium_or_skip

with warnings.catch_warnings(record=True):  # Authlib has begun to ask for another HTTP library
    from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]  # it has no types

APPROVE, DECLINE = "button[value=approve]", "button[value=decline]"
LOUD = """[...document.querySelectorAll('body *')].filter(e => [...e.childNodes].some(
    n => n.nodeType === 3 && n.data.trim())).map(e => {
  const luminance = text => {
    const [r, g, b] = text.match(/[0-9.]+/g).map(c => c / 255).map(
      c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  let ground = e
  while (getComputedStyle(ground).backgroundColor === 'rgba(0, 0, 0, 0)') ground = ground.parentElement
  const [high, low] = [getComputedStyle(e).color, getComputedStyle(ground).backgroundColor].map(luminance).sort(
    (a, b) => b - a)
  return (high + 0.05) / (low + 0.05)
})"""
"""The contrast of each element that has text of its own, as WCAG 2 counts it."""


class Application:
    """The partner's application: it is called back over plain HTTP on this machine, and remembers how."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.page = "<title>App</title>"
        self.called: list[tuple[str, dict[str, str]]] = []

    @property
    def given(self) -> dict[str, str]:
        """The parameters of the newest call back."""
        return dict(parse_qsl(urlsplit(self.called[-1][0]).query))


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, applications: list[Application], *args: Any) -> None:
        self._application = applications
        super().__init__(*args)

    def do_GET(self) -> None:
        """Record the call and show the application's page."""
        (application,) = self._application
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.path != "/favicon.ico":
            application.called.append((self.path, headers))
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(application.page.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  because it is named so
        """Write no log line for a request."""


@contextmanager
def serving() -> Iterator[Application]:
    """An application on a free port."""
    applications: list[Application] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, applications)) as server:
        applications.append(Application(server))
        threading.Thread(target=server.serve_forever).start()
        try:
            yield applications[0]
        finally:
            server.shutdown()


@pytest.fixture(scope="module")
def app() -> Iterator[Application]:
    """The application of all tests here."""
    with serving() as application:
        yield application


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser that the tests of this file share."""
    chromium_or_skip()
    with Browser() as it:
        it.emulate()
        yield it


@pytest.fixture
def box(mockwise_server: MockWise, app: Application) -> Iterator[Sandbox]:
    """A sandbox whose client is the application."""
    with mockwise_server.sandbox(redirect_uri=f"{app.url}/back?tenant=7") as sandbox:
        yield sandbox


def page_of(box: Sandbox, app: Application, **more: str) -> str:
    """Where the application sends its user."""
    query = {"client_id": box.client_id, "redirect_uri": f"{app.url}/back?tenant=7", "state": "s t", **more}
    return f"{box.tls_url}/oauth/authorize/?{urlencode(query)}"


def redeem(box: Sandbox, app: Application, code: str) -> httpx.Response:
    """The application exchanges the code over mTLS."""
    form = {"grant_type": "authorization_code", "client_id": box.client_id, "code": code}
    with httpx.Client(verify=box.ssl_context()) as client:
        return client.post(
            box.token_url,
            auth=(box.client_id, box.client_secret),
            data={**form, "redirect_uri": f"{app.url}/back?tenant=7"},
        )


def seen(box: Sandbox) -> list[tuple[str, int]]:
    """What was asked of the mock, and the status of its answer."""

    def told(exchange: Exchange) -> tuple[str, int]:
        return f"{exchange.method} {exchange.path}", exchange.status

    return [told(exchange) for exchange in box.exchanges]


def test_a_user_chooses_and_approves(browser: Browser, box: Sandbox, app: Application) -> None:
    """With the mouse: the chosen profile's code comes to the application, and no `Referer` with it."""
    browser.open(page_of(box, app))
    assert "use a Wise account" in browser.text("h1")
    browser.click("label:nth-of-type(2)")
    browser.click(APPROVE)
    browser.until("document.title === 'App'")

    assert list(app.given) == ["tenant", "code", "state", "profileId"]
    assert (app.given["state"], app.given["profileId"]) == ("s t", "30000002")
    assert "referer" not in app.called[-1][1]
    # No icon, no style sheet, no script is asked for.
    assert seen(box) == [("GET /oauth/authorize/", 200), ("POST /oauth/authorize/", 303)]
    assert app.given["code"] not in repr([asdict(it) for it in box.exchanges])
    assert redeem(box, app, app.given["code"]).json()["refresh_token"]
    assert redeem(box, app, app.given["code"]).json()["error"] == "invalid_grant"


def test_a_user_approves_with_the_keyboard(browser: Browser, box: Sandbox, app: Application) -> None:
    """One stop for the radio buttons, one for each button; Enter on the choice approves."""
    browser.open(page_of(box, app))
    browser.press("Tab", 9)
    browser.press("ArrowDown", 40)
    browser.press("Enter", 13, "\r")
    browser.until("document.title === 'App'")

    assert app.given["profileId"] == "30000002"


def test_a_user_declines(browser: Browser, box: Sandbox, app: Application) -> None:
    """A user who declines is sent back with `access_denied` (RFC 6749 section 4.1.2.1)."""
    browser.open(page_of(box, app))
    browser.click(DECLINE)
    browser.until("document.title === 'App'")

    assert (app.given["error"], app.given["state"]) == ("access_denied", "s t")


def test_a_choice_that_is_gone_is_told_in_focus(browser: Browser, box: Sandbox, app: Application) -> None:
    """The summary of what is wrong has the focus, and leads to the first choice."""
    browser.open(page_of(box, app))
    box._state.user_events.deactivate(10_000_001)  # no door of a mock for it is needed here
    box.add_user("bob@example.com")
    browser.click(APPROVE)
    browser.until("document.activeElement.matches('[role=alert]') && document.readyState === 'complete'")
    browser.click("[role=alert] a")
    browser.until("document.activeElement.matches('#first')")
    assert browser.text("legend legend, fieldset fieldset legend").startswith("Bob")


def test_another_site_cannot_send_the_form(browser: Browser, box: Sandbox, app: Application) -> None:
    """A page that submits the form by itself is turned away, and so is one that shows the page in a frame."""
    fields = {"who": "10000001-30000001", "decision": "approve"}
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    action = page_of(box, app).replace("&", "&amp;")
    app.page = f'<title>Evil</title><form method="post" action="{action}">{inputs}</form><script>document.forms[0].submit()</script>'
    try:
        browser.open(app.url)
        browser.until("document.title.startsWith('Not allowed')")
        app.page = f'<title>Frame</title><iframe src="{action}"></iframe>'
        browser.open(app.url)
        browser.until("document.title === 'Frame' && document.readyState === 'complete'")
        assert browser.evaluate("document.querySelector('iframe').contentDocument") is None
    finally:
        app.page = "<title>App</title>"
    assert ("POST /oauth/authorize/", 403) in seen(box)
    assert ("POST /oauth/authorize/", 303) not in seen(box)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [900, 360])
def test_it_can_be_read(browser: Browser, box: Sandbox, app: Application, width: int, *, dark: bool) -> None:
    """WCAG 2 AA: contrast of at least 4.5 in both schemes; no scrolling sideways on a telephone."""
    box.add_user("a" * 60 + "@example.com", business="W" * 80)
    browser.emulate(width=width, dark=dark)
    try:
        for url in (page_of(box, app), page_of(box, app, claim_account_code="x"), page_of(box, app) + "x&y"):
            browser.open(url)
            assert browser.evaluate("document.styleSheets.length") == 1
            assert browser.evaluate("document.documentElement.scrollWidth") <= width
            contrasts = browser.evaluate(LOUD)
            assert min(contrasts) >= 4.5, contrasts
    finally:
        browser.emulate()


def test_authlib_walks_the_code_flow(box: Sandbox, app: Application) -> None:
    """A client that we did not write: authorization URL, page, form, redirect, token over mTLS, call, refresh.

    Wise asks for `client_id` in the body beside Basic (docs/wise/token-endpoint.md#parameters).
    """
    uri = f"{app.url}/back?tenant=7"
    with OAuth2Client(box.client_id, box.client_secret, redirect_uri=uri, verify=box.ssl_context()) as client:
        url, state = client.create_authorization_url(f"{box.tls_url}/oauth/authorize/")
        with httpx.Client(verify=box.ssl_context()) as user:
            page = user.get(url)
            assert page.status_code == 200
            answer = user.post(url, data={"who": "10000001-30000002", "decision": "approve"})
        back = answer.headers["location"]
        token = client.fetch_token(
            box.token_url, authorization_response=back, state=state, client_id=box.client_id
        )
        assert token["scope"] == "transfers"
        again = client.refresh_token(box.token_url)
        assert again["refresh_token"] == token["refresh_token"]
        assert again["access_token"] != token["access_token"]
