"""What the buttons do, seen on the wire; and that the lines they teach do the same through the other doors."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

import mockwise
from mockwise import Sandbox
from tests.api_calls import ask, reason, token, use
from tests.cli.processes import succeed
from tests.dashboard.dashboard_client import DashboardClient


def in_terminal(line: str) -> None:
    """Run a `mockwise` line that the page shows."""
    verb = shlex.split(line)
    assert verb[0] == "mockwise"
    succeed(*verb[1:])


def in_python(box: Sandbox, line: str) -> None:
    """Run a Python line that the page shows."""
    exec(line, {**vars(mockwise), **_faults(), "box": box, "datetime": datetime, "timedelta": timedelta})


def over_http(line: str) -> None:
    """Run a curl line that the page shows."""
    subprocess.run(["bash", "-c", f"{line} --silent --fail"], capture_output=True, check=True, timeout=30)


def _faults() -> dict[str, object]:
    return {name: getattr(mockwise, name) for name in mockwise.__all__}


def through_every_door(
    dashboard: DashboardClient, equivalents: dict[str, str], state: Callable[[], object]
) -> list[object]:
    """What the state is after each of the lines, in a sandbox that is made as new before."""
    found = []
    for name, line in equivalents.items():
        dashboard.box.reset()
        {"terminal": in_terminal, "http": over_http}.get(name, lambda it: in_python(dashboard.box, it))(line)
        found.append(state())
    return found


@pytest.mark.parametrize("by", ["1m", "1h", "12h"])
def test_the_clock_advances(dashboard: DashboardClient, by: str) -> None:
    """+1 min, +1 h, +12 h: a token of twelve hours dies of the last."""
    box = dashboard.box
    box.freeze()
    text = token(box)
    before = box.now
    seen = dashboard.submit("advance", by=by)
    moved = box.now - before
    assert moved == {"1m": timedelta(minutes=1), "1h": timedelta(hours=1), "12h": timedelta(hours=12)}[by]
    assert use(box, text).status_code == (401 if by == "12h" else 200)
    assert seen.equivalents["terminal"].startswith(f"mockwise advance {by} --sandbox {box.name}")

    def ahead() -> bool:
        return abs(box.now - datetime.now(UTC) - moved) < timedelta(seconds=30)

    assert through_every_door(dashboard, seen.equivalents, ahead) == [True, True, True]


def test_the_clock_stops_and_runs_on(dashboard: DashboardClient) -> None:
    """Freeze and resume."""
    box = dashboard.box
    stopped = dashboard.submit("freeze")
    assert "frozen" in dashboard.open_page().part("clock")
    assert box.now == box.now
    assert through_every_door(dashboard, stopped.equivalents, lambda: box.now == box.now) == [
        True,
        True,
        True,
    ]
    runs = dashboard.submit("resume")
    assert "running" in dashboard.open_page().part("clock")
    assert "runs on from" in runs.said
    assert list(runs.equivalents) == ["terminal", "python", "http"]


@pytest.mark.parametrize("written", ["2027-01-07T00:00", "2027-01-07T00:00:00", "2027-01-07T00:00:00Z"])
def test_the_clock_is_set(dashboard: DashboardClient, written: str) -> None:
    """As a browser's field writes it, in UTC."""
    box = dashboard.box
    box.freeze()
    seen = dashboard.submit("set", time=written)
    assert box.now == datetime(2027, 1, 7, tzinfo=UTC)
    assert through_every_door(dashboard, seen.equivalents, lambda: box.now.year) == [2027, 2027, 2027]


