"""Answers that the tester laid down, over HTTP (mock-only)."""

from __future__ import annotations

import pytest

from mockwise.state.users import UserSpec
from tests.web.wise.bearers import bearer, profiles
from tests.web.wise_app import WiseApp


def test_a_stub_answers_as_it_was_laid_down(wise_app: WiseApp) -> None:
    """Status, headers and body; what the client sent is in the journal."""
    wise_app.box.stubs.add("POST", "/v1/transfers", json={"id": 16521632}, status=201, headers={"X-Own": "1"})
    answer = wise_app.call("POST", "/v1/transfers", bearer(wise_app), json={"targetAccount": 8692237})

    assert (answer.status_code, answer.text) == (201, '{"id":16521632}')
    assert (answer.headers["content-type"], answer.headers["x-own"]) == ("application/json", "1")
    assert len(answer.headers["x-trace-id"]) == 32
    assert "x-mockwise-reason" not in answer.headers
    assert (wise_app.last.status, wise_app.last.request_body) == (201, '{"targetAccount":8692237}')
    assert wise_app.last.response_body == answer.text


def test_a_stub_without_a_body(wise_app: WiseApp) -> None:
    """204 has no length (RFC 9110 section 8.6)."""
    wise_app.box.stubs.add("DELETE", "/v2/accounts/{accountId}", status=204)
    answer = wise_app.call("DELETE", "/v2/accounts/7", bearer(wise_app))
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-length" not in answer.headers


def test_a_stub_is_behind_the_guard(wise_app: WiseApp) -> None:
    """No token 401, the wrong kind 403: what is stubbed is the answer, not the door."""
    wise_app.box.stubs.add("GET", "/v1/transfers", json=[])
    assert wise_app.request("GET", "/v1/transfers").status_code == 401
    assert wise_app.call("GET", "/v1/transfers").status_code == 403
    assert wise_app.call("GET", "/v1/transfers", bearer(wise_app)).text == "[]"


def test_a_stub_wins_over_what_is_modelled(wise_app: WiseApp) -> None:
    """Until it is taken back."""
    token = bearer(wise_app)
    wise_app.box.stubs.add("GET", "/v1/me", json={"id": 1})
    assert wise_app.call("GET", "/v1/me", token).text == '{"id":1}'
    assert wise_app.call("GET", "/2026Q3/me", token).json()["email"] == "ann@example.com"
    wise_app.box.stubs.remove("GET", "/v1/me")
    assert wise_app.call("GET", "/v1/me", token).json()["email"] == "ann@example.com"


@pytest.mark.parametrize("kind", ["client_credentials", "user", "personal"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/v9/new"), ("PATCH", "/v1/me"), ("HEAD", "/v1/me")])
def test_a_path_that_is_not_documented_can_be_stubbed(
    wise_app: WiseApp, method: str, path: str, kind: str
) -> None:
    """Any live token opens it, and none does not."""
    wise_app.box.stubs.add(method, path, json=1)
    assert wise_app.request(method, path).status_code == 401
    assert wise_app.call(method, path, bearer(wise_app, kind)).status_code == 200


def test_a_read_only_token_changes_nothing_there_either(wise_app: WiseApp) -> None:
    """Facts 4."""
    wise_app.box.stubs.add("POST", "/v9/new", json=1)
    assert wise_app.call("POST", "/v9/new", bearer(wise_app, "personal", read_only=True)).status_code == 403


def test_a_template_judges_ids_that_the_sandbox_knows(wise_app: WiseApp) -> None:
    """Another user's profile stays forbidden; one that nobody has is the tester's own."""
    other = wise_app.box.users.add(UserSpec(email="bob@example.com"))
    theirs = wise_app.box.users.profiles_of(other.user_id)[0].profile_id
    mine, token = profiles(wise_app)[0].profile_id, bearer(wise_app)
    wise_app.box.stubs.add("POST", "/v3/profiles/{profileId}/quotes", json={"id": "q"})
    statuses = {
        profile_id: wise_app.call("POST", f"/v3/profiles/{profile_id}/quotes", token).status_code
        for profile_id in (mine, theirs, 7)
    }
    assert statuses == {mine: 200, theirs: 403, 7: 200}


def test_a_path_that_is_written_out_is_the_testers_word(wise_app: WiseApp) -> None:
    """Its ids are not judged; the kind of token is."""
    wise_app.box.stubs.add("GET", "/v1/users/42", json={"id": 42})
    assert wise_app.call("GET", "/v1/users/42", bearer(wise_app)).status_code == 200
    assert wise_app.call("GET", "/v1/users/43", bearer(wise_app)).status_code == 403
    assert wise_app.call("GET", "/v1/users/42").status_code == 403


def test_a_stub_is_its_sandboxes(wise_app: WiseApp) -> None:
    """Which is found by the token."""
    wise_app.registry.add("other", wise_app.box.options).stubs.add("GET", "/v1/transfers", json=[])
    assert wise_app.call("GET", "/v1/transfers", bearer(wise_app)).status_code == 501
