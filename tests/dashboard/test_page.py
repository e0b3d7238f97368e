"""What the page shows, and how it is sent."""

from __future__ import annotations

import ssl
import time
import uuid
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from mockwise import MockWise, Respond, Sandbox
from mockwise.journal.journal import Exchange
from mockwise.state.tokens import application
from tests.api_calls import GRANT, ask, token, use
from tests.dashboard.browser_user import Visitor

HOSTILE = "<script>alert(1)</script>\"'&"


def test_the_root_is_the_hub(mockwise_server: MockWise) -> None:
    """`/` of the control host, of the default sandbox; named plainly as a mock."""
    answer = httpx.get(mockwise_server.control_url, follow_redirects=True)
    assert answer.url.path == "/hub/default"
    assert "This is a mock for testing, not Wise." in answer.text


def test_a_sandbox_is_chosen(visitor: Visitor) -> None:
    """By a form that needs no script; all sandboxes are in it."""
    answer = visitor.client.get("/hub", params={"sandbox": visitor.box.name})
    assert (answer.status_code, answer.headers["location"]) == (303, visitor.place)
    page = visitor.look()
    assert f"<option selected>{visitor.box.name}</option>" in page.html
    assert "<option>default</option>" in page.html


def test_what_is_not_there_is_a_page(visitor: Visitor) -> None:
    """People get HTML, with the way back."""
    answer = visitor.client.get("/hub/nobody")
    assert (answer.status_code, "there is no sandbox" in answer.text) == (404, True)
    assert visitor.look("/exchanges/12345").status == 404
    assert visitor.client.get("/static/other.css").status_code == 404


def test_the_policy_lets_nothing_in_from_elsewhere(visitor: Visitor) -> None:
    """No script and no style in the page, none from elsewhere, no frame (issue 6, point 5)."""
    page = visitor.look()
    policy = page.answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.answer.headers["x-frame-options"] == "DENY"
    assert page.answer.headers["cache-control"] == "no-store"
    for word in ("style=", "<style", "onclick", "javascript:", "http://www", "//cdn"):
        assert word not in page.html
    for path in ("/static/hub.js", "/static/hub.css", "/static/icon.svg"):
        assert path in page.html
        asset = visitor.client.get(path)
        assert asset.status_code == 200
        assert asset.headers["content-type"].startswith(("text/javascript", "text/css", "image/svg+xml"))


def test_tokens_and_their_ends(visitor: Visitor) -> None:
    """State, time left and what they died of (issue 6, point 1)."""
    box = visitor.box
    token(box)
    box.advance("12h")
    revoked = token(box)
    box.revoke_token(revoked)
    token(box)
    box.personal_token(10000001)
    with box.user_client() as user:
        user.get("/v1/profiles")
    part = visitor.look().part("tokens")
    assert "5 tokens: 3 live, 1 expired, 1 revoked" in part
    assert "11 h 59 min" in part
    assert "never ends" in part
    assert "user 10000001, personal" in part
    box.deactivate_user(10000001)
    assert "deactivated" in visitor.look().part("tokens")
    box.credentials.revoke()
    assert "client revoked" in visitor.look().part("tokens")


def test_exchanges_and_refused_handshakes(visitor: Visitor) -> None:
    """With the reason in plain words (issue 6, point 1); each exchange has a page of its own."""
    box = visitor.box
    box.arm(Respond(503, retry_after=5))
    ask(box)
    with httpx.Client(verify=box.ssl_context()) as client:
        client.post(box.token_url, auth=(box.client_id, "wrong"), data=GRANT)
        client.post(box.token_url, auth=(box.client_id, "wrong"), data={"grant_type": HOSTILE})
    with pytest.raises(httpx.HTTPError):
        httpx.get(box.mtls_url, verify=ssl.create_default_context(cafile=box.ca_file))
    page = visitor.look()
    part = page.part("feed")
    assert "3 exchanges" in part
    assert "fault: respond" in part
    assert "secret is wrong" in part
    assert "Handshake refused on the mTLS host certificate_required" in part
    assert HOSTILE not in page.html
    first = box.exchanges[0]
    detail = visitor.look(f"/exchanges/{first.number}")
    assert "POST /oauth/token" in detail.text
    assert first.trace_id in detail.text
    assert box.client_secret not in detail.html


def test_a_client_that_left_is_seen(visitor: Visitor) -> None:
    """Status 0: it did not wait for the answer."""
    box = visitor.box
    ask(box)
    gone = replace(box.exchanges[0], status=0, certificate=None, number=99)
    box._state.journal.write(_Told(gone))  # a peer that leaves at the right moment is not to be had
    assert "left" in visitor.look().part("feed")
    assert "the client left before an answer" in visitor.look("/exchanges/99").text


