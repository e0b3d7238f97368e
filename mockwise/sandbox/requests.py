"""What was asked of a sandbox: looked up, counted, and asserted with failures that show what came near."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Unpack

from mockwise.journal.journal import Exchange, Journal
from mockwise.journal.lines import printable
from mockwise.journal.query import Filters, Query, SearchResult, make_query, search
from mockwise.sandbox.base import SandboxBase

if TYPE_CHECKING:
    from mockwise.audit.auditing import Report
    from mockwise.audit.findings import Finding

_TOKENS = "/oauth/token"
_REFUSED = 400
_MOST_LINES = 20


class RequestAssertions(SandboxBase):
    """What a sandbox tells a test of its journal.

    The filters are those of `mockwise.journal.query.Query`: `method`, `path` (with `*`), `status` (401, or "4xx"),
    `client`, `grant`, `token`, `host`, `fault`, and `since` (a time on the sandbox's clock, or the number of an
    exchange). Unknown filters, and values that nothing can have, raise `InvalidValueError`.
    """

    @property
    def journal(self) -> Journal:
        """The journal itself, for who follows or empties it; a reset empties it, and it stays the same."""
        return self._state.journal

    @property
    def exchanges(self) -> list[Exchange]:
        """What was asked and answered, oldest first; bounded by `journal_size` and `journal_bytes`."""
        return self._state.journal.exchanges()

    @property
    def token_requests(self) -> list[Exchange]:
        """Those of them that asked for a token."""
        return self.query(path=_TOKENS)

    def query(self, **filters: Unpack[Filters]) -> list[Exchange]:
        """Those of them that agree with all filters: `sandbox.query(path="/v1/*", status="4xx")`."""
        return search(self._state.journal, make_query(filters)).exchanges

    def search(self, query: Query, limit: int | None = None) -> SearchResult:
        """The newest `limit` exchanges that match a query made earlier, and how many match in all."""
        return search(self._state.journal, query, limit)

    def count(self, **filters: Unpack[Filters]) -> int:
        """How many exchanges agree with all filters."""
        return search(self._state.journal, make_query(filters), 0).total

    def assert_token_requests(self, number: int, **filters: Unpack[Filters]) -> None:
        """Assert that a token was asked for so often: `sandbox.assert_token_requests(1, status=200)`.

        Raises:
            AssertionError: it was not; the message lists those that were, and those that came near.
        """
        __tracebackhide__ = True
        filters.setdefault("path", _TOKENS)
        self.assert_requests(number, **filters)

    def assert_requests(self, number: int, **filters: Unpack[Filters]) -> None:
        """Assert that something was asked so often: `sandbox.assert_requests(0, path="/v1/*", status="5xx")`.

        Raises:
            AssertionError: it was not; the message lists those that were, and those that came near.
        """
        __tracebackhide__ = True
        query = make_query(filters)
        exchanges = self.exchanges
        fitting = [it for it in exchanges if query.matches(it)]
        if len(fitting) != number:
            near = [
                f"{_line(it)}  [{_miss(name, it)}]"
                for it in exchanges
                if len(misses := query.mismatches(it)) == 1
                for name in misses
            ]
            raise AssertionError(_told(f"{len(fitting)} {_asked(query)}, not {number}", fitting, near))

    def assert_no_refusals(self, **filters: Unpack[Filters]) -> None:
        """Assert that nothing was answered with a status of 400 or more.

        Raises:
            AssertionError: something was; the message lists it, with the reasons.
        """
        __tracebackhide__ = True
        query = make_query(filters)
        refused = [it for it in self.exchanges if it.status >= _REFUSED and query.matches(it)]
        if refused:
            raise AssertionError(_told(f"{len(refused)} {_asked(query)} refused, not 0", refused, []))

    def audit(self) -> list[Finding]:
        """Which of Wise's rules its clients break, as far as the journal goes; the worst first."""
        return list(self.report().findings)

    def report(self) -> Report:
        """The audit, with what a report shows beside it."""
        from mockwise.audit.auditing import examine  # because most sandboxes are never audited

        return examine(self._state)


def _asked(query: Query) -> str:
    said = str(query)
    return f"requests with {said}" if said else "requests"


def _told(headline: str, fitting: Iterable[Exchange], near: list[str]) -> str:
    lines = [_line(it) for it in fitting] + (["near misses:", *near] if near else [])
    shown = list(islice(lines, _MOST_LINES))
    if len(lines) > len(shown):
        shown[-1:] = [f"... and {len(lines) - len(shown) + 1} more"]
    return "\n".join([headline + (":" if shown else ""), *(f"  {line}" for line in shown)])


def _line(it: Exchange) -> str:
    path = printable(it.path)
    reason = f"  {it.reason}" if it.reason else ""
    return f"#{it.number} {it.method} {path} {it.status or 'left'}{reason}"


def _miss(name: str, it: Exchange) -> str:
    has = {"client": it.client_id, "grant": it.grant_type, "since": f"{it.time:%Y-%m-%d %H:%M:%S} UTC"}
    value = has[name] if name in has else getattr(it, name)
    return f"{name}: {'none' if value is None else value}"
