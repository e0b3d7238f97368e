"""Answers that were laid down: which request they are for, and what cannot be one."""

from __future__ import annotations

from typing import Any

import pytest

from mockwise.errors import InvalidValueError, NotFoundError
from mockwise.state.sandbox_state import SandboxState
from mockwise.state.stubs import Stub


def test_a_stub_is_a_frozen_answer(box: SandboxState) -> None:
    """JSON is written without blanks, once; the method in capitals; header names in small letters."""
    stub = box.stubs.add(
        "post", "/v1/transfers", json={"id": 1, "name": "é"}, status=201, headers={"X-A": "b"}
    )
    assert stub == Stub(
        "POST",
        "/v1/transfers",
        201,
        '{"id":1,"name":"é"}'.encode(),
        (("content-type", "application/json"), ("x-a", "b")),
    )
    assert box.stubs.find("POST", "/v1/transfers") == stub
    assert box.stubs.all() == [stub]


@pytest.mark.parametrize(
    ("given", "body", "media_type"),
    [
        ({}, b"", None),
        ({"json": None}, b"null", "application/json"),
        ({"body": "é"}, "é".encode(), "text/plain; charset=utf-8"),
        ({"body": b"\xff"}, b"\xff", "application/octet-stream"),
        ({"body": b"%PDF", "headers": {"Content-Type": "application/pdf"}}, b"%PDF", "application/pdf"),
        (
            {"json": 1, "headers": {"content-type": "application/problem+json"}},
            b"1",
            "application/problem+json",
        ),
    ],
)
def test_a_body_has_a_type(
    box: SandboxState, given: dict[str, Any], body: bytes, media_type: str | None
) -> None:
    """What is not said follows from the body; null is a JSON body too."""
    stub = box.stubs.add("GET", "/v1/x", **given)
    assert (stub.body, dict(stub.headers).get("content-type")) == (body, media_type)


@pytest.mark.parametrize(
    ("path", "request_path", "fits"),
    [
        ("/v1/transfers", "/v1/transfers", True),
        ("/v1/transfers", "/v1/transfers/", False),
        ("/v1/transfers", "/v1/transfers\n", False),
        ("/v1/transfers", "/v2/transfers", False),
        ("/v1/transfers", "/2026Q3/transfers", False),
        ("/v1/transfers/{transferId}", "/v1/transfers/7", True),
        ("/v1/transfers/{transferId}", "/v1/transfers/", False),
        ("/v1/transfers/{transferId}", "/v1/transfers/7/8", False),
        ("/v1/transfers/{transferId}", "/v1/transfers", False),
        ("/2026Q3/transfers", "/2026Q3/transfers", True),
        ("/2026Q3/transfers", "/2031Q1/transfers", True),
        ("/{quarter}/transfers", "/2031Q1/transfers", True),
        ("/2026Q3/transfers", "/2031Q5/transfers", False),
        ("/2026Q3/transfers", "/{quarter}/transfers", False),
        ("/{version}/transfers", "/v9/transfers", True),
        ("/", "/", True),
    ],
)
def test_a_path_is_matched_segment_by_segment(
    box: SandboxState, path: str, request_path: str, fits: bool
) -> None:
    """A parameter is one segment that is not empty; a quarterly version is any of them (docs/wise/errors.md#versions)."""
    stub = box.stubs.add("GET", path)
    assert box.stubs.find("GET", request_path) == (stub if fits else None)
    assert box.stubs.find("POST", request_path) is None


def test_what_is_written_out_wins(box: SandboxState) -> None:
    """As in the table of operations: the leftmost difference decides, whatever the order of adding."""
    for path in ("/v1/{a}/{b}", "/v1/{a}/y", "/v1/x/{b}", "/v1/x/y"):
        box.stubs.add("GET", path, body=path)
    for request_path, path in (
        ("/v1/x/y", "/v1/x/y"),
        ("/v1/x/z", "/v1/x/{b}"),
        ("/v1/z/y", "/v1/{a}/y"),
        ("/v1/z/z", "/v1/{a}/{b}"),
    ):
        found = box.stubs.find("GET", request_path)
        assert found is not None
        assert found.body == path.encode()


