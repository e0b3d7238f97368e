"""Makes the README's picture of the hub: python -m tests.dashboard.picture."""

from __future__ import annotations

import ssl
from contextlib import suppress
from pathlib import Path

import httpx

from mockwise import MockWise, Respond, Sandbox
from tests.api_calls import GRANT, ask, token, use
from tests.browser import Browser
from tests.dashboard.page import Page

PICTURE = Path(__file__).with_name("hub.webp")


def a_day(box: Sandbox) -> None:
    """Something of all that can be seen at the top of the page."""
    first = token(box)
    use(box, first)
    box.advance("5h")
    second = token(box)
    use(box, second)
    box.revoke_token(second)
    use(box, second)
    with box.user_client() as user:
        user.get("/v1/profiles")
    box.advance("6h56m")
    box.arm(Respond(503, retry_after=5, times=2))
    ask(box)
    with httpx.Client(verify=box.ssl_context()) as client:
        client.post(box.token_url, auth=(box.client_id, "an old secret"), data=GRANT)
    with suppress(httpx.HTTPError):  # which is what is to be seen
        httpx.get(box.mtls_url, verify=ssl.create_default_context(cafile=box.ca_file))
    box.rotate_secret(overlap="15m")


def draw(browser: Browser, box: Sandbox, file: Path) -> None:
    """The page down to the audit, at the size of a laptop's window."""
    browser.emulate(width=1280, still=True)
    Page(browser, box)
    browser.until("document.querySelector('#audit svg.timeline')")
    browser.evaluate(
        "for (const it of document.querySelectorAll('.pair, #copy, footer, #scenarios')) it.remove()"
    )
    browser.screenshot(file, "body")


def main() -> None:
    """Draw the dashboard's picture for the documentation."""
    with MockWise(token_format="uuid") as mock, Browser() as browser:
        a_day(mock.default)
        draw(browser, mock.default, PICTURE)


if __name__ == "__main__":
    main()
