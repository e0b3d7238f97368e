"""Scenarios: what happens in them, who gets along, and who does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from mockwise import InvalidValueError, MockWise, MockwiseError, RevokeToken, Sandbox
from mockwise.client import ClientRefused, RetryPolicy, WiseAuth
from mockwise.faults.scenarios import SCENARIOS
from tests.api_calls import GRANT, PLAYGROUND, ask, reason, token, use

CALLS, STEP = 20, timedelta(seconds=5)
NAMES = [scenario.name for scenario in SCENARIOS]


def careful(box: Sandbox, skew: timedelta = timedelta()) -> httpx.Client:
    """The reference client; what it waits, it waits on the sandbox's clock. `skew`: how far its own is behind that."""

    def clock() -> float:
        return (box.now - skew).timestamp()

    client = box.client()
    client.auth = WiseAuth(
        box.client_id,
        box.client_secret,
        clock=clock,
        pace=RetryPolicy(sleep=lambda seconds: box.advance(seconds=seconds), draw=lambda: 0.5),
    )
    return client


def fetch(box: Sandbox, client: httpx.Client) -> httpx.Response:
    """A call that may be repeated, by an application that does."""
    for _ in range(5):
        try:
            answer = client.get(PLAYGROUND)
        except httpx.TransportError:
            continue
        if answer.status_code != 429 and answer.status_code < 500:
            break
        box.advance(seconds=float(answer.headers.get("retry-after", "1")))
    return answer


def work(box: Sandbox, client: httpx.Client) -> list[int]:
    """Many calls over a while; the statuses that the application was left with."""
    statuses = []
    for _ in range(CALLS):
        statuses.append(fetch(box, client).status_code)
        box.advance(STEP)
    return statuses


def careless(box: Sandbox) -> None:
    """The same work by who takes one token for ever, and tries nothing again.

    Raises:
        KeyError, AssertionError, httpx.TransportError: it does not get its work done.
    """
    with httpx.Client(verify=box.ssl_context(), base_url=box.mtls_url) as client:
        answer = client.post("/oauth/token", auth=(box.client_id, box.client_secret), data=GRANT)
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        for _ in range(CALLS):
            assert client.get(PLAYGROUND, headers=headers).status_code == 200
            box.advance(STEP)


@pytest.fixture(params=[(name,) for name in NAMES] + [("short-lived", "flaky")], ids=" and ".join)
def box(request: pytest.FixtureRequest, mockwise_server: MockWise) -> Iterator[Sandbox]:
    """A sandbox in which each of the scenarios is played, and two of them together."""
    with mockwise_server.sandbox(scenario=request.param) as made:
        yield made


def test_the_reference_client_gets_its_work_done(box: Sandbox) -> None:
    """Whatever goes wrong, who follows Wise's rules and repeats what may be repeated is served, and breaks no rule."""
    with careful(box) as client:
        assert work(box, client) == [200] * CALLS
    # On that day the certificate does end soon, which is to be told, whoever presents it.
    ends_soon = (
        ["certificate-near-end", "certificate-end-announced"] if "rotation-day" in box.scenario else []
    )
    assert [it.rule for it in box.audit()] == ends_soon


@pytest.mark.parametrize("name", ["outage", "flaky", "short-lived", "rate-limited", "revoked-mid-run"])
def test_a_careless_client_does_not(name: str, mockwise_server: MockWise) -> None:
    """One token for ever and no second try: these scenarios find it out; without any it passes."""
    with mockwise_server.sandbox() as fine:
        careless(fine)
    with (
        mockwise_server.sandbox(scenario=name) as box,
        pytest.raises((KeyError, AssertionError, httpx.TransportError)),
    ):
        careless(box)


