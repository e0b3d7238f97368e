"""The calls that a client of Wise makes, as the tests of the doors need them."""

from __future__ import annotations

import ssl

import httpx

from mockwise.sandbox.credentials import Credentials
from mockwise.sandbox.handle import Sandbox

GRANT = {"grant_type": "client_credentials"}
PLAYGROUND = "/v1/authenticated/playground"


def ask(
    box: Sandbox, who: Credentials | None = None, *, context: ssl.SSLContext | None = None
) -> httpx.Response:
    """Ask for a token over a connection of its own."""
    who = who or box.credentials
    with httpx.Client(verify=context or who.ssl_context()) as client:
        return client.post(box.token_url, auth=(who.client_id, who.client_secret), data=GRANT)


def token(box: Sandbox, who: Credentials | None = None) -> str:
    """A token, or a failed test."""
    answer = ask(box, who)
    assert answer.status_code == 200, answer.headers
    text: str = answer.json()["access_token"]
    return text


def use(box: Sandbox, access_token: str, *, context: ssl.SSLContext | None = None) -> httpx.Response:
    """Call the API with a token over a connection of its own."""
    with httpx.Client(verify=context or box.ssl_context()) as client:
        return client.get(box.mtls_url + PLAYGROUND, headers={"Authorization": f"Bearer {access_token}"})


def reason(answer: httpx.Response) -> str:
    """Why the mock says it refused."""
    return answer.headers["x-mockwise-reason"]
