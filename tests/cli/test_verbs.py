"""The verbs, spoken to the control host of a mock that runs."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from mockwise import MockWise, Sandbox
from tests.api_calls import ask, token, use
from tests.cli.processes import fail, mockwise, succeed


@pytest.fixture
def box(mockwise_server: MockWise) -> Iterator[Sandbox]:
    """A sandbox that is not the default one."""
    with mockwise_server.sandbox() as made:
        yield made


def say(box: Sandbox, *words: str) -> str:
    """What a verb prints that speaks to this sandbox."""
    return succeed(*words, environ=box.environ())


def test_env_prints_lines_for_a_shell(box: Sandbox) -> None:
    """`eval "$(mockwise env)"` sets the names of the ready file, whatever is in them."""
    lines = say(box, "env")
    shown = subprocess.run(
        ["sh", "-c", f"{lines}\nprintf '%s' \"$MOCKWISE_CLIENT_SECRET\""],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown == box.client_secret
    words = dict(word.split("=", 1) for line in lines.splitlines() for word in shlex.split(line)[1:])
    assert words == box.environ() == json.loads(say(box, "env", "--json"))


def test_a_quote_in_a_value_stays_in_it(mockwise_server: MockWise) -> None:
    """A secret may hold what a shell would act on."""
    with mockwise_server.sandbox(client_secret='a\'; touch "$HOME" `x` $(y)') as box:
        lines = say(box, "env")
        assert f"MOCKWISE_CLIENT_SECRET={box.client_secret}" in shlex.split(lines)


def test_advance_ends_tokens(box: Sandbox) -> None:
    """Twelve hours in a moment."""
    text = token(box)
    assert use(box, text).status_code == 200
    assert "(12h ahead)" in say(box, "advance", "12h")
    assert use(box, text).status_code == 401


def test_the_clock_stands_runs_and_is_set(box: Sandbox) -> None:
    """`freeze`, `set` and `resume` say what time it is there; `--json` says it to programs."""
    say(box, "freeze")
    assert say(box, "set", "2027-01-07T00:00:00Z").startswith("2027-01-07 00:00:00 UTC (")
    assert box.now == datetime(2027, 1, 7, tzinfo=UTC)
    assert say(box, "set", "2020-01-07T00:00:00Z").strip().endswith(" behind, frozen)")
    assert json.loads(say(box, "freeze", "--json"))["frozen"] is True
    assert "frozen" not in say(box, "resume")


def test_a_running_real_clock_has_no_notes(box: Sandbox) -> None:
    """What is as usual is not mentioned."""
    assert say(box, "resume").strip().endswith("UTC")


def test_reset_makes_it_as_new(box: Sandbox) -> None:
    """The clock, the tokens, the journal."""
    token(box)
    box.advance(hours=1)
    assert say(box, "reset") == f"sandbox {box.name} is as new\n"
    assert box.exchanges == []


@pytest.mark.parametrize("verb", ["expire", "revoke"])
def test_tokens_end_one_or_all(box: Sandbox, verb: str) -> None:
    """One is named by its text or by what `status` shows; without a name all of the own client end."""
    first, second, third = token(box), token(box), token(box)
    digests = [it["digest"] for it in json.loads(say(box, "status", "--json"))["tokens"]["tokens"]]
    assert say(box, verb, first).startswith(f"{verb}d token ".replace("ee", "e"))
    assert use(box, first).status_code == 401
    say(box, verb, digests[1][:12])
    assert use(box, second).status_code == 401
    assert use(box, third).status_code == 200
    assert say(box, verb) == f"{verb.rstrip('e')}ed 1 live token of client {box.client_id}\n"
    assert use(box, third).status_code == 401
    ended = f"{verb.rstrip('e')}ed"
    assert say(box, verb) == f"client {box.client_id} has no live token: nothing to be {ended}\n"
    token(box), token(box)
    assert say(box, verb) == f"{ended} 2 live tokens of client {box.client_id}\n"


def test_a_client_or_a_certificate_is_revoked(box: Sandbox) -> None:
    """Each is gone for good, and nobody else with it."""
    other = box.add_client()
    assert json.loads(say(box, "revoke", "--client", other.client_id, "--json"))["revoked_at"]
    assert ask(box, other).status_code == 401
    assert ask(box).status_code == 200
    serial = box.credentials.serial
    assert (
        say(box, "revoke", "--certificate", serial)
        == f"revoked certificate {serial} of client {box.client_id}\n"
    )
    assert say(box, "revoke", "--client", box.client_id).startswith(f"revoked client {box.client_id}")


def test_rotate_prints_the_new_secret_and_nothing_else(box: Sandbox) -> None:
    """`SECRET=$(mockwise rotate)` works; with an overlap the old secret does too."""
    old = box.client_secret
    done = mockwise("rotate", "--overlap", "5m", environ=box.environ())
    box.credentials.client_secret = done.stdout.strip()
    assert ask(box).status_code == 200
    assert "older ones end " in done.stderr
    box.credentials.client_secret = old
    assert ask(box).status_code == 200
    other = box.add_client()
    answer = json.loads(say(box, "rotate", "--client", other.client_id, "--json"))
    assert ask(box, other).status_code == 401
    other.client_secret = answer["client_secret"]
    assert ask(box, other).status_code == 200


_NOT_THERE = {
    "no such token",
    "nobody/at/all",
    "has that serial; known: ",
    "nobody",
    "there is no sandbox 'none'",
}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("advance soon", "not a duration: 'soon'. Write for example 12h"),
        ("advance -1h", "a duration cannot be negative: '-1h'"),
        ("set 2027-01-07T00:00:00", "the time needs a zone"),
        ("set tomorrow", "write a time with its zone, such as 2027-01-07T00:00:00Z, or now"),
        ("set 1798761600", "write a time with its zone, such as 2027-01-07T00:00:00Z, or now"),
        ("status --control 127.0.0.1:8445", "has no scheme. Write for example http://127.0.0.1:8445"),
        ("status --control ftp://127.0.0.1", "is not http or https"),
        ("status --control http://a:hunter2@127.0.0.1", "a URL with a user or a password in it is not taken"),
        ("revoke abcdef", "no such token"),
        ("revoke abcdef --client x", "name one of them: a TOKEN, a --client, or a --certificate"),
        ("revoke --client nobody/at/all", "nobody/at/all"),
        ("revoke --certificate 0a0b", "has that serial; known: "),
        ("rotate --client nobody", "nobody"),
        ("rotate --overlap soon", "not a duration"),
        ("status --sandbox none", "there is no sandbox 'none'"),
        ("journal --status nope", "a status such as 401, or a class such as 4xx, instead of 'nope'"),
        ("journal --follow --sandbox none", "there is no sandbox 'none'"),
    ],
)
def test_a_mistake_is_one_line_with_its_remedy(box: Sandbox, words: str, said: str) -> None:
    """The control host's own sentence; status 2 for what was written wrongly, 1 for what is not there."""
    status = 1 if said in _NOT_THERE else 2
    assert said in fail(*words.split(), environ=box.environ(), status=status)


def test_the_clock_is_set_to_the_real_time_by_now(box: Sandbox) -> None:
    """`mockwise set now` sets the clock to the real time."""
    box.advance("48h")
    assert "ahead" not in say(box, "set", "now")
    assert abs(box.now - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_scenario_is_played_now(box: Sandbox) -> None:
    """The next calls are refused as it says; one that is not there is named."""
    assert say(box, "play", "outage").startswith("outage has begun: ")
    assert box.faults
    assert json.loads(say(box, "play", "outage", "--json"))["name"] == "outage"
    assert "nonsense" in fail("play", "nonsense", environ=box.environ())
