"""Whether a client that was refused or had bad luck gives the server time, or changes what it asks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice, pairwise

from mockwise.audit.audit_input import AuditInput, LaterExchanges, apart, asked_for, grouped, header, same
from mockwise.audit.findings import Violation, rule
from mockwise.common.slices import in_slices
from mockwise.journal.journal import Exchange

_AGAIN = 3
_REFUSALS = frozenset({400, 401, 403, 405, 413, 415, 422})
"""What is refused for itself. 404 and 409 are not here: a client may wait for something to come or go."""

_ATTEMPTS = 4
_FAILURES = frozenset({0, 408, 429, 500, 502, 503, 504})
_LEAST = timedelta(
    seconds=0.1
)  # that four attempts take; full jitter over half a second stays below once in 6000
_LAST_DOUBLED = 8  # attempts

_TIMERS = timedelta(seconds=0.05)  # by which a timer may be early
_PATIENCE = timedelta(seconds=30)  # within which one that waits comes back


@rule(
    "warning",
    title="The same refused request is repeated unchanged",
    says="`invalid_request` and `invalid_client` mean that the request or the credentials are wrong: do not retry "
    "unchanged.",
    source="Wise, Authentication errors (docs/wise/token-endpoint.md#errors, DOCUMENTED)",
    remedy="Do not repeat a request that was refused with 4xx. Show the error, with its trace id, and change what it "
    "names.",
)
def refused_request_repeated(record: AuditInput) -> Iterable[Violation]:
    """Three times in a row, to the last byte; calls with a dead token have a rule of their own."""

    def hopeless(it: Exchange) -> bool:
        if it.status not in _REFUSALS or it.fault is not None:
            return False
        life = record.lives.get(it.token or "")
        return life is None or not life.dead(it.time)

    for client_id, runs in _runs(record, hopeless, lambda one, other: one.fingerprint == other.fingerprint):
        long = [run for run in runs if len(run) >= _AGAIN]
        if long:
            most = max(map(len, long))
            yield Violation(client_id, [it for run in long for it in run], f"up to {most} times in a row")


@rule(
    "warning",
    title="Retry-After is ignored",
    says="`Retry-After` says how long to wait before the next request; Wise sends it with 429, in seconds.",
    source="RFC 9110 section 10.2.3, RFC 6585 section 4; Wise, docs/wise/errors.md#headers (DOCUMENTED)",
    remedy="Wait that long before the request is repeated. A test that replaces `sleep` may move the sandbox's clock "
    "instead: `box.advance(seconds=...)`.",
)
def retry_after_ignored(record: AuditInput) -> Iterable[Violation]:
    """Asked again before its time; unless somebody came back in time, who may be the one who was told."""
    for client_id, strands in record.worker_sequences.items():
        found: dict[int, Exchange] = {}
        for strand in strands:
            if any(map(_retry_after, strand)):
                for alike in grouped((asked_for(it), it) for it in strand).values():
                    found |= {it.number: it for it in _too_early(alike)}
        if found:
            yield Violation(
                client_id, [found[it] for it in sorted(found)], "asked again before the time that it named"
            )


def _too_early(alike: list[Exchange]) -> Iterator[Exchange]:
    """The answers that told a client to wait and were ignored, and the requests that came too early for one of them."""
    later, waits = LaterExchanges(alike), _Waits()
    for it in in_slices(alike):
        if waits.cover(it):
            yield it
        wait = _retry_after(it)
        if wait is not None and _is_ignored(it, wait, later):
            waits.add(it, wait - _TIMERS)
            yield it


def _is_ignored(told: Exchange, wait: timedelta, later: LaterExchanges) -> bool:
    """Whether requests came too early after an answer, and none in time, unless there were several."""
    due = wait - _TIMERS
    early = len(list(islice((it for passed, it in later.after(told, due) if passed < due), _AGAIN)))
    if early in {0, _AGAIN}:
        return early > 0
    return not any(due <= passed <= wait + _PATIENCE for passed, _ in later.after(told, wait + _PATIENCE))


class _Waits:
    """The moments before which nothing was to be asked again, on both clocks; of all answers so far that were ignored.

    A request is too early if it is, by both clocks, before the two moments of one answer. Answers whose moments are both
    no later than those of another one are left out: so the later a moment is by the one clock, the earlier by the other.
    """

    def __init__(self) -> None:
        self._times: list[datetime] = []  # ascending, on the sandbox's clock
        self._wall_times: list[datetime] = []  # descending

    def add(self, told: Exchange, wait: timedelta) -> None:
        """Add the moments until which an answer said to wait."""
        until = told.time + told.duration + wait
        wall_until = told.wall_time + told.duration + wait
        place = bisect_left(self._times, until)
        if place < len(self._times) and self._wall_times[place] >= wall_until:
            return
        end = place + (place < len(self._times) and self._times[place] == until)
        while place and self._wall_times[place - 1] <= wall_until:
            place -= 1
        self._times[place:end] = [until]
        self._wall_times[place:end] = [wall_until]

    def cover(self, it: Exchange) -> bool:
        """Whether a request came too early."""
        place = bisect_right(self._times, it.time)
        return place < len(self._times) and it.wall_time < self._wall_times[place]


def _retry_after(answer: Exchange) -> timedelta | None:
    if answer.status not in _FAILURES:
        return None
    text = (header(answer, "retry-after", of_answer=True) or "").strip()
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) < _LAST_DOUBLED else 0
    return timedelta(seconds=seconds) if seconds else None


@rule(
    "warning",
    title="Retries come without back-off",
    says="Retries need an exponential back-off with jitter: clients that come back at once keep a server down.",
    source="RFC 6585 section 4 and RFC 9110 section 15.6.4, in practice; Wise limits a client to 100 requests a second "
    "(docs/wise/errors.md#rate-limits, DOCUMENTED)",
    remedy="Wait before each retry, about twice as long as before the last, with a random part, and give up after a few. A "
    "test that replaces `sleep` may move the sandbox's clock instead: `box.advance(seconds=...)`.",
)
def retry_without_backoff(record: AuditInput) -> Iterable[Violation]:
    """So many attempts in less time than any back-off takes."""

    def failed(it: Exchange) -> bool:
        return it.status in _FAILURES and _retry_after(it) is None

    for client_id, runs in _runs(record, failed, same):
        found = [run for run in runs if len(run) >= _ATTEMPTS and _duration(run) < _least(len(run))]
        if found:
            most = max(found, key=len)
            passed = _duration(most) / timedelta(milliseconds=1)
            yield Violation(
                client_id, [it for run in found for it in run], f"{len(most)} attempts within {passed:.0f} ms"
            )


def _duration(run: list[Exchange]) -> timedelta:
    return sum((apart(one, other) for one, other in pairwise(run)), timedelta())


def _least(attempts: int) -> timedelta:
    """A time that any exponential back-off is over after so many attempts."""
    return _LEAST * (((1 << (min(attempts, _LAST_DOUBLED) - 1)) - 1) / ((1 << (_ATTEMPTS - 1)) - 1))


def _runs(
    record: AuditInput, bad: Callable[[Exchange], bool], alike: Callable[[Exchange, Exchange], bool]
) -> Iterator[tuple[str | None, list[list[Exchange]]]]:
    """Bad ends in a row that are alike, by client, as far as they are of one worker."""
    found: list[tuple[str | None, list[Exchange]]] = []
    for client_id, strands in record.worker_sequences.items():
        for strand in strands:
            run: list[Exchange] = []
            for it in in_slices(strand):
                is_bad = bad(it)
                if run and not (is_bad and alike(run[-1], it)):
                    found.append((client_id, run))
                    run = []
                if is_bad:
                    run.append(it)
            if run:
                found.append((client_id, run))
    yield from grouped(found).items()
