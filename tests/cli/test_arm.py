"""`mockwise arm`, `disarm`, and what `status` shows of them."""

from __future__ import annotations

import inspect
import json
import re
import shlex
from collections.abc import Iterator

import pytest

from mockwise import MockWise, Respond, Sandbox
from mockwise.faults.kinds import FAULTS
from tests.api_calls import ask
from tests.cli.processes import fail, succeed


@pytest.fixture
def box(mockwise_server: MockWise) -> Iterator[Sandbox]:
    """A sandbox that is not the default one."""
    with mockwise_server.sandbox() as made:
        yield made


def say(box: Sandbox, *words: str) -> str:
    """What a verb prints that speaks to this sandbox."""
    return succeed(*words, environ=box.environ())


def rows(box: Sandbox) -> list[str]:
    """The faults that `status` shows."""
    _, _, table = say(box, "status").partition("\nFaults\n")
    return [line.rstrip() for line in table.partition("\n\n")[0].splitlines()]


def test_a_fault_is_armed_shown_and_disarmed(box: Sandbox) -> None:
    """What `status` shows of it can be pasted behind `mockwise arm`."""
    line = "respond status=503 retry_after=5 path=/oauth/token times=2"
    assert say(box, "arm", *line.split()) == f"armed as number 1: {line}\n"
    assert box.faults[0].fault == Respond(503, retry_after=5, times=2, path="/oauth/token")
    assert ask(box).status_code == 503
    [armed] = json.loads(say(box, "arm", "drop", "share=0.5", "--json"))["faults"]
    assert armed["fault"] == {"fault": "drop", "share": 0.5}
    box.arm(Respond(400, body="it's", when=lambda _: False))
    assert rows(box) == [
        "fault  state  happened  which",
        f"1      armed  1 of 2    {line}",
        "2      armed  0 times   drop share=0.5",
        "3      armed  0 of 1    respond status=400 'body=it'\"'\"'s' when=...",
    ]
    assert say(box, "disarm", "2") == "disarmed 1 fault\n"
    assert json.loads(say(box, "disarm", "--json")) == {"disarmed": 2}
    assert say(box, "disarm") == "disarmed 0 faults\n"
    assert [row.split()[1] for row in rows(box)[1:]] == ["disarmed"] * 3
    assert ask(box).status_code == 200


def test_of_the_spent_ones_status_shows_the_newest(box: Sandbox) -> None:
    """All that are armed stay in sight."""
    box.arm(*[Respond(503)] * 9)
    for number in range(2, 10):
        box.disarm(number)
    assert [row.split()[0] for row in rows(box)[1:]] == ["1", "5", "6", "7", "8", "9"]
    assert len(json.loads(say(box, "status", "--json"))["faults"]) == 9


def test_json_and_lists_are_said_in_words(box: Sandbox) -> None:
    """As the table of the vocabulary shows."""
    say(box, "arm", "spoil-token", "without=scope,expires_at", "expires_in=0", 'extra={"foo": [1]}')
    members = ask(box).json()
    assert list(members) == ["access_token", "token_type", "expires_in", "foo"]
    assert (members["expires_in"], members["foo"]) == (0, [1])


def test_the_vocabulary_is_told_without_a_mock() -> None:
    """Each fault with a sentence, each field with its meaning, and examples."""
    told = succeed("arm", environ={"MOCKWISE_CONTROL_URL": "http://127.0.0.1:1"})
    for kind in FAULTS:
        sentence = inspect.cleandoc(kind.__doc__ or "").splitlines()[0].replace("`", "")
        assert f"\n{kind.name}  {sentence}\n" in f"\n{told}"
    assert re.search(r"\n  at +before\|headers\|body: Before the answer", told)
    plain = json.loads(succeed("arm", "--json"))
    assert plain["drop"]["fields"].keys() > {"at", "reset", "times", "path"}
    assert "when" not in plain["drop"]["fields"]


def test_the_examples_can_be_typed(box: Sandbox) -> None:
    """The examples that `mockwise arm` prints can be typed as they stand."""
    examples = [line.strip() for line in succeed("arm").splitlines() if line.startswith("  mockwise arm ")]
    assert len(examples) > 5
    for example in examples:
        say(box, *shlex.split(example)[1:])
    assert len(box.faults) == len(examples)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("arm respnd", "there is no fault 'respnd'. Did you mean 'respond'?"),
        ("arm respond", "respond: status: Field required"),
        ("arm respond 503", "write '503' as name=value"),
        ("arm pass when=x", "there is no 'when'"),
        ("arm spoil-token extra=x", "extra: Input should be a valid"),
        ("disarm 7", "no fault has the number 7; armed: none"),
    ],
)
def test_a_mistake_is_one_line_with_its_remedy(box: Sandbox, words: str, said: str) -> None:
    """A mistake is one line with its remedy, and nothing is armed."""
    status = 1 if words == "disarm 7" else 2
    assert said in fail(*words.split(), environ=box.environ(), status=status)
    assert box.faults == []
