"""How much a peer may ask of a connection before it has asked for anything.

A peer that opens connections and says nothing, or says it a byte a time, or never comes to an end, would hold memory
and file descriptors for as long as it likes. The limits are about requests on their way in, and about answers that nobody
reads; an answer may take as long as it wants, for delays and drips are what the mock is for.
"""

from __future__ import annotations

from dataclasses import dataclass

HEAD = 64 * 1024
ARRIVAL = 30.0
PIPELINED = 1000
UNREAD = 64 * 1024 * 1024


@dataclass(frozen=True)
class ConnectionLimits:
    """What a listener bears with.

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

    head: int = HEAD
    arrival: float = ARRIVAL
    pipelined: int = PIPELINED
    unread: int = UNREAD
    descriptors: int | None = None


USUAL = ConnectionLimits()
"""The defaults."""
