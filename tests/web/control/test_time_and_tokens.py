from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import httpx
import pytest

from mockwise.common.digests import digest_of
from mockwise.sandbox.clients import LifeState
from mockwise.sandbox.handle import Sandbox
from mockwise.state.tokens import TokenState
from tests.api_calls import token, use


@pytest.fixture
def at(box: Sandbox) -> str:
    """Where it is on the control host."""
    return f"/sandboxes/{box.name}"


def test_the_clock_is_advanced_and_a_token_ends(control: httpx.Client, box: Sandbox, at: str) -> None:
    """Expiry follows the sandbox's clock at once."""
    text = token(box)
    assert use(box, text).status_code == 200
    before = box.now
    moved = control.post(f"{at}/clock/advance", json={"by": "12h"}).json()
    assert (datetime.fromisoformat(moved["now"]) - before).total_seconds() >= 12 * 3600
    assert moved["now"].endswith("Z")
    assert moved["wall"] < moved["now"]
    assert use(box, text).status_code == 401


def test_the_clock_stands_still_and_runs_on(control: httpx.Client, box: Sandbox, at: str) -> None:
    """Freeze, set, resume: a frozen clock that is set stays frozen there."""
    assert control.post(f"{at}/clock/freeze").json()["frozen"]
    for number in (326, 1.5, "326", " -1.5 "):
        guessed = control.post(f"{at}/clock/set", json={"time": number})
        assert guessed.status_code == 422
        assert guessed.json()["message"] == (
            "time: write a time with its zone, such as 2027-01-07T00:00:00Z, or now"
        )
    there = control.post(f"{at}/clock/set", json={"time": "2027-01-07T01:00:00+01:00"}).json()
    assert (there["now"], there["frozen"]) == ("2027-01-07T00:00:00Z", True)
    assert box.now == datetime(2027, 1, 7, tzinfo=UTC)
    assert control.get(f"{at}/clock").json()["now"] == "2027-01-07T00:00:00Z"
    assert not control.post(f"{at}/clock/resume").json()["frozen"]
    assert box.now > datetime(2027, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("advance", {"by": "soon"}, 400, "not a duration"),
        ("advance", {"by": "-1h"}, 400, "a duration cannot be negative"),
        ("advance", {"by": "9000000d"}, 400, "year 9000"),
        ("advance", {}, 422, "by: Field required"),
        ("set", {"time": "2027-01-07T00:00:00"}, 400, "needs a zone"),
        ("set", {"time": "0001-01-01T00:00:00+14:00"}, 400, "between the years"),
        ("set", {"time": "noon"}, 422, "time: "),
    ],
)
def test_a_time_that_cannot_be_is_refused(
    *, control: httpx.Client, at: str, path: str, body: object, status: int, said: str
) -> None:
    """The message says what may be written, and the clock stays as it is (one error model)."""
    answer = control.post(f"{at}/clock/{path}", json=body)
    assert answer.status_code == status
    assert said in answer.json()["message"]
    assert not control.get(f"{at}/clock").json()["frozen"]


def test_tokens_are_listed_by_digest_alone(control: httpx.Client, box: Sandbox, at: str) -> None:
    """LifeState, kind, client and times; never a text."""
    texts = [token(box) for _ in range(3)]
    box.revoke_token(texts[0])
    answer = control.get(f"{at}/tokens")
    listed = answer.json()
    assert listed["count"] == 3
    assert [it["digest"] for it in listed["tokens"]] == [digest_of(text) for text in texts]
    assert [it["state"] for it in listed["tokens"]] == ["revoked", "live", "live"]
    first, last = listed["tokens"][0], listed["tokens"][-1]
    assert (last["kind"], last["client_id"], last["number"]) == ("client_credentials", box.client_id, 3)
    assert first["ended_at"]
    assert last["ended_at"] is None
    assert last["issued_at"] < last["expires_at"]
    assert not any(text in answer.text for text in texts)