@pytest.mark.mockwise(scenario="outage")
def test_an_outage_is_over_after_the_third_request(mockwise: Sandbox) -> None:
    """503 twice, with Retry-After; then a connection that ends without an answer; then all is well."""
    for _ in range(2):
        answer = ask(mockwise)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    with pytest.raises(httpx.TransportError):
        ask(mockwise)
    assert ask(mockwise).status_code == 200


def test_flaky_is_the_same_each_time(mockwise_server: MockWise) -> None:
    """Drawn by the seed: about one in five, and the same ones in each run; another seed draws others."""

    def faults(seed: int | None) -> list[str | None]:
        with mockwise_server.sandbox(scenario="flaky", seed=seed) as box, careful(box) as client:
            work(box, client)
            return [exchange.fault for exchange in box.exchanges]

    first = faults(None)
    assert first == faults(0) != faults(1)
    assert 2 <= sum(fault is not None for fault in first) <= len(first) / 2


@pytest.mark.mockwise(scenario="rotation-day")
def test_on_rotation_day_the_old_secret_works_for_15_minutes(mockwise: Sandbox) -> None:
    """The client was given the old one; the new one is for who configures it anew (docs/wise/developer-hub.md#credentials)."""
    assert mockwise.newest_secret != mockwise.client_secret
    with careful(mockwise) as client:
        assert client.get(PLAYGROUND).status_code == 200
        mockwise.advance("15m")
        assert client.get(PLAYGROUND).status_code == 200  # its token lives on
        mockwise.revoke_tokens()
        with pytest.raises(ClientRefused, match="rotated out"):
            client.get(PLAYGROUND)
        client.auth = WiseAuth(mockwise.client_id, mockwise.newest_secret)
        assert client.get(PLAYGROUND).status_code == 200


@pytest.mark.mockwise(scenario="rotation-day")
def test_on_rotation_day_the_certificate_ends_in_two_days(mockwise: Sandbox) -> None:
    """In truth, and by the sandbox's clock, which a test can move."""
    [shown] = [
        it for it in mockwise._state.certificates.all() if it.serial == mockwise.credentials.serial
    ]  # no door shows its dates
    assert timedelta(days=1) < shown.not_after - datetime.now(UTC) <= timedelta(days=2)
    text = token(mockwise)
    mockwise.advance("49h")
    refused = use(mockwise, text)
    assert (refused.status_code, "expired" in reason(refused)) == (401, True)
    mockwise.renew_certificate()
    mockwise.credentials.client_secret = mockwise.newest_secret
    assert ask(mockwise).status_code == 200


@pytest.mark.mockwise(scenario="rate-limited")
def test_rate_limits_tell_how_long_to_wait(mockwise: Sandbox) -> None:
    """In seconds, then as a date on the sandbox's clock (RFC 9110 section 10.2.3), then an API call."""
    mockwise.freeze()
    seconds, date = ask(mockwise), ask(mockwise)
    assert (seconds.status_code, seconds.headers["retry-after"]) == (429, "2")
    assert (date.status_code, date.headers["retry-after"][-4:]) == (429, " GMT")
    text = token(mockwise)
    assert [use(mockwise, text).status_code for _ in range(2)] == [429, 200]


@pytest.mark.mockwise(scenario="clock-skew", token_lifetime="1h")
def test_who_trusts_expires_at_uses_a_dead_token(mockwise: Sandbox) -> None:
    """Wise's clock is ten minutes ahead: by the client's own clock the dead token lives on; expires_in does not lie."""
    skew = timedelta(minutes=10)
    assert abs(mockwise.now - datetime.now(UTC) - skew) < timedelta(minutes=1)
    fields = ask(mockwise).json()
    mockwise.advance("1h")
    assert datetime.fromisoformat(fields["expires_at"]) > mockwise.now - skew
    assert use(mockwise, fields["access_token"]).status_code == 401
    with careful(mockwise, skew) as client:
        for _ in range(8):
            assert client.get(PLAYGROUND).status_code == 200
            mockwise.advance("11m")
    mockwise.assert_requests(1, status=401)


