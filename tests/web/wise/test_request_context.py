"""Which sandbox a request belongs to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mockwise.state.options import SandboxPolicy
from mockwise.state.sandbox_state import SandboxState
from tests.web.wise_app import AUTH, GRANT, NOW, House, certificate_of

POLICY = SandboxPolicy(token_format="uuid", mtls="optional", foreign_certificate="accept")


@pytest.fixture
def house() -> House:
    """A mock with sandboxes a, b, c and d beside the default one, each with a client of its own."""
    house = House(POLICY)
    for name in "abcd":
        box = house.registry.add(name, POLICY)
        house.registry.add_client(box, client_id=f"client {name}", client_secret="s")
    return house


def journals(house: House) -> str:
    """The names of the sandboxes that have exchanges, one for each."""
    boxes: list[SandboxState] = [house.registry.get(name) for name in house.registry.names()]
    return " ".join(e.sandbox for box in boxes for e in box.journal.exchanges())


def test_a_basic_user_comes_first(house: House) -> None:
    """A request belongs to its Basic user's sandbox, whatever its parameters and its certificate say."""
    answer = house.token(
        auth=("client a", "s"),
        data={**GRANT, "client_id": "client c"},
        listener="mtls",
        certificate=certificate_of("client d"),
    )
    assert (answer.status_code, journals(house)) == (401, "a")
    assert house.token(auth=("client a", "s")).status_code == 200


def test_a_basic_user_may_be_form_encoded(house: House) -> None:
    """A client that form-encodes its id first (RFC 6749 section 2.3.1) finds its sandbox too."""
    assert house.token(auth=("client+a", "s")).status_code == 200
    assert house.token(auth=("client+a", "t")).status_code == 401
    assert journals(house) == "a a"


def test_a_bearer_token_comes_before_parameters_and_certificate(house: House) -> None:
    """A request belongs to the sandbox that issued its token."""
    token = house.access_token(auth=("client b", "s"))
    certificate = certificate_of("client d")
    playground = "/v1/authenticated/playground"
    assert house.call("GET", playground, token, listener="mtls", certificate=certificate).status_code == 200
    house.token(
        auth=None, headers={"authorization": f"Bearer {token}"}, data={**GRANT, "client_id": "client c"}
    )
    assert journals(house) == "b b b"


def test_a_client_id_parameter_comes_before_the_certificate(house: House) -> None:
    """Without credentials a request belongs to the sandbox of its `client_id` parameter."""
    refused = house.token(
        auth=None,
        data={**GRANT, "client_id": "client c"},
        listener="mtls",
        certificate=certificate_of("client d"),
    )
    assert (refused.status_code, journals(house)) == (401, "c")
    assert house.registry.get("c").journal.exchanges()[-1].client_id == "client c"


@pytest.mark.parametrize(
    "options",
    [{}, {"data": {**GRANT, "client_id": "nobody"}}, {"auth": ("nobody", "s")}, {"content": b"x" * 70_000}],
)
def test_the_certificate_comes_last(house: House, options: dict[str, object]) -> None:
    """Where nothing else names a known client, the common name of the peer's certificate does."""
    house.token(**{"auth": None, "listener": "mtls", "certificate": certificate_of("client d"), **options})
    assert journals(house) == "d"


@pytest.mark.parametrize(
    "options",
    [
        {"auth": None},
        {"auth": ("nobody", "s")},
        {"auth": None, "headers": {"authorization": "Bearer unknown"}},
        {"auth": None, "data": {"client_id": "nobody"}},
        {"auth": None, "listener": "mtls", "certificate": certificate_of("nobody")},
        {"auth": None, "listener": "mtls", "certificate": certificate_of("")},
    ],
)
def test_else_it_is_the_default_one(house: House, options: dict[str, object]) -> None:
    """What names no known client belongs to the default sandbox, and is refused there."""
    assert (house.token(**options).status_code, journals(house)) == (401, "default")


def test_a_dropped_sandbox_is_found_no_more(house: House) -> None:
    """The clients and tokens of a sandbox that is gone are unknown."""
    token = house.access_token(auth=("client a", "s"))
    house.registry.drop("a")
    assert house.token(auth=("client a", "s")).status_code == 401
    assert house.call("GET", "/v1/authenticated/playground", token).status_code == 401
    assert journals(house) == "default default"


def test_each_sandbox_has_its_own_time_and_switches(house: House) -> None:
    """A request is answered by the clock and the policy of its sandbox; the other's are not asked."""
    late = house.registry.add("late", SandboxPolicy(token_format="uuid", mtls="optional", hints=False))
    house.registry.add_client(late, client_id="late", client_secret="s")
    late.clock.advance(timedelta(days=1))

    assert house.token(auth=("late", "s")).json()["expires_at"] == "2026-07-03T00:00:00.000Z"
    assert house.token(auth=AUTH).json()["expires_at"] == "2026-07-02T00:00:00.000Z"
    assert "x-mockwise-reason" not in house.token(auth=("late", "t")).headers
    [first, _] = late.journal.exchanges()
    assert (first.time, first.wall_time) == (NOW + timedelta(days=1), NOW)
