from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from mockwise.common.digests import digest_of
from mockwise.sandbox.handle import Sandbox
from tests.web.control.control_app import ControlApp
from tests.web.control.users import ANN, ann, at, consent, grant

CONSENTS = "/sandboxes/default/consents"


@pytest.fixture
def control_app() -> ControlApp:
    """A sandbox with the client `app`."""
    return ControlApp()


@pytest.mark.parametrize("body", [None, {}])
def test_everything_about_a_consent_may_be_left_out(
    control: httpx.Client, box: Sandbox, body: object
) -> None:
    """The oldest user, their first profile, the own client, its first redirect URI; the code works once (docs/wise/lifetimes-and-formats.md#lifetimes)."""
    url = at(box, "/consents")
    answer = control.post(url) if body is None else control.post(url, json=body)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    given, her = answer.json(), ann(control, box)
    assert (given["user_id"], given["profile_id"]) == (her["id"], her["profiles"][0]["id"])
    assert (given["client_id"], given["state"]) == (box.client_id, None)
    form = {name: given[name] for name in ("code", "client_id", "redirect_uri")}
    assert grant(box, {"grant_type": "authorization_code", **form}).status_code == 200
    assert grant(box, {"grant_type": "authorization_code", **form}).json()["error"] == "invalid_grant"


def test_a_consent_is_as_it_is_wished(control: httpx.Client, box: Sandbox) -> None:
    """User, profile, client, redirect URI and state; the browser would go where Wise sends it (docs/wise/consent-and-revocation.md#authorization-page)."""
    other = box.add_client(redirect_uris=["https://a.test/first", "https://a.test/second?x=1"])
    bob = control.post(at(box, "/users"), json={"email": "bob@example.com", "business": "Bob & Co"}).json()
    given = consent(
        control,
        box,
        user="BOB@example.com",
        profile_id=bob["profiles"][1]["id"],
        client_id=other.client_id,
        redirect_uri="https://a.test/second?x=1",
        state="a b&c",
    )
    assert given["redirect_url"].startswith("https://a.test/second?x=1&")
    assert dict(parse_qsl(urlsplit(given["redirect_url"]).query)) == {
        "x": "1",
        "code": given["code"],
        "state": "a b&c",
        "profileId": str(bob["profiles"][1]["id"]),
    }
    assert (given["state"], given["user_id"]) == ("a b&c", bob["id"])
    assert (given["client_id"], given["redirect_uri"]) == (other.client_id, "https://a.test/second?x=1")


def test_a_profile_names_its_user(control: httpx.Client, box: Sandbox) -> None:
    """Whose profile it is consents (NewConsent.user)."""
    bob = control.post(at(box, "/users"), json={"email": "bob@example.com"}).json()
    assert consent(control, box, profile_id=bob["profiles"][0]["id"])["user_id"] == bob["id"]


def test_a_claim_code_names_its_user(control_app: ControlApp) -> None:
    """The user takes over the account that the client made, once (docs/wise/operations.md#endpoints and docs/wise/consent-and-revocation.md#authorization-page)."""
    box = control_app.registry.default
    user = box.users.sign_up("new@example.com", "app", digest_of("r" * 32))
    code = box.codes.issue("claim", "app", user.user_id)
    given = control_app.request("POST", CONSENTS, json={"claim_account_code": code})
    assert (given.json()["user_id"], given.json()["profile_id"]) == (user.user_id, None)
    assert (
        control_app.request("GET", f"/sandboxes/default/users/{user.user_id}").json()["signed_up_by"] is None
    )
    again = control_app.request("POST", CONSENTS, json={"claim_account_code": code})
    assert (again.status_code, again.json()["error"]) == (400, "bad_value")
    assert code not in again.text


def test_who_is_deactivated_does_not_consent(control_app: ControlApp) -> None:
    """The oldest who is active does; without any, the message says so (docs/wise/lifetimes-and-formats.md#lifetimes)."""
    users = "/sandboxes/default/users"
    bob = control_app.request("POST", users, json={"email": "bob@example.com"}).json()
    control_app.request("POST", f"{users}/{ANN}/deactivate")
    assert control_app.request("POST", CONSENTS).json()["user_id"] == bob["id"]
    refused = control_app.request("POST", CONSENTS, json={"user": ANN})
    assert (refused.status_code, "who can: bob@example.com" in refused.json()["message"]) == (400, True)
    control_app.request("POST", f"{users}/{bob['id']}/deactivate")
    nobody = control_app.request("POST", CONSENTS)
    assert (nobody.status_code, "make one first" in nobody.json()["message"]) == (404, True)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"user": "nobody@example.com"}, 404, "no user 'nobody@example.com'"),
        ({"user": 1}, 404, "no user 1"),
        ({"profile_id": 1}, 404, "no profile 1"),
        ({"user": ANN, "profile_id": 1}, 400, "cannot consent for this profile"),
        ({"client_id": "nobody"}, 404, "no client 'nobody'"),
        ({"redirect_uri": "https://evil.test"}, 400, "none of the client's"),
        ({"claim_account_code": "x"}, 400, "No such claim-account code"),
        ({"state": "\ud800"}, 422, "half of a character"),
        ({"user": True}, 422, "user"),
        ({"scope": "transfers"}, 422, "scope: there is no such field"),
    ],
)
def test_a_consent_that_the_page_would_refuse_is_refused(
    *, control_app: ControlApp, body: dict[str, object], status: int, said: str
) -> None:
    """The same checks as in the browser (docs/wise/consent-and-revocation.md#authorization-page); no code is made."""
    answer = control_app.send("POST", CONSENTS, body)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["message"]
    assert "code" not in answer.json()


def test_a_client_without_a_redirect_uri_gets_no_code(control_app: ControlApp) -> None:
    """There is nowhere to send the user back to (docs/wise/developer-hub.md#credentials: redirect URLs are registered)."""
    control_app.registry.add_client(control_app.registry.default, client_id="bare", redirect_uris=[])
    answer = control_app.request("POST", CONSENTS, json={"client_id": "bare"})
    assert (answer.status_code, answer.json()["error"]) == (400, "bad_value")
