"""The hub in headless Chromium: what is pressed there has its effect on the wire, over real mutual TLS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from mockwise import MockWise, Respond, Sandbox
from tests.api_calls import ask, reason, token, use
from tests.browser import Browser
from tests.dashboard.page import Page
from tests.dashboard.requests_for import signing_request
from tests.dashboard.test_credential_actions import ask_as, context_of


@pytest.fixture
def page(browser: Browser, box: Sandbox) -> Page:
    """The page of the sandbox."""
    return Page(browser, box)


def test_it_shows_what_happens_as_it_happens(page: Page, mockwise_server: MockWise) -> None:
    """Tokens, exchanges, refused handshakes, audit findings, the time line."""
    use(page.box, token(page.box))
    page.shows("tokens", "1 token: 1 live")
    page.shows("feed", "GET /v1/authenticated/playground")
    page.shows("feed", f"; {len(mockwise_server.handshakes)} refused handshake")
    with pytest.raises(httpx.HTTPError):
        httpx.get(page.box.mtls_url, verify=ssl.create_default_context(cafile=page.box.ca_file))
    page.shows("feed", f"; {len(mockwise_server.handshakes)} refused handshake")
    page.shows("feed", "Handshake refused on the mTLS host")
    page.shows("feed", "configure a client certificate")
    page.box.arm(Respond(503, retry_after=60))
    ask(page.box)
    ask(page.box)
    page.shows("audit", "Retry-After is ignored")
    page.browser.until("document.querySelector('#audit svg.timeline')")


def test_it_shows_what_other_doors_do(page: Page) -> None:
    """Clock, faults, users and clients may change from Python or a terminal."""
    page.box.arm(Respond(503, times=7))
    page.box.add_user("bob@example.com")
    page.box.add_client(client_id="somebody")
    page.box.freeze()
    page.shows("armed", "0 of 7")
    page.shows("users", "bob@example.com")
    page.shows("clients", "somebody")
    page.shows("clock", "frozen")


def test_time_runs_down(page: Page) -> None:
    """On the sandbox's clock: running, and standing still while it is frozen."""
    page.box.advance("11h59m30s")
    before = page.browser.text("#now")
    page.browser.until(f"document.querySelector('#now').textContent !== {before!r}")
    page.box.reset()
    token(page.box)
    page.box.advance("11h59m58s")  # it has a second to live: the page sees the end by itself
    page.shows("tokens", "1 expired")


def test_the_clock_is_pressed(page: Page) -> None:
    """Advance, freeze, set, resume; a token dies of twelve hours."""
    text = token(page.box)
    assert use(page.box, text).status_code == 200
    page.submit("#advance-1m", "1m forward")
    page.submit("#advance-1h", "1h forward")
    assert use(page.box, text).status_code == 200
    page.submit("#advance-12h", "12h forward")
    assert use(page.box, text).status_code == 401
    assert page.door("python") == "box.advance('12h')"
    assert page.door("terminal").startswith("mockwise advance 12h")
    page.submit("#freeze", "stands still")
    assert page.box.now == page.box.now
    page.shows("clock", "frozen")
    page.unfold("#clock details")
    page.browser.evaluate("document.querySelector('#set-time').value = '2027-01-07T00:00:00'")
    page.submit("#clock details form button", "was set to 2027-01-07 00:00:00 UTC")
    assert page.box.now == datetime(2027, 1, 7, tzinfo=UTC)
    page.submit("#resume", "runs on")
    assert page.box.now != page.box.now
    page.unfold("#clock details + details")
    page.submit("#reset", "is as new")
    assert page.box.now.year == datetime.now(UTC).year