def test_a_path_is_literal_without_parameters(box: SandboxState) -> None:
    """A quarterly version is none."""
    literal = {path: box.stubs.add("GET", path).literal for path in ("/v1/x", "/2026Q3/x", "/2026Q3/{x}")}
    assert literal == {"/v1/x": True, "/2026Q3/x": True, "/2026Q3/{x}": False}


def test_a_later_stub_takes_the_place_of_an_earlier(box: SandboxState) -> None:
    """The same method and path are one place, however the parameter and the quarter are named."""
    box.stubs.add("GET", "/2026Q3/profiles/{profileId}", json=1)
    box.stubs.add("POST", "/2026Q3/profiles/{profileId}", json=2)
    last = box.stubs.add("GET", "/2026Q4/profiles/{id}", json=3)
    assert [stub.body for stub in box.stubs.all()] == [b"3", b"2"]

    box.stubs.remove("get", "/2027Q1/profiles/{x}")
    assert last not in box.stubs.all()
    with pytest.raises(NotFoundError, match=r"its stubs: POST /\{quarter\}/profiles/\{profileId\}"):
        box.stubs.remove("GET", "/2027Q1/profiles/{x}")
    box.stubs.clear()
    assert box.stubs.all() == []
    with pytest.raises(NotFoundError, match="its stubs: none"):
        box.stubs.remove("POST", "/2027Q1/profiles/{x}")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "v1/x",
        "https://api.wise.com/v1/x",
        "/v1/x?a=1",
        "/v1/x#a",
        "/v1/x\n",
        "/v1/{a",
        "/v1/a{b}",
        "/v1/{}",
    ],
)
def test_what_is_no_path_is_refused(box: SandboxState, path: str) -> None:
    """A stub's path has no query, and its parameters are whole segments."""
    for verb in (box.stubs.add, box.stubs.remove):
        with pytest.raises(InvalidValueError, match=r"a stub's path|a parameter is"):
            verb("GET", path)


@pytest.mark.parametrize(
    "path", ["/oauth/token", "/oauth/authorize/", "/oauth/authorize", "/2026Q3/oauth/token", "/oauth"]
)
def test_what_the_mock_must_serve_is_no_stub(box: SandboxState, path: str) -> None:
    """Trouble at the token endpoint is a fault, not a stub."""
    with pytest.raises(InvalidValueError, match="the mock itself serves"):
        box.stubs.add("POST", path)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"status": 199}, "200 to 599"),
        ({"status": 600}, "200 to 599"),
        ({"status": 204, "json": {}}, "has no body"),
        ({"status": 304, "body": "x"}, "has no body"),
        ({"json": {}, "body": "x"}, "not both"),
        ({"json": object()}, "cannot be written"),
        ({"json": float("nan")}, "cannot be written"),
        ({"json": "\ud800"}, "surrogate"),
        ({"body": "\ud800"}, "surrogate"),
        ({"headers": {"a b": "c"}}, "'a b'"),
        ({"headers": {"Content-Length": "0"}}, "'Content-Length'"),
        ({"headers": {"x": "a\r\nb: c"}}, "'x'"),
        ({"headers": {"x": " a"}}, "'x'"),
        ({"headers": {"x": "é"}}, "'x'"),
    ],
)
def test_what_http_cannot_carry_is_refused(box: SandboxState, given: dict[str, Any], problem: str) -> None:
    """An answer that cannot be sent is refused where it is laid down, not where it is asked for."""
    with pytest.raises(InvalidValueError, match=problem):
        box.stubs.add("GET", "/v1/x", **given)
    assert box.stubs.all() == []


@pytest.mark.parametrize("method", ["", "G T", "GET\n", "G-T"])
def test_what_is_no_method_is_refused(box: SandboxState, method: str) -> None:
    """A stub's method must be made of letters."""
    with pytest.raises(InvalidValueError, match="a method is letters"):
        box.stubs.add(method, "/v1/x")


def test_an_empty_header_is_a_header(box: SandboxState) -> None:
    """RFC 9110 section 5.5 allows it."""
    assert box.stubs.add("GET", "/v1/x", status=204, headers={"x": ""}).headers == (("x", ""),)
