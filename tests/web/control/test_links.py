from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest

from mockwise.common.digests import digest_of
from mockwise.sandbox.handle import Sandbox
from mockwise.state.refresh_grants import RefreshGrant
from tests.state.helpers import NOON
from tests.web.control.control_app import ControlApp
from tests.web.control.users import ann, at, link, me, refresh


def digests(control: httpx.Client, box: Sandbox, **query: str | int) -> tuple[int, list[str]]:
    """How many refresh tokens match, and those that are shown."""
    answer = control.get(at(box, "/links"), params=query).json()
    return answer["count"], [it["digest"] for it in answer["links"]]


def test_refresh_tokens_are_listed_by_digest_alone(control: httpx.Client, box: Sandbox) -> None:
    """Client, user, profile, times and access tokens; never a text."""
    box.freeze()
    tokens = link(control, box)
    answer = control.get(at(box, "/links"))
    assert tokens["refresh_token"] not in answer.text
    assert tokens["access_token"] not in answer.text
    [seen] = answer.json()["links"]
    her = ann(control, box)
    assert seen == {
        "digest": digest_of(tokens["refresh_token"]),
        "client_id": box.client_id,
        "user_id": her["id"],
        "profile_id": her["profiles"][0]["id"],
        "by_registration": False,
        "granted_at": seen["granted_at"],
        "expires_at": seen["expires_at"],
        "state": "live",
        "ended_at": None,
        "ended_by": None,
        "access_tokens": [digest_of(tokens["access_token"])],
    }
    assert datetime.fromisoformat(seen["granted_at"]) == box.now
    assert datetime.fromisoformat(seen["expires_at"]) == box.now + timedelta(days=7300)
    [token] = control.get(at(box, "/tokens"), params={"kind": "user"}).json()["tokens"]
    assert (token["link"], token["user_id"], token["profile_id"]) == (
        seen["digest"],
        seen["user_id"],
        seen["profile_id"],
    )


def test_what_a_refresh_replaced_is_seen(control: httpx.Client, box: Sandbox) -> None:
    """The refresh token stays, the access token before it is dead (docs/wise/token-endpoint.md#response and docs/wise/lifetimes-and-formats.md#what-ends-a-token)."""
    first = link(control, box)
    second = refresh(box, first).json()
    assert second["refresh_token"] == first["refresh_token"]
    [seen] = control.get(at(box, "/links")).json()["links"]
    assert seen["access_tokens"] == [digest_of(second["access_token"])]
    tokens = control.get(at(box, "/tokens"), params={"user_id": seen["user_id"]}).json()["tokens"]
    assert [(it["state"], it["ended_by"]) for it in tokens] == [("revoked", "refreshed"), ("live", None)]


def test_a_new_grant_ends_the_old_refresh_token(control: httpx.Client, box: Sandbox) -> None:
    """The access token made from it lives on (docs/wise/lifetimes-and-formats.md#lifetimes, re-grant)."""
    first, second = link(control, box), link(control, box)
    seen = control.get(at(box, "/links")).json()["links"]
    assert [it["ended_by"] for it in seen] == ["granted anew", None]
    assert seen[1]["access_tokens"] == [digest_of(it["access_token"]) for it in (first, second)]
    assert me(box, first["access_token"]).status_code == 200


def test_refresh_tokens_are_sifted(control: httpx.Client, box: Sandbox) -> None:
    """By client, user and state; the limit keeps the newest, the count does not mind it (GET links)."""
    other = box.add_client()
    bob = control.post(at(box, "/users"), json={"email": "bob@example.com"}).json()
    given = [link(control, box), link(control, box, user=bob["id"]), link(control, box, other)]
    one, two, three = (digest_of(it["refresh_token"]) for it in given)
    assert digests(control, box) == (3, [one, two, three])
    assert digests(control, box, client_id=other.client_id) == (1, [three])
    assert digests(control, box, user_id=bob["id"]) == (1, [two])
    assert digests(control, box, limit=1) == (3, [three])
    assert digests(control, box, limit=0) == (3, [])
    other.revoke()
    assert digests(control, box, state="live") == (2, [one, two])
    assert digests(control, box, state="client revoked") == (1, [three])
    assert control.get(at(box, "/links?state=dead")).status_code == 422


def test_a_refresh_token_is_revoked(control: httpx.Client, box: Sandbox) -> None:
    """By its text, its digest or the digest's beginning; access tokens die with it (RFC 7009 section 2.1)."""
    profiles = [it["id"] for it in ann(control, box)["profiles"]]
    for named in (lambda text: text, digest_of, lambda text: digest_of(text)[:12].upper()):
        gone, lives = (link(control, box, profile_id=profile) for profile in profiles)
        done = control.post(at(box, "/links/revoke"), json={"link": named(gone["refresh_token"])})
        assert done.json()["digest"] == digest_of(gone["refresh_token"])
        assert (done.json()["state"], done.json()["ended_by"]) == ("revoked", None)
        assert done.json()["ended_at"]
        assert refresh(box, gone).json()["error"] == "invalid_grant"
        assert me(box, gone["access_token"]).status_code == 401
        assert refresh(box, lives).status_code == 200


@pytest.mark.parametrize("name", ["nothing-of-ours", "", "5b"])
def test_what_is_no_refresh_token_is_not_revoked(name: str) -> None:
    """And the message says how to name one, without what was sent (one error model)."""
    answer = ControlApp().request("POST", "/sandboxes/default/links/revoke", json={"link": name})
    assert answer.status_code == 404
    assert answer.json()["message"].endswith("by the digest that lists show")


def test_a_beginning_that_fits_two_names_none() -> None:
    """Write more of it, as for access tokens (tokens/revoke)."""
    control_app = ControlApp()
    box = control_app.registry.default
    for number, digest in enumerate(("aa" * 16, "ab" * 16)):
        box.links.add(
            RefreshGrant(
                digest=digest,
                client_id="app",
                user_id=number,
                profile_id=None,
                by_registration=False,
                granted_at=NOON,
                expires_at=NOON,
            )
        )
    answer = control_app.request("POST", "/sandboxes/default/links/revoke", json={"link": "a"})
    assert (answer.status_code, "2 refresh tokens" in answer.json()["message"]) == (400, True)
    assert control_app.request("GET", "/sandboxes/default/links?state=revoked").json()["count"] == 0
