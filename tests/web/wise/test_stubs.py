"""Answers that the tester laid down, over HTTP (mock-only)."""

from __future__ import annotations

import pytest

from mockwise.state.users import UserSpec
from tests.web.wise.bearers import bearer, profiles
from tests.web.wise_app import House


def test_a_stub_answers_as_it_was_laid_down(house: House) -> None:
    """Status, headers and body; what the client sent is in the journal."""
    house.box.stubs.add("POST", "/v1/transfers", json={"id": 16521632}, status=201, headers={"X-Own": "1"})
    answer = house.call("POST", "/v1/transfers", bearer(house), json={"targetAccount": 8692237})

    assert (answer.status_code, answer.text) == (201, '{"id":16521632}')
    assert (answer.headers["content-type"], answer.headers["x-own"]) == ("application/json", "1")
    assert len(answer.headers["x-trace-id"]) == 32
    assert "x-mockwise-reason" not in answer.headers
    assert (house.last.status, house.last.request_body) == (201, '{"targetAccount":8692237}')
    assert house.last.response_body == answer.text


def test_a_stub_without_a_body(house: House) -> None:
    """204 has no length (RFC 9110 section 8.6)."""
    house.box.stubs.add("DELETE", "/v2/accounts/{accountId}", status=204)
    answer = house.call("DELETE", "/v2/accounts/7", bearer(house))
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-length" not in answer.headers


def test_a_stub_is_behind_the_guard(house: House) -> None:
    """No token 401, the wrong kind 403: what is stubbed is the answer, not the door."""
    house.box.stubs.add("GET", "/v1/transfers", json=[])
    assert house.request("GET", "/v1/transfers").status_code == 401
    assert house.call("GET", "/v1/transfers").status_code == 403
    assert house.call("GET", "/v1/transfers", bearer(house)).text == "[]"


def test_a_stub_wins_over_what_is_modelled(house: House) -> None:
    """Until it is taken back."""
    token = bearer(house)
    house.box.stubs.add("GET", "/v1/me", json={"id": 1})
    assert house.call("GET", "/v1/me", token).text == '{"id":1}'
    assert house.call("GET", "/2026Q3/me", token).json()["email"] == "ann@example.com"
    house.box.stubs.remove("GET", "/v1/me")
    assert house.call("GET", "/v1/me", token).json()["email"] == "ann@example.com"


@pytest.mark.parametrize("kind", ["client_credentials", "user", "personal"])
@pytest.mark.parametrize(("method", "path"), [("GET", "/v9/new"), ("PATCH", "/v1/me"), ("HEAD", "/v1/me")])
def test_a_path_that_is_not_documented_can_be_stubbed(
    house: House, method: str, path: str, kind: str
) -> None:
    """Any live token opens it, and none does not."""
    house.box.stubs.add(method, path, json=1)
    assert house.request(method, path).status_code == 401
    assert house.call(method, path, bearer(house, kind)).status_code == 200


def test_a_read_only_token_changes_nothing_there_either(house: House) -> None:
    """Facts 4."""
    house.box.stubs.add("POST", "/v9/new", json=1)
    assert house.call("POST", "/v9/new", bearer(house, "personal", read_only=True)).status_code == 403


def test_a_template_judges_ids_that_the_sandbox_knows(house: House) -> None:
    """Another user's profile stays forbidden; one that nobody has is the tester's own."""
    other = house.box.users.add(UserSpec(email="bob@example.com"))
    theirs = house.box.users.profiles_of(other.user_id)[0].profile_id
    mine, token = profiles(house)[0].profile_id, bearer(house)
    house.box.stubs.add("POST", "/v3/profiles/{profileId}/quotes", json={"id": "q"})
    statuses = {
        profile_id: house.call("POST", f"/v3/profiles/{profile_id}/quotes", token).status_code
        for profile_id in (mine, theirs, 7)
    }
    assert statuses == {mine: 200, theirs: 403, 7: 200}


def test_a_path_that_is_written_out_is_the_testers_word(house: House) -> None:
    """Its ids are not judged; the kind of token is."""
    house.box.stubs.add("GET", "/v1/users/42", json={"id": 42})
    assert house.call("GET", "/v1/users/42", bearer(house)).status_code == 200
    assert house.call("GET", "/v1/users/43", bearer(house)).status_code == 403
    assert house.call("GET", "/v1/users/42").status_code == 403


def test_a_stub_is_its_sandboxes(house: House) -> None:
    """Which is found by the token."""
    house.registry.add("other", house.box.policy).stubs.add("GET", "/v1/transfers", json=[])
    assert house.call("GET", "/v1/transfers", bearer(house)).status_code == 501