@pytest.mark.parametrize("written", ["", "tomorrow", "2027-01-07T00:00:00+01:00", "0001-01-01T00:00"])
def test_no_time_is_told(dashboard: DashboardClient, written: str) -> None:
    """What cannot be done is told, and nothing is done."""
    seen = dashboard.submit("set", time=written)
    assert seen.status == 400
    assert seen.said.startswith("Nothing was done.")
    assert abs(dashboard.box.now - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("verb", ["expire", "revoke"])
def test_one_token_ends(dashboard: DashboardClient, verb: str) -> None:
    """Expire now; revoke this. The other one lives."""
    box = dashboard.box
    this, other = token(box), token(box)
    digest = box.exchanges[0].token
    assert digest is not None
    seen = dashboard.submit(verb, token=digest)
    refused = use(box, this)
    assert refused.status_code == 401
    assert f"{verb}d" in reason(refused)
    assert use(box, other).status_code == 200
    assert digest[:8] in dashboard.open_page().part("tokens")
    assert seen.equivalents["python"] == f"box.{verb}_token({digest[:12]!r})"
    for name, run in (
        ("terminal", in_terminal),
        ("python", lambda it: in_python(box, it)),
        ("http", over_http),
    ):
        text = token(box)
        last = box.exchanges[-1].token
        assert last is not None
        run(seen.equivalents[name].replace(digest[:12], last[:12]))
        assert use(box, text).status_code == 401, name


@pytest.mark.parametrize("verb", ["expire", "revoke"])
def test_all_tokens_end(dashboard: DashboardClient, verb: str) -> None:
    """All of the own client; a new one works."""
    box = dashboard.box
    texts = [token(box), token(box)]
    seen = dashboard.submit(verb)
    assert [use(box, text).status_code for text in texts] == [401, 401]
    assert use(box, token(box)).status_code == 200
    assert dashboard.submit(verb).said == f"1 live token of {box.client_id} is {verb}d."
    assert (
        dashboard.submit(verb).said == f"{box.client_id} has no live token: there was nothing to be {verb}d."
    )
    for name, run in (
        ("terminal", in_terminal),
        ("python", lambda it: in_python(box, it)),
        ("http", over_http),
    ):
        text = token(box)
        run(seen.equivalents[name])
        assert use(box, text).status_code == 401, name


def test_a_sandbox_is_made_as_new(dashboard: DashboardClient) -> None:
    """Reset."""
    box = dashboard.box
    text = token(box)
    box.advance(hours=1)
    seen = dashboard.submit("reset")
    assert use(box, text).status_code == 401
    assert "None yet" in dashboard.open_page().part("tokens")
    assert ask(box).status_code == 200

    def empty() -> int:
        return len(box.exchanges)

    for name, run in (
        ("terminal", in_terminal),
        ("python", lambda it: in_python(box, it)),
        ("http", over_http),
    ):
        token(box)
        run(seen.equivalents[name])
        assert empty() == 0, name


def test_what_is_not_there_is_told(dashboard: DashboardClient) -> None:
    """A wrong field is told in words, with the status of the API."""
    assert dashboard.submit("advance", by="soon").status == 400
    assert dashboard.submit("expire", token="nobody's").status == 404
    assert dashboard.submit("nothing").status == 404
    assert dashboard.submit("rotate", client_id="nobody").status == 404
    unknown = dashboard.submit("add-client", mtls="sometimes")
    assert (unknown.status, unknown.said) == (
        422,
        "Nothing was done. mtls: Input should be 'required' or 'optional'",
    )


def test_the_default_sandbox_needs_no_name(mockwise_own: mockwise.MockWise) -> None:
    """The lines are as short as they can be; the control host is named unless it is the usual one."""
    with DashboardClient(mockwise_own.default) as it:
        assert (
            it.submit("freeze").equivalents["terminal"]
            == f"mockwise freeze --control {mockwise_own.control_url}"
        )


def test_a_press_without_scripts_shows_the_page(dashboard: DashboardClient) -> None:
    """303 back to the page, which tells what came of it, once."""
    first = dashboard.submit_without_script("advance", by="1h")
    assert [it.status_code for it in first.answer.history] == [303]
    assert "The clock moved 1h forward" in first.said
    assert first.equivalents["python"] == "box.advance('1h')"
    assert dashboard.open_page().said == ""


def test_a_mistake_without_scripts_shows_the_page(dashboard: DashboardClient) -> None:
    """With what is wrong, and the status that says so."""
    seen = dashboard.submit_without_script("advance", by="soon")
    assert seen.status == 400
    assert "Nothing was done. not a duration" in seen.said
    assert "Clock of the sandbox" in seen.text


@pytest.mark.parametrize("path", ["freeze", "revoke-client"])
def test_a_form_of_nobody_is_refused(dashboard: DashboardClient, path: str) -> None:
    """Browsers say where a form comes from; what says nothing may be another site's."""
    url = f"{dashboard.box.control_url}{dashboard.path_of_page}/do/{path}"
    assert httpx.post(url).status_code == 403
    assert httpx.post(url, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert httpx.post(url, headers={"origin": "http://evil.example"}).status_code == 403
    assert httpx.post(url, headers={"origin": "null"}).status_code == 403
    assert dashboard.box.now != dashboard.box.now
    answer = httpx.post(
        url, headers={"sec-fetch-site": "same-origin"}, data={"client_id": dashboard.box.client_id}
    )
    assert answer.status_code == 303
