"""Faults are values that refuse what cannot be done."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any

import pytest

from mockwise.errors import InvalidValueError
from mockwise.faults.base import Request
from mockwise.faults.declaration import describe
from mockwise.faults.index import FaultIndex
from mockwise.faults.kinds import (
    FAULTS,
    Delay,
    Drip,
    Drop,
    Fault,
    Garble,
    Pass,
    Respond,
    RevokeToken,
    SpoilToken,
    TooManyRequests,
)
from mockwise.faults.queue import FaultRecord


def families(of: type[Fault]) -> set[type[Fault]]:
    """All kinds of fault below a class."""
    return {of}.union(*(families(below) for below in of.__subclasses__()))


def test_no_fault_is_left_out() -> None:
    """The table has every fault there is, each with a name, a stage, a reach and a sentence."""
    assert families(Fault) - {Fault} == set(FAULTS)
    assert len({kind.name for kind in FAULTS}) == len(FAULTS)
    assert {kind.stage for kind in FAULTS} == {"pass", "delay", "answer", "token", "wire"}
    assert {kind.reach for kind in FAULTS} == {"sandbox"}
    assert all(kind.__doc__ for kind in FAULTS)


def test_every_field_is_explained() -> None:
    """Help and documents show it."""
    for kind in FAULTS:
        for field in describe(kind):
            assert field.help.endswith("."), (kind, field)


def test_a_delay_is_drawn_and_repeats() -> None:
    """Fixed, evenly, log-normally; the same seed draws the same, and nothing takes longer than an hour."""
    assert Delay(0.5).drawn(1) == Delay(0.5).drawn(2) == 0.5
    even = [Delay(1, most=3, seed=7).drawn(n) for n in range(1000)]
    assert even == [Delay(1, most=3, seed=7).drawn(n) for n in range(1000)]
    assert [min(even), max(even)] == pytest.approx([1, 3], abs=0.1)
    skewed = sorted(Delay(1, sigma=0.5).drawn(n) for n in range(1000))
    assert 0.9 < skewed[500] < 1.1
    assert 0.5 < skewed[159] < 0.7
    assert skewed[-1] > 3
    assert max(Delay(3600, sigma=5).drawn(n) for n in range(10)) == 3600


def test_faults_are_values() -> None:
    """Two that say the same are equal."""
    assert Respond(503, times=2) == Respond(503, times=2) != Respond(503)
    with pytest.raises(AttributeError):
        Respond(503).times = 3  # type: ignore[misc]  # because that is what is tried


@pytest.mark.parametrize(
    ("fault", "limit"),
    [
        (Respond(503), 1),
        (Respond(503, times=4), 4),
        (Respond(503, share=0.5), None),
        (Respond(503, lasts=timedelta(seconds=1)), None),
        (Respond(503, share=0.5, times=2), 2),
    ],
)
def test_a_fault_happens_once_unless_it_is_said_otherwise(fault: Fault, limit: int | None) -> None:
    """It goes away by itself."""
    assert fault.limit == limit


def nested(depth: int) -> object:
    """A list in a list in a list."""
    content: object = 1
    for _ in range(depth):
        content = [content]
    return content


BAD: list[tuple[str, Callable[[], Fault]]] = [
    ("times: a fault happens at least once: 0", lambda: Pass(times=0)),
    ("share: more than 0", lambda: Pass(share=0)),
    ("share: more than 0", lambda: Pass(share=1.1)),
    ("lasts: ", lambda: Pass(lasts=timedelta())),
    ("seconds: 0 to 3600: -1", lambda: Delay(-1)),
    ("seconds: 0 to 3600: nan", lambda: Delay(float("nan"))),
    ("most: at least seconds", lambda: Delay(2, most=1)),
    ("sigma: 0 to 5", lambda: Delay(2, sigma=-1)),
    ("drawn in one way", lambda: Delay(2, most=3, sigma=1)),
    ("status: 400 to 599: 200", lambda: Respond(200)),
    ("body, json", lambda: Respond(503, body="", json={})),
    ("retry_after: seconds", lambda: Respond(503, retry_after=-1)),
    ("retry_after: seconds", lambda: Respond(503, retry_after=10**12)),
    ("cannot set the header 'a b'", lambda: Respond(503, headers={"a b": "c"})),
    ("cannot set the header 'Content-Length'", lambda: Respond(503, headers={"Content-Length": "1"})),
    ("the header 'x' is not", lambda: Respond(503, headers={"x": "c\r\nd: e"})),
    ("the header 'content-type' is not", lambda: Respond(503, content_type="\xfc")),
    ("json: it cannot be written", lambda: Respond(503, json={1, 2})),
    ("json: it cannot be written", lambda: Respond(503, json=float("nan"))),
    ("json: it is nested more than 50 deep", lambda: Respond(503, json=nested(50))),
    ("body: it cannot be written", lambda: Respond(503, body="\ud800")),
    ("path: it cannot be written", lambda: Pass(path="/\ud800")),
    ("retry_after: seconds", lambda: TooManyRequests(-1)),
    ("seconds: 0 to 3600", lambda: Drip(-1)),
    ("pieces: 2 to 10000", lambda: Drip(pieces=1)),
    ("say what is wrong", SpoilToken),
    ("cannot be written as JSON", lambda: SpoilToken(extra={"a": object()})),
    ("uses, after: say one", RevokeToken),
    ("uses, after: say one", lambda: RevokeToken(uses=1, after=timedelta(1))),
    ("uses: not negative", lambda: RevokeToken(uses=-1)),
    ("after: not negative", lambda: RevokeToken(after=timedelta(-1))),
    ("after: not negative, and at most 36500 days", lambda: RevokeToken(after=timedelta.max)),
]


ILL_TYPED: list[tuple[str, Any, tuple[object, ...], dict[str, object]]] = [
    ("status: Field required", Respond, (), {}),
    ("status: Input should be a valid integer", Respond, ("503",), {}),
    ("status: Input should be a valid integer", Respond, (True,), {}),
    ("say by its name what 'x' is", Respond, (503, "x"), {}),
    ("there is no 'statu'. Did you mean 'status'?", Respond, (503,), {"statu": 1}),
    ("lasts: Input should be a valid timedelta", Pass, (), {"lasts": "15m"}),
    ("without: Input should be a valid tuple", SpoilToken, (), {"without": "scope"}),
    ("when: Input should be callable", Pass, (), {"when": "x"}),
    ("at: Input should be 'before'", Drop, ("after",), {}),
    ("headers.x: Input should be a valid string", Respond, (503,), {"headers": {"x": 1}}),
]


@pytest.mark.parametrize(("said", "kind", "args", "values"), ILL_TYPED)
def test_a_value_of_another_type_is_refused(
    said: str, kind: Callable[..., Fault], args: tuple[object, ...], values: dict[str, object]
) -> None:
    """In Python nothing is guessed, as it is for the text of a command line."""
    with pytest.raises(InvalidValueError) as caught:
        kind(*args, **values)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(("said", "make"), BAD)
def test_what_cannot_be_done_is_refused(said: str, make: Callable[[], Fault]) -> None:
    """At the call, with the option's name and what is allowed."""
    with pytest.raises(InvalidValueError) as caught:
        make()
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Delay(0),
        lambda: Delay(1, most=1),
        lambda: Delay(0.2, sigma=0.5),
        lambda: Respond(599, body=""),
        lambda: Respond(500, json={"a": nested(48)}),
        lambda: Respond(500, body="<p>\u00fc", content_type=""),
        lambda: Respond(500, json=[1], headers={"x-a": ""}, content_type="text/html", retry_after=0),
        lambda: Drop("body", reset=True),
        lambda: Drip(0, pieces=2),
        lambda: Garble("html"),
        lambda: SpoilToken(expires_in=-1),
        lambda: SpoilToken(extra={"a": None}),
        lambda: RevokeToken(uses=0),
        lambda: RevokeToken(after=timedelta(hours=1)),
    ],
)
def test_what_can_be_done_is_taken(make: Callable[[], Fault]) -> None:
    """The other side of each bound."""
    assert make() == make()