class _Told:
    size = 1

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.number = exchange.number

    def exchange(self) -> Exchange:
        """It."""
        return self._exchange


def test_faults_that_are_armed(visitor: Visitor) -> None:
    """What is armed, and what was spent of late."""
    box = visitor.box
    box.arm(Respond(503, retry_after=5), Respond(500, share=0.5, seed=3))
    assert ask(box).status_code == 503
    part = visitor.look().part("armed")
    assert "spent, happened once" in part
    assert "respond status=500 share=0.5 seed=3" in part
    assert "0 of ∞" in part
    box.disarm()
    assert "disarmed, never happened" in visitor.look().part("armed")


def test_users_and_profiles(visitor: Visitor) -> None:
    """Names, profiles, and those who were only signed up (issue 6, point 1)."""
    box = visitor.box
    with box.client() as client:
        body = {"email": "new@example.com", "registrationCode": "x" * 32}
        assert client.post("/v1/user/signup/registration_code", json=body).status_code == 200
    part = visitor.look().part("users")
    assert "Ann Example ann@example.com 10000001" in part
    assert "Business profile 30000002: Example Bakery Ltd" in part
    assert "new@example.com" in part
    assert "signed up" in part


def test_other_clients_are_told_apart(visitor: Visitor) -> None:
    """Their key, their certificates, their tokens."""
    other = visitor.box.add_client(client_id="other", client_key="key-of-other", redirect_uris=[])
    token(visitor.box, other)
    page = visitor.look()
    assert "client key key-of-other" in page.part("clients")
    assert "sent back to nowhere" in page.part("clients")
    for part in ("tokens", "feed", "certificates"):
        assert "other" in page.part(part)


def test_a_certificate_that_is_over(visitor: Visitor) -> None:
    """Its dates are real time; so is what is told of them."""
    visitor.box.credentials.renew_certificate(valid_until=timedelta(seconds=-10))
    assert "expired" in visitor.look().part("certificates")


def test_the_audit_and_the_time_line(visitor: Visitor) -> None:
    """A page of its own, and a part of the hub for its scripts (issue 6, point 1)."""
    box = visitor.box
    assert "It was asked nothing yet." in visitor.look("/audit").text
    for _ in range(3):
        use(box, token(box))
    whole = visitor.look("/audit")
    assert "<!doctype html>" in whole.html
    assert "<svg" in whole.html
    assert "What to change:" in whole.text
    part = visitor.look("/audit", **{"x-hub": "part"})
    assert "<!doctype html>" not in part.html
    assert "Audit" in part.text
    box.reset()
    with box.client() as client:
        client.get("/v1/authenticated/playground")
    assert "keeps Wise's rules" in visitor.look("/audit").text


def test_the_parts_are_those_of_the_page(visitor: Visitor) -> None:
    """What the scripts fetch is what the page was made of."""
    parts = visitor.look("/live")
    for name in ("clock", "soon", "tokens", "feed", "armed", "clients", "certificates", "users"):
        assert f'id="{name}"' in parts.html
    assert "<!doctype html>" not in parts.html


def test_a_long_way_back_is_told(visitor: Visitor) -> None:
    """The clock can be behind."""
    visitor.box.set_time(visitor.box.now - timedelta(days=2, hours=3, minutes=1))
    assert "2 d 3 h behind the real time" in visitor.look().part("clock")


def test_ten_thousand_of_each(mockwise_server: MockWise) -> None:
    """The newest hundred are shown, and all are counted; seconds would be a defect (issue 6, point 5)."""
    with mockwise_server.sandbox(journal_size=20_000) as box, Visitor(box) as it:
        fill(box, 10_000)
        begun = time.perf_counter()
        page = it.look("/live")
        took = time.perf_counter() - begun
        assert "10001 tokens, the newest 100 are shown" in page.part("tokens")
        assert "10001 exchanges, the newest 100 are shown" in page.part("feed")
        assert page.html.count('id="token-') == 100
        assert took < 5, took


def fill(box: Sandbox, count: int) -> None:
    """So many tokens and exchanges."""
    token(box)
    state, (first,) = box._state, box.exchanges  # the doors take too long for so many
    holder, now = application(box.client_id), box.now
    for n in range(count):
        state.tokens.issue(str(uuid.uuid4()), holder, now, timedelta(hours=12))
        state.journal.write(_Told(replace(first, number=n + 2)))
