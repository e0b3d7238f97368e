"""The consent page keeps to itself: where it is served, who may send its form, and what the journal sees of it."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest

from tests.web.wise.consents import MARK, PAGE, consent_house, query, show, submit
from tests.web.wise_app import AUTH, ID, WiseApp


@pytest.fixture
def wise_app() -> WiseApp:
    """One user with two profiles; one redirect URI."""
    return consent_house()


def test_the_headers_keep_the_page_to_itself(wise_app: WiseApp) -> None:
    """No store, no frame, nothing from elsewhere, no address of it in a `Referer` to others."""
    headers = dict(show(wise_app).headers)
    policy = headers.pop("content-security-policy")

    assert re.fullmatch(
        "default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; base-uri 'none'; frame-ancestors 'none'",
        policy,
    )
    del headers["content-length"], headers["x-trace-id"]
    assert headers == {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
    }


def test_neither_code_nor_state_is_in_the_journal(wise_app: WiseApp) -> None:
    """They are the client's and the user's secrets; where the redirect went is kept."""
    params = {"state": MARK, "claim_account_code": None}
    code = query(submit(wise_app, params=params))["code"]
    exchange = wise_app.last
    submit(wise_app, "", "decline", params=params)
    show(wise_app, params={**params, "claim_account_code": MARK + "2"})

    kept = repr([asdict(it) for it in wise_app.box.journal.exchanges()])
    assert MARK not in kept
    assert code not in kept
    assert dict(exchange.response_headers)["location"] == (
        "https://app.test/back?tenant=7&code=***&state=***&profileId=30000001"
    )
    assert exchange.request_body == "who=10000001-30000001&decision=approve"
    assert (exchange.client_id, exchange.path, exchange.status) == (ID, PAGE, 303)
    assert "redirect_uri=https%3A%2F%2Fapp.test%2Fback%3Ftenant%3D7&state=***" in exchange.query
    assert wise_app.last.response_body == "***"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"sec-fetch-site": "none"}, 303),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "https://wise"}, 403),
        ({"origin": "https://wise"}, 303),
        ({"origin": "https://wise:8444"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({}, 303),
    ],
)
def test_another_site_cannot_consent_on_its_own(
    wise_app: WiseApp, headers: dict[str, str], status: int
) -> None:
    """A page elsewhere may send a form, but browsers say where it came from; who is no browser says nothing."""
    answer = submit(wise_app, "10000001-30000001", headers=headers)

    assert answer.status_code == status
    assert ("another site" in answer.text) == (status == 403)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize(
    ("path", "listener", "reason"),
    [
        (PAGE, "mtls", "The consent page is on the TLS host"),
        ("/oauth/authorize", "mtls", "The consent page is on the TLS host"),
        ("/oauth/authorize", "tls", "ends with a slash: /oauth/authorize/"),
    ],
)
def test_it_is_elsewhere(wise_app: WiseApp, method: str, path: str, listener: str, reason: str) -> None:
    """On the host without mTLS (docs/wise/mtls.md#hosts), with the slash of all samples (docs/wise/consent-and-revocation.md#authorization-page)."""
    answer = show(wise_app, method, path=path, listener=listener)

    assert answer.status_code == 404
    assert reason in answer.headers["x-mockwise-reason"]
    assert reason in answer.text


@pytest.mark.parametrize("path", [PAGE + "x", PAGE + "%0A", "/2026Q3" + PAGE, "/oauth/authorize//"])
def test_nothing_else_is_the_page(wise_app: WiseApp, path: str) -> None:
    """The user interface has no versions (docs/wise/mtls.md#hosts and docs/wise/errors.md#versions)."""
    answer = show(wise_app, path=path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_not_allowed(wise_app: WiseApp, method: str) -> None:
    """405 with what is (RFC 9110 section 15.5.6)."""
    answer = show(wise_app, method)

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
    assert "GET, POST" in answer.headers["x-mockwise-reason"]


def test_credentials_of_a_browser_do_not_matter(wise_app: WiseApp) -> None:
    """Whoever sends `Authorization` here is told nothing, and their sandbox is the client's."""
    assert show(wise_app, auth=AUTH).status_code == 200
    assert wise_app.last.client_id == ID
