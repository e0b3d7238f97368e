"""The strict profile: annoying within the documented rules, and the same again for the same seed."""

from __future__ import annotations

import asyncio
import json
import re

import httpx
import pytest

from mockwise.faults.kinds import Respond, SpoilToken
from mockwise.state.options import SandboxOptions
from mockwise.state.stubs import make_stub
from tests.web.wise_app import WiseApp

STRICT = SandboxOptions(token_format="uuid", mtls="optional", strict=True, seed=7)
KNOWN = ["access_token", "token_type", "expires_in", "scope", "expires_at"]
PLAYGROUND = "/v1/authenticated/playground"


def strict(seed: int = 7) -> WiseApp:
    """An app whose sandbox is in strict mode."""
    return WiseApp(STRICT.model_copy(update={"seed": seed}))


def shape(answer: httpx.Response) -> tuple[str, int, list[str]]:
    """What of a token answer is drawn: the token's format, the length of a random one, the members and their order."""
    fields = answer.json()
    text = fields["access_token"]
    if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text):
        return "uuid", 0, list(fields)
    form = "jwt" if re.fullmatch(r"eyJ[\w-]*\.[\w-]+\.[\w-]+", text) else "random"
    form = "jwe" if re.fullmatch(r"eyJ[\w-]*(\.[\w-]+){4}", text) else form
    return form, len(text) if form == "random" else 0, list(fields)


def test_tokens_vary_in_format_length_and_members() -> None:
    """Callers must assume neither size nor format (docs/wise/lifetimes-and-formats.md#formats), and ignore members they do not know (RFC 6749 section 5.1)."""
    wise_app = strict()
    shapes = [shape(wise_app.token()) for _ in range(60)]
    assert {form for form, _, _ in shapes} == {"jwt", "jwe", "uuid", "random"}
    assert len({length for _, length, _ in shapes}) > 5
    assert len({tuple(members) for _, _, members in shapes}) > 10
    assert all(set(KNOWN) <= set(members) for _, _, members in shapes)
    assert {len(members) for _, _, members in shapes} == {5, 6}


def test_the_seed_repeats_it_exactly() -> None:
    """The n-th token request is treated the same, whatever is called in between (SandboxOptions.seed)."""
    plain, busy, other = strict(), strict(), strict(8)
    first = [shape(plain.token()) for _ in range(10)]
    again = []
    for _ in range(10):
        answer = busy.token()
        again.append(shape(answer))
        busy.call("GET", PLAYGROUND, answer.json()["access_token"])
        busy.call("GET", "/nowhere", "wrong")
    assert again == first
    assert [shape(other.token()) for _ in range(10)] != first


def test_without_it_nothing_varies() -> None:
    """The twin: every answer is as Wise's own."""
    wise_app = WiseApp(STRICT.model_copy(update={"strict": False}))
    assert [shape(wise_app.token()) for _ in range(5)] == [("uuid", 0, KNOWN)] * 5


def test_answers_of_the_api_vary_and_mean_the_same() -> None:
    """Every member that is documented is there; an error has its own members and no other."""
    wise_app = strict()
    seen, orders = set(), set()
    missing, nowhere = set(), set()
    for _ in range(12):
        answer = wise_app.call("POST", "/v1/users/exists", json={"email": "nobody@example.com"})
        assert answer.json()["exists"] is False
        seen.add(len(answer.json()))
        refused = wise_app.call("GET", PLAYGROUND, "wrong").json()
        assert refused == {"error": "invalid_token", "error_description": "Invalid token"}
        orders.add(tuple(refused))
        missing.add(wise_app.request("GET", PLAYGROUND).text)
        nowhere.add(wise_app.request("GET", "/nowhere").text)
        flaws = wise_app.call("POST", "/v1/users/exists", json={}).json()["errors"]
        assert sorted(flaws[0]) == ["arguments", "code", "message", "path"]
    assert seen == {1, 2}
    assert (
        len(orders) == len(missing) == 2
    )  # OBSERVED, docs/wise/errors.md#shapes and docs/wise/errors.md#order-of-checks
    assert len(nowhere) > 2
    assert all(json.loads(it)["status"] == "404" for it in nowhere)


def test_pauses_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most 20 milliseconds, of real time, for one answer in four or so; the same ones for the same seed."""

    def pauses() -> list[float]:
        slept: list[float] = []

        async def sleep(seconds: float) -> None:
            slept.append(seconds)

        monkeypatch.setattr(asyncio, "sleep", sleep)
        wise_app = strict()
        for _ in range(40):
            wise_app.call("GET", PLAYGROUND, "wrong")
        return slept

    first = pauses()
    assert 4 <= len(first) <= 16
    assert 0 < min(first) < max(first) <= 0.02
    assert pauses() == first


def test_what_a_tester_laid_down_stays_as_it_is() -> None:
    """A stub and a fault's answer are somebody's own words; a token spoilt on purpose is spoilt so."""
    wise_app = strict()
    wise_app.box.stubs.put(make_stub("GET", PLAYGROUND, json={"a": 1, "b": 2}))
    text = wise_app.access_token()
    assert {wise_app.call("GET", PLAYGROUND, text).text for _ in range(8)} == {'{"a":1,"b":2}'}
    wise_app.box.fault_queue.arm(Respond(500, json={"a": 1, "b": 2}, times=8))
    assert {wise_app.token().text for _ in range(8)} == {'{"a":1,"b":2}'}
    wise_app.box.fault_queue.arm(SpoilToken(text="uuid", times=8))
    assert {shape(wise_app.token())[0] for _ in range(8)} == {"uuid"}


def test_a_page_stays_as_it_is() -> None:
    """What is no JSON has no members."""
    wise_app = strict()
    wise_app.box.fault_queue.disarm()
    assert (
        wise_app.request("GET", "/oauth/authorize/?client_id=x")
        .headers["content-type"]
        .startswith("text/html")
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_journal_masks_what_was_reworded(seed: int) -> None:
    """No token shows, wherever its member stands."""
    wise_app = strict(seed)
    text = wise_app.access_token()
    told = wise_app.last
    assert text not in told.response_body
    assert set(KNOWN) <= set(json.loads(told.response_body))
