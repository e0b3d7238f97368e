"""The table of operations, and which path leads to which of them."""

from __future__ import annotations

from importlib.resources import files

import pytest

from mockwise.common.versions import VERSIONS
from mockwise.web.wise.catalogue import RouteMatch, find, is_of_unserved_version, operations
from mockwise.web.wise.handlers import MODELLED


def test_the_table_says_where_it_is_from() -> None:
    """Data without a source and a date cannot be judged."""
    head = files("mockwise.web.wise").joinpath("operations.tsv").read_text("utf-8").splitlines()[:5]
    assert all(line.startswith("# ") for line in head[:4])
    assert "OpenAPI" in head[1]
    assert "2026-08-20" in head[1]
    assert all(label in head[2] for label in ("DOCUMENTED", "OBSERVED", "INFERRED"))
    assert head[4].split("\t") == ["method", "path", "operation_id", "accepts"]


def test_every_row_is_an_operation_but_that_of_the_token_endpoint() -> None:
    """456 lines, of which four are comments, one is the head and two the token endpoint; seven come from elsewhere."""
    table = files("mockwise.web.wise").joinpath("operations.tsv").read_text("utf-8").splitlines()
    assert len(table) == 456
    assert len(list(operations())) == 456 - 4 - 1 - 2 + 7
    assert not [it for it in operations() if "oauth" in it.path]


def test_every_operation_is_found_at_its_path() -> None:
    """Each template leads to itself, with its parameters named, and to the same operation in the next quarter."""
    for operation in operations():
        names = [it[1:-1] for it in operation.path.split("/") if it.startswith("{")]
        path = operation.path
        for name in names:
            path = path.replace(f"{{{name}}}", f"x-{name}")
        for written in (path, path.replace("/2026Q3/", "/2026Q4/").replace("/2026Q2/", "/2026Q3/")):
            found = find(operation.method, written)
            assert found.operation is not None, operation
            assert (found.operation.name, found.operation.kinds, found.operation.open) == (
                operation.name,
                operation.kinds,
                operation.open,
            )
            assert found.parameters == {name: f"x-{name}" for name in names}


def test_a_version_is_served_if_it_is_said_so() -> None:
    """Another takes the place of those that are known; what came later is not in an earlier one (docs/wise/sources.md#newer-sources)."""
    assert find("GET", "/2027Q1/me", ["2027Q1"]).operation == find("GET", "/2026Q3/me").operation
    assert find("GET", "/2026Q3/me", ["2027Q1"]) == find("GET", "/2026Q3/me", []) == RouteMatch()
    assert find("GET", "/v1/me", []).operation
    for method, path in (("POST", "login/saml2/sso"), ("GET", "saml2/metadata")):
        for version in ("2026Q4", "2027Q1", "2030Q2"):
            found = find(method, f"/{version}/{path}", [version]).operation
            assert found is not None
            assert (found.open, found.kinds, found.since) == (True, frozenset(), "2026Q4")
        for version in ("2026Q3", "2026Q2"):
            assert find(method, f"/{version}/{path}", [version]) == RouteMatch()
            assert find("PUT", f"/{version}/{path}", [version]) == RouteMatch()
        assert find("PUT", f"/2026Q4/{path}").methods == {method}
        assert find(method, f"/{path}") == RouteMatch()


def test_a_path_of_an_earlier_version_is_served_under_it() -> None:
    """Two that the description has under 2026Q2; nothing else is there."""
    path = "/2026Q2/embedded-flows/link-requests/1"
    assert find("GET", path).operation
    assert not is_of_unserved_version(path, VERSIONS)
    for other in (
        "/2026Q2/me",
        "/2026Q2",
        "/2027Q1/embedded-flows/link-requests/1",
        "/2026Q1/x",
        "/2026Q4x/me",
    ):
        assert find("GET", other) == RouteMatch()
        assert is_of_unserved_version(other, VERSIONS) is not other.startswith("/2026Q4x")


def test_only_documented_operations_are_modelled() -> None:
    """What is modelled is in the table, by its name."""
    assert set(MODELLED) <= {operation.name for operation in operations()}
    assert not [it for it in operations() if it.name in MODELLED and (it.open or not it.kinds)]


def test_the_server_as_a_whole_is_no_operation() -> None:
    """`OPTIONS *` has no path (RFC 9110 section 9.3.7)."""
    assert find("OPTIONS", "*") == find("OPTIONS", "") == RouteMatch()


@pytest.mark.parametrize(
    "path",
    [
        *("/", "//", "/v1", "/v1/", "/me", "/v2/me", "/v1/me/", "//v1/me", "/v1//me", "/v1/me\n", "/V1/me"),
        *("/2026Q0/me", "/2026Q5/me", "/2026Q2/me", "/2027Q1/me", "/9999Q1/me", "/2026Q3/saml2/metadata"),
        *("/2026q4/me", "/2026q3/me", "/26Q3/me", "/2026Q3/2026Q3/me", "/2026Q3/v1/me"),
        *("/{quarter}/me", "/quarter/me", "/2026Q3", "/v2/profiles/", "/v1/users/1/2", "/v3/quotes/1"),
        "/v1/" + "x/" * 10_000,
    ],
)
def test_any_other_path_leads_nowhere(path: str) -> None:
    """Paths are exact: no slash more, no other version (docs/wise/errors.md#versions)."""
    found = find("GET", path)
    assert (found.operation, found.methods) == (None, frozenset())


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/v2/profiles/personal-profile", "profilePersonalCreate"),
        ("GET", "/v2/profiles/other", "profileGet"),
        ("GET", "/v3/spend/profiles/1/cards/transactions/2", "cardTransactionGetV3"),
        ("GET", "/v4/spend/profiles/1/cards/2/transactions", "cardTransactionList"),
        ("GET", "/v4/spend/profiles/1/cards/transactions/transactions", "cardTransactionGet"),
        ("GET", "/v3/spend/profiles/1/cards/transactions/production", "cardTransactionGetV3"),
        ("GET", "/v3/spend/profiles/1/cards/transactions", "cardGet"),
        ("GET", "/v1/simulation/transfers/1/processing", "simulationTransferStateChange"),
        ("GET", "/v1/users/a/b", None),
        ("GET", "/v1/users/1\n", "userGetById"),
    ],
)
def test_what_is_written_out_wins_over_a_parameter(method: str, path: str, name: str | None) -> None:
    """And where that leads nowhere, a parameter may."""
    operation = find(method, path).operation
    assert (operation and operation.name) == name


def test_another_method_is_told_from_another_path() -> None:
    """405 and 404 are two things. HEAD is documented nowhere, so nothing is served for it."""
    assert find("DELETE", "/v1/profiles").methods == {"GET", "POST", "PUT"}
    assert find("HEAD", "/v1/me").methods == {"GET"}
    assert find("GET", "/v2/profiles/personal-profile").methods == {"POST"}
