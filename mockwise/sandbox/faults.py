"""What goes wrong in a sandbox: armed faults, and scenarios."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from mockwise.errors import InvalidValueError, MockwiseError
from mockwise.faults.kinds import Fault, Pass
from mockwise.faults.queue import ArmedFaultRecord
from mockwise.faults.scenarios import scenario_named
from mockwise.faults.schema import write_fault
from mockwise.faults.syntax import spell_words
from mockwise.sandbox.clients import ClientControls


class FaultControls(ClientControls):
    """What a sandbox lets a test do to those who call it."""

    _armed_by_call: set[int]
    """The numbers of the faults that `arm` has armed since the last reset."""

    def arm(self, *faults: Fault) -> list[ArmedFaultRecord]:
        """Arm faults, one behind the other: `sandbox.arm(Respond(503, retry_after=5, times=2))`.

        Each happens once unless it says otherwise, and is gone then.

        Raises:
            InvalidValueError: something is no fault; then none is armed.
        """
        for it in faults:
            _check_fault(it)
        queue = self._state.fault_queue
        armed = [queue.arm(fault) for fault in faults]
        self._armed_by_call.update(it.number for it in armed)
        return armed

    def disarm(self, number: int | None = None) -> int:
        """Disarm the fault with that number, or all; returns how many were armed.

        Raises:
            MockwiseError: no fault has that number.
        """
        return self._state.fault_queue.disarm(number)

    @property
    def faults(self) -> list[ArmedFaultRecord]:
        """What is armed, and what was spent of late, oldest first."""
        return self._state.fault_queue.all()

    @property
    def unspent_faults(self) -> Literal["ignore", "fail"]:
        """What the pytest fixtures do at the end of a test about faults that were armed and did not happen."""
        return self._state.options.unspent_faults

    def assert_faults_spent(self, *, only_certain: bool = False) -> None:
        """Assert that every fault that was armed has happened, as often as it was to.

        What was disarmed, or outlived its time, is not asked for; of what has no end once is enough.

        Args:
            only_certain: ask only for faults that `arm` was called with and that had to happen: those with a number of
                times, without `share` and `lasts`, and no `Pass`. Those of options and scenarios are not asked for.

        Raises:
            AssertionError: one has not; the message lists them.
        """
        __tracebackhide__ = True
        faults = self.faults
        if only_certain:
            faults = [it for it in faults if it.number in self._armed_by_call and _had_to_happen(it.fault)]
        if lines := waiting_lines(faults):
            shown = (f"  {line}" for line in lines)
            raise AssertionError("\n".join(("faults were armed and did not happen:", *shown)))

    def play(self, *names: str) -> None:
        """Begin scenarios, now and once: `sandbox.play("outage")`; `mockwise scenarios` tells them.

        The option `scenario` begins them when the sandbox is made, and after each reset.

        Raises:
            InvalidValueError: there is no scenario of a name.
            MockwiseError: the sandbox was not made for it, since it needs other options.
        """
        options = self._state.options
        for it in [scenario_named(name) for name in names]:
            lacking = [name for name, value in it.options.items() if getattr(options, name) != value]
            if lacking:
                raise MockwiseError(
                    f"the scenario {it.name!r} needs a sandbox with another {' and '.join(lacking)}: make it with "
                    f"scenario={it.name!r}"
                )
        self._begin(names)

    @property
    def scenario(self) -> tuple[str, ...]:
        """The names of the scenarios that it was made with."""
        return self._state.options.scenario

    @property
    def strict(self) -> bool:
        """Whether it is annoying on purpose."""
        return self._state.options.strict

    @property
    def seed(self) -> int:
        """What the strict profile and the scenarios draw by; the option `seed` repeats it."""
        return self._state.options.seed or 0

    def _begin(self, names: Iterable[str]) -> None:
        """Begin scenarios, whatever the options: who set one otherwise knows why."""
        by_call = set(self._armed_by_call)
        for name in names:
            scenario_named(name).begin(self)
        self._armed_by_call &= by_call  # a scenario's faults are the scenario's


def _check_fault(fault: object) -> None:
    if isinstance(fault, Fault):
        return
    if isinstance(fault, type) and issubclass(fault, Fault):
        raise InvalidValueError(
            f"{fault.__name__} is a class of faults: arm one of them, written {fault.__name__}(...)"
        )
    raise InvalidValueError(
        f"a fault is written like Respond(503), which `from mockwise import Respond` brings: {fault!r}"
    )


def waiting_lines(faults: Iterable[ArmedFaultRecord]) -> list[str]:
    """A line for each fault that was armed and has not happened as often as it was to."""
    return [
        f"{it.number}: {spell_words(write_fault(it.fault))}  (happened {it.happened} of {it.fault.limit or 1})"
        for it in faults
        if it.waits
    ]


def _had_to_happen(fault: Fault) -> bool:
    bounded = fault.limit is not None and fault.share is None and fault.lasts is None
    return bounded and not isinstance(fault, Pass)
