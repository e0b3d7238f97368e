"""The consent page, `/oauth/authorize/`, which is on a host without mutual TLS."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import httpx

from . import sources
from .grant_requests import AUTHORIZE, REDIRECT_URI, exchange, refresh, show, tokens_of
from .local_mock import SandboxFactory
from .rulebook import rule

_QUERY = "https://app.example.com/back?to=wise&x=1"
_LINK = re.compile(r'href="([^"]*)"')
_ERROR_RESPONSE = "RFC 6749 section 4.1.2.1"


@rule(
    "consent.page",
    label="DOCUMENTED",
    source=sources.ONBOARDING,
    known="mtls.md#hosts, consent-and-revocation.md#authorization-page",
)
def test_page(new_sandbox: SandboxFactory) -> None:
    """`GET /oauth/authorize/` with `client_id` and a registered `redirect_uri` shows a page, without a certificate."""
    with new_sandbox() as sandbox:
        answer = sandbox.page(client_id=sandbox.wise.target.client_id, redirect_uri=REDIRECT_URI)
        assert (answer.status_code, _media_type(answer)) == (200, "text/html")


@rule(
    "consent.no-response-type",
    label="DOCUMENTED",
    source=f"{sources.ONBOARDING}: it shows none",
    known="consent-and-revocation.md#authorization-page",
)
def test_no_response_type(new_sandbox: SandboxFactory) -> None:
    """`response_type`, `scope`, `state` and PKCE are not asked for, and the code is exchanged without them."""
    with new_sandbox() as sandbox:
        asked = {"client_id": sandbox.wise.target.client_id, "redirect_uri": REDIRECT_URI}
        told = dict(_told(sandbox.press("approve", sandbox.personal, **asked)))
        tokens_of(exchange(sandbox.wise, told["code"]))


@rule(
    "consent.needs-client-id",
    label="DOCUMENTED",
    source=sources.ONBOARDING,
    known="consent-and-revocation.md#authorization-page",
)
def test_needs_client_id(new_sandbox: SandboxFactory) -> None:
    """Without `client_id` the error is on the page: nobody is redirected."""
    with new_sandbox() as sandbox:
        _stays(sandbox.page(redirect_uri=REDIRECT_URI))


@rule(
    "consent.needs-redirect-uri",
    label="DOCUMENTED",
    source=sources.ONBOARDING,
    known="consent-and-revocation.md#authorization-page",
)
def test_needs_redirect_uri(new_sandbox: SandboxFactory) -> None:
    """The page needs `redirect_uri`: without it nothing is redirected."""
    with new_sandbox() as sandbox:
        _stays(sandbox.page(client_id=sandbox.wise.target.client_id))


@rule(
    "consent.unknown-client",
    label="INFERRED",
    source=_ERROR_RESPONSE,
    known="consent-and-revocation.md#authorization-page",
)
def test_unknown_client(new_sandbox: SandboxFactory) -> None:
    """Nor with a client id that nobody has."""
    with new_sandbox() as sandbox:
        _stays(sandbox.page(client_id="mockwise-contract", redirect_uri=REDIRECT_URI))


@rule(
    "consent.mismatch",
    label="DOCUMENTED",
    source=sources.SANDBOX_TESTING,
    known="consent-and-revocation.md#authorization-page",
)
def test_mismatch(new_sandbox: SandboxFactory) -> None:
    """A `redirect_uri` that is not registered: the error is shown on Wise's page, and nobody is redirected."""
    with new_sandbox() as sandbox:
        asked = {"client_id": sandbox.wise.target.client_id, "redirect_uri": "https://elsewhere.example.com/"}
        _stays(sandbox.page(**asked))
        _stays(sandbox.press("approve", sandbox.personal, **asked))


@rule(
    "consent.exact", label="DOCUMENTED", source=sources.ONBOARDING, known="developer-hub.md#personal-tokens"
)
def test_exact(new_sandbox: SandboxFactory) -> None:
    """It is matched exactly, query parameters included."""
    with new_sandbox(redirect_uri=_QUERY) as sandbox:
        client_id = sandbox.wise.target.client_id
        assert sandbox.page(client_id=client_id, redirect_uri=_QUERY).status_code == 200
        for wrong in (
            _QUERY.partition("?")[0],
            f"{_QUERY}&y=2",
            _QUERY.replace("/back", "/back/"),
            _QUERY.upper(),
        ):
            _stays(sandbox.page(client_id=client_id, redirect_uri=wrong))


@rule(
    "consent.redirect",
    label="DOCUMENTED",
    source=sources.ONBOARDING,
    known="consent-and-revocation.md#authorization-page",
)
def test_redirect(new_sandbox: SandboxFactory) -> None:
    """Consent leads to the redirect URI with `code` and the `profileId` that was chosen, and nothing else."""
    with new_sandbox() as sandbox:
        asked = {"client_id": sandbox.wise.target.client_id, "redirect_uri": REDIRECT_URI}
        for profile in (sandbox.personal, sandbox.business):
            answer = sandbox.press("approve", profile, **asked)
            assert answer.headers["location"].startswith(f"{REDIRECT_URI}?")
            assert [name for name, _ in _told(answer)] == ["code", "profileId"]
            assert dict(_told(answer))["profileId"] == str(profile)


@rule(
    "consent.state",
    label="DOCUMENTED",
    source=sources.ONBOARDING,
    known="consent-and-revocation.md#authorization-page",
)
def test_state(new_sandbox: SandboxFactory) -> None:
    """`state` comes back as it was sent, in the order `code`, `state`, `profileId`."""
    with new_sandbox() as sandbox:
        state = "a b&c=d/ü+%20"
        asked = {"client_id": sandbox.wise.target.client_id, "redirect_uri": REDIRECT_URI, "state": state}
        told = _told(sandbox.press("approve", sandbox.personal, **asked))
        assert [name for name, _ in told] == ["code", "state", "profileId"]
        assert dict(told)["state"] == state


