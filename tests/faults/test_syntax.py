"""Faults as a command line writes them."""

from __future__ import annotations

import shlex

import pytest

from mockwise.errors import InvalidValueError
from mockwise.faults.declaration import describe
from mockwise.faults.kinds import FAULTS, Drop, Fault, Pass, Respond, RevokeToken, SpoilToken, TooManyRequests
from mockwise.faults.schema import read_fault, write_fault
from mockwise.faults.syntax import read_words, spell_words

LINES: list[tuple[str, Fault]] = [
    (
        "respond status=503 retry_after=5 path=/oauth/token times=2",
        Respond(503, retry_after=5, times=2, path="/oauth/token"),
    ),
    (
        """respond status=500 'json={"a": "b c"}' 'headers={"x": "\u00fc"}'""".replace("\u00fc", "y"),
        Respond(500, json={"a": "b c"}, headers={"x": "y"}),
    ),
    ("""respond status=500 'body=it'"'"'s = "so"'""", Respond(500, body='it\'s = "so"')),
    ("respond status=500 body=", Respond(500, body="")),
    ("""spoil-token 'expires_in="43199"' without=scope,expires_at""",
     SpoilToken(expires_in="43199", without=("scope", "expires_at"))),
    ("spoil-token expires_in=-1 'extra={\"a\": null}'", SpoilToken(expires_in=-1, extra={"a": None})),
    ("too-many-requests as_date=true", TooManyRequests(as_date=True)),
    ("drop at=body share=0.2 lasts=15m", read_fault({"fault": "drop", "at": "body", "share": 0.2, "lasts": "15m"})),
    ("revoke-token uses=3", RevokeToken(uses=3)),
    ("pass", Pass()),
]  # fmt: skip


@pytest.mark.parametrize(("line", "fault"), LINES)
def test_a_fault_is_spelled_as_it_is_read(line: str, fault: Fault) -> None:
    """What `status` shows can be pasted behind `mockwise arm`."""
    assert spell_words(write_fault(fault)) == line
    name, *words = shlex.split(line)
    assert read_fault(read_words(name, words)) == fault


def test_text_is_text_where_json_may_stand_and_does_not() -> None:
    """Quotes are needed only where it would be read as a number."""
    assert read_fault(read_words("spoil-token", ["expires_in=soon"])) == SpoilToken(expires_in="soon")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["503"], "write '503' as name=value, for example times=2"),
        (["times=1", "times=2"], "'times' is said twice"),
        (["fault=pass"], "'fault' is said twice"),
    ],
)
def test_words_that_cannot_be_read(words: list[str], said: str) -> None:
    """Words that are no fault are refused with a remedy."""
    with pytest.raises(InvalidValueError, match=said):
        read_words("respond", words)


def test_what_no_fault_has_is_left_to_who_reads_tables() -> None:
    """It knows what is near."""
    assert read_words("respnd", ["a=b"]) == {"fault": "respnd", "a": "b"}
    assert read_words("respond", ["statsu=503"]) == {"fault": "respond", "statsu": "503"}


def test_a_field_that_this_version_does_not_know_is_spelled_as_it_is() -> None:
    """The mock that a command speaks to may be newer."""
    assert spell_words({"fault": "pass", "new": 3}) == "pass new=3"
    assert spell_words({"fault": "newer", "new": "a b"}) == "newer 'new=a b'"


def test_what_can_be_said_of_a_fault_alone() -> None:
    """The rest can be said of all."""
    said = {kind.name: tuple(it.name for it in describe(kind) if it.is_own) for kind in FAULTS}
    assert (said["drop"], said["pass"]) == (("at", "reset"), ())
    assert Drop.__dataclass_fields__.keys() == Fault.__dataclass_fields__.keys() | set(said["drop"])
