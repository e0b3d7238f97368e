from __future__ import annotations

import httpx
import pytest

from mockwise.common.digests import digest_of
from mockwise.oauth.headless_consent import authorize
from mockwise.oauth.personal import issue_personal
from mockwise.sandbox.handle import Sandbox
from mockwise.state.revocation_causes import RevocationCause
from tests.api_calls import reason
from tests.oauth.token_endpoint import TokenEndpoint
from tests.state.helpers import NOON
from tests.web.control.control_app import ControlApp
from tests.web.control.users import ANN, ann, at, consent, link, me, refresh

USERS = f"/users/{ANN}"


def states(control: httpx.Client, box: Sandbox, what: str) -> list[tuple[str, str | None]]:
    """What became of each link or token, and by what."""
    return [(it["state"], it["ended_by"]) for it in control.get(at(box, f"/{what}")).json()[what]]


@pytest.mark.parametrize(
    ("path", "body", "event"),
    [
        ("email", {"email": "ann.new@example.com"}, RevocationCause.EMAIL_CHANGED),
        ("deactivate", None, RevocationCause.USER_DEACTIVATED),
        ("security", None, RevocationCause.SECURITY_ENHANCED),
        ("disconnect", None, RevocationCause.DISCONNECTED),
    ],
)
def test_an_event_ends_a_users_tokens(
    *, control: httpx.Client, box: Sandbox, path: str, body: object, event: RevocationCause
) -> None:
    """One call each: the refresh token is dead, the API answers 401, another user's live (docs/wise/lifetimes-and-formats.md#what-ends-a-token)."""
    control.post(at(box, "/users"), json={"email": "bob@example.com"})
    hers, his = link(control, box), link(control, box, user="bob@example.com")
    answer = control.post(at(box, f"{USERS}/{path}"), json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["ended_links"] == 1
    assert answer.json()["user"]["active"] == (event is not RevocationCause.USER_DEACTIVATED)
    for what in ("links", "tokens"):
        assert states(control, box, what) == [("revoked", event.value), ("live", None)]
    refused = refresh(box, hers)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert reason(refused).startswith("The refresh token is dead: the user")
    assert me(box, hers["access_token"]).status_code == 401
    assert me(box, his["access_token"]).status_code == 200
    assert refresh(box, his).status_code == 200


@pytest.mark.parametrize(("path", "dies"), [("email", True), ("deactivate", True), ("security", False)])
def test_personal_tokens_die_with_the_address_and_the_account(path: str, dies: bool) -> None:
    """All tokens are revoked (docs/wise/lifetimes-and-formats.md#what-ends-a-token); enhanced security is about refresh tokens."""
    control_app = ControlApp()
    box = control_app.registry.default
    issue_personal(box, box.users.require(ANN).user_id)
    body = {"email": "new@example.com"} if path == "email" else None
    assert control_app.request("POST", f"/sandboxes/default{USERS}/{path}", json=body).status_code == 200
    [seen] = control_app.request("GET", "/sandboxes/default/tokens").json()["tokens"]
    assert seen["state"] == ("revoked" if dies else "live")


def test_a_user_has_the_new_address(control: httpx.Client, box: Sandbox) -> None:
    """And the old one names nobody; a taken one is a conflict, and nothing ends of it."""
    control.post(at(box, "/users"), json={"email": "bob@example.com"})
    link(control, box)
    for taken, status in (("bob@example.com", 409), ("bob", 400)):
        assert control.post(at(box, f"{USERS}/email"), json={"email": taken}).status_code == status
    assert states(control, box, "links") == [("live", None)]
    moved = control.post(at(box, f"{USERS}/email"), json={"email": "new@example.com"}).json()["user"]
    assert moved["email"] == "new@example.com"
    assert control.get(at(box, USERS)).status_code == 404
    assert control.get(at(box, "/users/new@example.com")).json() == moved


def test_an_account_is_claimed_once() -> None:
    """The registration code is dead, and what came from it; Ann has nothing to claim (docs/wise/lifetimes-and-formats.md#what-ends-a-token and docs/wise/consent-and-revocation.md#revocation)."""
    oauth = TokenEndpoint()
    control_app = ControlApp(registry=oauth.registry)
    email, code = "new@example.com", "r" * 32
    oauth.box.users.sign_up(email, "app", digest_of(code))
    form = (
        ("grant_type", "registration_code"),
        ("client_id", "app"),
        ("email", email),
        ("registration_code", code),
    )
    answer = oauth.ask(form)
    url = f"/sandboxes/default/users/{email}/claim"
    claimed = control_app.request("POST", url).json()
    assert (claimed["ended_links"], claimed["user"]["signed_up_by"]) == (1, None)
    assert not oauth.lives(answer)
    [seen] = control_app.request("GET", "/sandboxes/default/links").json()["links"]
    assert (seen["by_registration"], seen["ended_by"]) == (True, "account claimed")
    assert control_app.request("POST", url).status_code == 400
    refused = control_app.request("POST", f"/sandboxes/default{USERS}/claim")
    assert (refused.status_code, "nothing to claim" in refused.json()["message"]) == (400, True)


def test_a_disconnection_is_of_one_client_and_may_be_of_one_profile(
    control: httpx.Client, box: Sandbox
) -> None:
    """The user revokes an application where it is listed (docs/wise/consent-and-revocation.md#revocation); the sandbox's own without a name."""
    other = box.add_client()
    person, business = (it["id"] for it in ann(control, box)["profiles"])
    for who in (box.credentials, other):
        for profile in (person, business):
            link(control, box, who, profile_id=profile)
    alive, dead = ("live", None), ("revoked", "disconnected")

    def ended(body: object) -> int:
        count: int = control.post(at(box, f"{USERS}/disconnect"), json=body).json()["ended_links"]
        return count

    assert ended({"profile_id": business}) == 1
    assert states(control, box, "links") == [alive, dead, alive, alive]
    assert ended({"client_id": other.client_id}) == 2
    assert states(control, box, "links") == [alive, dead, dead, dead]
    assert ended({}) == 1
    assert ended(None) == 0
    for unknown in ({"client_id": "nobody"}, {"profile_id": 1}):
        assert control.post(at(box, f"{USERS}/disconnect"), json=unknown).status_code == 404


def test_a_business_changes_hands(control: httpx.Client, box: Sandbox) -> None:
    """Access and refresh tokens for it die, those for the person live; the new owner may link it (docs/wise/lifetimes-and-formats.md#what-ends-a-token)."""
    control.post(at(box, "/users"), json={"email": "bob@example.com"})
    person, business = (it["id"] for it in ann(control, box)["profiles"])
    hers, gone = link(control, box, profile_id=person), link(control, box, profile_id=business)
    url = at(box, f"/profiles/{business}/owner")
    done = control.post(url, json={"user": "bob@example.com"}).json()
    assert (done["profile"]["id"], done["ended_links"]) == (business, 1)
    assert [it["id"] for it in done["owner"]["profiles"]] == [business, person + 2]
    assert refresh(box, gone).status_code == 400
    assert me(box, gone["access_token"]).status_code == 401
    assert refresh(box, hers).status_code == 200
    assert consent(control, box, profile_id=business)["user_id"] == done["owner"]["id"]
    back = control.post(url, json={"user": ann(control, box)["id"]}).json()
    assert back["owner"]["email"] == ANN


@pytest.mark.parametrize(
    ("profile", "user", "status", "said"),
    [
        (30_000_001, ANN, 400, "only a business changes hands"),
        (1, ANN, 404, "its profiles: 30000001, 30000002"),
        (30_000_002, "nobody", 404, "its users: ann@example.com"),
        (30_000_002, 1, 404, "its users: ann@example.com"),
        ("first", ANN, 422, "profile_id: "),
        (30_000_002, None, 422, "user"),
    ],
)
def test_a_transfer_that_cannot_be_is_refused(
    *, profile: object, user: object, status: int, said: str
) -> None:
    """A person is nobody's; who and what is not there is named (one error model)."""
    answer = ControlApp().request("POST", f"/sandboxes/default/profiles/{profile}/owner", json={"user": user})
    assert answer.status_code == status
    assert said in answer.json()["message"]


def test_a_suspected_leak_ends_all_links_of_a_client(control: httpx.Client, box: Sandbox) -> None:
    """Wise revokes after a leak of a token or of the secret (docs/wise/lifetimes-and-formats.md#what-ends-a-token); another client's live."""
    other = box.add_client(client_id=f"leaks/{box.name}")
    hers, theirs = link(control, box), link(control, box, other)
    answer = control.post(at(box, f"/clients/{other.client_id}/leak"))
    assert answer.json() == {"client_id": other.client_id, "ended_links": 1}
    assert states(control, box, "links") == [("live", None), ("revoked", "leak suspected")]
    assert refresh(box, theirs, other).status_code == 400
    assert refresh(box, hers).status_code == 200
    assert control.post(at(box, "/clients/nobody/leak")).status_code == 404


def test_a_link_that_was_over_is_not_counted() -> None:
    """What expired died of its age, whatever happens later (LinkView)."""
    oauth = TokenEndpoint()
    box, control_app = oauth.box, ControlApp(registry=oauth.registry)
    given = authorize(box, "app", ANN)
    callback = box.options.redirect_uri[0]
    names = ("grant_type", "client_id", "code", "redirect_uri")
    oauth.ask(tuple(zip(names, ("authorization_code", "app", given.code, callback), strict=True)))
    box.clock.advance(box.options.refresh_token_lifetime)
    done = control_app.request("POST", f"/sandboxes/default{USERS}/security").json()
    assert done["ended_links"] == 0
    [seen] = control_app.request("GET", "/sandboxes/default/links").json()["links"]
    assert (seen["state"], seen["ended_by"]) == ("expired", None)
    assert seen["ended_at"] == seen["expires_at"] > NOON.isoformat()
