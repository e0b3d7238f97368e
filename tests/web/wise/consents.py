"""What the tests of the consent page share: an app with a user, and requests for the page."""

from __future__ import annotations

import re
from typing import Any

import httpx

from mockwise.state.options import SandboxOptions
from mockwise.state.users import UserSpec
from tests.web.wise_app import ID, WiseApp

PAGE = "/oauth/authorize/"
URI = "https://app.test/back?tenant=7"
MARK = "MARKER0SECRET"
HOSTILE = "\"'><script>alert(1)</script>&"


def consent_house() -> WiseApp:
    """One user with two profiles; one redirect URI."""
    users = (UserSpec(email="ann@example.com", business="Bakery"),)
    return WiseApp(SandboxOptions(token_format="uuid", mtls="optional", users=users, redirect_uri=(URI,)))


def show(wise_app: WiseApp, method: str = "GET", **options: Any) -> httpx.Response:
    """Open the page rightly, but for the changes of `params`."""
    given = {"client_id": ID, "redirect_uri": URI, "state": "st", **options.pop("params", {})}
    params = {name: value for name, value in given.items() if value is not None}
    return wise_app.request(method, options.pop("path", PAGE), params=params, **options)


def submit(
    wise_app: WiseApp,
    who: str | None = None,
    decision: str = "approve",
    **options: Any,
) -> httpx.Response:
    """Send the form; without a choice, what is preselected."""
    who = choices(show(wise_app, params=options.get("params", {})).text)[0] if who is None else who
    return show(wise_app, "POST", data={"who": who, "decision": decision}, **options)


def choices(text: str) -> list[str]:
    """The values of the radio buttons."""
    return re.findall('name="who" value="([^"]*)"', text)


def query(answer: httpx.Response) -> dict[str, str]:
    """The query of the redirect that the consent page answers with."""
    return dict(httpx.URL(answer.headers["location"]).params)
