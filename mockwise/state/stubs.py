"""Stubs: answers that the user of the mock defines for operations of the API (mock-only).

A path is literal (`/v1/transfers`) or a template (`/v3/profiles/{profileId}/quotes`), whose parameters stand for
any one segment. A quarterly version (`/2026Q3/transfers`) stands for any that is served (docs/wise/errors.md#versions).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from json import dumps
from typing import Final, TypedDict, Unpack

from mockwise.common.header_fields import check_header
from mockwise.common.versions import QUARTER
from mockwise.common.wording import keys_given
from mockwise.errors import InvalidValueError, NotFoundError
from mockwise.storage.list_version import RecordListVersion
from mockwise.storage.record_index import some_of
from mockwise.storage.store import Kind, Record, Store

UNSET: Final = object()
"""The value of `json` that means no JSON body, as opposed to null."""

_ANY_QUARTER = "{quarter}"
_ANYTHING = "{}"
_PARAMETER = re.compile(r"\{\w+\}")
_METHOD = re.compile("[A-Za-z]+")
_FINAL = range(200, 600)
_WITHOUT_BODY = frozenset({204, 205, 304})  # RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5


class Stub(Record, frozen=True):
    """A fixed answer for one method and path."""

    method: str
    path: str
    """As it is matched: a quarterly version reads `{quarter}`."""
    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]

    @property
    def literal(self) -> bool:
        """Whether the path is literal, without parameters."""
        return not any(_PARAMETER.fullmatch(it) for it in _segments(self.path) if it != _ANY_QUARTER)


STUBS = Kind("stub", Stub)


class StubOptions(TypedDict, total=False):
    """The options of a stub's answer."""

    status: int
    """200 to 599; 200 if it is left out."""
    json: object
    """A body to write as JSON."""
    body: str | bytes | None
    """A body as it is; text goes out as UTF-8."""
    headers: Mapping[str, str] | None
    """More headers; a `content-type` among them counts."""


def make_stub(method: str, path: str, **options: Unpack[StubOptions]) -> Stub:
    """Make a stub from a method, a path and an answer.

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


def read_stubs(value: object) -> tuple[Stub, ...]:
    """Read stubs from a list; each is a table of what `make_stub` takes, or is a stub already.

    Raises:
        InvalidValueError: one cannot be answered.
    """
    if not isinstance(value, list | tuple):
        raise InvalidValueError(
            "stubs is a list of tables with method, path, and any of status, json, body and headers"
        )
    return tuple(it if isinstance(it, Stub) else _read_stub(it) for it in value)


class Stubs:
    """The stubs of one sandbox: adds, removes and finds them."""

    def __init__(self, store: Store, sandbox: str) -> None:
        self._store = store
        self._sandbox = sandbox
        self._lock = threading.Lock()
        self._list_version = RecordListVersion(store, sandbox, "stubs")
        self._tree_version = 0  # the version of the list that the tree was made from
        self._tree = _Node()

    def add(self, method: str, path: str, **options: Unpack[StubOptions]) -> Stub:
        """Make a stub as `make_stub` does, and add it.

        Raises:
            InvalidValueError: something that cannot be answered, or a path that the mock itself must serve.
        """
        return self.put(make_stub(method, path, **options))

    def put(self, stub: Stub) -> Stub:
        """Add a stub, in place of an earlier one for the same method and path; returns it."""
        self._store.put(STUBS, self._sandbox, _key(stub.method, stub.path), stub)
        self._changed(stub.path, stub.method, stub)
        return stub

    def remove(self, method: str, path: str) -> None:
        """Remove the stub for a method and path.

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
        """Remove all stubs of the sandbox."""
        for key, _ in self._store.scan(STUBS, self._sandbox):
            self._store.delete(STUBS, self._sandbox, key)
        self._list_version.advance()

    def all(self) -> list[Stub]:
        """All stubs of the sandbox, oldest first."""
        return [stub for _, stub in self._store.scan(STUBS, self._sandbox)]

    def find(self, method: str, path: str) -> Stub | None:
        """The stub that answers a request, or None; of several, the one whose first segments are literal."""
        version = self._list_version.read()
        if version == 0:  # as in most sandboxes
            return None
        with self._lock:
            if version > self._tree_version:
                self._tree, self._tree_version = _Node(), version
                for stub in self.all():
                    self._tree.put(_segments(stub.path), stub.method, stub)
            tree = self._tree
        return tree.find(method, _segments(path))

    def _changed(self, path: str, method: str, stub: Stub | None) -> None:
        """Let every mock that shares the state notice a changed stub."""
        version = self._list_version.advance()
        with self._lock:
            if version == self._tree_version + 1:  # else another mock changed them meanwhile, too
                self._tree_version = version
                self._tree.put(_segments(path), method, stub)


class _Node:
    """A node of the tree of paths: the stubs whose path ends here, by method, and the nodes of the next segments."""

    __slots__ = ("children", "stubs")

    def __init__(self) -> None:
        self.stubs: dict[str, Stub] = {}
        self.children: dict[
            str, _Node
        ] = {}  # by the next segment; all parameters count as one, whatever their names

    def put(self, segments: list[str], method: str, stub: Stub | None) -> None:
        """Add a stub at a path, or remove the one there (None)."""
        node = self
        for segment in segments:
            child = segment if segment == _ANY_QUARTER else _PARAMETER.sub(_ANYTHING, segment)
            node = node.children.setdefault(child, _Node())
        if stub is None:
            node.stubs.pop(method, None)
        else:
            node.stubs[method] = stub

    def find(self, method: str, segments: list[str]) -> Stub | None:
        """The stub for a path; from the left, a literal segment is preferred to a parameter."""
        waiting = [(self, 0)]
        while waiting:
            node, at = waiting.pop()
            if at == len(segments):
                if (stub := node.stubs.get(method)) is not None:
                    return stub
                continue
            segment = segments[at]
            children = [_ANYTHING] if segment else []
            children += [_ANY_QUARTER] if QUARTER.fullmatch(segment) else []
            # A request may contain the very text that stands for a parameter here.
            children += [segment] if segment not in {_ANYTHING, _ANY_QUARTER} else []
            waiting += [(node.children[child], at + 1) for child in children if child in node.children]
        return None


def _read_stub(table: object) -> Stub:
    allowed = ("method", "path", "status", "json", "body", "headers")
    if not (isinstance(table, dict) and {"method", "path"} <= set(table) <= set(allowed)):
        raise InvalidValueError(
            f"a stub is a table with method, path, and any of status, json, body and headers; {keys_given(table)}"
        )
    try:
        return make_stub(**table)
    except (TypeError, AttributeError):
        raise InvalidValueError(
            f"in a stub, status is a number, headers a table of texts, the rest text; {keys_given(table)}"
        ) from None


def _segments(path: str) -> list[str]:
    return path.split("/")[1:]


def _key(method: str, path: str) -> str:
    """The key of a stub: the same however its parameters are named."""
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
