"""What a mock's journal says of exactly this try: its requests by their correlation id, its handshake by our port."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mockwise.doctor.check import Check, failed, not_tried, passed
from mockwise.doctor.token import CORRELATION
from mockwise.errors import MockwiseError

ReadControl = Callable[[str], Mapping[str, Any]]
"""Reads a path of the mock's control host: `/handshakes`, or `exchanges` of the sandbox. Raises `MockwiseError`."""

_REFUSED = 400
_CODE = "mock.journal"


def examine_journal(read: ReadControl | None, correlation: str, peer: str | None) -> Check:
    """Look this try up in the journal of a mock, if a control host is known."""
    if read is None:
        return not_tried(_CODE, "no control host of a mock was named, or the host is not on this machine")
    try:
        exchanges = [it for it in read("exchanges")["exchanges"] if _is_ours(it, correlation)]
        refused = [it for it in read("/handshakes")["handshakes"] if peer is not None and it["peer"] == peer]
    except MockwiseError as error:
        return not_tried(_CODE, str(error))
    if not exchanges and not refused:
        return not_tried(
            _CODE, "the mock that answers at the control host has not seen this try: it is another one's"
        )
    if problems := [*_problems(exchanges), *(f"handshake: {it['alert']}: {it['reason']}" for it in refused)]:
        return failed(_CODE, "; ".join(problems), "do what the mock says; mockwise journal shows all of it")
    return passed(_CODE, f"{len(exchanges)} requests of this try, none refused")


def _is_ours(exchange: Mapping[str, Any], correlation: str) -> bool:
    return any(
        name.lower() == CORRELATION.lower() and value == correlation
        for name, value in exchange["request_headers"]
    )


def _problems(exchanges: list[Mapping[str, Any]]) -> Iterator[str]:
    for it in exchanges:
        if not 0 < it["status"] < _REFUSED:
            yield f"{it['method']} {it['path']}: {it['status']}: {it['reason'] or it['fault'] or 'no reason is told'}"