@pytest.mark.mockwise(scenario="revoked-mid-run")
def test_two_tokens_are_revoked_after_their_third_use(mockwise: Sandbox) -> None:
    """Then tokens live as ever."""
    for uses in ([200, 200, 200, 401], [200, 200, 200, 401], [200] * 5):
        text = token(mockwise)
        assert [use(mockwise, text).status_code for _ in uses] == uses


@pytest.mark.mockwise(scenario="format-change")
def test_three_tokens_are_uuids_then_jwts(mockwise: Sandbox) -> None:
    """Facts 0.1, 2 and 12.1 (6a): opaque UUIDs end, JWTs of five and of three parts take their place, some long."""
    tokens = [token(mockwise) for _ in range(7)]
    assert [it.count(".") for it in tokens] == [0, 0, 0, 4, 4, 2, 2]
    assert 500 <= len(tokens[3]) <= 800 < len(tokens[4])
    assert [use(mockwise, it).status_code for it in tokens] == [200] * 7


def test_options_that_are_said_win(mockwise_server: MockWise) -> None:
    """What is said of the sandbox, then what its scenario needs, then what is said of the mock."""
    with mockwise_server.sandbox(scenario="short-lived", token_lifetime="5m") as box:
        assert ask(box).json()["expires_in"] == 299
    with MockWise(token_format="uuid", token_lifetime="5m", scenario=["short-lived"]) as mock:
        assert ask(mock.default).json()["expires_in"] == 299
        with mock.sandbox(scenario="short-lived") as box:
            assert ask(box).json()["expires_in"] == 59
            assert (box.scenario, box.seed, box.strict) == (("short-lived",), 0, False)
    with MockWise(token_format="uuid", scenario="short-lived") as mock:
        assert ask(mock.default).json()["expires_in"] == 59
        with mock.sandbox() as box, mock.sandbox(scenario=()) as fine:
            assert [ask(it).json()["expires_in"] for it in (box, fine)] == [59, 43199]


@pytest.mark.mockwise(scenario="outage")
def test_a_reset_begins_it_anew(mockwise: Sandbox) -> None:
    """The sandbox is as it was made (Sandbox.reset)."""
    ask(mockwise)
    mockwise.reset()
    assert [armed.happened for armed in mockwise.faults] == [0, 0]


def test_one_is_played_at_any_time(mockwise: Sandbox) -> None:
    """Those that need no other options; of others nothing is begun, and the message says how."""
    mockwise.play("revoked-mid-run")
    assert [armed.fault for armed in mockwise.faults] == [RevokeToken(uses=3, times=2, path="/oauth/token")]
    mockwise.play("format-change")  # the sandbox has the format that it needs
    with pytest.raises(
        MockwiseError, match=r"'short-lived' needs a sandbox with another token_lifetime: make it"
    ):
        mockwise.play("outage", "short-lived")
    with pytest.raises(InvalidValueError, match=r"there is no scenario 'outrage'. Did you mean 'outage'?"):
        mockwise.play("outrage")
    assert len(mockwise.faults) == 4


@pytest.mark.parametrize(
    ("name", "said"),
    [("flakey", "Did you mean 'flaky'?"), ("zzz", "There are: outage, flaky, "), (7, "valid string")],
)
def test_an_unknown_one_is_a_mistake(name: object, said: str, mockwise_server: MockWise) -> None:
    """The message names the one that was meant, or all."""
    with pytest.raises(InvalidValueError) as caught:
        mockwise_server.sandbox(scenario=[name])
    assert said in str(caught.value)
    assert "scenario.0: " in str(caught.value)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=NAMES)
def test_every_scenario_has_a_story(scenario: object) -> None:
    """Two or three sentences: what happens at Wise, what a client must do."""
    story = getattr(scenario, "story", "")
    assert "client" in story
    assert 2 <= story.count(". ") + 1 <= 4
