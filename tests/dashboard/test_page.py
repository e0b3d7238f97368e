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
from mockwise.web.dashboard.render import _templates
from mockwise.web.dashboard.snapshot import sandbox_choice
from tests.api_calls import GRANT, ask, token, use
from tests.dashboard.dashboard_client import DashboardClient

HOSTILE = "<script>alert(1)</script>\"'&"


def test_the_root_is_the_hub(mockwise_server: MockWise) -> None:
    """`/` of the control host, of the default sandbox; named plainly as a mock."""
    answer = httpx.get(mockwise_server.control_url, follow_redirects=True)
    assert answer.url.path == "/hub/default"
    assert "This is a mock for testing, not Wise." in answer.text


def test_a_sandbox_is_chosen(dashboard: DashboardClient) -> None:
    """By a form that needs no script; all sandboxes are in it."""
    answer = dashboard.client.get("/hub", params={"sandbox": dashboard.box.name})
    assert (answer.status_code, answer.headers["location"]) == (303, dashboard.path_of_page)
    page = dashboard.open_page()
    assert f"<option selected>{dashboard.box.name}</option>" in page.html
    assert "<option>default</option>" in page.html


def test_what_is_not_there_is_a_page(dashboard: DashboardClient) -> None:
    """People get HTML, with the way back."""
    answer = dashboard.client.get("/hub/nobody")
    assert (answer.status_code, "there is no sandbox" in answer.text) == (404, True)
    assert dashboard.open_page("/exchanges/12345").status == 404
    assert dashboard.client.get("/static/other.css").status_code == 404


def test_the_policy_lets_nothing_in_from_elsewhere(dashboard: DashboardClient) -> None:
    """No script and no style in the page, none from elsewhere, no frame."""
    page = dashboard.open_page()
    policy = page.answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.answer.headers["x-frame-options"] == "DENY"
    assert page.answer.headers["cache-control"] == "no-store"
    for word in ("style=", "<style", "onclick", "javascript:", "http://www", "//cdn"):
        assert word not in page.html
    for path in ("/static/hub.js", "/static/hub.css", "/static/icon.svg"):
        assert path in page.html
        asset = dashboard.client.get(path)
        assert asset.status_code == 200
        assert asset.headers["content-type"].startswith(("text/javascript", "text/css", "image/svg+xml"))


def test_tokens_and_their_ends(dashboard: DashboardClient) -> None:
    """State, time left and what they died of."""
    box = dashboard.box
    token(box)
    box.advance("12h")
    revoked = token(box)
    box.revoke_token(revoked)
    token(box)
    box.personal_token(10000001)
    with box.user_client() as user:
        user.get("/v1/profiles")
    part = dashboard.open_page().part("tokens")
    assert "5 tokens: 3 live, 1 expired, 1 revoked" in part
    assert "11h59m" in part
    assert "never ends" in part
    assert "user 10000001, personal" in part
    box.deactivate_user(10000001)
    assert "deactivated" in dashboard.open_page().part("tokens")
    box.credentials.revoke()
    assert "client revoked" in dashboard.open_page().part("tokens")


def test_exchanges_and_refused_handshakes(dashboard: DashboardClient) -> None:
    """With the reason in plain words; each exchange has a page of its own."""
    box = dashboard.box
    box.arm(Respond(503, retry_after=5))
    ask(box)
    with httpx.Client(verify=box.ssl_context()) as client:
        client.post(box.token_url, auth=(box.client_id, "wrong"), data=GRANT)
        client.post(box.token_url, auth=(box.client_id, "wrong"), data={"grant_type": HOSTILE})
    with pytest.raises(httpx.HTTPError):
        httpx.get(box.mtls_url, verify=ssl.create_default_context(cafile=box.ca_file))
    page = dashboard.open_page()
    part = page.part("feed")
    assert "3 exchanges" in part
    assert "fault: respond" in part
    assert "secret is wrong" in part
    assert "Handshake refused on the mTLS host certificate_required" in part
    assert HOSTILE not in page.html
    first = box.exchanges[0]
    detail = dashboard.open_page(f"/exchanges/{first.number}")
    assert "POST /oauth/token" in detail.text
    assert first.trace_id in detail.text
    assert box.client_secret not in detail.html


def test_a_client_that_left_is_seen(dashboard: DashboardClient) -> None:
    """Status 0: it did not wait for the answer."""
    box = dashboard.box
    ask(box)
    gone = replace(box.exchanges[0], status=0, certificate=None, number=99)
    box._state.journal.write(_Told(gone))  # a peer that leaves at the right moment is not to be had
    assert "left" in dashboard.open_page().part("feed")
    assert "the client left before an answer" in dashboard.open_page("/exchanges/99").text


