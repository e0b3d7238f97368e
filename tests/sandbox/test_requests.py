"""What a test asks of the journal, and what it reads when it fails."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from mockwise import InvalidValueError, Respond, Sandbox
from tests.api_calls import PLAYGROUND, ask, token, use


def failure(assertion: Callable[[], None]) -> list[str]:
    """The lines of a failed assertion."""
    with pytest.raises(AssertionError) as caught:
        assertion()
    return str(caught.value).splitlines()


@pytest.fixture
def busy(mockwise: Sandbox) -> Sandbox:
    """A sandbox of which was asked: a token, a call with it, a call with a wrong one, a token with a wrong secret."""
    use(mockwise, token(mockwise))
    use(mockwise, "wrong")
    secret, mockwise.credentials.client_secret = mockwise.client_secret, "wrong"
    ask(mockwise)
    mockwise.credentials.client_secret = secret
    return mockwise


def test_exchanges_are_looked_up_and_counted(busy: Sandbox) -> None:
    """The filters are those of `journal.query`."""
    assert [it.number for it in busy.query()] == [1, 2, 3, 4]
    assert [it.number for it in busy.query(path="/v1/*", status="4xx")] == [3]
    assert [it.number for it in busy.token_requests] == [1, 4]
    assert (busy.count(), busy.count(client=busy.client_id, status=200), busy.count(fault="*")) == (4, 2, 0)
    busy.arm(Respond(503))
    ask(busy)
    assert [it.number for it in busy.query(fault="respond", since=4)] == [5]
    with pytest.raises(InvalidValueError, match=r"Did you mean 'status'\?"):
        busy.query(stats=200)  # type: ignore[call-arg]


def test_what_is_so_may_be_asserted(busy: Sandbox) -> None:
    """An assertion that holds raises nothing."""
    busy.assert_token_requests(2)
    busy.assert_token_requests(1, status=401)
    busy.assert_requests(4)
    busy.assert_requests(0, method="DELETE")
    busy.assert_requests(2, path="/v1/authenticated/*")
    busy.assert_no_refusals(status=200)
    busy.assert_no_refusals(since=4)


def test_a_failure_shows_what_matched_and_what_came_near(busy: Sandbox) -> None:
    """A line each: number, method, path, status, reason; for near misses the one filter that differs."""
    assert failure(lambda: busy.assert_token_requests(2, status=200)) == [
        "1 requests with path /oauth/token, status 200, not 2:",
        "  #1 POST /oauth/token 200",
        "  near misses:",
        f"  #2 GET {PLAYGROUND} 200  [path: {PLAYGROUND}]",
        f"  #4 POST /oauth/token 401  {busy.exchanges[3].reason}  [status: 401]",
    ]
    lines = failure(lambda: busy.assert_requests(1, client="somebody", since=3))
    assert lines[-1].endswith(f"  [client: {busy.client_id}]")
    assert len(lines) == 3
    [_, _, early, *_] = failure(lambda: busy.assert_requests(1, path="/oauth/token", since=3, status=200))
    assert "[since: " in early
    assert "[fault: none]" in failure(lambda: busy.assert_requests(1, fault="drop"))[-1]


def test_refusals_are_listed_with_their_reasons(busy: Sandbox) -> None:
    """What the test author wants to know first."""
    assert failure(busy.assert_no_refusals) == [
        "2 requests refused, not 0:",
        f"  #3 GET {PLAYGROUND} 401  {busy.exchanges[2].reason}",
        f"  #4 POST /oauth/token 401  {busy.exchanges[3].reason}",
    ]
    [headline, _] = failure(lambda: busy.assert_no_refusals(path="/v1/*"))
    assert headline == "1 requests with path /v1/* refused, not 0:"


def test_nothing_at_all_is_said_in_one_line(mockwise: Sandbox) -> None:
    """There is nothing to list."""
    assert failure(lambda: mockwise.assert_token_requests(1)) == ["0 requests with path /oauth/token, not 1"]


def test_a_long_list_is_cut(mockwise: Sandbox) -> None:
    """A message lists twenty exchanges at most, and says how many more there are."""
    with httpx.Client(verify=mockwise.ssl_context(), base_url=mockwise.mtls_url) as client:
        for _ in range(30):
            client.get("/nowhere/%1b")
    lines = failure(lambda: mockwise.assert_requests(1))
    assert len(lines) == 1 + 20
    assert lines[-1] == "  ... and 11 more"
    assert "'/nowhere/\\x1b' 404" in lines[1]
