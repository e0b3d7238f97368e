from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from mockwise.common.digests import digest_of
from mockwise.sandbox.handle import Sandbox
from tests.api_calls import token
from tests.web.control.control_app import ControlApp
from tests.web.control.users import ANN, ann, at, me

USERS = "/sandboxes/default/users"


def test_somebody_is_there_from_the_start(control: httpx.Client, box: Sandbox) -> None:
    """Whom the option `users` names: by default Ann, with a person's and a business's profile (SandboxOptions.users)."""
    [seen] = control.get(at(box, "/users")).json()["users"]
    assert seen == {
        "id": 10_000_001,
        "email": ANN,
        "name": "Ann Example",
        "active": True,
        "signed_up_by": None,
        "profiles": [
            {"id": 30_000_001, "type": "PERSONAL", "name": "Ann Example"},
            {"id": 30_000_002, "type": "BUSINESS", "name": "Example Bakery Ltd"},
        ],
    }
    assert ann(control, box) == control.get(at(box, f"/users/{seen['id']}")).json() == seen


def test_users_are_made_and_listed(control: httpx.Client, box: Sandbox) -> None:
    """`POST /v1/users/exists` then knows the address (docs/wise/operations.md#endpoints); names may be left out."""
    url = at(box, "/users")
    made = control.post(url, json={"email": "bob@example.com"})
    assert (made.status_code, made.json()["name"]) == (201, "Bob Example")
    text = token(box)
    with httpx.Client(verify=box.ssl_context(), headers={"authorization": f"Bearer {text}"}) as http:
        exists = http.post(f"{box.mtls_url}/v1/users/exists", json={"email": "Bob@example.com"})
    assert exists.json() == {"exists": True}
    names = {"first_name": "Eve", "last_name": "Moneypenny", "business": "Eve & Co"}
    eve = control.post(url, json={"email": "eve@example.com", **names}).json()
    assert eve["name"] == "Eve Moneypenny"
    assert [(it["type"], it["name"]) for it in eve["profiles"]] == [
        ("PERSONAL", "Eve Moneypenny"),
        ("BUSINESS", "Eve & Co"),
    ]
    assert [it["email"] for it in control.get(url).json()["users"]] == [ANN, "bob@example.com", eve["email"]]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"email": "ANN@example.com"}, 409, "there is a user with the address"),
        ({"email": "ann"}, 400, "an e-mail address has an @"),
        ({"email": "b@c", "business": ""}, 422, "business: "),
        ({"email": "b@c", "name": "Bob"}, 422, "name: there is no such field"),
        (None, 422, "send a JSON object"),
    ],
)
def test_a_user_who_cannot_be_is_refused(body: object, status: int, said: str) -> None:
    """Twice one address is a conflict, none a bad value (one error model); nobody is made."""
    control_app = ControlApp()
    answer = control_app.request("POST", USERS, json=body)
    assert answer.status_code == status
    assert said in answer.json()["message"]
    assert len(control_app.registry.default.users.all()) == 1


def test_a_client_that_signed_a_user_up_is_named() -> None:
    """Such a user has no name and no profile yet (docs/wise/operations.md#endpoints)."""
    control_app = ControlApp()
    control_app.registry.default.users.sign_up("new@example.com", "app", digest_of("r" * 32))
    seen = control_app.request("GET", f"{USERS}/NEW@example.com").json()
    assert (seen["name"], seen["signed_up_by"], seen["profiles"]) == (None, "app", [])


@pytest.mark.parametrize("name", ["nobody@example.com", "1", "10000002", "0", "-1"])
def test_an_unknown_user_is_404(name: str) -> None:
    """And the message names those there are (one error model)."""
    for method, path in (("GET", ""), ("POST", "/deactivate"), ("POST", "/personal-tokens")):
        answer = ControlApp().request(method, f"{USERS}/{name}{path}")
        assert answer.status_code == 404
        assert answer.json()["message"].endswith(f"its users: {ANN}")


def test_no_number_is_too_long_for_us() -> None:
    """Malformed input is never a 500: Python itself reads no number of 5000 digits."""
    control_app, digits = ControlApp(), "9" * 5000
    assert control_app.request("GET", f"{USERS}/{digits}").status_code == 422
    owner = "/sandboxes/default/profiles/30000002/owner"
    assert control_app.request("POST", owner, json={"user": digits}).status_code == 422
    sent: dict[str, Any] = {
        "content": b'{"user":%b}' % digits.encode(),
        "headers": {"content-type": "application/json"},
    }
    assert control_app.request("POST", owner, **sent).status_code == 400


def test_a_profile_is_added(control: httpx.Client, box: Sandbox) -> None:
    """Each can be linked on its own (docs/wise/consent-and-revocation.md#authorization-page)."""
    added = control.post(at(box, f"/users/{ANN}/profiles"), json={"type": "BUSINESS", "name": "Two Ltd"})
    assert added.status_code == 201
    assert added.json() == {"id": 30_000_003, "type": "BUSINESS", "name": "Two Ltd"}
    assert ann(control, box)["profiles"][2] == added.json()


@pytest.mark.parametrize("body", [{}, {"type": "business", "name": "a"}, {"type": "BUSINESS", "name": ""}])
def test_a_profile_that_cannot_be_is_refused(body: object) -> None:
    """Its type is a word of Wise's newer API, and it has a name (docs/wise/operations.md#endpoints)."""
    assert ControlApp().request("POST", f"{USERS}/{ANN}/profiles", json=body).status_code == 422


@pytest.mark.parametrize("read_only", [None, False, True])
def test_a_personal_token_is_made(*, control: httpx.Client, box: Sandbox, read_only: bool | None) -> None:
    """Its text is told once; it belongs to no client and has no end (docs/wise/lifetimes-and-formats.md#what-ends-a-token and docs/wise/developer-hub.md#credentials)."""
    url = at(box, f"/users/{ANN}/personal-tokens")
    made = control.post(url) if read_only is None else control.post(url, json={"read_only": read_only})
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    text = made.json()["token"]
    box.advance(timedelta(days=10_000))
    answer = control.get(at(box, "/tokens?kind=personal"))
    assert text not in answer.text
    [seen] = answer.json()["tokens"]
    assert seen["digest"] == made.json()["digest"] == digest_of(text)
    assert (seen["kind"], seen["state"], seen["read_only"]) == ("personal", "live", bool(read_only))
    assert (seen["client_id"], seen["expires_at"], seen["link"]) == (None, None, None)
    assert seen["user_id"] == ann(control, box)["id"]
    assert me(box, text).status_code == 200
    ended = control.post(at(box, "/tokens/revoke"), json={"token": text}).json()
    assert ended == {"client_id": None, "token": digest_of(text), "live": None}
    assert me(box, text).status_code == 401


def test_a_deactivated_user_gets_no_personal_token() -> None:
    """Tokens of such a user are dead, and no new ones are given (docs/wise/lifetimes-and-formats.md#what-ends-a-token)."""
    control_app = ControlApp()
    assert not control_app.request("POST", f"{USERS}/{ANN}/deactivate").json()["user"]["active"]
    answer = control_app.request("POST", f"{USERS}/{ANN}/personal-tokens")
    assert (answer.status_code, "was deactivated" in answer.json()["message"]) == (409, True)