def test_tokens_are_ended(page: Page) -> None:
    """Expire now, revoke this, revoke all."""
    texts = [token(page.box) for _ in range(4)]
    names = [(it.token or "")[:8] for it in page.box.exchanges]
    page.shows("tokens", names[3])
    page.submit(f"#expire-{names[0]}", "is expired")
    page.submit(f"#revoke-{names[1]}", "is revoked")
    assert "expired" in reason(use(page.box, texts[0]))
    assert "revoked" in reason(use(page.box, texts[1]))
    assert use(page.box, texts[2]).status_code == 200
    page.submit("#revoke-all", "2 live tokens of")
    assert [use(page.box, text).status_code for text in texts] == [401] * 4
    fifth = token(page.box)
    page.submit("#expire-all", "1 live token of")
    assert "expired" in reason(use(page.box, fifth))
    page.submit("#revoke-all", "has no live token")


def test_a_fault_is_armed_from_its_form(page: Page) -> None:
    """Filled in, sent, seen armed, happened, gone."""
    page.unfold("#faults details:nth-of-type(1)")
    page.browser.write("#respond-status", "503")
    page.browser.write("#respond-retry_after", "7")
    page.submit("#faults details:nth-of-type(1) .buttons button", "respond is armed")
    page.shows("armed", "0 of 1")
    answer = ask(page.box)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    page.shows("armed", "spent, happened once")
    page.submit("#quick-1", "respond is armed")
    page.submit("#disarm-all", "disarmed")
    assert ask(page.box).status_code == 200


def test_a_mistake_is_told(page: Page) -> None:
    """As an alert, with what to do."""
    page.unfold("#faults details:nth-of-type(1)")
    page.browser.write("#respond-status", "200")
    page.submit("#faults details:nth-of-type(1) .buttons button", "status: 400 to 599")
    assert page.browser.evaluate("document.querySelector('#outcome .said').getAttribute('role')") == "alert"
    page.browser.click("#outcome [data-close]")
    page.browser.until("!document.querySelector('#outcome').children.length")
    page.submit("#freeze", "stands still")
    page.browser.press("Escape", 27)
    page.browser.until("!document.querySelector('#outcome').children.length")


def test_scenarios_are_played(page: Page, mockwise_server: MockWise) -> None:
    """Here, or in a sandbox of their own, to which the page goes."""
    page.unfold("#scenarios details:nth-of-type(1)")
    page.submit("#play-outage", "outage has begun")
    assert ask(page.box).status_code == 503
    page.unfold("#scenarios details:nth-of-type(3)")
    page.submit("#play-short-lived", "in a sandbox of its own")
    name = page.browser.evaluate("location.pathname.split('/').pop()")
    assert name != page.box.name
    assert "1m" in httpx.get(f"{mockwise_server.control_url}/sandboxes/{name}").text
    httpx.delete(f"{mockwise_server.control_url}/sandboxes/{name}")


def test_credentials_are_worked_on(page: Page, tmp_path: Path) -> None:
    """Generate, see the secret once, use it over mTLS, rotate it with overlap, revoke."""
    box = page.box
    page.unfold("#clients > details")
    page.browser.write("#new-client", "acme")
    page.submit("#clients > details .buttons button", "acme was made")
    secret = page.shown(2)
    context = context_of(box, tmp_path, page.shown(3), page.shown(4).encode())
    assert ask_as(box, "acme", secret, context).status_code == 200
    page.shows("clients", "acme")
    assert secret not in page.browser.evaluate("location.href + document.querySelector('#clients').innerHTML")

    acme = "#client-1-acme"
    page.unfold(f"{acme} details")
    page.submit(f"{acme} details form button", "has a new secret")
    new = page.shown(1)
    assert [ask_as(box, "acme", it, context).status_code for it in (secret, new)] == [200, 200]
    page.shows("soon", "old secret")
    box.advance("15m")
    assert [ask_as(box, "acme", it, context).status_code for it in (secret, new)] == [401, 200]
    page.shows("soon", "Nothing")
    page.unfold(f"{acme} details + details")
    page.submit(f"{acme} details + details button", "is revoked")
    assert ask_as(box, "acme", new, context).status_code == 401


