"""Queries of a journal: which exchanges to find. Python, the control API and the command line use the same filters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from mockwise.common.digests import digest_of
from mockwise.common.wording import did_you_mean
from mockwise.errors import InvalidValueError

if TYPE_CHECKING:  # because a command of the command line should not load the journal
    from mockwise.journal.journal import Exchange, Journal

STATUS = re.compile(r"[1-5](xx|\d\d)|0")
_QUARTER = re.compile(r"^/[0-9]{4}Q[1-4](?=/)")


class Filters(TypedDict, total=False):
    """The filters of a query; one that is left out matches anything."""

    method: str
    path: str
    status: int | str
    client: str
    grant: str
    token: str
    host: str
    fault: str
    since: datetime | int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query of a journal: it matches the exchanges that agree with all filters that are set."""

    method: str | None = None
    """Such as `POST`."""
    path: str | None = None
    """In it `*` stands for any text; a quarterly version in front does not matter."""
    status: str | None = None
    """Such as `401`, or a class such as `4xx`; `0`: the client left before an answer."""
    client: str | None = None
    """The id of the client that the request named."""
    grant: str | None = None
    """The grant_type of a token request."""
    token: str | None = None
    """The token that was issued or presented: its text, its digest, or the digest's beginning."""
    host: str | None = None
    """`mtls` or `tls`."""
    fault: str | None = None
    """The name of a fault that was applied; `*`: of any."""
    since: datetime | int | None = None
    """From this time on, on the sandbox's clock; or after the exchange of this number."""

    def mismatches(self, it: Exchange) -> list[str]:
        """The names of the filters that an exchange does not match."""
        return [name for name, match in _MATCHERS.items() if not _matches(getattr(self, name), match, it)]

    def matches(self, it: Exchange) -> bool:
        """Whether an exchange matches all filters."""
        return all(_matches(getattr(self, name), match, it) for name, match in _MATCHERS.items())

    def __str__(self) -> str:
        """The filters that are set, in one line."""
        given = ((field.name, getattr(self, field.name)) for field in fields(self))
        return ", ".join(f"{name} {value}" for name, value in given if value is not None)


ANY = Query()


def make_query(filters: Mapping[str, Any]) -> Query:
    """Make a query from filters, whose values may be text, as a URL or a command line has them.

    Raises:
        InvalidValueError: there is no such filter, or no exchange can have that value.
    """
    known = [field.name for field in fields(Query)]
    for name in filters:
        if name not in known:
            raise InvalidValueError(f"there is no filter {name!r}. {did_you_mean(name, known)}")
    given: dict[str, Any] = {name: value for name, value in filters.items() if value is not None}
    if "status" in given:
        given["status"] = _read_status(given["status"])
    if "method" in given:
        given["method"] = given["method"].upper()
    if "since" in given:
        given["since"] = _read_since(given["since"])
    return Query(**given)


class SearchResult(NamedTuple):
    """The exchanges that a query found, and how many there are."""

    total: int
    exchanges: list[Exchange]
    """The newest of them, oldest first."""


def search(journal: Journal, query: Query, most: int | None = None) -> SearchResult:
    """Find the newest `most` exchanges that match; all that match are counted."""
    found: list[Exchange] = []
    total = 0
    for it in journal.newest_first():
        if query == ANY and len(found) == most:
            total = journal.count()  # so that not all exchanges have to be built
            break
        if query.matches(it):
            total += 1
            if most is None or len(found) < most:
                found.append(it)
    return SearchResult(total, found[::-1])


def _matches_token(it: Exchange, token: str) -> bool:
    return it.token is not None and (it.token.startswith(token.lower()) or it.token == digest_of(token))


def _matches_since(it: Exchange, since: datetime | int) -> bool:
    return it.number > since if isinstance(since, int) else it.time >= since


_MATCHERS: Mapping[str, Any] = {
    "method": lambda it, method: it.method == method,
    "path": lambda it, path: fnmatchcase(_QUARTER.sub("", it.path), path) or it.path == path,
    "status": lambda it, status: f"{it.status}".startswith(status.removesuffix("xx")),
    "client": lambda it, client: it.client_id == client,
    "grant": lambda it, grant: it.grant_type == grant,
    "token": _matches_token,
    "host": lambda it, host: it.host == host,
    "fault": lambda it, fault: any(fnmatchcase(name, fault) for name in (it.fault or "").split("+") if name),
    "since": _matches_since,
}


def _matches(wanted: object, match: Any, it: Exchange) -> bool:
    return wanted is None or bool(match(it, wanted))


def _read_status(value: int | str) -> str:
    if not STATUS.fullmatch(f"{value}"):
        raise InvalidValueError(
            f"status: write a status such as 401, or a class such as 4xx, instead of {value!r}"
        )
    return f"{value}"


def _read_since(value: datetime | int | str) -> datetime | int:
    if isinstance(value, str):
        try:
            value = int(value) if value.isdecimal() else datetime.fromisoformat(value)
        except ValueError:
            raise InvalidValueError(
                f"since: write the number of an exchange, or a time such as 2026-07-01T12:00:00Z: {value!r}"
            ) from None
    if isinstance(value, datetime) and value.tzinfo is None:
        raise InvalidValueError(
            f"since: the time needs a zone: write {value.isoformat()}Z or pass tzinfo=UTC"
        )
    return value
