"""The hub in a real browser."""

from __future__ import annotations

import json
from urllib.parse import quote

from mockwise import Sandbox
from tests.browser import Browser

OUTCOME = "#outcome .said"


class Page:
    """The page of one sandbox, opened, with its scripts at work."""

    def __init__(self, browser: Browser, box: Sandbox) -> None:
        self.browser = browser
        self.box = box
        self.open()

    def open(self) -> None:
        """Open it, or open it anew."""
        self.browser.open(f"{self.box.control_url}/hub/{quote(self.box.name, safe='')}")
        self.browser.until("document.querySelector('#link').textContent === 'live'")
        self.browser.until("document.querySelector('#audit .badge')")

    def shows(self, part: str, text: str) -> None:
        """Wait until a card shows that."""
        self.browser.until(
            f"document.querySelector('#{part}').innerText.replace(/\\s+/g, ' ').includes({json.dumps(text)})"
        )

    def submit(self, selector: str, said: str) -> None:
        """Press a button, and wait until the page says what came of it."""
        self.browser.evaluate("document.querySelector('#outcome').replaceChildren()")
        self.browser.click(selector)
        self.browser.until(f"document.querySelector('{OUTCOME}')?.innerText.includes({json.dumps(said)})")

    def unfold(self, selector: str) -> None:
        """Open a folded part of the page."""
        self.browser.click(f"{selector} > summary")
        self.browser.until(f"document.querySelector({json.dumps(selector)}).open")

    def shown(self, number: int) -> str:
        """Something that is shown this once, as it would be copied."""
        return str(self.browser.evaluate(f"document.querySelector('#shown-{number}').textContent"))

    def door(self, name: str) -> str:
        """The line of another door."""
        return str(self.browser.evaluate(f"document.querySelector('#door-{name}').textContent"))
