"""A client of the dashboard without a browser: it reads HTML as text and submits forms."""

from __future__ import annotations

import html
import re
from typing import Self
from urllib.parse import quote

import httpx

from mockwise import Sandbox

_TAGS = re.compile(r"<[^>]*>")


def text_of(markup: str) -> str:
    """What is to be read in HTML."""
    return " ".join(html.unescape(_TAGS.sub(" ", markup)).split())


class DashboardPage:
    """A page of the dashboard, or a part of one, that was answered."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.status = answer.status_code
        self.html = answer.text
        self.text = text_of(answer.text)

    def part(self, name: str) -> str:
        """What is to be read in one of the cards."""
        start = self.html.index(f'id="{name}"')
        return text_of("<" + self.html[start : self.html.index("</section>", start)])

    @property
    def said(self) -> str:
        """What came of a press."""
        found = re.search(r'<p class="said[^>]*>(.*?)</p>', self.html, re.DOTALL)
        return text_of(found[1]) if found else ""

    @property
    def equivalents(self) -> dict[str, str]:
        """The equivalent command, Python line and request that the page shows."""
        found: list[tuple[str, str]] = re.findall(r'id="door-(\w+)">(.*?)</code>', self.html, re.DOTALL)
        return {name: html.unescape(line) for name, line in found}

    @property
    def shown(self) -> dict[str, str]:
        """What is shown this once."""
        found: list[tuple[str, str]] = re.findall(
            r'aria-label="([^"]*)">(.*?)</pre>', self.html.partition('class="equivalents"')[0], re.DOTALL
        )
        return {label: html.unescape(text) for label, text in found}


class DashboardClient:
    """A client of one sandbox's dashboard."""

    def __init__(self, box: Sandbox, **headers: str) -> None:
        self.box = box
        self.path_of_page = f"/hub/{quote(box.name, safe='')}"
        self.client = httpx.Client(
            base_url=box.control_url, headers={"origin": box.control_url, **headers}, timeout=60
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def open_page(self, path: str = "", **headers: str) -> DashboardPage:
        """Open a page of the sandbox."""
        return DashboardPage(self.client.get(self.path_of_page + path, headers=headers))

    def submit(self, action: str, **fields: str) -> DashboardPage:
        """Submit a form as the page's script does: the answer is a part of the page."""
        return DashboardPage(self.client.post(self._action(action), data=fields, headers={"x-hub": "part"}))

    def submit_without_script(self, action: str, **fields: str) -> DashboardPage:
        """Submit a form as a browser without scripts does: the answer is the whole page."""
        return DashboardPage(self.client.post(self._action(action), data=fields, follow_redirects=True))

    def upload(self, action: str, file: bytes, **fields: str) -> DashboardPage:
        """Send a form with a file."""
        files = {"csr_file": ("request.csr", file, "application/octet-stream")}
        return DashboardPage(
            self.client.post(self._action(action), data=fields, files=files, headers={"x-hub": "part"})
        )

    def _action(self, action: str) -> str:
        return f"{self.path_of_page}/do/{action}"
