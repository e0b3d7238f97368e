"""Which request takes what of what is armed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mockwise.errors import NotFoundError
from mockwise.faults.kinds import Delay, Drop, Fault, Pass, Request, Respond, SpoilToken, TooManyRequests
from mockwise.faults.queue import FaultQueue, TriggeredFault
from mockwise.state.sandbox_state import SandboxState
from tests.state.helpers import together

SECOND = timedelta(seconds=1)


def request(**said: Any) -> Request:
    """A token request, but for what is said."""
    usual: dict[str, Any] = {
        "host": "mtls",
        "method": "POST",
        "path": "/oauth/token",
        "grant": "client_credentials",
        "client": "app",
        "kind": None,
        "form": {"grant_type": "client_credentials"},
        "headers": {"user-agent": "test"},
    }
    return Request(**usual | said)


@pytest.fixture
def fault_queue(box: SandboxState) -> FaultQueue:
    """That of a sandbox whose clock stands still."""
    box.clock.freeze()
    return box.fault_queue


def happens(box: SandboxState, times: int = 1, **said: Any) -> list[str]:
    """What happens to requests, one after the other."""
    taken = [box.fault_queue.take(lambda: request(**said), box.clock.now()) for _ in range(times)]
    return ["+".join(taken.fault.name for taken in it.values()) for it in taken]


def test_nothing_is_armed(box: SandboxState, fault_queue: FaultQueue) -> None:
    """Nothing happens to a request while nothing is armed."""
    assert fault_queue.all() == []
    assert happens(box) == [""]


def test_faults_happen_one_after_the_other(box: SandboxState, fault_queue: FaultQueue) -> None:
    """503, 503, 429, then fine."""
    fault_queue.arm(Respond(503, times=2))
    fault_queue.arm(TooManyRequests())
    assert happens(box, 4) == ["respond", "respond", "too-many-requests", ""]
    assert [(it.number, it.happened, it.spent) for it in fault_queue.all()] == [(1, 2, True), (2, 1, True)]


def test_a_delay_comes_on_top(box: SandboxState, fault_queue: FaultQueue) -> None:
    """A request takes one fault of all others: the first that fits, whatever it does."""
    for fault in (Respond(504, times=2), Drop(), Delay(1), SpoilToken(expired=True), Delay(2)):
        fault_queue.arm(fault)
    assert happens(box, 5) == ["respond+delay", "respond+delay", "drop", "spoil-token", ""]


def test_what_found_nothing_to_do_is_armed_still(box: SandboxState, fault_queue: FaultQueue) -> None:
    """It is given back, even if it is disarmed or forgotten by then."""
    number = fault_queue.arm(SpoilToken(expired=True)).number
    [taken] = fault_queue.take(request, box.clock.now()).values()
    assert fault_queue.all()[0].spent
    fault_queue.untrigger(taken)
    fault_queue.untrigger(TriggeredFault(taken.fault, number + 1, 1))
    assert [(it.happened, it.spent) for it in fault_queue.all()] == [(0, False)]


def test_what_waits_is_told(box: SandboxState, fault_queue: FaultQueue) -> None:
    """It can still happen; what has no end need happen only once."""
    fault_queue.arm(Respond(503, path="/oauth/*", times=2))
    fault_queue.arm(Respond(503, share=1.0, path="/v1/*"))
    fault_queue.arm(Respond(503, lasts=SECOND, path="/v1/*"))
    assert [it.waits for it in fault_queue.all()] == [True, True, True]
    happens(box, 2)
    happens(box, path="/v1/a")
    assert [it.waits for it in fault_queue.all()] == [False, False, True]
    box.clock.advance(SECOND)
    assert [it.waits for it in fault_queue.all()] == [False, False, False]


def test_a_function_may_look_at_what_is_armed_and_arm_more(
    box: SandboxState, fault_queue: FaultQueue
) -> None:
    """It is called while a request takes its faults."""
    fault_queue.arm(Respond(503, when=lambda _: bool(fault_queue.arm(Pass()).number)))
    assert happens(box, 2) == ["respond", ""]


def test_a_token_is_spoilt_only_where_one_is_asked_for(box: SandboxState, fault_queue: FaultQueue) -> None:
    """Elsewhere the fault is not spent."""
    fault_queue.arm(SpoilToken(expired=True))
    assert happens(box, method="GET", path="/v1/me", grant=None) == [""]
    assert happens(box) == ["spoil-token"]


def test_a_pass_holds_back_what_is_behind_it(box: SandboxState, fault_queue: FaultQueue) -> None:
    """`Pass(times=2)` lets two requests through before the fault behind it acts."""
    fault_queue.arm(Pass(times=2))
    fault_queue.arm(Respond(503))
    assert happens(box, 4) == ["", "", "respond", ""]


def test_a_share_is_drawn_and_repeats(box: SandboxState, fault_queue: FaultQueue) -> None:
    """The same seed draws the same (mock-only)."""
    fault_queue.arm(Respond(503, share=0.2, seed=7))
    first = happens(box, 1000)
    assert 150 < first.count("respond") < 250
    fault_queue.disarm()
    fault_queue.arm(Respond(503, share=0.2, seed=7))
    assert happens(box, 1000) == first
    fault_queue.disarm()
    fault_queue.arm(Respond(503, share=0.2, seed=8))
    assert happens(box, 1000) != first


def test_a_fault_lasts_on_the_sandboxs_clock(box: SandboxState, fault_queue: FaultQueue) -> None:
    """A fault lasts for its time on the sandbox's clock, to the microsecond."""
    fault_queue.arm(Respond(503, lasts=SECOND))
    assert happens(box, 3) == ["respond"] * 3
    box.clock.advance(SECOND - timedelta(microseconds=1))
    assert happens(box) == ["respond"]
    box.clock.advance(timedelta(microseconds=1))
    assert happens(box) == [""]
    assert fault_queue.all()[0].spent


