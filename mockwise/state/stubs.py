"""Answers that the user of the mock laid down for operations of the API, in place of the mock's own (mock-only).

A path is written out (`/v1/transfers`) or a template (`/v3/profiles/{profileId}/quotes`), whose parameters stand for
any one segment. A quarterly version (`/2026Q3/transfers`) stands for any that is served (docs/wise/errors.md#versions).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json import dumps
from typing import Final, TypedDict, Unpack

from mockwise.common.header_fields import check_header
from mockwise.common.versions import QUARTER
from mockwise.errors import InvalidValueError, NotFoundError
from mockwise.storage.editions import RecordListVersion
from mockwise.storage.record_index import some_of
from mockwise.storage.store import Kind, Store

UNSET: Final = object()
"""No JSON body, as opposed to null."""

_ANY_QUARTER = "{quarter}"
_ANYTHING = "{}"
_PARAMETER = re.compile(r"\{\w+\}")
_METHOD = re.compile("[A-Za-z]+")
_FINAL = range(200, 600)
_WITHOUT_BODY = frozenset({204, 205, 304})  # RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5


@dataclass(frozen=True, slots=True)
class Stub:
    """An answer that was laid down."""

    method: str
    path: str
    """As it is matched: a quarterly version reads `{quarter}`."""
    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]

    @property
    def literal(self) -> bool:
        """Whether the path is written out."""
        return not any(_PARAMETER.fullmatch(it) for it in _segments(self.path) if it != _ANY_QUARTER)


STUBS = Kind("stub", Stub)


class StubOptions(TypedDict, total=False):
    """What may be said of an answer."""

    status: int
    """200 to 599; 200 if it is left out."""
    json: object
    """A body to write as JSON."""
    body: str | bytes | None
    """A body as it is; text goes out as UTF-8."""
    headers: Mapping[str, str] | None
    """More headers; a `content-type` among them counts."""


def make_stub(method: str, path: str, **options: Unpack[StubOptions]) -> Stub:
    """Think an answer up.

    Args:
        method: such as `POST`.
        path: written out or a template, percent-decoded and without a query.
        **options: the answer, see `StubOptions`.

    Raises:
        InvalidValueError: something that cannot be answered, or a path that the mock itself must serve.
    """
    path = _check_path(path)
    if not _METHOD.fullmatch(method):
        raise InvalidValueError(f"a method is letters, such as POST: {method!r}")
    content, media_type = _content(options.get("json", UNSET), options.get("body"))
    status = options.get("status", 200)
    if status not in _FINAL:
        raise InvalidValueError(f"a stub's status is 200 to 599: {status}")
    if content and status in _WITHOUT_BODY:
        raise InvalidValueError(
            f"an answer {status} has no body (RFC 9110 section 15): leave json and body out"
        )
    return Stub(
        method.upper(), path, status, content, tuple(_headers(media_type, options.get("headers") or {}))
    )


class Stubs:
    """The stubs of one sandbox."""

    def __init__(self, store: Store, sandbox: str) -> None:
        self._store = store
        self._sandbox = sandbox
        self._lock = threading.Lock()
        self._edition = RecordListVersion(store, sandbox, "stubs")
        self._of = 0  # the edition that the tree is of
        self._tree = _Node()

    def add(self, method: str, path: str, **options: Unpack[StubOptions]) -> Stub:
        """Think an answer up and lay it down; see `make_stub`.

        Raises:
            InvalidValueError: something that cannot be answered, or a path that the mock itself must serve.
        """
        return self.put(make_stub(method, path, **options))

    def put(self, stub: Stub) -> Stub:
        """Lay an answer down, in place of an earlier one for the same method and path; returns it."""
        self._store.put(STUBS, self._sandbox, _key(stub.method, stub.path), stub)
        self._changed(stub.path, stub.method, stub)
        return stub

    def remove(self, method: str, path: str) -> None:
        """Take an answer back.

        Raises:
            InvalidValueError: the path is none.
            NotFoundError: there is no stub for that method and path.
        """
        method, path = method.upper(), _check_path(path)
        key = _key(method, path)
        if self._store.get(STUBS, self._sandbox, key) is None:
            known = some_of(f"{stub.method} {stub.path}" for stub in self.all())
            raise NotFoundError(f"sandbox {self._sandbox!r} has no such stub; its stubs: {known}")
        self._store.delete(STUBS, self._sandbox, key)
        self._changed(path, method, None)

    def clear(self) -> None:
        """Take all answers back."""
        for key, _ in self._store.scan(STUBS, self._sandbox):
            self._store.delete(STUBS, self._sandbox, key)
        self._edition.advance()

    def all(self) -> list[Stub]:
        """Every stub, oldest first."""
        return [stub for _, stub in self._store.scan(STUBS, self._sandbox)]

    def find(self, method: str, path: str) -> Stub | None:
        """The stub that answers a request, or None: where two would, what is written out wins, from the left."""
        edition = self._edition.read()
        if edition == 0:  # as in most sandboxes
            return None
        with self._lock:
            if edition > self._of:
                self._tree, self._of = _Node(), edition
                for stub in self.all():
                    self._tree.put(_segments(stub.path), stub.method, stub)
            tree = self._tree
        return tree.find(method, _segments(path))

    def _changed(self, path: str, method: str, stub: Stub | None) -> None:
        """Have every mock that shares the state see it."""
        edition = self._edition.advance()
        with self._lock:
            if edition == self._of + 1:  # or somebody else changed them meanwhile
                self._of = edition
                self._tree.put(_segments(path), method, stub)


class _Node:
    """The stubs whose path ends here, by method, and the ways on."""

    __slots__ = ("stubs", "ways")

    def __init__(self) -> None:
        self.stubs: dict[str, Stub] = {}
        self.ways: dict[str, _Node] = {}  # by the segment; all names of parameters are one

    def put(self, segments: list[str], method: str, stub: Stub | None) -> None:
        """Add a stub, or (None) take it away."""
        node = self
        for segment in segments:
            way = segment if segment == _ANY_QUARTER else _PARAMETER.sub(_ANYTHING, segment)
            node = node.ways.setdefault(way, _Node())
        if stub is None:
            node.stubs.pop(method, None)
        else:
            node.stubs[method] = stub

    def find(self, method: str, segments: list[str]) -> Stub | None:
        """The stub for a path; from the left, what is written out wins."""
        waiting = [(self, 0)]
        while waiting:
            node, at = waiting.pop()
            if at == len(segments):
                if (stub := node.stubs.get(method)) is not None:
                    return stub
                continue
            segment = segments[at]
            ways = [_ANYTHING] if segment else []
            ways += [_ANY_QUARTER] if QUARTER.fullmatch(segment) else []
            # A request may spell what stands for a parameter here.
            ways += [segment] if segment not in {_ANYTHING, _ANY_QUARTER} else []
            waiting += [(node.ways[way], at + 1) for way in ways if way in node.ways]
        return None


def _segments(path: str) -> list[str]:
    return path.split("/")[1:]


def _key(method: str, path: str) -> str:
    """One for all ways to name the parameters."""
    return " ".join(
        (method, *(it if it == _ANY_QUARTER else _PARAMETER.sub(_ANYTHING, it) for it in _segments(path)))
    )


def _check_path(path: str) -> str:
    if not path.startswith("/") or not path.isprintable() or "?" in path or "#" in path:
        raise InvalidValueError(f"a stub's path begins with a slash and has no query: {path!r}")
    segments = _segments(path)
    if QUARTER.fullmatch(segments[0]):
        segments[0] = _ANY_QUARTER
    if any(("{" in it or "}" in it) and not _PARAMETER.fullmatch(it) for it in segments):
        raise InvalidValueError(f"a parameter is a whole segment, such as {{profileId}}: {path!r}")
    if next(it for it in [*segments, ""] if it != _ANY_QUARTER) == "oauth":
        raise InvalidValueError(
            f"the mock itself serves {path!r}: arm a fault there, or change the sandbox's switches"
        )
    return "/" + "/".join(segments)


def _content(json: object, body: str | bytes | None) -> tuple[bytes, str | None]:
    """The bytes of the body and its type."""
    if json is UNSET:
        if isinstance(body, str):
            return _utf8(body), "text/plain; charset=utf-8"
        return (b"", None) if body is None else (body, "application/octet-stream")
    if body is not None:
        raise InvalidValueError("a stub has json or body, not both")
    try:
        text = dumps(json, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidValueError(f"a stub's json cannot be written as JSON: {error}") from None
    return _utf8(text), "application/json"


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidValueError("a stub's body has half a surrogate pair, which UTF-8 cannot carry") from None


def _headers(media_type: str | None, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    names = {name.lower() for name in given}
    if media_type is not None and "content-type" not in names:
        yield "content-type", media_type
    for name, value in given.items():
        check_header(name, value)
        yield name.lower(), value
