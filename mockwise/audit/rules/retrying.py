"""Whether a client that was refused or had bad luck gives the server time, or changes what it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import pairwise

from mockwise.audit.audit_input import AuditInput, apart, grouped, header, same
from mockwise.audit.findings import Violation, rule
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
        life = record.lives.get(it.token or "")
        dead = life is not None and life.dead(it.time)
        return it.status in _REFUSALS and it.fault is None and not dead

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
    for client_id in record.by_client:
        found: dict[int, Exchange] = {}
        for strand in record.worker_sequences(client_id):
            for place, told in enumerate(strand):
                wait = _retry_after(told)
                if wait is None:
                    continue
                after = [(apart(told, it), it) for it in strand[place + 1 :] if same(told, it)]
                early = [it for passed, it in after if passed < wait - _TIMERS]
                patient = any(wait - _TIMERS <= passed <= wait + _PATIENCE for passed, _ in after)
                if len(early) >= _AGAIN or (early and not patient):
                    found |= {it.number: it for it in (told, *early)}
        if found:
            yield Violation(
                client_id, [found[it] for it in sorted(found)], "asked again before the time that it named"
            )


def _retry_after(answer: Exchange) -> timedelta | None:
    text = (header(answer, "retry-after", of_answer=True) or "").strip()
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) < _LAST_DOUBLED else 0
    return timedelta(seconds=seconds) if seconds and answer.status in _FAILURES else None


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
    for client_id in record.by_client:
        for strand in record.worker_sequences(client_id):
            run: list[Exchange] = []
            for it in strand:
                goes_on = bad(it) and (not run or alike(run[-1], it))
                if not goes_on:
                    found.append((client_id, run))
                    run = []
                if bad(it):
                    run.append(it)
            found.append((client_id, run))
    yield from grouped(found).items()
