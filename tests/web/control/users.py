"""Users' grants, as the tests of the control API need them: a consent without a browser, tokens, calls."""

from __future__ import annotations

from typing import Any

import httpx

from mockwise.sandbox.credentials import Credentials
from mockwise.sandbox.handle import Sandbox

ANN = "ann@example.com"
"""Who is there from the start, with a personal and a business profile."""


def at(box: Sandbox, path: str) -> str:
    """Where it is on the control host."""
    return f"/sandboxes/{box.name}{path}"


def ann(control: httpx.Client, box: Sandbox) -> Any:
    """Ann, as she is seen now."""
    return control.get(at(box, f"/users/{ANN}")).json()


def consent(control: httpx.Client, box: Sandbox, **wish: object) -> Any:
    """A consent that was given, or a failed test."""
    answer = control.post(at(box, "/consents"), json=wish)
    assert answer.status_code == 201, answer.text
    return answer.json()


def grant(box: Sandbox, form: dict[str, str], who: Credentials | None = None) -> httpx.Response:
    """Ask for a user's tokens."""
    who = who or box.credentials
    with httpx.Client(verify=who.ssl_context()) as http:
        return http.post(box.token_url, auth=(who.client_id, who.client_secret), data=form)


def link(control: httpx.Client, box: Sandbox, who: Credentials | None = None, **wish: object) -> Any:
    """The tokens of a user who consented, as the token endpoint gives them out."""
    who = who or box.credentials
    given = consent(control, box, client_id=who.client_id, **wish)
    names = ("code", "client_id", "redirect_uri")
    answer = grant(box, {"grant_type": "authorization_code", **{name: given[name] for name in names}}, who)
    assert answer.status_code == 200, answer.headers
    return answer.json()


def refresh(box: Sandbox, tokens: Any, who: Credentials | None = None) -> httpx.Response:
    """Refresh a user's access token."""
    return grant(box, {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}, who)


def me(box: Sandbox, access_token: str, who: Credentials | None = None) -> httpx.Response:
    """Ask who the token is for."""
    with httpx.Client(verify=(who or box.credentials).ssl_context()) as http:
        return http.get(f"{box.mtls_url}/v1/me", headers={"authorization": f"Bearer {access_token}"})
