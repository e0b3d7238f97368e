"""Faults as tables: one vocabulary for the control API, the settings file and the command line."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from mockwise.errors import InvalidValueError
from mockwise.faults.kinds import (
    FAULTS,
    Delay,
    Drip,
    Drop,
    Fault,
    Garble,
    Pass,
    Respond,
    RevokeToken,
    SpoilToken,
    TooManyRequests,
)
from mockwise.faults.schema import FaultTable, read_fault, read_faults, write_fault

TABLES: list[tuple[dict[str, Any], Fault]] = [
    ({"fault": "respond", "status": 503}, Respond(503)),
    (
        {"fault": "respond", "status": "503", "retry_after": "5", "times": "2"},
        Respond(503, retry_after=5, times=2),
    ),
    ({"fault": "respond", "status": 500, "json": {"a": [1]}}, Respond(500, json={"a": [1]})),
    ({"fault": "too-many-requests", "as_date": "true"}, TooManyRequests(as_date=True)),
    ({"fault": "delay", "seconds": "0.5", "most": 2}, Delay(0.5, most=2)),
    ({"fault": "delay", "seconds": 1, "lasts": "5m"}, Delay(1, lasts=timedelta(minutes=5))),
    ({"fault": "delay", "seconds": 1, "lasts": "1500ms"}, Delay(1, lasts=timedelta(seconds=1.5))),
    ({"fault": "drop", "at": "body", "reset": True, "host": "tls"}, Drop("body", reset=True, host="tls")),
    ({"fault": "drip", "pieces": 3, "path": "/v1/*"}, Drip(pieces=3, path="/v1/*")),
    ({"fault": "garble", "how": "html", "share": "0.2", "seed": 7}, Garble("html", share=0.2, seed=7)),
    ({"fault": "spoil-token", "expires_in": "43199"}, SpoilToken(expires_in="43199")),
    ({"fault": "spoil-token", "without": ["scope"]}, SpoilToken(without=("scope",))),
    ({"fault": "spoil-token", "without": "scope,expires_in"}, SpoilToken(without=("scope", "expires_in"))),
    ({"fault": "spoil-token", "without": '["scope"]'}, SpoilToken(without=("scope",))),
    ({"fault": "spoil-token", "extra": {"a": None}}, SpoilToken(extra={"a": None})),
    ({"fault": "revoke-token", "after": "1h"}, RevokeToken(after=timedelta(hours=1))),
    ({"fault": "pass", "times": 3, "kind": "user"}, Pass(times=3, kind="user")),
]


@pytest.mark.parametrize(("table", "fault"), TABLES)
def test_a_table_is_read_and_written(table: dict[str, Any], fault: Fault) -> None:
    """What was read is written so that it reads the same."""
    assert read_fault(table) == fault
    assert read_fault(write_fault(fault)) == fault
    assert len(write_fault(fault)) == len(table)


def test_every_fault_has_a_table() -> None:
    """Each kind was tried above, and has a schema with all its fields but `when`."""
    assert {type(fault) for _, fault in TABLES} == set(FAULTS)
    schemas = TypeAdapter(FaultTable).json_schema()["$defs"]
    for kind in FAULTS:
        named = schemas[kind.__name__]["properties"]
        assert named.keys() == {field.name for field in fields(kind)} - {"when"} | {"fault"}
        assert all(field["description"] for name, field in named.items() if name != "fault")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"fault": "respnd"}, "there is no fault 'respnd'. Did you mean 'respond'?"),
        ({"fault": "zzz"}, "there is no fault 'zzz'. There are: respond, "),
        ({}, "there is no fault None"),
        ({"fault": ["pass"]}, "there is no fault ['pass']"),
        ({"fault": "respond"}, "respond: status: Field required"),
        ({"fault": "respond", "status": 200}, "status: 400 to 599: 200"),
        ({"fault": "pass", "tims": 3}, "pass: there is no 'tims'. Did you mean 'times'?"),
        ({"fault": "pass", "zzz": 3}, "pass: there is no 'zzz'. There are: host, method, "),
        ({"fault": "pass", "when": "x"}, "pass: there is no 'when'"),
        ({"fault": "pass", "lasts": "soon"}, "pass: lasts: not a duration: 'soon'"),
        ({"fault": "pass", "lasts": 5}, "pass: lasts: write a text such as 90s"),
        ({"fault": "respond", "status": 503, "body": "\ud800"}, "body: "),
        (
            {"fault": "spoil-token", "without": "[3]"},
            "spoil-token: without.0: Input should be a valid string",
        ),
        ({"fault": "respond", "status": "x", "tims": 3}, "respond: status: Input should be a valid integer"),
        ({"fault": "garble", "how": "htm", "times": "x"}, "garble: how: Input should be 'truncated'"),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(table: dict[str, Any], said: str) -> None:
    """One line says which field, what is wrong and what to write instead."""
    with pytest.raises(InvalidValueError) as caught:
        read_fault(table)
    assert said in str(caught.value)


@pytest.mark.parametrize("some", [[], [{"fault": "pass"}], [{"fault": "pass"}, Respond(503)]])
def test_faults_and_their_tables_are_listed_as_one_likes(some: list[Any]) -> None:
    """A list, a tuple, or a single one."""
    assert read_faults(some) == read_faults(tuple(some)) == ((Pass(), Respond(503))[: len(some)])
    if len(some) == 1:
        assert read_faults(some[0]) == (Pass(),)


@pytest.mark.parametrize("value", ["respond", None, 503, ["respond"]])
def test_what_is_no_table_is_refused(value: object) -> None:
    """With a table to copy."""
    with pytest.raises(InvalidValueError, match="a fault is a table such as"):
        read_faults(value)


def test_a_function_is_for_python_alone() -> None:
    """A `when` function is for Python alone: it is not written down."""
    assert write_fault(Respond(503, when=lambda _: True)) == {"fault": "respond", "status": 503}