class _Told:
    size = 1

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.number = exchange.number

    def exchange(self) -> Exchange:
        """The exchange that this entry stands for."""
        return self._exchange


def test_faults_that_are_armed(dashboard: DashboardClient) -> None:
    """What is armed, and what was spent of late."""
    box = dashboard.box
    box.arm(Respond(503, retry_after=5), Respond(500, share=0.5, seed=3))
    assert ask(box).status_code == 503
    part = dashboard.open_page().part("armed")
    assert "spent, happened once" in part
    assert "respond status=500 share=0.5 seed=3" in part
    assert "0 of ∞" in part
    box.disarm()
    assert "disarmed, never happened" in dashboard.open_page().part("armed")


def test_users_and_profiles(dashboard: DashboardClient) -> None:
    """Names, profiles, and those who were only signed up."""
    box = dashboard.box
    with box.client() as client:
        body = {"email": "new@example.com", "registrationCode": "x" * 32}
        assert client.post("/v1/user/signup/registration_code", json=body).status_code == 200
    part = dashboard.open_page().part("users")
    assert "Ann Example ann@example.com 10000001" in part
    assert "Business profile 30000002: Example Bakery Ltd" in part
    assert "new@example.com" in part
    assert "signed up" in part


def test_other_clients_are_told_apart(dashboard: DashboardClient) -> None:
    """Their key, their certificates, their tokens."""
    other = dashboard.box.add_client(client_id="other", client_key="key-of-other", redirect_uris=[])
    token(dashboard.box, other)
    page = dashboard.open_page()
    assert "client key key-of-other" in page.part("clients")
    assert "sent back to nowhere" in page.part("clients")
    for part in ("tokens", "feed", "certificates"):
        assert "other" in page.part(part)


def test_a_certificate_that_is_over(dashboard: DashboardClient) -> None:
    """Its dates are real time; so is what is told of them."""
    dashboard.box.credentials.renew_certificate(valid_until=timedelta(seconds=-10))
    assert "expired" in dashboard.open_page().part("certificates")


def test_the_audit_and_the_time_line(dashboard: DashboardClient) -> None:
    """A page of its own, and a part of the hub for its scripts."""
    box = dashboard.box
    assert "It was asked nothing yet." in dashboard.open_page("/audit").text
    for _ in range(3):
        use(box, token(box))
    whole = dashboard.open_page("/audit")
    assert "<!doctype html>" in whole.html
    assert "<svg" in whole.html
    assert "What to change:" in whole.text
    part = dashboard.open_page("/audit", **{"x-hub": "part"})
    assert "<!doctype html>" not in part.html
    assert "Audit" in part.text
    box.reset()
    with box.client() as client:
        client.get("/v1/authenticated/playground")
    assert "keeps Wise's rules" in dashboard.open_page("/audit").text


def test_the_parts_are_those_of_the_page(dashboard: DashboardClient) -> None:
    """What the scripts fetch is what the page was made of."""
    parts = dashboard.open_page("/live")
    for name in ("clock", "soon", "tokens", "feed", "armed", "clients", "certificates", "users"):
        assert f'id="{name}"' in parts.html
    assert "<!doctype html>" not in parts.html


def test_a_long_way_back_is_told(dashboard: DashboardClient) -> None:
    """The clock can be behind."""
    dashboard.box.set_time(dashboard.box.now - timedelta(days=2, hours=3, minutes=1))
    assert "2d3h behind the real time" in dashboard.open_page().part("clock")


def test_ten_thousand_of_each(mockwise_server: MockWise) -> None:
    """The newest hundred are shown, and all are counted; seconds would be a defect."""
    with mockwise_server.sandbox(journal_size=20_000) as box, DashboardClient(box) as it:
        fill(box, 10_000)
        begun = time.perf_counter()
        page = it.open_page("/live")
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


def test_the_newest_of_very_many_sandboxes_are_offered() -> None:
    """And `default`; the page says how many are left out, and offers the one that it shows."""
    names = ["default", *(f"box-{n}" for n in range(300))]
    choice = sandbox_choice(names)
    assert choice == (["default", *names[-99:]], 201)
    assert sandbox_choice(names[:100]) == (names[:100], 0)
    values = {"sandbox": "box-3", "sandboxes": choice, "asks_token": False}
    shown = _templates().get_template("framed.html").render(values)
    assert shown.count("<option") == 102
    assert "<option selected>box-3</option>" in shown
    assert "<option disabled>201 older ones are left out</option>" in shown
