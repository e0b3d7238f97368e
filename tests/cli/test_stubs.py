"""`mockwise stubs`: answers that are added at a terminal."""

from __future__ import annotations

import httpx
import pytest

from mockwise import Sandbox
from tests.cli.sandbox_commands import refused, said, told


def get(sandbox: Sandbox, path: str) -> httpx.Response:
    """An answer of the API, to a client in the name of a user."""
    with sandbox.user_client() as client:
        return client.get(path)


def test_a_stub_answers_until_it_is_removed(sandbox: Sandbox) -> None:
    """With status, body and headers as they were said."""
    line = said(
        sandbox,
        *("stubs", "add", "get", "/v1/rates", "--status", "203", "--json-body", '[{"rate": 1.5}]'),
        *("--header", "x-id: 7"),
    )
    assert line == "GET /v1/rates is answered 203\n"
    answer = get(sandbox, "/v1/rates")
    assert (answer.status_code, answer.json(), answer.headers["x-id"]) == (203, [{"rate": 1.5}], "7")
    assert said(sandbox, "stubs", "remove", "get", "/v1/rates") == "removed the stub for GET /v1/rates\n"
    assert get(sandbox, "/v1/rates").status_code == 501


def test_they_are_listed_and_all_removed(sandbox: Sandbox) -> None:
    """A long body is shown by its beginning."""
    made = told(sandbox, "stubs", "add", "GET", "/v1/rates", "--body", "x" * 100)
    assert (made["status"], made["body"]) == (200, "x" * 100)
    said(sandbox, "stubs", "add", "POST", "/v1/rates", "--json-body", "null")
    lines = said(sandbox, "stubs", "list").splitlines()
    assert [it.split() for it in lines] == [
        ["method", "path", "status", "body"],
        ["GET", "/v1/rates", "200", "x" * 60 + "..."],
        ["POST", "/v1/rates", "200", "null"],
    ]
    assert told(sandbox, "stubs", "list")["count"] == 2
    assert told(sandbox, "stubs", "remove") == {"method": None, "path": None}
    assert sandbox.stubs == []
    assert said(sandbox, "stubs", "remove") == "removed all stubs\n"


@pytest.mark.parametrize(
    ("words", "line", "status"),
    [
        ("stubs add GET v1/rates", "v1/rates", 2),
        ("stubs add GET /v1/rates --status 99", "status is 200 to 599", 2),
        ("stubs add GET /v1/rates --json-body {", "--json-body: this is not JSON", 2),
        ("stubs add GET /v1/rates --header x-id", "--header: 'x-id' is no header", 2),
        ("stubs add GET /v1/rates --header :1", "--header: '' is no header", 2),
        ("stubs remove GET", "path", 2),
        ("stubs remove GET /v1/rates", "no such stub", 1),
    ],
)
def test_a_mistake_is_one_line(sandbox: Sandbox, words: str, line: str, status: int) -> None:
    """Status 2 for what cannot be used, 1 for what is not there."""
    assert line in refused(sandbox, *words.split(), status=status)
