"""The limits of a connection: size and duration of a request, requests that wait, answers that nobody reads.

A peer that opens connections and says nothing, or says it a byte a time, or never comes to an end, would hold memory
and file descriptors for as long as it likes. The limits are about requests on their way in, and about answers that nobody
reads; an answer may take as long as it wants, because delays are faults that people arm.
"""

from __future__ import annotations

from dataclasses import dataclass

HEAD_BYTES = 64 * 1024
ARRIVAL_SECONDS = 30.0
PIPELINED_REQUESTS = 1000
UNREAD_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class ConnectionLimits:
    """How much of a listener a peer may take up.

    Args:
        head: bytes of a request's line and headers, and of the trailers behind a chunked body; more is 431
            (RFC 6585 §5). A head that begins behind another request in the same read counts that as well, up to a
            quarter of the limit.
        arrival: seconds from a request's first byte to its last, on real time; then 408 (RFC 9110 §15.5.9). The time
            in which the mock itself does not read does not count.
        pipelined: requests that wait behind the one being answered; then the one too many is 429, and the rest ignored.
        unread: bytes of answers that may wait, over all connections of a server, for peers that do not read; then the
            connections of those that read nothing at all are closed, a second or two later.
        descriptors: file descriptors that the process may have; None takes the process's own limit, where it has one.
    """

    head: int = HEAD_BYTES
    arrival: float = ARRIVAL_SECONDS
    pipelined: int = PIPELINED_REQUESTS
    unread: int = UNREAD_BYTES
    descriptors: int | None = None


DEFAULT_LIMITS = ConnectionLimits()
"""The defaults."""