def test_tokens_are_sifted(control: httpx.Client, box: Sandbox, at: str) -> None:
    """By client and by state; the limit keeps the newest, the count does not mind it (GET tokens)."""
    other = box.add_client()
    texts = [token(box), token(box), token(box, other)]
    box.expire_token(texts[0])

    def sifted(**query: str | int) -> tuple[int, list[str]]:
        answer = control.get(f"{at}/tokens", params=query).json()
        return answer["count"], [it["digest"] for it in answer["tokens"]]

    one, two, three = map(digest_of, texts)
    assert sifted(client_id=other.client_id) == (1, [three])
    assert sifted(state="live") == (2, [two, three])
    assert sifted(state="expired", client_id=box.client_id) == (1, [one])
    assert sifted(kind="client_credentials") == (3, [one, two, three])
    assert sifted(kind="personal") == sifted(user_id=1) == (0, [])
    assert sifted(limit=1) == (3, [three])
    assert sifted(limit=0) == (3, [])
    assert control.get(f"{at}/tokens?state=dead").status_code == 422
    assert control.get(f"{at}/tokens?limit=-1").status_code == 422


def test_every_state_of_a_token_has_its_word() -> None:
    """The API's words are those of the core (TokenState)."""
    assert set(get_args(LifeState)) == {state.value for state in TokenState}


@pytest.mark.parametrize(("verb", "why"), [("revoke", "was revoked"), ("expire", "expired")])
def test_one_token_is_ended(control: httpx.Client, box: Sandbox, at: str, verb: str, why: str) -> None:
    """By its text, its digest or the digest's beginning; others live."""
    for named in (lambda text: text, digest_of, lambda text: digest_of(text)[:12].upper()):
        text, lives = token(box), token(box)
        answer = control.post(f"{at}/tokens/{verb}", json={"token": named(text)})
        assert answer.json() == {"client_id": box.client_id, "token": digest_of(text), "live": None}
        refused = use(box, text)
        assert refused.status_code == 401
        assert why in refused.headers["x-mockwise-reason"]
        assert use(box, lives).status_code == 200


@pytest.mark.parametrize("verb", ["revoke", "expire"])
@pytest.mark.parametrize("body", [None, {}])
def test_without_a_name_all_of_the_own_client_end(
    control: httpx.Client, box: Sandbox, at: str, verb: str, body: object
) -> None:
    """Those that it got until now; another client's live."""
    other = box.add_client()
    texts, alien = [token(box), token(box)], token(box, other)
    url = f"{at}/tokens/{verb}"
    answer = control.post(url) if body is None else control.post(url, json=body)
    assert answer.json() == {"client_id": box.client_id, "token": None, "live": 2}
    assert [use(box, text).status_code for text in texts] == [401, 401]
    assert use(box, alien, context=other.ssl_context()).status_code == 200
    assert use(box, token(box)).status_code == 200


def test_all_of_a_client_end(control: httpx.Client, box: Sandbox, at: str) -> None:
    """With `client_id`, the tokens of that client end and no others."""
    other = box.add_client()
    text, alien = token(box), token(box, other)
    answer = control.post(f"{at}/tokens/revoke", json={"client_id": other.client_id})
    assert answer.json() == {"client_id": other.client_id, "token": None, "live": 1}
    assert use(box, alien, context=other.ssl_context()).status_code == 401
    assert use(box, text).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"token": "nothing-of-ours"}, 404, "knows no such token"),
        ({"token": ""}, 404, "knows no such token"),
        ({"client_id": "nobody"}, 404, "no client 'nobody'"),
        ({"token": "a", "client_id": "b"}, 400, "not both"),
        ({"tokn": "a"}, 422, "tokn: there is no such field"),
    ],
)
def test_what_cannot_be_ended_is_told(
    *, control: httpx.Client, box: Sandbox, at: str, body: object, status: int, said: str
) -> None:
    """And nothing else is ended in its place (one error model)."""
    text = token(box)
    for verb in ("revoke", "expire"):
        answer = control.post(f"{at}/tokens/{verb}", json=body)
        assert answer.status_code == status
        assert said in answer.json()["message"]
    assert use(box, text).status_code == 200