@pytest.mark.parametrize(
    ("fault", "other"),
    [
        (Respond(503, host="tls"), {"host": "tls"}),
        (Respond(503, method="get"), {"method": "GET"}),
        (Respond(503, path="/v1/*"), {"path": "/v1/users/exists"}),
        (Respond(503, path="/me"), {"path": "/2026Q3/me"}),
        (Respond(503, grant="refresh_token"), {"grant": "refresh_token"}),
        (Respond(503, client="other"), {"client": "other"}),
        (Respond(503, kind="personal"), {"kind": "personal"}),
        (Respond(503, when=lambda it: it.headers["user-agent"] == "x"), {"headers": {"user-agent": "x"}}),
    ],
)
def test_a_fault_is_for_what_it_says(fault: Fault, other: dict[str, Any]) -> None:
    """A fault fits the requests that it names and no others."""
    assert not fault.fits(request())
    assert fault.fits(request(**other))


def test_a_path_fits_whole() -> None:
    """Not a part of it."""
    assert not Respond(503, path="/oauth").fits(request())
    assert Respond(503, path="/oauth/token").fits(request(path="/2026Q4/oauth/token"))


def test_what_is_disarmed_happens_no_more(box: SandboxState, fault_queue: FaultQueue) -> None:
    """One, or all that are left; a number that nobody has is named."""
    first, _, _ = (fault_queue.arm(Respond(503)) for _ in range(3))
    assert fault_queue.disarm(first.number) == 1
    assert fault_queue.disarm(first.number) == 0
    assert fault_queue.disarm() == 2
    assert happens(box) == [""]
    with pytest.raises(NotFoundError, match="no fault has the number 7; armed: none"):
        fault_queue.disarm(7)


def test_many_threads_spend_a_fault_once(box: SandboxState, fault_queue: FaultQueue) -> None:
    """It happens as often as it says, however many ask at once."""
    fault_queue.arm(Respond(503, times=3))
    assert together(8, lambda _: happens(box)[0]).count("respond") == 3


def test_spent_faults_are_forgotten_in_the_end(box: SandboxState, fault_queue: FaultQueue) -> None:
    """The list stays short; the newest twenty stay for those who look."""
    for _ in range(150):
        fault_queue.arm(Respond(503))
        happens(box)
    assert [it.number for it in fault_queue.all()] == list(range(131, 151))


def test_requests_hide_their_forms() -> None:
    """A form may hold a secret."""
    assert "client_credentials'}" not in repr(request())


@pytest.mark.parametrize(
    ("meanwhile", "left"),
    [
        (happens, 1),
        (lambda box: box.fault_queue.disarm(), 1),
        (lambda box: box.fault_queue.arm(Drop()), 2),
    ],
)
def test_who_is_beaten_to_the_last_time_looks_again(
    box: SandboxState,
    fault_queue: FaultQueue,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: Callable[[SandboxState], object],
    left: int,
) -> None:
    """Between looking and taking, another mock may take it, disarm it, or do something else (storage.store)."""
    store = fault_queue._store
    replace = store.replace

    def meddled(*record: Any) -> bool:
        monkeypatch.undo()
        meanwhile(box)
        return replace(*record)

    fault_queue.arm(Respond(503))
    monkeypatch.setattr(store, "replace", meddled)
    assert happens(box) == ["respond" if left == 2 else ""]
    assert len(fault_queue.all()) == left


def test_what_vanishes_meanwhile_does_not_happen(
    box: SandboxState, fault_queue: FaultQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox was dropped between looking and taking (storage.store)."""
    store = fault_queue._store
    fault_queue.arm(Respond(503))
    monkeypatch.setattr(store, "replace", lambda *_: store.drop(box.name))
    assert happens(box) == [""]
