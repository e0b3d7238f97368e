"""Every documented operation of Wise's API: which path and method it is, and which tokens it takes.

The table is `operations.tsv`. It is read at the first request that needs it, into a tree of path segments: what is
written out wins over a `{parameter}`, and a row of 2026Q3, the first quarterly version, holds for all that are served
(docs/wise/errors.md#versions). A row of a later one holds from that one on, and of an earlier one for that one alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from mockwise.common.once import Once
from mockwise.common.token_kinds import TokenKind
from mockwise.common.versions import VERSIONS, version_of

KINDS = frozenset[TokenKind](get_args(TokenKind))
"""The kinds of bearer token."""

_ELSEWHERE = """\
GET /v1/authenticated/playground authenticatedPlayground client_credentials user
GET /2026Q3/authenticated/playground authenticatedPlayground client_credentials user
GET /v1/profiles profileListV1 personal user
GET /v1/account-requirements accountRequirementsV1 personal user
GET /v1/quotes quoteGetUnauthenticatedV1 none
POST /2026Q4/login/saml2/sso samlAssertionConsumerService none
GET /2026Q4/saml2/metadata samlMetadataGet none"""
"""Not in the OpenAPI description.

The playground is DOCUMENTED (docs/wise/mtls.md#certificates) with a bearer token of no named kind. It tries mTLS, which personal tokens do
without (docs/wise/mtls.md#when-it-is-required), so it takes the two kinds that belong to a client (INFERRED). The list of profiles is OBSERVED
(docs/wise/operations.md#endpoints) and takes what its successor takes (INFERRED). The requirements of an account by currencies and amount are
OBSERVED with a personal token (the recordings of docs/wise/conflicts.md#c14; a user token INFERRED). A quote for nobody is
OBSERVED without a token (docs/wise/errors.md#missing-token). Sign-in by SAML is DOCUMENTED since 2026Q4, without tokens (docs/wise/operations.md#saml-single-sign-on).
"""

_TABLE = Path(__file__).with_name("operations.tsv")

# No segment has a slash in it.
_ANY_QUARTER = "/quarter"
_FIRST = VERSIONS[0]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation, and the kinds of token that it takes."""

    name: str
    """Wise's `operationId`."""
    method: str
    path: str
    """The template, as it is documented."""
    kinds: frozenset[TokenKind]
    """If there are none, a token is not asked for, and any kind will do."""
    open: bool
    """Whether it works without a token."""

    @property
    def since(self) -> str:
        """The quarterly version that it came with; empty if there was none before."""
        version = version_of(self.path)
        return version if version is not None and version > _FIRST else ""


@dataclass(frozen=True, slots=True)
class RouteMatch:
    """What a path leads to."""

    operation: Operation | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Those in the path, be it served for the method or not: whose they are does not depend on it."""
    methods: frozenset[str] = frozenset()
    """What the path is served for, if it is not served for the method that was asked for."""


@dataclass(slots=True)
class _RouteNode:
    """The operations whose path ends here, by method, and the ways on."""

    operations: dict[str, Operation] = field(default_factory=dict)
    literal: dict[str, _RouteNode] = field(default_factory=dict)
    parameter: _RouteNode | None = None


def find(method: str, path: str, versions: Collection[str] = VERSIONS) -> RouteMatch:
    """The operation that a request asks for. A path is matched exactly; it comes percent-decoded.

    Args:
        method: the request's.
        path: the request's.
        versions: the quarterly versions that are served.
    """
    segments = path.split("/")[1:] or [""]  # `*` of an OPTIONS request has no slash
    served = segments[0] in versions
    node = _walk(_tree(), [_ANY_QUARTER, *segments[1:]] if served else segments, 0)
    if node is None:
        return RouteMatch()
    there = {it.method: it for it in node.operations.values() if not served or it.since <= segments[0]}
    operation = there.get(method)
    if operation is None:
        other = next(iter(node.operations.values()))
        return RouteMatch(None, _parameters(other, segments), frozenset(there))
    return RouteMatch(operation, _parameters(operation, segments))


def _parameters(operation: Operation, segments: Sequence[str]) -> Mapping[str, str]:
    pairs = zip(operation.path.split("/")[1:], segments, strict=True)
    return {name[1:-1]: text for name, text in pairs if name.startswith("{")}


def is_of_unserved_version(path: str, versions: Collection[str]) -> bool:
    """Whether a path is under a quarterly version that is neither served nor documented for this very path."""
    version = version_of(path)
    return version is not None and version not in versions and _walk(_tree(), path.split("/")[1:], 0) is None


def is_hidden(path: str) -> bool:
    """Whether a call without a token is told that there is no such path, though there is.

    OBSERVED of one-time tokens, under each version (docs/wise/errors.md#missing-token).
    """
    return path.split("/")[2:3] == ["one-time-token"]


def operations() -> Iterator[Operation]:
    """Every operation, in the order of the table. A quarterly one comes once for each quarter that documents it."""
    table = _TABLE.read_text("utf-8").splitlines()
    rows = [line.replace("\t", " ") for line in table if not line.startswith("#")][1:]
    for row in (*rows, *_ELSEWHERE.splitlines()):
        method, path, name, *accepts = row.split(" ")
        if "basic" not in accepts:  # the token endpoint has a route of its own
            yield Operation(name, method, path, KINDS.intersection(accepts), "none" in accepts)


def _read_tree() -> _RouteNode:
    root = _RouteNode()
    for operation in operations():
        node = root
        version = version_of(operation.path)
        first, *rest = operation.path.split("/")[1:]
        for segment in (first if version is None or version < _FIRST else _ANY_QUARTER, *rest):
            if segment.startswith("{"):
                node.parameter = node = node.parameter or _RouteNode()
            else:
                node = node.literal.setdefault(segment, _RouteNode())
        node.operations[operation.method] = operation
    return root


_tree = Once(_read_tree)


def _walk(node: _RouteNode, segments: Sequence[str], at: int) -> _RouteNode | None:
    """The node with operations that the segments from `at` on lead to."""
    if at == len(segments):
        return node if node.operations else None
    segment = segments[at]
    for child in (node.literal.get(segment), node.parameter if segment else None):
        if child is not None and (found := _walk(child, segments, at + 1)):
            return found
    return None
