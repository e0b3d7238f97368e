"""Faults and scenarios from the page, and their effect on the wire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from mockwise import Respond, RevokeToken
from mockwise.faults.kinds import FAULTS
from mockwise.faults.schema import read_fault, write_fault
from mockwise.web.dashboard.fault_forms import fault_forms, python_line, read_table
from tests.api_calls import ask, token
from tests.dashboard.dashboard_client import DashboardClient
from tests.dashboard.test_form_actions import in_python, in_terminal, over_http


def test_a_fault_is_armed_by_its_form(dashboard: DashboardClient) -> None:
    """Fields as the form sends them; empty ones are as the fault has them."""
    box = dashboard.box
    fields = {"fault": "respond", "status": "503", "retry_after": "5", "times": "2", "body": "", "json": ""}
    seen = dashboard.submit("arm", **fields, path="/oauth/token")
    assert "armed as number 1" in seen.said
    answers = [ask(box), ask(box), ask(box)]
    assert [it.status_code for it in answers] == [503, 503, 200]
    assert answers[0].headers["retry-after"] == "5"
    assert "box.arm(Respond(" in seen.equivalents["python"]
    for name, run in (("python", lambda it: in_python(box, it)), ("http", over_http)):
        box.disarm()
        run(seen.equivalents[name])
        assert [ask(box).status_code for _ in range(3)] == [503, 503, 200], name


def test_structured_fields_are_json(dashboard: DashboardClient) -> None:
    """Headers, members and bodies; a text that is no JSON is told to be wrong by the fault itself."""
    box = dashboard.box
    dashboard.submit("arm", fault="spoil-token", without="expires_in", extra='{"foo": 1}', as_date="")
    answer = ask(box).json()
    assert "expires_in" not in answer
    assert answer["foo"] == 1
    wrong = dashboard.submit("arm", fault="respond", status="503", headers="x-id: 1")
    assert (wrong.status, "headers" in wrong.said) == (400, True)
    assert dashboard.submit("arm", fault="nothing").status == 400
    assert dashboard.submit("arm", fault="respond", status="200").status == 400


def test_faults_are_disarmed(dashboard: DashboardClient) -> None:
    """One fault is disarmed by its number, or all are."""
    box = dashboard.box
    box.arm(Respond(503), Respond(500), Respond(502))
    seen = dashboard.submit("disarm", number="1")
    assert ask(box).status_code == 500
    assert dashboard.submit("disarm").said == "One fault was disarmed."
    assert ask(box).status_code == 200
    assert dashboard.submit("disarm").said == "0 faults were disarmed."
    assert dashboard.submit("disarm", number="x").status == 400
    assert dashboard.submit("disarm", number="9").status == 404
    assert seen.equivalents["python"] == "box.disarm(1)"
    over_http(seen.equivalents["http"])
    in_python(box, seen.equivalents["python"])


def test_every_fault_has_a_form() -> None:
    """With all fields but the one that is a function, each with its meaning."""
    forms = fault_forms()
    assert [it.name for it in forms] == [it.name for it in FAULTS]
    for form in forms:
        for entry in (*form.own, *form.shared):
            assert entry.name != "when"
            assert entry.help, entry.name


SAMPLES = (
    Respond(503, headers={"x-id": "1"}, json={"a": 1}, lasts=timedelta(minutes=15)),
    RevokeToken(after=timedelta(seconds=90), path="/oauth/token"),
)


@pytest.mark.parametrize("fault", SAMPLES, ids=lambda it: it.name)
def test_a_fault_is_said_in_python(dashboard: DashboardClient, fault: Respond) -> None:
    """The line arms the same fault."""
    in_python(dashboard.box, python_line(fault))
    assert dashboard.box.faults[0].fault == fault
    assert read_fault(write_fault(fault)) == fault


def test_a_form_becomes_a_table() -> None:
    """What belongs to another fault is left out."""
    table = read_table({"fault": "delay", "seconds": " 2 ", "status": "503", "lasts": "15m"})
    assert table == {"fault": "delay", "seconds": "2", "lasts": "15m"}
    assert read_table({}) == {"fault": ""}


def test_a_scenario_is_played_here(dashboard: DashboardClient) -> None:
    """One that needs nothing else begins in the sandbox that is looked at."""
    seen = dashboard.submit("play", scenario="outage")
    assert "has begun" in seen.said
    assert [ask(dashboard.box).status_code for _ in range(2)] == [503, 503]
    dashboard.box.reset()
    in_python(dashboard.box, seen.equivalents["python"])
    assert ask(dashboard.box).status_code == 503
    assert dashboard.submit("play", scenario="nothing").status == 400


@pytest.fixture
def apart(dashboard: DashboardClient) -> Iterator[httpx.Response]:
    """What comes of playing one that needs options."""
    seen = dashboard.submit_without_script("play", scenario="short-lived")
    yield seen.answer
    httpx.delete(f"{dashboard.box.control_url}/sandboxes/{seen.answer.url.path.rpartition('/')[2]}")


def test_a_scenario_is_played_apart(dashboard: DashboardClient, apart: httpx.Response) -> None:
    """One that needs options gets a sandbox that is made for it, and the page goes there."""
    assert apart.url.path != dashboard.path_of_page
    assert "in a sandbox of its own" in apart.text
    name = apart.url.path.rpartition("/")[2]
    box = httpx.get(f"{dashboard.box.control_url}/sandboxes/{name}").json()
    assert box["options"]["token_lifetime"] == "1m"


def test_the_terminal_knows_faults(dashboard: DashboardClient) -> None:
    """The line of the terminal arms the same."""
    seen = dashboard.submit("arm", fault="respond", status="503", retry_after="5", times="2")
    dashboard.box.disarm()
    in_terminal(seen.equivalents["terminal"])
    assert [ask(dashboard.box).status_code for _ in range(3)] == [503, 503, 200]
    dashboard.box.arm(Respond(503))
    in_terminal(dashboard.submit("disarm").equivalents["terminal"])
    assert token(dashboard.box)
