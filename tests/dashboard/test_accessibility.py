"""Usable by keyboard and screen reader, in both colour schemes, narrow and wide."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import httpx
import pytest

from mockwise import MockWise, Respond, Sandbox
from tests.api_calls import ask, token, use
from tests.browser import Browser
from tests.dashboard.page import Page
from tests.dashboard.test_login import TOKEN

AXE = files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")
CHECK = """axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}).then(found =>
  found.violations.flatMap(it => it.nodes.map(node => it.id + ": " + node.html + " " + node.failureSummary)))"""
SMALL = """[...document.querySelectorAll("button, summary, select, textarea, input:not([type=checkbox], [type=hidden])")]
  .filter(it => it.checkVisibility() && it.getBoundingClientRect().height < 24).map(it => it.outerHTML)"""
"""Targets of less than 24 px (WCAG 2.5.8)."""
BROAD = """[...document.querySelectorAll("body *")].filter(
  it => it.checkVisibility() && it.getBoundingClientRect().right > innerWidth && !it.closest(".scroll, ul.mono, .skip")
).map(it => it.outerHTML.slice(0, 200))"""
"""What reaches beyond the window, but for what scrolls by itself."""
WIDTHS = (1440, 390)


@pytest.fixture
def busy(mockwise_server: MockWise) -> Iterator[Sandbox]:
    """A sandbox in which all that the page can show is there."""
    with mockwise_server.sandbox() as box:
        fill(box)
        yield box


def fill(box: Sandbox) -> None:
    """Fill every part of the page with something."""
    use(box, token(box))
    box.advance("11h55m")
    revoked = token(box)
    box.revoke_token(revoked)
    use(box, revoked)
    box.personal_token(10000001)
    box.arm(Respond(503, retry_after=5, times=2), Respond(500, share=0.5))
    ask(box)
    ask(box)
    box.add_client(client_id="c" * 64)
    box.rotate_secret(overlap="15m")
    box.credentials.renew_certificate(valid_until="2d")
    with pytest.raises(httpx.HTTPError):
        httpx.get(box.mtls_url, verify=ssl.create_default_context(cafile=box.ca_file))


def unfold_all(browser: Browser) -> None:
    """Open whatever is folded; those of one name close each other, so the name goes."""
    browser.evaluate(
        "document.querySelectorAll('details').forEach(it => { it.removeAttribute('name'); it.open = true })"
    )


def check(browser: Browser) -> None:
    """Ask axe, and see that nothing is wider than the window."""
    browser.evaluate(AXE)
    assert browser.evaluate(CHECK) == []
    assert browser.evaluate(SMALL) == []
    assert browser.evaluate(BROAD) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_hub_is_accessible(browser: Browser, busy: Sandbox, width: int, *, dark: bool) -> None:
    """Axe finds nothing, with all that can be unfolded open, and with what came of a press."""
    browser.emulate(width=width, dark=dark, still=True)
    page = Page(browser, busy)
    browser.until("document.querySelector('#audit svg.timeline')")
    page.submit("#quick-1", "respond is armed")
    unfold_all(browser)
    check(browser)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_other_pages_are_accessible(browser: Browser, busy: Sandbox, *, dark: bool) -> None:
    """The audit, an exchange, what is not there."""
    browser.emulate(width=320, dark=dark, still=True)  # WCAG 1.4.10
    path_of_page = f"{busy.control_url}/hub/{busy.name}"
    for path in ("/audit", f"/exchanges/{busy.exchanges[-1].number}", "/exchanges/999999"):
        browser.open(path_of_page + path)
        unfold_all(browser)
        check(browser)


def test_the_login_is_accessible_and_works(browser: Browser) -> None:
    """With the keyboard alone: the field has the focus, and Enter sends the form."""
    with MockWise(token_format="uuid", control_token=TOKEN) as mock:
        browser.open(mock.control_url)
        check(browser)
        browser.write("#token", "guess")
        browser.press("Enter", 13, "\r")
        browser.until("document.querySelector('[role=alert]') && document.readyState === 'complete'")
        check(browser)
        browser.write("#token", TOKEN)
        browser.press("Enter", 13, "\r")
        browser.until("document.querySelector('#link')?.textContent === 'live'")
        assert TOKEN not in browser.evaluate("location.href + document.cookie")
        browser.click(".top nav button")
        browser.until("document.querySelector('#token') && document.readyState === 'complete'")


def test_the_keyboard_reaches_everything(browser: Browser, box: Sandbox) -> None:
    """Tab goes first to what skips the head; Enter presses; the focus stays where it was when the page changes."""
    page = Page(browser, box)
    browser.press("Tab", 9)
    assert browser.evaluate("document.activeElement.className") == "skip"
    browser.evaluate("document.querySelector('#advance-1h').focus()")
    browser.press("Enter", 13, "\r")
    browser.until("document.querySelector('#outcome .said')?.innerText.includes('1h forward')")
    page.shows("clock", "1h ahead")
    assert browser.evaluate("document.activeElement.id") == "advance-1h"


def test_the_focus_stays_when_rows_come(browser: Browser, box: Sandbox) -> None:
    """A new row above moves nothing from under the hands; what is typed and what is open stay."""
    token(box)
    first = (box.exchanges[0].token or "")[:8]
    page = Page(browser, box)
    page.unfold("#clients > details")
    browser.write("#new-client", "half a na")
    browser.evaluate(f"document.querySelector('#revoke-{first}').focus()")
    token(box)
    page.shows("tokens", "2 tokens")
    assert browser.evaluate("document.activeElement.id") == f"revoke-{first}"
    assert browser.evaluate("document.querySelector('#new-client').value") == "half a na"
    assert browser.evaluate("document.querySelector('#clients > details').open")
    box.reset()
    page.shows("tokens", "None yet")


@pytest.mark.parametrize("still", [False, True])
def test_nothing_moves_for_whom_it_must_not(browser: Browser, box: Sandbox, *, still: bool) -> None:
    """With `prefers-reduced-motion` nothing on the page moves (WCAG 2.3.3)."""
    browser.emulate(width=1280, still=still)
    page = Page(browser, box)
    page.submit("#freeze", "stands still")
    name = browser.evaluate("getComputedStyle(document.querySelector('.outcome')).animationName")
    assert name == ("none" if still else "rise")


def test_it_is_drawn(browser: Browser, busy: Sandbox, tmp_path: Path) -> None:
    """Pictures in both schemes, at 390 and 1440 px, for whoever wants to look at them."""
    for width in WIDTHS:
        for dark in (False, True):
            browser.emulate(width=width, dark=dark)
            Page(browser, busy)
            file = tmp_path / f"hub-{width}-{'dark' if dark else 'light'}.png"
            browser.screenshot(file)
            assert file.read_bytes().startswith(b"\x89PNG")