@rule(
    "consent.empty-path",
    label="DOCUMENTED",
    source=sources.ONBOARDING,
    known="consent-and-revocation.md#authorization-page",
)
def test_empty_path(new_sandbox: SandboxFactory) -> None:
    """`https://www.yourapp.com` is redirected to as `https://www.yourapp.com/?code=`, as Wise prints it."""
    with new_sandbox(redirect_uri="https://www.yourapp.com") as sandbox:
        asked = {"client_id": sandbox.wise.target.client_id, "redirect_uri": "https://www.yourapp.com"}
        answer = sandbox.press("approve", sandbox.personal, **asked)
        assert answer.headers["location"].startswith("https://www.yourapp.com/?code=")


@rule(
    "consent.own-query",
    label="INFERRED",
    source="RFC 6749 section 3.1.2",
    known="consent-and-revocation.md#authorization-page",
)
def test_own_query(new_sandbox: SandboxFactory) -> None:
    """The redirect URI keeps a query of its own."""
    with new_sandbox(redirect_uri=_QUERY) as sandbox:
        asked = {"client_id": sandbox.wise.target.client_id, "redirect_uri": _QUERY}
        answer = sandbox.press("approve", sandbox.personal, **asked)
        assert answer.headers["location"].startswith(f"{_QUERY}&code=")


@rule(
    "consent.decline",
    label="INFERRED",
    source=_ERROR_RESPONSE,
    known="consent-and-revocation.md#authorization-page",
)
def test_decline(new_sandbox: SandboxFactory) -> None:
    """Who declines is sent back with `error=access_denied`, `error_description` and `state`, and without a code."""
    with new_sandbox() as sandbox:
        asked = {"client_id": sandbox.wise.target.client_id, "redirect_uri": REDIRECT_URI, "state": "x"}
        told = dict(_told(sandbox.press("decline", sandbox.personal, **asked)))
        assert told.keys() == {"error", "error_description", "state"}
        assert (told["error"], told["state"]) == ("access_denied", "x")


@rule(
    "consent.link-back",
    label="DOCUMENTED",
    source=sources.SANDBOX_TESTING,
    known="consent-and-revocation.md#authorization-page",
)
def test_link_back(new_sandbox: SandboxFactory) -> None:
    """Other errors stay on the page too, with a link back that has `error` and `error_description` and no code."""
    with new_sandbox() as sandbox:
        asked = {"client_id": sandbox.wise.target.client_id, "redirect_uri": REDIRECT_URI}
        answer = sandbox.page(**asked, claim_account_code="of nobody")
        _stays(answer)
        links = [unescape(link) for link in _LINK.findall(answer.text)]
        back = [parse_qsl(urlsplit(link).query) for link in links if link.startswith(REDIRECT_URI)]
        assert [name for name, _ in back[0]] == ["error", "error_description"]


@rule(
    "consent.one-profile",
    label="DOCUMENTED",
    source=sources.ONBOARDING,
    known="consent-and-revocation.md#authorization-page",
)
def test_one_profile(new_sandbox: SandboxFactory) -> None:
    """A consent is for one profile; another profile has its own, and both links live side by side."""
    with new_sandbox() as sandbox:
        links = {profile: sandbox.link(profile) for profile in (sandbox.personal, sandbox.business)}
        for profile, given in links.items():
            anew = tokens_of(refresh(sandbox.wise, given["refresh_token"]))
            assert show(sandbox.wise, anew["access_token"], f"/v2/profiles/{profile}").status_code == 200


@rule(
    "consent.other-profile",
    label="INFERRED",
    source=f"{sources.ONBOARDING}: one profile a consent",
    known="consent-and-revocation.md#authorization-page",
)
def test_other_profile(new_sandbox: SandboxFactory) -> None:
    """It opens no other profile of the same user: 403; nor is that one listed."""
    with new_sandbox() as sandbox:
        token = sandbox.link(sandbox.personal)["access_token"]
        assert show(sandbox.wise, token, f"/v2/profiles/{sandbox.business}").status_code == 403
        listed = show(sandbox.wise, token, "/v2/profiles").json()
        assert [profile["id"] for profile in listed] == [sandbox.personal]


@rule(
    "consent.slash",
    label="mock-only",
    source=sources.MOCKWISE,
    known="consent-and-revocation.md#authorization-page",
)
def test_slash(new_sandbox: SandboxFactory) -> None:
    """The path ends with a slash, as in all of Wise's samples: without it, and on the mTLS host, there is no page."""
    with new_sandbox() as sandbox:
        asked = {"client_id": sandbox.wise.target.client_id, "redirect_uri": REDIRECT_URI}
        assert sandbox.wise.ask_tls_host("GET", AUTHORIZE.rstrip("/"), params=asked).status_code == 404
        assert sandbox.wise.ask("GET", AUTHORIZE, params=asked).status_code == 404


def _told(answer: httpx.Response) -> list[tuple[str, str]]:
    """What the browser brings back to the client."""
    assert answer.is_redirect, answer.status_code
    return parse_qsl(urlsplit(answer.headers["location"]).query, strict_parsing=True)


def _stays(answer: httpx.Response) -> None:
    assert "location" not in list(answer.headers)
    assert (400 <= answer.status_code < 500, _media_type(answer)) == (True, "text/html")


def _media_type(answer: httpx.Response) -> str:
    return str(answer.headers.get("content-type", "")).partition(";")[0]