def test_a_certificate_is_asked_for_and_revoked(page: Page, tmp_path: Path) -> None:
    """A file of a signing request in, a certificate out; used, then revoked."""
    box = page.box
    request, key = signing_request()
    (tmp_path / "laptop.csr").write_text(request)
    page.unfold("#certificates > details")
    page.browser.write("#certificate-name", "laptop")
    page.browser.choose("#csr-file", tmp_path / "laptop.csr")
    page.submit("#certificates > details .buttons button", "laptop was issued")
    context = context_of(box, tmp_path, page.shown(1), key)
    serial = page.shown(2)
    assert ask_as(box, box.client_id, box.client_secret, context).status_code == 200
    page.shows("certificates", "laptop")
    page.submit(f"#revoke-{serial}", "laptop")
    with pytest.raises(httpx.HTTPError):
        ask_as(box, box.client_id, box.client_secret, context)
    page.shows("feed", "certificate_revoked")

    page.browser.write("#certificate-name", "pasted")
    page.browser.write("#csr", request)
    page.submit("#certificates > details .buttons button", "pasted was issued")
    assert page.browser.evaluate("document.querySelector('#csr').value") == ""


def test_lines_are_copied(page: Page) -> None:
    """The clipboard has the line as it is to be pasted."""
    page.browser.click("#copy [data-copy=snippet-curl]")
    page.browser.until("document.querySelector('[data-copy=snippet-curl]').innerText.startsWith('Copied')")
    copied = page.browser.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"curl {page.box.token_url}")
    assert page.box.client_secret in copied
    page.submit("#freeze", "stands still")
    page.browser.click("[data-copy=door-python]")
    page.browser.until("document.querySelector('[data-copy=door-python]').innerText.startsWith('Copied')")
    assert page.browser.evaluate("navigator.clipboard.readText()") == "box.freeze()"


def test_where_the_clipboard_is_closed_the_line_is_marked(page: Page) -> None:
    """On an address that is no secure context there is no clipboard."""
    page.browser.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.browser.click("[data-copy=snippet-curl]")
    page.browser.until("/Copied|Marked/.test(document.querySelector('[data-copy=snippet-curl]').innerText)")
    assert page.browser.evaluate("String(getSelection())").startswith("curl ")


def test_a_mock_that_is_gone_is_told(page: Page) -> None:
    """Presses say so, and so does the live view; it goes on when the mock is back."""
    page.browser.block("*/do/*", "*/live")
    try:
        page.browser.click("#advance-1h")
        page.browser.until("document.querySelector('#outcome [role=alert]')")
        assert page.browser.text("#outcome") == "The mock does not answer."
        page.shows("feed", "The mock does not answer")
    finally:
        page.browser.block()
    page.box.add_user("later@example.com")
    page.shows("users", "later@example.com")


def test_a_sandbox_that_is_gone_is_told(browser: Browser, mockwise_server: MockWise) -> None:
    """The page says so; it does not become another sandbox's in silence."""
    box = mockwise_server.sandbox()
    Page(browser, box)
    box.close()
    browser.until("document.title.startsWith('Not there')")
    assert "there is no sandbox" in browser.text("main")


@pytest.fixture
def plain(browser: Browser) -> Iterator[Browser]:
    """A browser that loads no scripts."""
    browser.block("*.js")
    yield browser
    browser.block()


def test_it_works_without_scripts(plain: Browser, box: Sandbox) -> None:
    """Plain forms, and the page again."""
    text = token(box)
    path_of_page = f"{box.control_url}/hub/{box.name}"
    plain.open(path_of_page)
    plain.click("#advance-12h")
    plain.until("document.querySelector('#outcome .said')?.innerText.includes('12h forward')")
    assert plain.evaluate("location.href") == path_of_page
    assert use(box, text).status_code == 401
    assert not plain.evaluate("document.documentElement.classList.contains('scripted')")
    assert plain.evaluate("getComputedStyle(document.querySelector('.copy')).display") == "none"
    plain.open(path_of_page)
    assert plain.evaluate("document.querySelector('#outcome').innerText.trim()") == ""
