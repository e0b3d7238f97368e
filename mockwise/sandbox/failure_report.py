"""What a mock knows when a test has failed, in a few lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from mockwise.common.clock import wall_now
from mockwise.common.durations import spell
from mockwise.journal.lines import clock_time
from mockwise.sandbox.faults import waiting_lines
from mockwise.sandbox.handle import Sandbox
from mockwise.transport.tls.alerts import FailedHandshake

_MOST = 10
"""How many exchanges, handshakes and faults are shown, the newest ones."""


def failure_report(sandbox: Sandbox, handshakes: Iterable[FailedHandshake], since: datetime) -> str:
    """The last exchanges of a sandbox and the handshakes that its mock refused, with their reasons.

    Args:
        sandbox: the sandbox of the test.
        handshakes: those that the mock has refused.
        since: when the test began, in real time; earlier handshakes are other tests'.

    Raises:
        MockwiseError: the sandbox was closed, or the mock has ended.
    """
    exchanges = [it.line(name_sandbox=False).text for it in sandbox.exchanges]
    refused = [f"{clock_time(it.time)} {it.summary}" for it in handshakes if it.time >= since]
    return "\n".join(
        (
            f"sandbox {sandbox.name!r} at {sandbox.mtls_url}{_ahead(sandbox.now - wall_now())}",
            *_part("exchanges", exchanges, "nothing asked the mock"),
            *_part("refused handshakes of the mock", refused),
            *_part("faults that were armed and did not happen", waiting_lines(sandbox.faults)),
        )
    )


def _ahead(offset: timedelta) -> str:
    if abs(offset) < timedelta(seconds=1):
        return ""
    length = spell(timedelta(seconds=round(abs(offset).total_seconds())))
    return f", whose clock is {length} {'ahead' if offset > timedelta() else 'behind'}"


def _part(title: str, lines: Sequence[str], empty: str | None = None) -> Iterator[str]:
    if not lines:
        if empty is not None:
            yield empty
        return
    shown = lines[-_MOST:]
    yield f"{title}, the last {len(shown)} of {len(lines)}:" if len(shown) < len(lines) else f"{title}:"
    yield from (f"  {line}" for line in shown)
