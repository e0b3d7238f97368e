"""Questions to a journal: which exchanges are wanted. Python, the control API and the command line ask the same."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from mockwise.common.digests import digest_of
from mockwise.errors import InvalidValueError

if TYPE_CHECKING:  # because a verb of the command line has no use for what a journal stands on
    from mockwise.journal.journal import Exchange, Journal

STATUS = re.compile(r"[1-5](xx|\d\d)|0")
_QUARTER = re.compile(r"^/[0-9]{4}Q[1-4](?=/)")


class Filters(TypedDict, total=False):
    """What may be asked for; of what is left out, anything."""

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
    """Which exchanges are wanted: those that agree with all that is said."""

    method: str | None = None
    """Such as `POST`."""
    path: str | None = None
    """In it `*` stands for any text; a quarterly version in front does not matter."""
    status: str | None = None
    """Such as `401`, or a class such as `4xx`; `0`: the client left before an answer."""
    client: str | None = None
    """The client that was named."""
    grant: str | None = None
    """The grant_type."""
    token: str | None = None
    """The token that was issued or presented: its text, its digest, or the digest's beginning."""
    host: str | None = None
    """`mtls` or `tls`."""
    fault: str | None = None
    """The name of a fault that was applied; `*`: of any."""
    since: datetime | int | None = None
    """From this time on, on the sandbox's clock; or after the exchange of this number."""

    def mismatches(self, it: Exchange) -> list[str]:
        """What of it an exchange does not agree with, by the names of the filters."""
        return [name for name, fits in _FITS.items() if not _agrees(getattr(self, name), fits, it)]

    def matches(self, it: Exchange) -> bool:
        """Whether an exchange agrees with all of it."""
        return all(_agrees(getattr(self, name), fits, it) for name, fits in _FITS.items())

    def __str__(self) -> str:
        """What is said, in one line."""
        said = ((field.name, getattr(self, field.name)) for field in fields(self))
        return ", ".join(f"{name} {value}" for name, value in said if value is not None)


ANY = Query()


def make_query(filters: Mapping[str, Any]) -> Query:
    """A question from filters, whose values may be text, as a URL or a command line has them.

    Raises:
        InvalidValueError: there is no such filter, or nothing can be like that.
    """
    known = [field.name for field in fields(Query)]
    for name in filters:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(known)}"
            raise InvalidValueError(f"there is no filter {name!r}. {hint}")
    said: dict[str, Any] = {name: value for name, value in filters.items() if value is not None}
    if "status" in said:
        said["status"] = _read_status(said["status"])
    if "method" in said:
        said["method"] = said["method"].upper()
    if "since" in said:
        said["since"] = _read_since(said["since"])
    return Query(**said)


class SearchResult(NamedTuple):
    """What a journal has of what was asked for."""

    total: int
    exchanges: list[Exchange]
    """The newest of them, oldest first."""


def search(journal: Journal, query: Query, most: int | None = None) -> SearchResult:
    """Look through a journal, for the newest so many at most; they are all counted."""
    found: list[Exchange] = []
    total = 0
    for it in journal.newest_first():
        if query == ANY and len(found) == most:
            total = journal.count()  # so that not all of them have to be told
            break
        if query.matches(it):
            total += 1
            if most is None or len(found) < most:
                found.append(it)
    return SearchResult(total, found[::-1])


def _fits_token(it: Exchange, token: str) -> bool:
    return it.token is not None and (it.token.startswith(token.lower()) or it.token == digest_of(token))


def _fits_since(it: Exchange, since: datetime | int) -> bool:
    return it.number > since if isinstance(since, int) else it.time >= since


_FITS: Mapping[str, Any] = {
    "method": lambda it, method: it.method == method,
    "path": lambda it, path: fnmatchcase(_QUARTER.sub("", it.path), path) or it.path == path,
    "status": lambda it, status: f"{it.status}".startswith(status.removesuffix("xx")),
    "client": lambda it, client: it.client_id == client,
    "grant": lambda it, grant: it.grant_type == grant,
    "token": _fits_token,
    "host": lambda it, host: it.host == host,
    "fault": lambda it, fault: any(fnmatchcase(name, fault) for name in (it.fault or "").split("+") if name),
    "since": _fits_since,
}


def _agrees(wanted: object, fits: Any, it: Exchange) -> bool:  # noqa: ANN401  because each filter has its own type
    return wanted is None or bool(fits(it, wanted))


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
