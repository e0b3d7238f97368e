"""Which sandbox a request belongs to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mockwise.state.options import SandboxOptions
from mockwise.state.sandbox_state import SandboxState
from tests.web.wise_app import AUTH, GRANT, NOW, WiseApp, certificate_of

OPTIONS = SandboxOptions(token_format="uuid", mtls="optional", foreign_certificate="accept")


@pytest.fixture
def wise_app() -> WiseApp:
    """A mock with sandboxes a, b, c and d beside the default one, each with a client of its own."""
    wise_app = WiseApp(OPTIONS)
    for name in "abcd":
        box = wise_app.registry.add(name, OPTIONS)
        wise_app.registry.add_client(box, client_id=f"client {name}", client_secret="s")
    return wise_app


def journals(wise_app: WiseApp) -> str:
    """The names of the sandboxes that have exchanges, one for each."""
    boxes: list[SandboxState] = [wise_app.registry.get(name) for name in wise_app.registry.names()]
    return " ".join(e.sandbox for box in boxes for e in box.journal.exchanges())


def test_a_basic_user_comes_first(wise_app: WiseApp) -> None:
    """A request belongs to its Basic user's sandbox, whatever its parameters and its certificate say."""
    answer = wise_app.token(
        auth=("client a", "s"),
        data={**GRANT, "client_id": "client c"},
        listener="mtls",
        certificate=certificate_of("client d"),
    )
    assert (answer.status_code, journals(wise_app)) == (401, "a")
    assert wise_app.token(auth=("client a", "s")).status_code == 200


def test_a_basic_user_may_be_form_encoded(wise_app: WiseApp) -> None:
    """A client that form-encodes its id first (RFC 6749 section 2.3.1) finds its sandbox too."""
    assert wise_app.token(auth=("client+a", "s")).status_code == 200
    assert wise_app.token(auth=("client+a", "t")).status_code == 401
    assert journals(wise_app) == "a a"


def test_a_bearer_token_comes_before_parameters_and_certificate(wise_app: WiseApp) -> None:
    """A request belongs to the sandbox that issued its token."""
    token = wise_app.access_token(auth=("client b", "s"))
    certificate = certificate_of("client d")
    playground = "/v1/authenticated/playground"
    assert (
        wise_app.call("GET", playground, token, listener="mtls", certificate=certificate).status_code == 200
    )
    wise_app.token(
        auth=None, headers={"authorization": f"Bearer {token}"}, data={**GRANT, "client_id": "client c"}
    )
    assert journals(wise_app) == "b b b"


def test_a_client_id_parameter_comes_before_the_certificate(wise_app: WiseApp) -> None:
    """Without credentials a request belongs to the sandbox of its `client_id` parameter."""
    refused = wise_app.token(
        auth=None,
        data={**GRANT, "client_id": "client c"},
        listener="mtls",
        certificate=certificate_of("client d"),
    )
    assert (refused.status_code, journals(wise_app)) == (401, "c")
    assert wise_app.registry.get("c").journal.exchanges()[-1].client_id == "client c"


@pytest.mark.parametrize(
    "options",
    [{}, {"data": {**GRANT, "client_id": "nobody"}}, {"auth": ("nobody", "s")}, {"content": b"x" * 70_000}],
)
def test_the_certificate_comes_last(wise_app: WiseApp, options: dict[str, object]) -> None:
    """Where nothing else names a known client, the common name of the peer's certificate does."""
    wise_app.token(**{"auth": None, "listener": "mtls", "certificate": certificate_of("client d"), **options})
    assert journals(wise_app) == "d"


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
def test_else_it_is_the_default_one(wise_app: WiseApp, options: dict[str, object]) -> None:
    """What names no known client belongs to the default sandbox, and is refused there."""
    assert (wise_app.token(**options).status_code, journals(wise_app)) == (401, "default")


def test_a_dropped_sandbox_is_found_no_more(wise_app: WiseApp) -> None:
    """The clients and tokens of a sandbox that is gone are unknown."""
    token = wise_app.access_token(auth=("client a", "s"))
    wise_app.registry.drop("a")
    assert wise_app.token(auth=("client a", "s")).status_code == 401
    assert wise_app.call("GET", "/v1/authenticated/playground", token).status_code == 401
    assert journals(wise_app) == "default default"


def test_each_sandbox_has_its_own_time_and_switches(wise_app: WiseApp) -> None:
    """A request is answered by the clock and the options of its sandbox; the other's are not asked."""
    late = wise_app.registry.add("late", SandboxOptions(token_format="uuid", mtls="optional", hints=False))
    wise_app.registry.add_client(late, client_id="late", client_secret="s")
    late.clock.advance(timedelta(days=1))

    assert wise_app.token(auth=("late", "s")).json()["expires_at"] == "2026-07-03T00:00:00.000Z"
    assert wise_app.token(auth=AUTH).json()["expires_at"] == "2026-07-02T00:00:00.000Z"
    assert "x-mockwise-reason" not in wise_app.token(auth=("late", "t")).headers
    [first, _] = late.journal.exchanges()
    assert (first.time, first.wall_time) == (NOW + timedelta(days=1), NOW)


def test_a_large_certificate_is_read_too(wise_app: WiseApp) -> None:
    """It is read anew for each connection, so that what is remembered of certificates stays small."""
    large = certificate_of("client d") + "\n" * 20_000
    wise_app.token(auth=None, listener="mtls", certificate=large)
    assert journals(wise_app) == "d"