def test_a_list_of_names_is_a_tuple() -> None:
    """So that the fault is a value, however its names were written."""
    assert SpoilToken(without=["scope"]) == SpoilToken(without=("scope",))  # type: ignore[arg-type]  # because people do


def test_a_faults_signature_is_told() -> None:
    """Editors and `help` show what can be said."""
    assert list(inspect.signature(Respond).parameters)[:2] == ["status", "host"]
    assert inspect.signature(Respond).parameters["times"].kind is inspect.Parameter.KEYWORD_ONLY


def test_matching_asks_pydantic_for_nothing() -> None:
    """A request costs nothing of what checks faults when they are made."""
    fault = Respond(503, path="/oauth/*", when=lambda request: request.host == "mtls")
    index = FaultIndex([FaultRecord(1, fault, datetime.now(UTC))])
    used: list[str] = []
    request = Request(
        host="mtls",
        method="POST",
        path="/oauth/token",
        grant=None,
        client=None,
        kind=None,
        form={},
        headers={},
    )

    def watch(frame: FrameType, _event: str, _argument: object) -> None:
        used.append(frame.f_globals["__name__"])

    sys.setprofile(watch)
    try:
        assert [it.number for it in index.candidates("other", request)] == [1]
        assert fault.fits(request)
    finally:
        sys.setprofile(None)
    assert any(it.startswith("mockwise.faults") for it in used)
    assert not [it for it in used if it.startswith("pydantic")]
